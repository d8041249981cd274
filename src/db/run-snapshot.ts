import { z } from "zod";
import type { PartType, RunnerType } from "./enums.ts";

/** A path part as it was when the run was triggered. */
export type PathSnapshot = { path_part_id: string; materialized_path: string; part_type: PartType };

/** What a run has to do. It is frozen when the run is triggered, and is stored and sent without changes. */
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
 * A snapshot from the database. Only `trigger_run` writes snapshots, and nothing changes them afterwards. A snapshot
 * may have 61 path parts, and checking them all would take long, so the schema only checks that it is an object.
 */
export const runSnapshotSchema = z.custom<RunSnapshot>((value) => typeof value === "object" && value !== null);
