-- Since `0037_suspended-runs`, the constraint says more.
ALTER TABLE "workflow_runs" VALIDATE CONSTRAINT "workflow_runs_place_check";
