/** The states of a run and what may follow what. Nothing else in the project says so a second time. */

import type { PartType, RunnerType, RunStatus } from "../db/enums.ts";

/**
 * What may happen to a run in which state. A triggered or retried run is PENDING for a moment even when the
 * slot is free: the same transaction promotes it.
 */
export const TRANSITIONS = {
  promote: { from: ["PENDING"], to: "RUNNING" },
  complete: { from: ["RUNNING"], to: "COMPLETED" },
  fail: { from: ["RUNNING"], to: "FAILED" },
  timeOut: { from: ["RUNNING"], to: "FAILED" },
  giveUpDispatch: { from: ["RUNNING"], to: "FAILED" },
  stop: { from: ["PENDING", "RUNNING"], to: "FAILED" },
  retry: { from: ["FAILED"], to: "PENDING" },
  delete: { from: ["PENDING", "COMPLETED", "FAILED"], to: null },
} as const satisfies Record<string, { from: readonly RunStatus[]; to: RunStatus | null }>;

export type Transition = keyof typeof TRANSITIONS;

/** A path part as it stood when the run was triggered. */
export type PathSnapshot = { path_part_id: string; materialized_path: string; part_type: PartType };

/** Frozen when the run is triggered; stored and sent as it is. */
export type RunSnapshot = {
  workflow_definition_id: string;
  workflow_name: string;
  runner_type: RunnerType;
  user_id: string;
  max_run_duration_seconds: number;
  sources: PathSnapshot[];
  instructions: PathSnapshot[];
  outputs: PathSnapshot[];
  template: PathSnapshot | null;
};
