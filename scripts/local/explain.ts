import type pg from "pg";

/**
 * Makes a connection report the plan of each statement, including the statements in functions that it calls, for which EXPLAIN
 * only shows the call. `settings` are those of auto_explain: https://www.postgresql.org/docs/current/auto-explain.html
 *
 * Returns a function that executes a statement within a transaction, and returns the plans in the format of auto_explain. The
 * last one is that of the statement itself.
 */
export async function openExplainer(client: pg.ClientBase, settings: Record<string, string>) {
  await client.query("load 'auto_explain'");
  const all = {
    log_level: "notice",
    log_min_duration: "0",
    log_analyze: "on",
    log_nested_statements: "on",
    ...settings,
  };
  for (const [name, value] of Object.entries(all)) await client.query(`set auto_explain.${name} = ${value}`);

  return async (statement: pg.QueryConfig): Promise<string[]> => {
    const plans: string[] = [];
    const note = ({ message = "" }: { message?: string | undefined }) => {
      const plan = /^duration: .*? plan:\n(.*)$/s.exec(message)?.[1];
      if (plan !== undefined) plans.push(plan);
    };
    client.on("notice", note);
    try {
      await client.query(statement);
      // auto_explain reports the plan of a statement when it has finished, which is when the next statement begins.
      await client.query("savepoint explained");
    } finally {
      client.off("notice", note);
    }
    return plans;
  };
}
