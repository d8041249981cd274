import { z } from "zod";
import { callFunction } from "../../db/call.ts";
import type { Database } from "../../db/client.ts";
import type { Round } from "../../db/round.ts";
import { defineVerb } from "../../verbs/verb.ts";

const dueSchema = z.object({ endpoint_ids: z.array(z.string()), after: z.string().nullish() });

/** Up to `limit` endpoints of all tenants to which something can be sent now. It goes from one to the next: `round` is how far it is. */
export async function listDueEndpoints(db: Database, limit: number, round: Round): Promise<string[]> {
  const due = await callFunction(db, "list_due_endpoints", { limit, after: round.after }, dueSchema);
  round.after = due.after ?? null;
  return due.endpoint_ids;
}

/** Deletes up to `limit` notifications that are older than 30 days, or gives up what has waited for disabled endpoints. */
export const deleteOldNotifications = defineVerb({
  name: "delete_old_notifications",
  args: (limit: number) => ({ limit }),
  result: z.object({ deleted: z.int() }),
});
