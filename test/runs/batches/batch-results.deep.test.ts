import { describe, expect, it } from "vitest";
import { invokeBatch } from "../../support/batches.ts";
import { answeringRunner } from "../../support/fake-runner.ts";
import { callBack } from "../../support/lifecycle.ts";
import { tenantOfEachTest } from "../../support/of-each-test.ts";
import { permit } from "../../support/path-parts.ts";
import { startService } from "../../support/service.ts";
import { createTenant } from "../../support/tenant.ts";

const service = await startService();
const tenant = tenantOfEachTest(service, { runnerUrl: answeringRunner(202) });

type Page = { items: { run_id: string; output: unknown }[]; next_cursor: string | null };

const read = (id: string, query = "", key = tenant.owner.key) =>
  service.get(`/v1/run-batches/${id}/results${query}`, key);
const pageOf = async (id: string, query = "") => (await read(id, query)).json<Page>();
const end = (runId: string | undefined, result: object) => callBack(service, tenant, String(runId), result);

describe("GET of the results of a batch", () => {
  it("is one database request, and in the order of the batch, with each state, error and output", async () => {
    const runs = [{ labels: { customer: "4711" } }, {}, {}];
    const { id, run_ids: runIds } = await invokeBatch(service, tenant, runs);
    await end(runIds[0], { status: "COMPLETED", output: { pages: 12 }, summary: "12 pages" });
    await end(runIds[1], { status: "FAILED", error: "No such file." });
    const [response, requests] = await service.counted(() => read(id));
    expect(requests).toBe(1);
    const nothing = { failure_code: null, error: null, summary: null, output: null };
    const of = (place: number, more: object) => ({
      ...{ run_id: runIds[place], labels: {}, attempt: 1, completed_at: expect.any(String), ...nothing },
      result_url: expect.stringMatching(new RegExp(`^https?://.*/v1/workflow-runs/${runIds[place]}/result$`)),
      ...more,
    });
    expect(await response.json()).toEqual({
      items: [
        of(0, { status: "COMPLETED", labels: { customer: "4711" }, output: { pages: 12 }, summary: "12 pages" }),
        of(1, { status: "FAILED", failure_code: "REPORTED", error: "No such file." }),
        of(2, { status: "RUNNING", completed_at: null }),
      ],
      next_cursor: null,
    });
  });

  it("has pages, each run once, of so many as `limit` says", async () => {
    const { id, run_ids: runIds } = await invokeBatch(service, tenant, 5);
    const [first, cursors] = [await pageOf(id, "?limit=2"), [] as string[]];
    const found = first.items.map(({ run_id }) => run_id);
    for (let next = first.next_cursor; next !== null; ) {
      cursors.push(next);
      const page = await pageOf(id, `?limit=2&cursor=${next}`);
      found.push(...page.items.map(({ run_id }) => run_id));
      next = page.next_cursor;
    }
    expect([found, cursors]).toEqual([runIds, [runIds[1], runIds[3]]]);
  });

  it("ends a page before its outputs have more than 256 KiB", async () => {
    const { id, run_ids: runIds } = await invokeBatch(service, tenant, 6);
    const output = "x".repeat(60_000);
    for (const runId of runIds) await end(runId, { status: "COMPLETED", output });
    const first = await pageOf(id);
    expect([first.items.length, first.next_cursor]).toEqual([4, runIds[3]]);
    const second = await pageOf(id, `?cursor=${first.next_cursor}`);
    expect(second.items.map((item) => [item.run_id, item.output])).toEqual([
      [runIds[4], output],
      [runIds[5], output],
    ]);
    expect(second.next_cursor).toBeNull();
  });

  it("is for whoever sees the runs of the batch", async () => {
    const { id } = await invokeBatch(service, tenant, 1);
    expect((await read(id, "", tenant.admin.key)).status).toBe(200);
    expect((await read(id, "", tenant.user.key)).status).toBe(404);
    expect((await read(id, "", (await createTenant(service.database)).owner.key)).status).toBe(404);
    const [node] = await service.database.sql`
      select path_part_id from workflow_definitions where id = ${tenant.definitionId}`;
    await permit(service.database, tenant, String(node?.path_part_id), "READ_ONLY");
    expect((await read(id, "", tenant.user.key)).status).toBe(200);
    expect((await read(id, "?limit=101&cursor=x")).status).toBe(422);
    expect((await read(id, "", "wr_made_up")).status).toBe(401);
  });
});
