import type pg from "pg";

/** Suspends a RUNNING run, with a checkpoint, until somebody answers. No page hears of it. */
export async function suspendRun(database: pg.Client, runId: unknown): Promise<void> {
  const waits = [
    { key: "approve", kind: "question", prompt: "Pay invoice 4711?", choices: ["yes", "no"], people_only: false },
    { key: "why", kind: "question", prompt: "Which account is it for?", people_only: false },
    { key: "tomorrow", kind: "timer", seconds: 86_400 },
  ];
  const { rows } = await database.query(
    `insert into run_checkpoints (run_id, key, tenant_id, attempt, value, bytes, kept_at)
     select id, 'ocr', tenant_id, attempt, '{"pages": 12}', 13, now() from workflow_runs where id = $1
     returning suspend_run(
       jsonb_build_object('run', jsonb_build_object('run_id', run_id, 'tenant_id', tenant_id, 'attempt', attempt),
         'slack_seconds', 60, 'sends', false), $2) ->> 'refused' as refused`,
    [runId, JSON.stringify({ waits, on_timeout: "fail", note: "The invoice is a file of the run." })],
  );
  if (rows.length !== 1 || rows[0].refused !== null) throw new Error(`suspend_run: ${JSON.stringify(rows)}`);
}
