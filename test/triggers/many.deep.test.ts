/** Very many schedules that are due in the same minute. */
import { describe, expect, it } from "vitest";
import { fireDue } from "../../src/triggers/fire-due.ts";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";
import { verbServices } from "../support/verb-services.ts";
import { thisMinute } from "./support.ts";

/** This test only shows that none is lost, for which these are enough. `npm run bench -- triggers` measures 1,000. */
const TENANTS = 300;
const EACH = 10;

const service = await startService({ isNew: true });
// Copies of one tenant, with one workflow for each, whose runs are leased: nothing is sent.
const tenant = await createTenant(service.database);
const { sql } = service.database;
await sql`update workflow_definitions set handover = 'lease' where id = ${tenant.definitionId}`;
const schedule = {
  ...{ ...thisMinute(), at: null, starts_at: null, ends_at: null },
  ...{ jitter_seconds: 0, catch_up: "last", catch_up_window_seconds: 86_400 },
};
await sql`
  create table copies as
  select gen_random_uuid() as tenant_id, gen_random_uuid() as user_id, gen_random_uuid() as definition_id
  from generate_series(1, ${TENANTS})`;
await sql`insert into tenants (id, name) select tenant_id, 'Copy' from copies`;
await sql`insert into users (id, tenant_id, role) select user_id, tenant_id, 'OWNER' from copies`;
await sql`
  insert into path_parts (id, tenant_id, parent_id, name, part_type, materialized_path)
  select md5(copies.tenant_id || part.id::text)::uuid, copies.tenant_id,
    case when part.parent_id is not null then md5(copies.tenant_id || part.parent_id::text)::uuid end, part.name, part.part_type,
    part.materialized_path
  from copies, path_parts part where part.tenant_id = ${tenant.id}`;
await sql`
  insert into workflow_definitions (id, tenant_id, path_part_id, name, runner_type, handover, source_path_part_ids,
    instruction_path_part_ids, output_path_part_ids)
  select copies.definition_id, copies.tenant_id, md5(copies.tenant_id || d.path_part_id::text)::uuid, d.name, d.runner_type, d.handover,
    array[md5(copies.tenant_id || d.source_path_part_ids[1]::text)::uuid],
    array[md5(copies.tenant_id || d.instruction_path_part_ids[1]::text)::uuid],
    array[md5(copies.tenant_id || d.output_path_part_ids[1]::text)::uuid]
  from copies, workflow_definitions d where d.id = ${tenant.definitionId}`;
await sql`
  insert into triggers (id, tenant_id, workflow_definition_id, user_id, name, kind, config, after_at, due_at)
  select gen_random_uuid(), tenant_id, definition_id, user_id, 'Test', 'schedule', ${JSON.stringify(schedule)}::jsonb,
    statement_timestamp() - interval '30 minutes', statement_timestamp() - interval '1 second'
  from copies, generate_series(1, ${EACH})`;
// Not of the tables that are still empty: with such statistics, Postgres would read them whole for each run and firing that comes.
await sql`analyze tenants, users, path_parts, workflow_definitions, triggers`;

describe("three thousand schedules of 300 tenants that are due in the same minute", () => {
  it("all fire, each once, by two sweeps at a time of which one dies in the middle", async () => {
    const services = verbServices(service);
    const began = performance.now();
    let calls = 0;
    // One sweep ends early, as if it had died after a transaction.
    await Promise.all([fireDue(services, null, () => ++calls < 20), fireDue(services, null, () => true)]);
    await fireDue(services, null, () => true);
    const seconds = (performance.now() - began) / 1000;
    console.log(`${TENANTS * EACH} schedules fired in ${seconds.toFixed(1)} s.`);
    const [row] = await service.database.sql`
      select count(*)::int as firings, count(distinct trigger_id)::int as triggers, count(distinct run_id)::int as runs,
        (count(*) filter (where outcome = 'FIRED'))::int as fired
      from trigger_firings`;
    const all = TENANTS * EACH;
    expect(row).toEqual({ firings: all, triggers: all, runs: all, fired: all });
    const [runs] = await service.database.sql`select count(*)::int as count from workflow_runs`;
    expect(runs).toEqual({ count: all });
    const [due] = await service.database.sql`
      select count(*)::int as count from triggers where due_at <= statement_timestamp() or next_at is null`;
    expect(due).toEqual({ count: 0 });
  }, 600_000);
});
