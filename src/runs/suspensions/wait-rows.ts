import { z } from "zod";
import type { Credential } from "../../db/access.ts";
import { callFunction, credentialArgument } from "../../db/call.ts";
import type { Database } from "../../db/client.ts";
import { ON_TIMEOUT, ROLES } from "../../db/enums.ts";

/** An answer, and who has given it when (RFC 3339). */
export const answerSchema = z.object({
  value: z.string(),
  comment: z.string().nullable(),
  user_id: z.string(),
  at: z.string(),
});

/** A question of a run: `wait_response` in SQL. Instants are RFC 3339. */
export const waitSchema = z.object({
  run_id: z.string(),
  key: z.string(),
  workflow_definition_id: z.string(),
  workflow_name: z.string(),
  prompt: z.string(),
  choices: z.array(z.string()).nullable(),
  by: z.object({
    roles: z.array(z.enum(ROLES)).optional(),
    user_ids: z.array(z.string()).optional(),
    not_requester: z.boolean().optional(),
  }),
  people_only: z.boolean(),
  asked_at: z.string(),
  ends_at: z.string(),
  on_timeout: z.enum(ON_TIMEOUT),
  note: z.string().nullable(),
  answer: answerSchema.nullable(),
});
export type Wait = z.infer<typeof waitSchema>;

/** One page of open questions: `list_waits` in SQL. */
export const waitPageSchema = z.object({ items: z.array(waitSchema), next: z.string().nullable() });

/**
 * The open questions that the caller may answer, newest first, after the position `before`.
 * @throws Unauthenticated
 */
export function listWaits(
  db: Database,
  credential: Credential,
  page: { before: string | null; limit: number },
): Promise<{ items: Wait[]; next: string | null }> {
  const args = { credential: credentialArgument(credential), ...page };
  return callFunction(db, "list_waits", args, waitPageSchema, { isRepeatable: true });
}
