/** A second workflow that runs after the first one of a tenant. Tests in Node use this, too. */
import type { NeonQueryFunction } from "@neondatabase/serverless";
import { v7 as uuid } from "uuid";
import { encryptSecret, type TestTenant } from "../support/tenant.ts";

/** A second workflow of a tenant: a copy of its first, beside it. Returns its id. */
export async function addWorkflow(
  { sql }: { sql: NeonQueryFunction<false, false> },
  tenant: TestTenant,
): Promise<string> {
  const [id, partId] = [uuid(), uuid()];
  await sql.transaction([
    sql`
      insert into path_parts (id, tenant_id, parent_id, name, part_type, materialized_path)
      select ${partId}, tenant_id, parent_id, ${id}, part_type, regexp_replace(materialized_path, '[^/]*$', ${id})
      from path_parts where id = (select path_part_id from workflow_definitions where id = ${tenant.definitionId})`,
    sql`
      insert into workflow_definitions (id, tenant_id, path_part_id, name, runner_type, runner_url, webhook_secret_encrypted, handover,
        source_path_part_ids, instruction_path_part_ids, output_path_part_ids)
      select ${id}, tenant_id, ${partId}, 'Second', runner_type, runner_url,
        case when runner_url is not null then ${await encryptSecret(id)} end, handover, source_path_part_ids, instruction_path_part_ids,
        output_path_part_ids
      from workflow_definitions where id = ${tenant.definitionId}`,
  ]);
  return id;
}

export const bodyAfter = (of: string, run: object = {}, more: object = {}) => ({
  name: "After",
  kind: "run",
  run: { of, on: "completed", ...run },
  ...more,
});
