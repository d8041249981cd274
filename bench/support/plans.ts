/** What Postgres does for a request, and how many of its pages it looks at. */
import type pg from "pg";
import type { SqlTransaction } from "../../scripts/local/sql-executor.ts";

export type Plan = { text: string; buffers: number };

/**
 * Explains all that a request asked of the database, with the values it had. What that changes is rolled back. The
 * second time counts: the first fills the connection's own caches.
 */
export async function explain(pool: pg.Pool, requests: readonly SqlTransaction[]): Promise<Plan> {
  await explainOnce(pool, requests);
  return explainOnce(pool, requests);
}

async function explainOnce(pool: pg.Pool, requests: readonly SqlTransaction[]): Promise<Plan> {
  const client = await pool.connect();
  const texts: string[] = [];
  let buffers = 0;
  try {
    for (const { statements } of requests) {
      await client.query("begin");
      for (const { query, params } of statements) {
        const { rows } = await client.query<{ "QUERY PLAN": string }>({
          text: `explain (analyze, buffers) ${query}`,
          values: [...params],
        });
        const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
        buffers += buffersOf(plan);
        texts.push(`${undent(query)}\n\n${plan}`);
      }
      await client.query("rollback");
    }
  } finally {
    await client.query("rollback");
    client.release();
  }
  return { text: texts.join("\n\n\n"), buffers };
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
