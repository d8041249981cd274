import { and, eq, sql } from "drizzle-orm";
import type { Credential } from "../db/access.ts";
import { callerBy, maySeeDefinition, mayWrite, requireJoinedCaller } from "../db/caller.ts";
import type { Database } from "../db/client.ts";
import { instant } from "../db/rows.ts";
import { pathParts, workflowDefinitions } from "../db/tables.ts";
import { definitionProblem } from "./refusals.ts";

/** `at` is now, by the database's clock (RFC 3339). */
export type FoundRunner = { name: string; url: string; webhookSecretEncrypted: string; at: string };

/**
 * The runner of a definition, for somebody who may change it.
 * @throws Unauthenticated
 * @throws Problem `not_found`, `forbidden`, or `conflict` for a definition without a runner
 */
export async function findRunner(db: Database, credential: Credential, id: string): Promise<FoundRunner> {
  const caller = callerBy(db, credential);
  const d = workflowDefinitions;
  const found = db
    .select({
      name: d.name,
      url: d.runnerUrl,
      webhookSecretEncrypted: d.webhookSecretEncrypted,
      isWritable: mayWrite(caller, pathParts.materializedPath).as("is_writable"),
      at: instant(sql`statement_timestamp()`).as("at"),
    })
    .from(d)
    .innerJoin(pathParts, and(eq(pathParts.tenantId, d.tenantId), eq(pathParts.id, d.pathPartId)))
    .where(and(eq(d.tenantId, caller.tenantId), eq(d.id, id), maySeeDefinition(caller, d.id)))
    .as("found");
  const rows = await db.with(caller).select().from(caller).leftJoinLateral(found, sql`true`);
  const runner = requireJoinedCaller(rows).found;
  if (runner === null) throw definitionProblem({ refused: "not_found" }, "change");
  if (!runner.isWritable) throw definitionProblem({ refused: "forbidden" }, "change");
  const { name, url, webhookSecretEncrypted, at } = runner;
  if (url === null || webhookSecretEncrypted === null) throw definitionProblem({ refused: "no_runner" }, "change");
  return { name, url, webhookSecretEncrypted, at };
}
