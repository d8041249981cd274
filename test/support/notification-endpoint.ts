import type { Service } from "./service.ts";
import type { TestTenant } from "./tenant.ts";

/** An endpoint as it was created. */
export type CreatedEndpoint = { id: string; secret: string; path: string };

export type DeliveryItem = {
  id: string;
  event_id: string;
  type: string;
  state: string;
  next_try_at: string | null;
  tries: { status: number | null; reason: string | null; answer: string | null }[];
};

/** A new endpoint of the tenant, which hears of the ends of runs unless something else is asked for. */
export async function createEndpoint(
  service: Service,
  tenant: TestTenant,
  url: string,
  more: object = {},
): Promise<CreatedEndpoint> {
  const body = { url, event_types: ["workflow_run.completed", "workflow_run.failed"], ...more };
  const response = await service.send("POST", "/v1/notification-endpoints", tenant.owner.key, body);
  if (response.status !== 201) throw new Error(`endpoint: ${response.status} ${await response.text()}`);
  const { id, secret } = await response.json<{ id: string; secret: string }>();
  return { id, secret, path: `/v1/notification-endpoints/${id}` };
}

/** How an endpoint stands. */
export async function readEndpoint(service: Service, tenant: TestTenant, { path }: CreatedEndpoint) {
  return (await service.get(path, tenant.owner.key)).json<Record<string, unknown>>();
}

/** The deliveries of an endpoint, newest first. */
export async function readDeliveries(
  service: Service,
  tenant: TestTenant,
  { path }: CreatedEndpoint,
): Promise<DeliveryItem[]> {
  const response = await service.get(`${path}/deliveries?limit=100`, tenant.owner.key);
  return (await response.json<{ items: DeliveryItem[] }>()).items;
}

/** Has everything that waits for an endpoint be due now, and its probe, too. */
export async function makeAllDue({ database: { sql } }: Service, { id }: CreatedEndpoint): Promise<void> {
  await sql`
    update notifications set next_try_at = statement_timestamp() - interval '10 seconds'
    where endpoint_id = ${id} and next_try_at is not null`;
  await sql`
    update notification_endpoints set probe_at = statement_timestamp() - interval '1 second'
    where id = ${id} and probe_at is not null`;
}
