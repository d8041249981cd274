import { openExplainer } from "../../scripts/local/explain.ts";
import type { SqlTransaction } from "../../scripts/local/sql-executor.ts";
import type { ExplainedStatement } from "../support/harness-protocol.ts";
import { openClient } from "../support/node/postgres-client.ts";

/**
 * Explains the statements that the service sends to selected databases. Each transaction is executed twice: first to report the
 * plans, statement by statement (so that each sees the effects of those before), and rolled back; then as the service has sent
 * it. A database keeps its connection, as one of Neon's is kept: after some calls, it has generic plans for the statements in functions.
 */
export function createExplainer() {
  const explained = new Map<string, ExplainedStatement[]>();
  const connections = new Map<string, ReturnType<typeof connect>>();
  /** Resolves when the latest transaction has been explained. All share one connection, so each waits for the one before it. */
  let last: Promise<unknown> = Promise.resolve();

  async function plansOf(postgresUrl: string, { statements }: SqlTransaction): Promise<ExplainedStatement[]> {
    const known = connections.get(postgresUrl) ?? connect(postgresUrl);
    connections.set(postgresUrl, known);
    const { client, explain } = await known;
    const list: ExplainedStatement[] = [];
    await client.query("begin");
    try {
      for (const { query, params } of statements) {
        const plans = await explain({ text: query, values: [...params] });
        list.push({ query, plans: plans.map((plan) => JSON.parse(plan)) });
      }
    } finally {
      await client.query("rollback");
    }
    return list;
  }

  return {
    start: (database: string) => void explained.set(database, []),
    /** Stops explaining. Returns the plans since the start. */
    stop(database: string): ExplainedStatement[] {
      const statements = explained.get(database) ?? [];
      explained.delete(database);
      return statements;
    },
    async explain(postgresUrl: string, database: string, transaction: SqlTransaction): Promise<void> {
      const list = explained.get(database);
      if (!list) return;
      const explaining = last.then(() => plansOf(postgresUrl, transaction));
      last = explaining.catch(() => {});
      list.push(...(await explaining));
    },
    async close(): Promise<void> {
      for (const connection of connections.values()) await (await connection).client.end();
    },
  };
}

async function connect(connectionString: string) {
  const client = await openClient(connectionString);
  const explain = await openExplainer(client, { log_format: "json", log_timing: "off", log_buffers: "on" });
  return { client, explain };
}
