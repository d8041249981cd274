import { describe, expect, it } from "vitest";
import { writeUnchecked } from "../support/database.ts";
import { startRunner, useLeases } from "../support/runners.ts";
import { startService } from "../support/service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";
import { blocksRead, explained } from "./plans.ts";

const MANY = 2_000;

const service = await startService({ isNew: true });
await service.sweep();

/** A tenant with so many workflows whose runs are leased, and a run that waits in each of the first `withWork` of them. */
async function createLeased(definitions: number, withWork: number): Promise<TestTenant> {
  const tenant = await createTenant(service.database);
  await useLeases(service, tenant);
  const { sql } = service.database;
  await writeUnchecked(sql, [
    sql`
      insert into workflow_definitions (id, tenant_id, path_part_id, name, runner_type, source_path_part_ids,
        instruction_path_part_ids, output_path_part_ids, handover, lease_seconds)
      select md5(d.id || 'copy' || n)::uuid, d.tenant_id, md5(d.id || 'node' || n)::uuid, 'Copy ' || n, d.runner_type,
        d.source_path_part_ids, d.instruction_path_part_ids, d.output_path_part_ids, d.handover, d.lease_seconds
      from workflow_definitions d, generate_series(1, ${definitions - 1}::int) n
      where d.id = ${tenant.definitionId}`,
    sql`
      insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot)
      select gen_random_uuid(), d.tenant_id, d.id, ${tenant.owner.id}, d.runner_type, 'PENDING', '{"max_run_duration_seconds": 300}'
      from (select * from workflow_definitions d where d.tenant_id = ${tenant.id} order by d.id limit ${withWork}) d`,
  ]);
  await sql`analyze workflow_runs, workflow_definitions`;
  return tenant;
}

/** How many blocks it reads to lease one run. It leases three, since the first requests also read the catalog, to plan. */
async function blocksOfLease(tenant: TestTenant): Promise<number> {
  const runner = await startRunner(service, tenant, { capacity: 10 });
  let blocks = 0;
  for (let runs = 0; runs < 3; runs++) {
    const [{ leases }, statements] = await explained(service, () => runner.lease({ max: 1 }));
    expect(leases).toHaveLength(1);
    blocks = blocksRead(statements);
  }
  return blocks;
}

describe("a request for work", () => {
  it(`costs a tenant of whose ${MANY} leased workflows ten have work what it costs one that has only these ten`, async () => {
    const [ten, many] = [await createLeased(10, 10), await createLeased(MANY, 10)];
    expect(await blocksOfLease(many)).toBeLessThan(1.5 * (await blocksOfLease(ten)));
  });

  it(`looks only at the first place of each queue when all of ${MANY} leased workflows have work`, async () => {
    expect(await blocksOfLease(await createLeased(MANY, MANY))).toBeLessThan(6 * MANY);
  });
});
