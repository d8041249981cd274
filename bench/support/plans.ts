/** What Postgres does for a request, and how many of its pages it looks at. */
import type pg from "pg";
import type { SqlTransaction } from "../../scripts/local/sql-executor.ts";

export type Plan = { text: string; buffers: number };

/** EXPLAIN sees a function's call and not what the function does; this module of Postgres' sees both. */
const EXPLAIN_ALL = `
  load 'auto_explain';
  set auto_explain.log_level = notice;
  set auto_explain.log_min_duration = 0;
  set auto_explain.log_analyze = on;
  set auto_explain.log_buffers = on;
  set auto_explain.log_nested_statements = on`;

/**
 * Explains all that a request asked of the database, with the values it had. What that changes is rolled back. The
 * last time counts: the first fills the connection's own caches, and Postgres plans a function for itself, not for
 * the values of one call, from the sixth time on.
 */
export async function explain(pool: pg.Pool, requests: readonly SqlTransaction[]): Promise<Plan> {
  const client = await pool.connect();
  try {
    await client.query(EXPLAIN_ALL);
    for (let n = 1; n < 6; n++) await explainOnce(client, requests);
    return await explainOnce(client, requests);
  } finally {
    // Another's statements must not be explained.
    client.release(true);
  }
}

async function explainOnce(client: pg.PoolClient, requests: readonly SqlTransaction[]): Promise<Plan> {
  const texts: string[] = [];
  let buffers = 0;
  for (const { statements } of requests) {
    await client.query("begin");
    for (const { query, params } of statements) {
      const plans = await plansOf(client, { text: query, values: [...params] });
      // Those of what it calls come before its own, which counts their pages too.
      buffers += buffersOf(plans.at(-1) ?? "");
      texts.push(undent(query), ...plans);
    }
    await client.query("rollback");
  }
  return { text: texts.join("\n\n"), buffers };
}

/** The plans of a statement and of those inside of it, apart from what checks foreign keys. */
async function plansOf(client: pg.PoolClient, statement: pg.QueryConfig): Promise<string[]> {
  const plans: string[] = [];
  const note = ({ message = "" }: { message?: string | undefined }) => {
    const told = /^duration: .*? plan:\nQuery Text: (.*)$/s.exec(message)?.[1];
    if (told === undefined || told.startsWith("SELECT 1 FROM ONLY")) return;
    plans.push(told.startsWith(statement.text) ? told.slice(statement.text.length).trimStart() : undent(told));
  };
  client.on("notice", note);
  try {
    await client.query(statement);
    // It tells a plan when the statement is done with, which the next one makes it.
    await client.query("savepoint explained");
  } finally {
    client.off("notice", note);
  }
  return plans;
}

/** Of the topmost node, which counts all below it. */
function buffersOf(plan: string): number {
  const line = /^ {2}Buffers: shared (.+)$/m.exec(plan)?.[1] ?? "";
  return [...line.matchAll(/\b(?:hit|read)=(\d+)/g)].reduce((sum, [, pages]) => sum + Number(pages), 0);
}

function undent(query: string): string {
  const lines = query.split("\n").filter((line) => line.trim() !== "");
  const indents = lines.slice(1).map((line) => line.search(/\S/));
  const indent = Math.min(...indents, 80);
  return lines.map((line) => (line.slice(0, indent).trim() === "" ? line.slice(indent) : line.trimStart())).join("\n");
}
