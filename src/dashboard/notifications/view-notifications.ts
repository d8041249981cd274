import { and, eq, type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import type { AuditEvent } from "../../audit/audit-events.ts";
import { type Credential, credentialJson } from "../../db/access.ts";
import { type Caller as CallerExpression, callerBy } from "../../db/caller.ts";
import { type Database, repeatable } from "../../db/client.ts";
import { notificationEndpoints as e, notifications as n } from "../../db/notify-and-metric-tables.ts";
import {
  type Delivery,
  DeliverySchema,
  type Endpoint,
  EndpointSchema,
} from "../../notify/endpoints/endpoint-schema.ts";
import { lastChanges } from "../activity/kit/changes.tsx";
import { type Caller, requirePageCaller, selectCaller } from "../caller.ts";

const listSchema = z.object({ items: z.array(EndpointSchema) });
const findSchema = z.object({ endpoint: EndpointSchema });
const deliveriesSchema = z.object({ items: z.array(DeliverySchema) });

/** How many deliveries the page of an endpoint shows. */
export const MAX_DELIVERIES = 50;

/** The most endpoints that a tenant may have. */
const ENDPOINTS = 50;

/** A query that returns one row: the answer of a SQL function. */
const ask = (db: Database, caller: CallerExpression, call: SQL) =>
  db
    .with(caller)
    .select({ answer: sql<unknown>`${call}` })
    .from(caller);

/**
 * The endpoints of the tenant, and the ids of those to which something was delivered. Null when the caller may not see them: only an OWNER or ADMIN may.
 * @throws Unauthenticated
 */
export async function viewEndpoints(
  db: Database,
  credential: Credential,
): Promise<{ caller: Caller; now: string; endpoints: Endpoint[] | null; delivered: string[] }> {
  const caller = callerBy(db, credential);
  const given = sql`${credentialJson(credential)}::jsonb`;
  const { callers, listed, delivered } = await repeatable(db).batch({
    callers: selectCaller(db, caller),
    listed: ask(db, caller, sql`public.list_notification_endpoints(${given}, ${ENDPOINTS}, 0)`),
    delivered: db
      .with(caller)
      .select({ id: e.id })
      .from(caller)
      .innerJoin(e, and(eq(e.tenantId, caller.tenantId), sql`${caller.isAdministrator}`))
      .where(sql`exists (select from ${n} where ${n.endpointId} = ${e.id} and ${n.deliveredAt} is not null)`),
  });
  const found = listSchema.safeParse(listed[0]?.answer);
  return {
    ...requirePageCaller(callers),
    endpoints: found.data?.items ?? null,
    delivered: delivered.map(({ id }) => id),
  };
}

export type EndpointView = {
  caller: Caller;
  now: string;
  endpoint: Endpoint;
  deliveries: Delivery[];
  changes: AuditEvent[];
};

/**
 * One endpoint and its latest deliveries. Null when it does not exist or the caller may not see it.
 * @throws Unauthenticated
 */
export async function viewEndpoint(db: Database, credential: Credential, id: string): Promise<EndpointView | null> {
  const caller = callerBy(db, credential);
  const given = sql`${credentialJson(credential)}::jsonb`;
  const { callers, found, sent, changed } = await repeatable(db).batch({
    callers: selectCaller(db, caller),
    found: ask(db, caller, sql`public.find_notification_endpoint(${given}, ${id}::uuid)`),
    sent: ask(db, caller, sql`public.list_deliveries(${given}, ${id}::uuid, null, ${MAX_DELIVERIES})`),
    changed: db
      .with(caller)
      .select({ changes: lastChanges(caller, id) })
      .from(caller),
  });
  const viewer = requirePageCaller(callers);
  const endpoint = findSchema.safeParse(found[0]?.answer);
  if (!endpoint.success) return null;
  return {
    ...viewer,
    endpoint: endpoint.data.endpoint,
    deliveries: deliveriesSchema.parse(sent[0]?.answer).items,
    changes: changed[0]?.changes ?? [],
  };
}
