import { sql } from "drizzle-orm";
import type { Credential } from "../../db/access.ts";
import { callerBy, mayChangeDefinition } from "../../db/caller.ts";
import { type Database, repeatable } from "../../db/client.ts";
import type { FailureCode } from "../../db/enums.ts";
import { instant } from "../../db/rows.ts";
import { type Caller, requirePageCaller, selectCaller } from "../caller.ts";

/** Failures that are alike: `alike_failures` in SQL. Instants are RFC 3339. */
export type AlikeFailures = {
  definition_id: string;
  workflow_name: string;
  failure_code: FailureCode;
  fingerprint: string;
  /** The hash of the fingerprint, with which the list of runs is filtered. */
  alike: string;
  runs: number;
  first_at: string;
  last_at: string;
  /** The last of them. */
  example_id: string;
  example_error: string | null;
  seen: { note: string; at: string; user_name: string | null } | null;
  /** Whether the caller may say that it was seen. */
  may_write: boolean;
};

/** How many days back, and how many rows, the page shows. */
export const DAYS = 7;
export const MAX_ROWS = 100;

/**
 * The failures of the last days that the caller may see, those that are alike in one row.
 * @throws Unauthenticated
 */
export async function viewFailures(
  db: Database,
  credential: Credential,
): Promise<{ caller: Caller; now: string; failures: AlikeFailures[] }> {
  const caller = callerBy(db, credential);
  const { callers, failures } = await repeatable(db).batch({
    callers: selectCaller(db, caller),
    failures: db
      .with(caller)
      .select({
        definition_id: sql<string>`alike.definition_id`,
        workflow_name: sql<string>`alike.workflow_name`,
        failure_code: sql<FailureCode>`alike.failure_code`,
        fingerprint: sql<string>`alike.fingerprint`,
        alike: sql<string>`md5(alike.fingerprint)`,
        runs: sql<number>`alike.runs::int`,
        first_at: instant(sql`alike.first_at`),
        last_at: instant(sql`alike.last_at`),
        example_id: sql<string>`alike.example_id`,
        example_error: sql<string | null>`left(alike.example_error, 500)`,
        seen: sql<AlikeFailures["seen"]>`alike.seen`,
        may_write: mayChangeDefinition(caller, sql`alike.definition_id`),
      })
      .from(caller)
      .crossJoinLateral(
        sql`public.alike_failures(${caller.role}, ${caller.tenantId}, ${caller.userId},
          statement_timestamp() - make_interval(days => ${DAYS}::int), statement_timestamp(), ${MAX_ROWS}::int) alike`,
      )
      .orderBy(sql`alike.last_at desc`, sql`alike.example_id`),
  });
  return { ...requirePageCaller(callers), failures };
}
