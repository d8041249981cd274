import { Client } from "pg";
import type { SqlTransaction } from "../../../scripts/local/sql-executor.ts";
import type { ExplainedStatement } from "../explained-statement.ts";

/**
 * Explains what the service sends to those databases for which it was asked. Each transaction is carried out twice:
 * once under EXPLAIN ANALYZE, statement by statement so that each sees what the one before has done, and rolled back;
 * then as the service wants it.
 */
export function createExplainer() {
  const explained = new Map<string, ExplainedStatement[]>();

  return {
    start: (database: string) => void explained.set(database, []),
    /** The plans since the start, and an end of it. */
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
        await client.query("begin");
        for (const { query, params } of statements) {
          const { rows } = await client.query<{ "QUERY PLAN": ExplainedStatement["plans"] }>(
            `explain (analyze, format json, timing off) ${query}`,
            [...params],
          );
          list.push({ query, plans: rows[0]?.["QUERY PLAN"] ?? [] });
        }
        await client.query("rollback");
      } finally {
        await client.end();
      }
    },
  };
}
