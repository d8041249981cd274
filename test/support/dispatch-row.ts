import type { PathSnapshot } from "../../src/db/run-snapshot.ts";
import type { Dispatch } from "../../src/verbs/effects.ts";

/** A run that is dispatched now, and has five minutes until its deadline. */
export function dispatchRow(row: Partial<Dispatch> = {}): Dispatch {
  const now = Date.now();
  const part = (path: string): PathSnapshot => ({
    path_part_id: crypto.randomUUID(),
    materialized_path: path,
    part_type: "FOLDER",
  });
  const definitionId = crypto.randomUUID();
  return {
    run_id: crypto.randomUUID(),
    tenant_id: crypto.randomUUID(),
    workflow_definition_id: definitionId,
    attempt: 1,
    dispatch_count: 1,
    deadline_at: new Date(now + 300_000).toISOString(),
    run_snapshot: {
      workflow_definition_id: definitionId,
      workflow_name: "Test",
      runner_type: "SELF_HOSTED",
      user_id: crypto.randomUUID(),
      max_run_duration_seconds: 300,
      sources: [part("/sources")],
      instructions: [part("/instructions.md")],
      outputs: [part("/outputs")],
      template: null,
    },
    input: null,
    traceparent: null,
    labels: {},
    runner_url: null,
    webhook_secret_encrypted: null,
    runner: "",
    claimed_at: new Date(now).toISOString(),
    ...row,
  };
}
