/** Reads the plans of a request's statements, and how many pages of the database they read. */
import type pg from "pg";
import { openExplainer } from "../../scripts/local/explain.ts";
import type { SqlTransaction } from "../../scripts/local/sql-executor.ts";

export type Plan = { text: string; buffers: number };

/**
 * Explains all statements of a request with their values. Changes are rolled back. Each statement is explained several times,
 * and the last one counts: the first fills the caches of the connection, and from the sixth time on Postgres uses a generic
 * plan for a function.
 */
export async function explain(pool: pg.Pool, requests: readonly SqlTransaction[]): Promise<Plan> {
  const client = await pool.connect();
  try {
    const carryOut = await openExplainer(client, { log_buffers: "on" });
    for (let n = 1; n < 6; n++) await explainOnce(client, carryOut, requests);
    return await explainOnce(client, carryOut, requests);
  } finally {
    // The connection is closed, so that statements of others are not explained on it.
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
      // The last plan, that of the statement itself, includes the pages of all others.
      buffers += buffersOf(plans.at(-1) ?? "");
      texts.push(undent(query), ...plans);
    }
    await client.query("rollback");
  }
  return { text: texts.join("\n\n"), buffers };
}

/** A plan without the text of a known statement. Empty for a check of a foreign key. */
function readPlan(plan: string, known: string): string[] {
  const text = plan.replace(/^Query Text: /, "");
  if (text.startsWith("SELECT 1 FROM ONLY")) return [];
  return [text.startsWith(known) ? text.slice(known.length).trimStart() : undent(text)];
}

/** The buffers of the topmost node, which include all nodes below it. */
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
