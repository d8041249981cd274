/** What pages say about a RUNNING run that no runner has taken, or that was asked to stop. */
import { beforeEach, describe, expect, it } from "vitest";
import { PAGE_SETTINGS } from "../support/browser.ts";
import { callBack, insertRun } from "../support/lifecycle.ts";
import { openedTenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";

const service = await startService({ settings: PAGE_SETTINGS });
const { tenant, owner } = openedTenantOfEachTest(service);
let runId: string;

beforeEach(async () => {
  runId = await insertRun(service.database, tenant, { status: "RUNNING" });
});

/** The pages that show the run: its own, two lists, the list of workflows, and the search. */
const pages = () => [
  `/app/runs/${runId}`,
  "/app/runs",
  `/app/workflows/${tenant.definitionId}`,
  "/app/workflows",
  `/app/search?q=${runId}`,
];

/** The states on a page, each once, with the words for them. */
const statesIn = (html: string) => [
  ...new Set(
    [...html.matchAll(/<span class="status ([\w-]+)"><svg.*?<\/svg>([^<]+)<\/span>/gs)].map(
      ([, kind, word]) => `${kind}: ${word}`,
    ),
  ),
];

const read = async (path: string) => {
  const [html, requests] = await service.counted(() => owner.read(path));
  expect([path, requests]).toEqual([path, 1]);
  return html;
};

const stopWithGrace = () => owner.post(`/app/runs/${runId}/stop`, { reason: "Wrong folder", grace_seconds: "60" });

describe("a RUNNING run", () => {
  it("is called not taken until a runner has accepted it, in amber", async () => {
    await service.database.sql`update workflow_runs set dispatched_at = null, dispatch_count = 1,
      dispatch_error = 'The runner answered 401.' where id = ${runId}`;
    for (const path of pages())
      expect([path, statesIn(await read(path))]).toEqual([path, ["not-taken: Not taken yet"]]);
    expect(await read(`/app/runs/${runId}`)).toContain("The runner answered 401.");
    expect(await read("/app/runs")).toContain(`run …${runId.slice(-8)}: Not taken yet.`);
    await service.database.sql`update workflow_runs set dispatched_at = statement_timestamp() where id = ${runId}`;
    for (const path of [`/app/runs/${runId}`, "/app/runs"]) {
      expect([path, statesIn(await read(path))]).toEqual([path, ["running: Running"]]);
    }
  });

  it("is STOPPING while its runner has time to end its work, and shows how long", async () => {
    await stopWithGrace();
    for (const path of pages()) {
      const html = await read(path);
      expect([path, statesIn(html)]).toEqual([path, ["stopping: Stopping"]]);
      const hasClock = /<span data-tick="left"[^>]*>(\d+ s|1 min)<\/span> left to stop/.test(html);
      expect([path, hasClock]).toEqual([path, !path.includes("search")]);
    }
  });

  it("shows, once it is stopped, what its runner said beside the reason", async () => {
    await stopWithGrace();
    await callBack(service, tenant, runId, { status: "FAILED", error: "Cleaned up 3 files." });
    const html = await read(`/app/runs/${runId}`);
    expect(html).toMatch(/Stopped: Wrong folder.*<dt>The runner said<\/dt><dd><bdi[^>]*>Cleaned up 3 files\./s);
    expect(html).toContain("Wrong folder · The runner said: Cleaned up 3 files.");
  });

  it("has a bar that grows with the time that is used, so that none reads as finished at the start", async () => {
    for (const path of ["/app/runs", "/app/workflows"]) {
      const html = await read(path);
      expect(html).toMatch(/aria-label="How much of its time is used".*?class="fill" width="20".*?data-tick="grow"/s);
      expect(html).not.toContain("shrink");
    }
  });
});
