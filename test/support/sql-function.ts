import { hashApiKey } from "../../src/http/credentials/api-key.ts";
import type { TestDatabase } from "./database.ts";
import type { TestUser } from "./tenant.ts";

/** The text of each SQL function, by its path. */
export const SQL_FILES = import.meta.glob<string>("../../migrations/functions/**/*.sql", {
  query: "?raw",
  import: "default",
  eager: true,
});

const TEXT = Object.values(SQL_FILES).join("\n");

/** What a call proves, as the context of a verb has it. */
type Proof = { caller?: object; run?: object; session?: object; webhook?: object };

/** What a verb answers: its result, or why it refused. */
export type SqlAnswer = { refused?: string; [field: string]: unknown };

/**
 * Calls a SQL function directly. Reads get the caller as their credential, and verbs get the proof in their context. Returns the
 * answer of a read, and of a verb its result, or its refusal with all fields.
 */
export async function callSqlFunction(
  { sql }: Pick<TestDatabase, "sql">,
  name: string,
  { caller, run, session, webhook, inputs, ...args }: Proof & Record<string, unknown>,
): Promise<SqlAnswer> {
  const isVerb = new RegExp(`create or replace function public\\.${name}\\(\\s*p_context`).test(TEXT);
  const given = isVerb
    ? { context: JSON.stringify({ caller, run, session, webhook, inputs, slack_seconds: 0, sends: true }), ...args }
    : { ...(caller && { credential: JSON.stringify(caller) }), ...args };
  const names = Object.keys(given).map((key, i) => `p_${key} => $${i + 1}`);
  const [row] = await sql.query(`select public.${name}(${names.join(", ")}) as answer`, Object.values(given));
  const answer = row?.answer;
  return answer !== null && typeof answer === "object" && "result" in answer ? answer.result : answer;
}

/** The proof of a user of the tests. */
export const callerOf = async ({ key }: TestUser) => ({ caller: { api_key_hash: await hashApiKey(key) } });
