/** What Postgres does for a request, and how many of its pages it looks at. */
import type pg from "pg";
import { openExplainer } from "../../scripts/local/explain.ts";
import type { SqlTransaction } from "../../scripts/local/sql-executor.ts";

export type Plan = { text: string; buffers: number };

/**
 * Explains all that a request asked of the database, with the values it had. What that changes is rolled back. The
 * last time counts: the first fills the connection's own caches, and Postgres plans a function for itself, not for
 * the values of one call, from the sixth time on.
 */
export async function explain(pool: pg.Pool, requests: readonly SqlTransaction[]): Promise<Plan> {
  const client = await pool.connect();
  try {
    const carryOut = await openExplainer(client, { log_buffers: "on" });
    for (let n = 1; n < 6; n++) await explainOnce(client, carryOut, requests);
    return await explainOnce(client, carryOut, requests);
  } finally {
    // Another's statements must not be explained.
    client.release(true);
  }
}

async function explainOnce(
  client: pg.PoolClient,
  carryOut: (statement: pg.QueryConfig) => Promise<string[]>,
  requests: readonly SqlTransaction[],
): Promise<Plan> {
  const texts: string[] = [];
  let buffers = 0;
  for (const { statements } of requests) {
    await client.query("begin");
    for (const { query, params } of statements) {
      const plans = (await carryOut({ text: query, values: [...params] })).flatMap((plan) => readPlan(plan, query));
      // The last counts the pages of those inside of it, too.
      buffers += buffersOf(plans.at(-1) ?? "");
      texts.push(undent(query), ...plans);
    }
    await client.query("rollback");
  }
  return { text: texts.join("\n\n"), buffers };
}

/** A plan without the text of the statement that is known; none of what checks foreign keys. */
function readPlan(plan: string, known: string): string[] {
  const text = plan.replace(/^Query Text: /, "");
  if (text.startsWith("SELECT 1 FROM ONLY")) return [];
  return [text.startsWith(known) ? text.slice(known.length).trimStart() : undent(text)];
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
