import { Client } from "pg";
import { openExplainer } from "../../scripts/local/explain.ts";
import type { SqlTransaction } from "../../scripts/local/sql-executor.ts";
import type { ExplainedStatement } from "../support/harness-protocol.ts";

/**
 * Explains the statements that the service sends to selected databases. Each transaction is executed twice: first to report the
 * plans, statement by statement (so that each sees the effects of those before), and rolled back; then as the service has sent
 * it.
 */
export function createExplainer() {
  const explained = new Map<string, ExplainedStatement[]>();

  return {
    start: (database: string) => void explained.set(database, []),
    /** Stops explaining. Returns the plans since the start. */
    stop(database: string): ExplainedStatement[] {
      const statements = explained.get(database) ?? [];
      explained.delete(database);
      return statements;
    },
    async explain(postgresUrl: string, database: string, { statements }: SqlTransaction): Promise<void> {
      const list = explained.get(database);
      if (!list) return;
      const client = new Client({ connectionString: postgresUrl });
      await client.connect();
      try {
        const explain = await openExplainer(client, { log_format: "json", log_timing: "off", log_buffers: "on" });
        await client.query("begin");
        for (const { query, params } of statements) {
          const plans = await explain({ text: query, values: [...params] });
          list.push({ query, plans: plans.map((plan) => JSON.parse(plan)) });
        }
        await client.query("rollback");
      } finally {
        await client.end();
      }
    },
  };
}
