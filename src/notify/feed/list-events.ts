import { z } from "zod";
import type { Credential } from "../../db/access.ts";
import { callFunction, credentialArgument, openSet } from "../../db/call.ts";
import type { Database } from "../../db/client.ts";
import { EVENT_NAMES, EVENT_TYPES, type EventName } from "../../db/enums.ts";
import { labelsField } from "../../runs/labels.ts";

/** The names of events in the feed, each once, in the order in which they can first occur. */
export const EVENT_FEED_NAMES = [...new Set(EVENT_TYPES.map((type) => EVENT_NAMES[type]))] as [
  EventName,
  ...EventName[],
];

const eventSchema = z.object({
  position: z.string(),
  id: z.string(),
  type: openSet(EVENT_FEED_NAMES),
  at: z.string(),
  run_id: z.string().nullable(),
  workflow_definition_id: z.string().nullable(),
  attempt: z.int().nullable(),
  labels: labelsField,
  detail: z.record(z.string(), z.unknown()).nullable(),
});
export type FeedEvent = z.infer<typeof eventSchema>;

const answerSchema = z.object({
  tenant_id: z.string(),
  items: z.array(eventSchema),
  next: z.string().nullable(),
  has_more: z.boolean(),
  holds_back: z.boolean(),
});

/** One page of the feed, oldest first: `list_events` in SQL. */
export type FeedPage = z.infer<typeof answerSchema>;

export type FeedFilter = {
  names: readonly EventName[] | undefined;
  definitionId: string | undefined;
  labels: readonly string[] | undefined;
};

/**
 * Reads the events of the caller's tenant after a position; null means from the beginning.
 * @throws Unauthenticated
 */
export async function listEvents(
  db: Database,
  credential: Credential,
  request: FeedFilter & { after: string | null; limit: number },
): Promise<FeedPage> {
  const args = {
    credential: credentialArgument(credential),
    after: request.after,
    names: request.names ?? null,
    definition_id: request.definitionId ?? null,
    limit: request.limit,
    labels: request.labels ?? null,
  };
  return callFunction(db, "list_events", args, answerSchema, { isRepeatable: true });
}

const endSchema = z.object({ tenant_id: z.string(), user_id: z.string(), next: z.string() });

/**
 * The position after all events that the feed shows now.
 * @throws Unauthenticated
 */
export async function findEndOfEvents(db: Database, credential: Credential): Promise<z.infer<typeof endSchema>> {
  const args = { credential: credentialArgument(credential) };
  return callFunction(db, "find_end_of_events", args, endSchema, { isRepeatable: true });
}

const POSITION = /^(\d{1,10})\.(\d{1,20})\.(\d{1,19})$/;

/** The greatest values of Postgres' `integer`, `xid8` and `bigint`. */
const GREATEST = [2n ** 31n - 1n, 2n ** 64n - 1n, 2n ** 63n - 1n];

/** True for a text that can be a position: an epoch, a transaction and an id. */
export function isPosition(text: string): boolean {
  const [, ...parts] = POSITION.exec(text) ?? [];
  return parts.length === 3 && parts.every((part, index) => BigInt(part) <= (GREATEST[index] ?? 0n));
}
