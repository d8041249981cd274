import { z } from "zod";
import { callFunction } from "../../db/call.ts";
import type { Database } from "../../db/client.ts";
import { defineVerb } from "../../verbs/verb.ts";

/** Up to `limit` endpoints of all tenants to which something can be sent now. Those that have waited longest come first. */
export async function listDueEndpoints(db: Database, limit: number): Promise<string[]> {
  const schema = z.object({ endpoint_ids: z.array(z.string()) });
  return (await callFunction(db, "list_due_endpoints", { limit }, schema)).endpoint_ids;
}

/** Deletes up to `limit` notifications that are older than 30 days. */
export const deleteOldNotifications = defineVerb({
  name: "delete_old_notifications",
  args: (limit: number) => ({ limit }),
  result: z.object({ deleted: z.int() }),
});
