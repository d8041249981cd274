/** What it costs when very many runs wait: to supersede them, to trigger another one, to find a place among them, and to count them. */
import { describe, expect, it } from "vitest";
import { insertDefinitions, insertRuns } from "../support/backlog.ts";
import { writeUnchecked } from "../support/database.ts";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { invoke, invokePath } from "../support/lifecycle.ts";
import { startService } from "../support/service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";
import { blocksRead, explained, rowsRead } from "./plans.ts";

const service = await startService({ isNew: true });
const { sql } = service.database;
// Other workflows, as a real database has them: among three, a plan for any of them reads all runs.
const crowd = await createTenant(service.database);
const others = await insertDefinitions(service.database, crowd, 300, BUSY_RUNNER);
await insertRuns(service.database, crowd, others, "PENDING");

/** A tenant with a run that holds the slot, one that waits, and `count` others. These wait for `notBefore` when that is given, or are suspended until then. */
async function createWaiting(count: number, notBefore: string | null = null, isSuspended = false) {
  const tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
  await invoke(service, tenant);
  const waiting = await invoke(service, tenant);
  await writeUnchecked(sql, [
    sql`
      insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot, not_before, queue_position,
        attempt, suspended_at)
      select md5(r.id || 'other' || n)::uuid, r.tenant_id, r.workflow_definition_id, r.user_id, r.runner_type, r.status, r.run_snapshot,
        ${notBefore}::timestamptz, case when ${notBefore}::timestamptz is null then nextval('workflow_run_queue') end,
        case when ${isSuspended} then 2 else 1 end, case when ${isSuspended} then statement_timestamp() end
      from workflow_runs r, generate_series(1, ${count}::int) n
      where r.id = ${waiting}`,
  ]);
  await sql`analyze workflow_runs`;
  const [last] =
    await sql`select id from workflow_runs where tenant_id = ${tenant.id} order by not_before desc nulls last, id desc limit 1`;
  return { tenant, waiting, last: String(last?.id) };
}

async function rowsOf(action: () => Promise<unknown>): Promise<number> {
  const [, statements] = await explained(service, action);
  return rowsRead(statements, "workflow_runs");
}

const setWhenBusy = ({ definitionId }: TestTenant, whenBusy: string) =>
  sql`update workflow_definitions set when_busy = ${whenBusy} where id = ${definitionId}`;

it("a call that supersedes a part of many runs does not read the others, of 20,000 either", async () => {
  const rows: number[] = [];
  for (const count of [2_000, 20_000]) {
    const { tenant } = await createWaiting(count);
    await setWhenBusy(tenant, "replace_queued");
    await invoke(service, tenant);
    await setWhenBusy(tenant, "queue");
    rows.push(await rowsOf(() => invoke(service, tenant)));
    const [left] = await sql`
      select count(*)::int as runs from workflow_runs where tenant_id = ${tenant.id} and failure_code = 'SUPERSEDED'`;
    expect(left?.runs).toBe(1000);
  }
  expect(rows[1]).toBeLessThan((rows[0] ?? 0) + 5000);
});

it.each([
  { others: "suspended", policies: ["queue", "skip", "replace_queued"] },
  { others: "delayed", policies: ["queue", "skip", "replace_queued", "replace_running"] },
])(
  "an invoke that asks what it competes with reads as much beside 10,000 $others runs as beside 100",
  async ({ others, policies }) => {
    const read: Record<string, number[]> = {};
    for (const count of [100, 10_000]) {
      const { tenant } = await createWaiting(count, "2100-01-01T00:00:00Z", others === "suspended");
      await sql`update workflow_definitions set max_queued = 10 where id = ${tenant.definitionId}`;
      for (const whenBusy of policies) {
        await setWhenBusy(tenant, whenBusy);
        const send = () => service.send("POST", invokePath(tenant), tenant.owner.key, {});
        expect((await send()).status).toBe(whenBusy === "skip" ? 409 : 202);
        // The second one, since the first one also reads the catalog, to plan.
        await explained(service, send);
        const [, statements] = await explained(service, send);
        read[whenBusy] = [...(read[whenBusy] ?? []), blocksRead(statements)];
      }
    }
    for (const [few = 0, many] of Object.values(read)) expect(many).toBeLessThan(few + 100);
  },
);

describe("a place in a queue that very many runs join at one instant", () => {
  it.each(["waiting", "last"] as const)(
    "is found as fast before 20,000 as before 1,001, for the run that is %s",
    async (which) => {
      const rows: number[] = [];
      for (const count of [1_001, 20_000]) {
        const { tenant, ...runs } = await createWaiting(count, "2026-01-01T00:00:00Z");
        const read = () => service.get(`/v1/workflow-runs/${runs[which]}`, tenant.owner.key);
        expect((await read()).headers.get("x-queue-position")).toBe(which === "waiting" ? "1" : "1001");
        rows.push(await rowsOf(read));
      }
      expect(rows[1]).toBeLessThan((rows[0] ?? 0) + 100);
    },
  );
});

it("the metrics read the runs that wait once for the whole tenant, and once for each workflow", async () => {
  const { tenant } = await createWaiting(2_000);
  const read = () => service.get("/v1/metrics", tenant.owner.key);
  await read();
  expect(await rowsOf(read)).toBeLessThan(2.5 * 2_000);
});
