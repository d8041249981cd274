import { expect, it } from "vitest";
import { createDatabase } from "../support/database.ts";

it("vacuums the tables that every run changes when 2 % of their rows are dead", async () => {
  const { sql } = await createDatabase();
  const rows = await sql`
    select relname from pg_class where 'autovacuum_vacuum_scale_factor=0.02' = any (reloptions) order by relname`;
  expect(rows.map(({ relname }) => relname)).toEqual([
    "notifications",
    "runner_sessions",
    "running_attempts",
    "workflow_run_logs",
    "workflow_runs",
  ]);
});
