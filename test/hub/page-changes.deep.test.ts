import { beforeEach, describe, expect, it } from "vitest";
import { type Browser, PAGE_SETTINGS, signIn } from "../support/browser.ts";
import { answeringRunner } from "../support/fake-runner.ts";
import { callBack, insertRun, invoke } from "../support/lifecycle.ts";
import { startLiveService } from "../support/live-service.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { startRunner, useLeases } from "../support/runners.ts";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";

const service = await startLiveService({ settings: PAGE_SETTINGS });
const tenant = tenantOfEachTest(service, { runnerUrl: answeringRunner(202) });
let owner: Browser;

beforeEach(async () => {
  owner = await signIn(service, tenant.owner.key);
});

/**
 * Counts the messages of a stream, once it has begun. Two changes within a second may cause one message, so each test waits for its own.
 */
async function listen(path: string, browser = owner, headers: Record<string, string> = {}) {
  const response = await browser.get(path, headers);
  expect([response.status, response.headers.get("Content-Type")]).toEqual([200, "text/event-stream"]);
  if (response.body === null) throw new Error("no body");
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  const reading = (async () => {
    for (let part = await reader.read(); !part.done; part = await reader.read()) text += decoder.decode(part.value);
  })();
  let hasEnded = false;
  reading.then(() => {
    hasEnded = true;
  });
  const count = () => text.split("data: null\n\n").length - 1;
  await expect.poll(count, { interval: 10 }).toBeGreaterThan(0);
  return {
    count,
    text: () => text,
    hasEnded: () => hasEnded,
    async close() {
      await reader.cancel();
      await reading;
    },
  };
}

/** The stream of a page that the service began to answer so many milliseconds ago. */
const ofPage = (msAgo: number) => `/app/changes?since=${Date.now() - msAgo}`;

const afterAWhile = () => new Promise((resolve) => setTimeout(resolve, 1_500));

