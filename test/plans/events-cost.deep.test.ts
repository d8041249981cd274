import { expect, it } from "vitest";
import { insertRun } from "../support/lifecycle.ts";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";

it("costs a verb nothing for each event that other transactions have inserted since it began", async () => {
  const service = await startService({ isNew: true });
  const { sql } = service.database;
  const tenant = await createTenant(service.database);
  const runId = await insertRun(service.database, tenant, { status: "PENDING" });
  const readBlocks = async () => {
    const answer = `select answer_of(p_context => '{}', p_tenant_id => '${tenant.id}', p_answer => '{"result": {}}')`;
    const [, , , plans] = await sql.transaction([
      sql`select pg_current_xact_id()`,
      sql`insert into workflow_run_events (tenant_id, run_id, attempt, type) values (${tenant.id}, ${runId}, 1, 'QUEUED')`,
      sql.query(answer),
      sql.query(`explain (analyze, buffers, format json) ${answer}`),
    ]);
    return Number(plans?.[0]?.["QUERY PLAN"]?.[0]?.Plan["Shared Hit Blocks"]);
  };
  const before = await readBlocks();
  await sql`
    insert into workflow_run_events (tenant_id, run_id, attempt, type)
    select ${tenant.id}, ${runId}, 1, 'LATE_RESULT' from generate_series(1, 5000)`;
  expect(await readBlocks()).toBeLessThan(before + 50);
});
