import { Client } from "pg";
import type { SqlTransaction } from "../../../scripts/local/sql-executor.ts";
import type { ExplainedStatement } from "../explained-statement.ts";

/** EXPLAIN sees a function's call and not what the function does; this module of Postgres' sees both. */
const EXPLAIN_ALL = `
  load 'auto_explain';
  set auto_explain.log_level = notice;
  set auto_explain.log_min_duration = 0;
  set auto_explain.log_analyze = on;
  set auto_explain.log_timing = off;
  set auto_explain.log_format = json;
  set auto_explain.log_nested_statements = on`;

/**
 * Explains what the service sends to those databases for which it was asked. Each transaction is carried out twice:
 * once with its plans told, statement by statement so that each sees what the one before has done, and rolled back;
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
        await client.query(EXPLAIN_ALL);
        let plans: ExplainedStatement["plans"] = [];
        client.on("notice", ({ message }) => {
          const plan = /^duration: .*plan:\n(.*)$/s.exec(message ?? "")?.[1];
          if (plan !== undefined) plans.push(JSON.parse(plan));
        });
        await client.query("begin");
        for (const { query, params } of statements) {
          plans = [];
          await client.query(query, [...params]);
          // It tells a plan when the statement is done with, which the next one makes it.
          await client.query("savepoint explained");
          list.push({ query, plans });
        }
        await client.query("rollback");
      } finally {
        await client.end();
      }
    },
  };
}
