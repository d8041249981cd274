import { z } from "zod";
import { callFunction } from "../../db/call.ts";
import type { Database } from "../../db/client.ts";
import type { Turn } from "../../db/turn.ts";
import { defineVerb } from "../../verbs/verb.ts";

const dueSchema = z.object({ endpoint_ids: z.array(z.string()), after: z.string().nullish() });

/** Up to `limit` endpoints of all tenants to which something can be sent now. They take turns: `turn` is where these go on. */
export async function listDueEndpoints(db: Database, limit: number, turn: Turn): Promise<string[]> {
  const due = await callFunction(db, "list_due_endpoints", { limit, after: turn.after }, dueSchema);
  turn.after = due.after ?? null;
  return due.endpoint_ids;
}

/** Deletes up to `limit` notifications that are older than 30 days. */
export const deleteOldNotifications = defineVerb({
  name: "delete_old_notifications",
  args: (limit: number) => ({ limit }),
  result: z.object({ deleted: z.int() }),
});
