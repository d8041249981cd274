import { z } from "zod";
import type { PartType, RunnerType } from "./enums.ts";

/** A path part as it stood when the run was triggered. */
export type PathSnapshot = { path_part_id: string; materialized_path: string; part_type: PartType };

/** What a run was asked to do: frozen when it is triggered; stored and sent as it is. */
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

/**
 * A snapshot that comes from the database. `trigger_run` alone writes it and nothing changes it, and it may name 61 parts:
 * so the check only makes sure that it is an object.
 */
export const runSnapshotSchema = z.custom<RunSnapshot>((value) => typeof value === "object" && value !== null);
