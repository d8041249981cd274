/** Requests that are refused before a verb is called, or whatever the verb answers. */
import { describe, expect, it, vi } from "vitest";
import { openTenant, PAGE_SETTINGS } from "../support/browser.ts";
import { startService } from "../support/service.ts";

type Fault = { loc: (string | number)[]; type: string; msg: string; input?: unknown };

const service = await startService({ settings: PAGE_SETTINGS });
const { tenant, owner } = await openTenant(service);

const faultsOf = async (response: Response) => (await response.json<{ detail: Fault[] }>()).detail;

describe("a path with another method", () => {
  it.each([
    ["POST", "/v1/workflow-runs", "GET, HEAD"],
    ["GET", "/v1/workflow-definitions/x/invoke", "POST"],
    ["POST", "/v1/workflow-runs/x", "GET, HEAD, DELETE"],
    ["PUT", "/v1/path-parts/x", "GET, HEAD, PATCH, DELETE"],
    ["OPTIONS", "/v1/workflow-definitions", "GET, HEAD, POST"],
    ["HEAD", "/v1/workflow-runs/x/callback", "POST"],
    ["DELETE", "/openapi.json", "GET, HEAD"],
    ["PUT", "/app/sign-in", "GET, HEAD, POST"],
    ["POST", "/app/runs", "GET, HEAD"],
  ])("%s %s is 405 and names the methods that it takes", async (method, path, allow) => {
    const response = await service.fetch(path, { method });
    expect([response.status, response.headers.get("allow")]).toEqual([405, allow]);
    const title = path.startsWith("/app") ? "<h1>Method not allowed</h1>" : '"title":"Method not allowed"';
    if (method !== "HEAD") expect(await response.text()).toContain(title);
  });

  it("is distinguished from a path that does not exist", async () => {
    for (const path of ["/v1", "/v1/workflow-runs/", "/app/nothing", "/v1/workflow-runs/x/nothing"]) {
      const response = await service.fetch(path, { method: "POST" });
      expect([path, response.status, response.headers.get("allow")]).toEqual([path, 404, null]);
    }
  });
});

describe("a 422", () => {
  it("repeats what was sent, as it was sent", async () => {
    const query = "limit=abc&status=LOST&user_id=me&created_after=yesterday&cursor=none";
    const faults = await faultsOf(await service.get(`/v1/workflow-runs?${query}`, tenant.owner.key));
    expect(faults.map(({ loc, input }) => [loc[1], input]).toSorted()).toEqual([
      ["created_after", "yesterday"],
      ["cursor", "none"],
      ["limit", "abc"],
      ["status", "LOST"],
      ["user_id", "me"],
    ]);
    const twice = await faultsOf(await service.get("/v1/workflow-runs?status=FAILED&status=LOST", tenant.owner.key));
    expect(twice).toMatchObject([{ loc: ["query", "status", 1], input: "LOST" }]);

    const body = { name: 7, part_type: "FOLDER", parent_path_id: "up" };
    const ofBody = await faultsOf(await service.send("POST", "/v1/path-parts", tenant.owner.key, body));
    expect(ofBody.map(({ loc, input }) => [loc[1], input])).toEqual([
      ["name", 7],
      ["parent_path_id", "up"],
    ]);
  });

  it("names a query parameter that does not exist, beside all other faults", async () => {
    const faults = await faultsOf(await service.get("/v1/workflow-runs?states=FAILED&limit=0", tenant.owner.key));
    expect(faults.map(({ loc, type, msg }) => [loc.join("."), type, msg])).toEqual([
      ["query.limit", "greater_than_equal", "Must be at least 1."],
      ["query.states", "extra_forbidden", "There is no such parameter."],
    ]);
  });

  it("lists 50 faults, says how many more there are, and is not much larger than its request", async () => {
    const fields = Object.fromEntries(Array.from({ length: 6000 }, (_, i) => [`f${i}`, 0]));
    const response = await service.send("POST", "/v1/api-keys", tenant.owner.key, fields);
    expect(response.status).toBe(422);
    const text = await response.text();
    expect(text.length).toBeLessThan(10_000);
    const { detail }: { detail: Fault[] } = JSON.parse(text);
    expect(detail).toHaveLength(51);
    expect(detail.at(-1)).toEqual({
      loc: [],
      type: "too_many_faults",
      msg: "There are 5951 more faults than the 50 that are listed.",
    });
  });
});

describe("more rows than the database sends at once", () => {
  it("are not an outage: a list and a page answer 422 and ask for a smaller limit", async () => {
    const error = vi.spyOn(console, "error");
    await service.database.inflict({ kind: "too large" });
    const [response, requests] = await service.counted(() =>
      service.get("/v1/workflow-runs?limit=100", tenant.owner.key),
    );
    const head = await service.send("HEAD", "/v1/workflow-runs?limit=100", tenant.owner.key);
    const page = await owner.get("/app/runs");
    await service.database.mend();

    expect([response.status, requests, head.status]).toEqual([422, 1, 422]);
    expect(await faultsOf(response)).toEqual([
      {
        loc: ["query", "limit"],
        type: "value_error",
        msg: "The answer would be larger than the database sends at once. Ask for a smaller `limit`.",
      },
    ]);
    expect(page.status).toBe(422);
    expect(error).not.toHaveBeenCalled();
  });
});

describe("a form", () => {
  it("may have 200 fields, and is 422 with more", async () => {
    const post = (count: number) =>
      service.fetch("/app/sign-in", {
        method: "POST",
        headers: { "Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded" },
        body: "a&".repeat(count),
      });
    expect([(await post(200)).status, (await post(201)).status]).toEqual([401, 422]);
  });
});
