import { z } from "zod";
import type { Credential } from "../../db/access.ts";
import { readFor } from "../../db/call.ts";
import type { Database } from "../../db/client.ts";
import { OF_RUN } from "../refusals.ts";
import { runProgressSchema } from "../run-rows.ts";

const pageSchema = z.object({
  attempt: z.int(),
  entries: z.array(
    z.object({
      sequence: z.int(),
      at: z.string(),
      text: z.string(),
      missing_before: z.int(),
      omitted_bytes: z.number().default(0),
    }),
  ),
  /** True when the page is full. */
  has_more: z.boolean(),
  /** True when the attempt has ended and no entries follow this page. */
  is_complete: z.boolean(),
  /** True when entries were not stored because the log was too long, and the end of the log is not there either. */
  is_cut: z.boolean(),
  /** The progress of the attempt, while it is RUNNING. */
  progress: runProgressSchema.nullish(),
  /** When the last heartbeat of the attempt arrived, while it is RUNNING. */
  heartbeat_at: z.string().nullish(),
});

/**
 * A page of a run's log. `missing_before` is the number of entries before an entry that never arrived, and `omitted_bytes` is how much of the
 * log its runner has left out there. Instants are RFC 3339.
 */
export type LogPage = z.infer<typeof pageSchema>;

/** `attempt`: null for the current one. `after`: the number of the last known entry, or null. */
export type LogRequest = { runId: string; attempt: number | null; after: number | null };

/**
 * A page of the log of an attempt, in the order of the entries' numbers.
 * @throws Problem `unauthenticated` or `not_found`
 */
export function readLog(db: Database, credential: Credential, request: LogRequest): Promise<LogPage> {
  const args = { run_id: request.runId, attempt: request.attempt, after: request.after ?? -1 };
  return readFor(db, credential, "read_log", args, pageSchema, OF_RUN);
}
