import { describe, expect, it } from "vitest";
import { laterInstant } from "../src/cli/instants.ts";
import { instantIn } from "../src/cli/output.ts";
import { firingRow, whyNot } from "../src/cli/trigger-lines.ts";
import { createClient } from "../src/index.ts";
import type { Firing } from "../src/types.ts";
import { fakeService, json, problem } from "./fake-service.ts";

const FIRED: Firing = {
  ...{ id: "f", trigger_id: "t", at: "2026-02-02T05:00:00.041Z", outcome: "FIRED", cause: "schedule", count: 1 },
  ...{ scheduled_at: "2026-02-02T05:00:00.000Z", scheduled_until: null, late_ms: 41, run_id: "r", reason: null },
  ...{ detail: null, user_id: null, delivery_id: null, of_run_id: null, of_attempt: null },
};

describe("triggers", () => {
  it("are created, read, replaced, paused, resumed and fired, each by one request", async () => {
    const { asked, options } = fakeService(json({ id: "t" }));
    const client = createClient(options);
    const content = { name: "n", kind: "schedule", schedule: { cron: "0 6 * * *", time_zone: "UTC" } } as const;
    await client.createTrigger("w", content);
    await client.getTrigger("t");
    await client.replaceTrigger("t", content);
    await client.pauseTrigger("t");
    await client.pauseTrigger("t", { note: "why" });
    await client.resumeTrigger("t");
    await client.resumeTrigger("t", { catchUp: true });
    await client.fireTrigger("t");
    await client.rotateTriggerSecret("t");
    await client.rotateTriggerSecret("t", { secret: "given" });
    expect(asked.map(({ method, path, body }) => [method, path, body === "" ? null : JSON.parse(body)])).toEqual([
      ["POST", "/v1/workflow-definitions/w/triggers", content],
      ["GET", "/v1/triggers/t", null],
      ["PUT", "/v1/triggers/t", content],
      ["POST", "/v1/triggers/t/pause", {}],
      ["POST", "/v1/triggers/t/pause", { note: "why" }],
      ["POST", "/v1/triggers/t/resume", { catch_up: false }],
      ["POST", "/v1/triggers/t/resume", { catch_up: true }],
      ["POST", "/v1/triggers/t/fire", null],
      ["POST", "/v1/triggers/t/rotate-secret", {}],
      ["POST", "/v1/triggers/t/rotate-secret", { secret: "given" }],
    ]);
  });

  it("and their firings are lists, whose pages are read as needed", async () => {
    const { asked, options } = fakeService(
      json({ items: [{ id: "t1" }], total: 2 }),
      json({ items: [{ id: "t2" }], total: 2 }),
      json({ items: [FIRED], next_cursor: "c" }),
      json({ items: [FIRED], next_cursor: null }),
    );
    const client = createClient(options);
    const seen: string[] = [];
    for await (const { id } of client.listTriggers("w")) seen.push(id);
    for await (const { id } of client.listFirings("t")) seen.push(id);
    expect(seen).toEqual(["t1", "t2", "f", "f"]);
    expect(asked.map(({ path }) => path)).toEqual([
      "/v1/workflow-definitions/w/triggers?offset=0&limit=100",
      "/v1/workflow-definitions/w/triggers?offset=1&limit=100",
      "/v1/triggers/t/firings?limit=100",
      "/v1/triggers/t/firings?limit=100&cursor=c",
    ]);
  });

  it("tell their instants, and fire for those of the past", async () => {
    const items = [{ at: "2026-02-02T05:00:00.000Z" }];
    const answer = { items, time_zone_data: "2026c" };
    const { asked, options } = fakeService(json(answer), json(answer), json({ items, fired: 1, refused: null }, 202));
    const client = createClient(options);
    expect(await client.occurrences("t", { from: "2026-02-01T00:00:00Z", limit: 5 })).toEqual(items);
    expect(await client.readOccurrences("t")).toEqual(answer);
    const range = { from: "2026-02-01T00:00:00Z", to: "2026-02-03T00:00:00Z" };
    expect(await client.backfill("t", range)).toEqual({ items, fired: 1, refused: null });
    expect(asked.map(({ path }) => path)).toEqual([
      "/v1/triggers/t/occurrences?from=2026-02-01T00%3A00%3A00Z&limit=5",
      "/v1/triggers/t/occurrences",
      "/v1/triggers/t/backfill",
    ]);
    expect(JSON.parse(asked[2]?.body ?? "")).toEqual(range);
  });

  it("are deleted, and one that does not exist is a problem", async () => {
    const { options } = fakeService(new Response(null, { status: 204 }), problem(404, "not_found"));
    const client = createClient(options);
    expect(await client.deleteTrigger("t")).toBeUndefined();
    await expect(client.deleteTrigger("t")).rejects.toMatchObject({ status: 404, code: "not_found" });
  });
});

describe("a firing on the command line", () => {
  it.each<[Partial<Firing>, string]>([
    [{}, ""],
    [{ outcome: "SKIPPED" }, "run r was in the way"],
    [{ outcome: "MISSED", reason: "paused" }, "it was paused"],
    [{ outcome: "REFUSED", reason: "paused" }, "the workflow is paused"],
    [{ outcome: "REFUSED", reason: "rights" }, "the user who changed it last lacks a right"],
    [{ outcome: "REFUSED", reason: "input_too_large" }, "what the message, or the run that had ended"],
    [{ outcome: "REFUSED", reason: "of_a_later_release" }, "of_a_later_release"],
  ])("with %j says why it has triggered no run", (change, words) => {
    expect(whyNot({ ...FIRED, ...change })).toContain(words);
  });

  it("shows how late it was, and a stretch of missed instants from the first to the last", () => {
    expect(firingRow(FIRED)).toMatchObject({ outcome: "FIRED", late: "41 ms", run: "r", why: "" });
    expect(firingRow({ ...FIRED, late_ms: 65_000 })).toMatchObject({ late: "1 min 5 s" });
    const missed = { ...FIRED, outcome: "MISSED", run_id: null, count: 3, late_ms: null, reason: "late" } as const;
    const row = firingRow({ ...missed, scheduled_until: "2026-02-04T05:00:00.000Z" });
    expect(row).toMatchObject({
      for: expect.stringMatching(/^2026-02-02 .* to 2026-02-04 .* \(3\)$/),
      late: "-",
    });
    const end = { of_run_id: "e", of_attempt: 1, cause: "run", scheduled_at: null } as const;
    expect(firingRow({ ...FIRED, ...end })).toMatchObject({ for: "run e" });
  });
});

it("an instant is shown on the clock of any time zone, also at midnight, but not of one that is unknown here", () => {
  expect(instantIn("Europe/Berlin", "2026-01-31T23:00:00Z")).toBe("2026-02-01 00:00");
  expect(instantIn("Asia/Kathmandu", "2026-07-01T00:00:00Z")).toBe("2026-07-01 05:45");
  expect(instantIn("Mars/Olympus", "2026-07-01T00:00:00Z")).toBe("");
});

it("an instant of a schedule may be past, and is read from how long it is from now", () => {
  expect(laterInstant("2020-01-31T12:00Z")).toBe("2020-01-31T12:00:00.000Z");
  expect(Date.parse(laterInstant("1d"))).toBeGreaterThan(Date.now());
  expect(() => laterInstant("soon")).toThrow("how long from now");
});
