-- `is_consistent_run` says the same: the functions are applied after this.
ALTER TABLE "workflow_runs" DROP CONSTRAINT "workflow_runs_place_check";
