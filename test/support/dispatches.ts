import type { Service } from "./service.ts";
import type { TestTenant } from "./tenant.ts";

export type RunEvent = { type: string; attempt: number; at: string; detail: Record<string, unknown> | null };

/** What happened to a run, oldest first. */
export async function readEvents(service: Service, tenant: TestTenant, runId: string): Promise<RunEvent[]> {
  const response = await service.get(`/v1/workflow-runs/${runId}/events?limit=100`, tenant.owner.key);
  return (await response.json<{ items: RunEvent[] }>()).items;
}

/** Moves the next delivery of a run back, so that it is due; also when it is under a lease. */
export async function makeDue(service: Service, runId: string): Promise<void> {
  await service.database.sql`
    update workflow_runs set next_dispatch_at = statement_timestamp() - interval '1 second'
    where id = ${runId} and next_dispatch_at is not null`;
}
