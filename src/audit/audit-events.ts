/** The audit log: its pages, and the removal of what is old. */
import { z } from "zod";
import type { Credential } from "../db/access.ts";
import { callFunction, credentialArgument } from "../db/call.ts";
import type { Database } from "../db/client.ts";
import { administratorProblem } from "../people/refusals.ts";
import { defineVerb } from "../verbs/verb.ts";

const objectSchema = z.object({ kind: z.string(), id: z.string().nullable(), name: z.string().nullable() });

const fields = z.record(z.string(), z.unknown()).nullable();

/** A row of the audit log: `audit_event_response` in SQL. */
export const auditEventSchema = z.object({
  id: z.string(),
  at: z.string(),
  action: z.string(),
  actor: z.object({
    user_id: z.string(),
    name: z.string().nullable(),
    credential_kind: z.string(),
    credential_id: z.string().nullable(),
    credential_name: z.string().nullable(),
  }),
  object: objectSchema,
  about: objectSchema.nullable(),
  before: fields,
  after: fields,
  hidden: z.array(z.string()),
  detail: fields,
  request_id: z.string().nullable(),
});
export type AuditEvent = z.infer<typeof auditEventSchema>;

/** Which rows a list has. Instants are RFC 3339. */
export type AuditFilter = {
  actorId: string | null;
  objectId: string | null;
  action: string | null;
  since: string | null;
  until: string | null;
};

const pageSchema = z.union([
  z.object({ items: z.array(auditEventSchema), next: z.string().nullable() }),
  z.object({ refused: z.enum(["forbidden"]) }),
]);

/**
 * One page of the audit log of the caller's tenant, newest first, after the position `before`.
 * @throws Unauthenticated
 * @throws Problem `forbidden` for a USER
 */
export async function listAuditEvents(
  db: Database,
  credential: Credential,
  { actorId, objectId, ...rest }: AuditFilter & { before: string | null; limit: number },
): Promise<{ items: AuditEvent[]; next: string | null }> {
  const args = { credential: credentialArgument(credential), actor_id: actorId, object_id: objectId, ...rest };
  const answer = await callFunction(db, "list_audit_events", args, pageSchema, { isRepeatable: true });
  if ("refused" in answer) throw administratorProblem(answer.refused);
  return answer;
}

/** Removes up to `limit` rows of the audit log that are older than `days` days. */
export const deleteOldAuditEvents = defineVerb({
  name: "delete_old_audit_events",
  args: (chunk: { days: number; limit: number }) => chunk,
  result: z.object({ deleted: z.int() }),
});
