import type { Service } from "./service.ts";
import type { TestTenant } from "./tenant.ts";

export const batchPath = ({ definitionId }: TestTenant) => `/v1/workflow-definitions/${definitionId}/invoke-batch`;

export type TriggeredBatch = { id: string; run_ids: string[] };

export type ReadBatch = Record<"run_count" | "pending" | "running" | "completed" | "failed" | "deleted", number> & {
  id: string;
  created_at: string;
  ended_at: string | null;
};

/** Triggers a batch of the tenant's definition, of so many empty runs or of these runs. */
export async function invokeBatch(
  service: Service,
  tenant: TestTenant,
  runs: number | readonly object[],
  more: object = {},
): Promise<TriggeredBatch> {
  const given = typeof runs === "number" ? Array.from({ length: runs }, () => ({})) : runs;
  const response = await service.send("POST", batchPath(tenant), tenant.owner.key, { runs: given, ...more });
  if (response.status !== 202) throw new Error(`invoke-batch: ${response.status} ${await response.text()}`);
  return response.json<TriggeredBatch>();
}

/** How a batch stands, as its tenant's OWNER sees it. */
export async function readBatch(service: Service, tenant: TestTenant, id: string): Promise<ReadBatch> {
  const response = await service.get(`/v1/run-batches/${id}`, tenant.owner.key);
  if (response.status !== 200) throw new Error(`batch: ${response.status} ${await response.text()}`);
  return response.json<ReadBatch>();
}

/** The events of the ends of a tenant's batches, oldest first. */
export function batchEnds({ database: { sql } }: Service, { id }: TestTenant) {
  return sql`
    select run_id, attempt, at, detail from workflow_run_events
    where tenant_id = ${id} and type = 'BATCH_ENDED' order by id`;
}
