import { sql } from "drizzle-orm";
import { authenticated, type Credential } from "../db/access.ts";
import { type Database, repeatable } from "../db/client.ts";
import type { RunRow } from "./run-rows.ts";

export const NO_RUN = "There is no such run, or it is not yours to see.";

/** A run, and for a PENDING one what it waits for. */
export type QueuedRunRow = RunRow & {
  /** 1 for the run that is next. Null unless PENDING. */
  queue_position: number | null;
  /** The run that holds the slot. Null unless PENDING behind one that the caller may see. */
  blocked_by: string | null;
  /** Hex SHA-256 of what a reader sees of the run, without its place in the queue. */
  etag: string;
};

/**
 * The run as it stands now, or null when there is none that the caller may see. The statement is `find_run` of
 * functions.ts.
 * @throws Problem `unauthenticated`
 */
export async function findRun(db: Database, credential: Credential, runId: string): Promise<QueuedRunRow | null> {
  const [apiKeyHash, session] =
    "session" in credential ? [null, JSON.stringify(credential.session)] : [credential.apiKeyHash, null];
  const { rows } = await repeatable(db).execute<{ found: { run: QueuedRunRow | null; of_tenant: string } | null }>(
    sql`select find_run(${runId}, ${apiKeyHash}, ${session}) as found`,
  );
  return authenticated(rows.flatMap(({ found }) => found ?? [])).run;
}
