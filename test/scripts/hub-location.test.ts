import { beforeEach, describe, expect, it, vi } from "vitest";
import { judgeService } from "../../scripts/local/ask-service.ts";
import { listSmokeChecks } from "../../scripts/local/smoke-checks.ts";

const DEPLOYED = "https://runs.example.com";
const LOCAL = "http://localhost:8787";

/** What `/readyz` of every service says. */
let location: string | null;

beforeEach(() => {
  location = null;
  vi.spyOn(globalThis, "fetch").mockImplementation(async () =>
    Response.json({ seconds_since_sweep: 1, seconds_since_full_sweep: 1, last_alarm: null, hub_location: location }),
  );
});

const NOT_SET =
  /^HUB_LOCATION is not set\. So each hub is created near its first caller, and stays there, however far away the database is\./;

describe("a deployed service that does not set HUB_LOCATION", () => {
  it("gets a note of the doctor, unless it runs on this machine", async () => {
    const findingsOf = async (url: string) => (await judgeService(url)).map(({ mark, subject }) => [mark, subject]);
    expect(await findingsOf(DEPLOYED)).toEqual([
      ["good", "service"],
      ["note", "hub location"],
    ]);
    expect((await judgeService(DEPLOYED))[1]?.text).toMatch(NOT_SET);
    expect(await findingsOf(LOCAL)).toEqual([["good", "service"]]);
    location = "weur";
    expect(await findingsOf(DEPLOYED)).toEqual([["good", "service"]]);
  });

  it("gets a line of the smoke test, unless it runs on this machine", async () => {
    const check = (origin: string) =>
      listSmokeChecks({ origin, key: "k" })
        .find(({ subject }) => subject === "hub location")
        ?.check();
    expect(await check(DEPLOYED)).toEqual({ skipped: expect.stringMatching(NOT_SET) });
    expect(await check(LOCAL)).toBe("On this machine.");
    location = "weur";
    expect(await check(DEPLOYED)).toBe("The Durable Objects are created in weur.");
  });
});