describe("the stream of an open page", () => {
  it("sends a message at the beginning and after each change of a run", async () => {
    const [all, ofWorkflow] = [
      await listen("/app/changes"),
      await listen(`/app/changes?workflow=${tenant.definitionId}`),
    ];
    const other = await listen(`/app/changes?workflow=${tenant.id}`);
    await invoke(service, tenant);
    for (const { count } of [all, ofWorkflow]) await expect.poll(count).toBeGreaterThan(1);
    await afterAWhile();
    expect(other.count()).toBe(1);
    expect(all.text()).toMatch(/^retry: \d+\nid: begun\n\n(data: null\n\n)+$/);
    await Promise.all([all, ofWorkflow, other].map(({ close }) => close()));
  });

  it("begins without a message for a page that was just requested, and tells what has changed since then", async () => {
    const fresh = await listen(ofPage(200));
    await afterAWhile();
    expect(fresh.text()).toMatch(/^retry: \d+\nid: begun\n\nevent: begun\ndata: null\n\n$/);
    const justNow = ofPage(0);
    await invoke(service, tenant);
    const missed = await listen(justNow);
    await expect.poll(missed.count).toBeGreaterThan(1);
    expect(missed.text()).toMatch(/event: begun\ndata: null\n\ndata: null\n\n/);
    // A page that was requested earlier, and one that was disconnected, may have missed more.
    const [old, again] = [await listen(ofPage(60000)), await listen(ofPage(200), owner, { "Last-Event-ID": "begun" })];
    for (const { text } of [old, again]) expect(text()).not.toContain("event: begun");
    await Promise.all([fresh, missed, old, again].map(({ close }) => close()));
  });

  it("sends messages only about one run when it is asked for that run", async () => {
    const [first, second] = [
      await invoke(service, tenant),
      await insertRun(service.database, tenant, { status: "PENDING" }),
    ];
    const [ofFirst, ofSecond] = [await listen(`/app/changes?run=${first}`), await listen(`/app/changes?run=${second}`)];
    await service.send("POST", `/v1/workflow-runs/${second}/stop`, tenant.owner.key);
    await expect.poll(ofSecond.count).toBeGreaterThan(1);
    expect(ofFirst.count()).toBe(1);
    await callBack(service, tenant, first, { status: "COMPLETED" });
    await expect.poll(ofFirst.count).toBeGreaterThan(1);
    await Promise.all([ofFirst, ofSecond].map(({ close }) => close()));
  });

  it("says of one run by an event of its own that its runner has logged something, or reported progress", async () => {
    await useLeases(service, tenant);
    const runId = await invoke(service, tenant);
    const runner = await startRunner(service, tenant);
    const [lease] = (await runner.lease()).leases;
    const [ofRun, all] = [await listen(`/app/changes?run=${runId}`), await listen("/app/changes")];
    if (lease === undefined) throw new Error("no lease");
    const logs = () => ofRun.text().split("event: log\ndata: null\n\n").length - 1;
    expect((await runner.log(lease, { sequence: 0, text: "Reading\n" })).status).toBeLessThan(300);
    await expect.poll(logs).toBe(1);
    expect((await runner.heartbeat(lease, { percent: 40 })).status).toBe(200);
    await expect.poll(logs).toBe(2);
    await runner.heartbeat(lease);
    await afterAWhile();
    expect([logs(), ofRun.count(), all.text().includes("log")]).toEqual([2, 3, false]);
    await Promise.all([ofRun, all].map(({ close }) => close()));
  });

  it.each([
    ["a form", () => owner.post(`/app/workflows/${tenant.definitionId}/pause`)],
    [
      "the API",
      () =>
        service.send("POST", "/v1/path-parts", tenant.owner.key, {
          name: "New",
          part_type: "FOLDER",
          parent_path_id: null,
        }),
    ],
  ])("sends a message about another kind of change: %s", async (_, change) => {
    const run = await invoke(service, tenant);
    const pages = [await listen("/app/changes"), await listen(`/app/changes?run=${run}`)];
    expect((await change()).status).toBeLessThan(400);
    for (const { count } of pages) await expect.poll(count).toBeGreaterThan(1);
    await Promise.all(pages.map(({ close }) => close()));
  });

  it("asks the database once, when it begins, and sends no message about a refused change", async () => {
    const [page, atFirst] = await service.counted(() => listen("/app/changes"));
    expect((await service.send("POST", "/v1/folders", tenant.owner.key, { name: "" })).status).toBe(422);
    const [, later] = await service.counted(afterAWhile);
    expect([atFirst, later, page.count()]).toEqual([1, 0, 1]);
    await page.close();
  });

  it("ends when its page was left for another one, so that navigating never opens too many streams", async () => {
    const pages: Awaited<ReturnType<typeof listen>>[] = [];
    for (let n = 0; n < 22; n++) pages.push(await listen(`/app/changes?page=${n}${n === 0 ? "" : `&left=${n - 1}`}`));
    await expect.poll(() => pages.filter((page) => !page.hasEnded()).length).toBe(1);
    for (let n = 0; n < 19; n++) pages.push(await listen(`/app/changes?page=other-${n}`));
    expect((await owner.get("/app/changes")).status).toBe(429);
    await Promise.all(pages.map(({ close }) => close()));
  });

  it("needs a sign-in, and is refused for a run that the user may not see", async () => {
    const run = await insertRun(service.database, tenant, { status: "RUNNING" });
    const user = await signIn(service, tenant.user.key);
    expect((await user.get(`/app/changes?run=${run}`)).status).toBe(404);
    expect((await service.fetch("/app/changes", { redirect: "manual" })).status).toBe(303);
  });

  it("is 503 without a hub, without a database request, and while the database does not answer", async () => {
    const without = await startService({ settings: PAGE_SETTINGS });
    const theirs = await createTenant(without.database);
    const browser = await signIn(without, theirs.owner.key);
    const [response, requests] = await without.counted(() => browser.get("/app/changes"));
    expect([response.status, requests]).toEqual([503, 0]);
    await service.database.inflict({ kind: "refused" });
    const away = await owner.get("/app/changes");
    await service.database.mend();
    expect(away.status).toBe(503);
  });
});
