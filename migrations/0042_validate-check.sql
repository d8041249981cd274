ALTER TABLE "workflow_runs" VALIDATE CONSTRAINT "workflow_runs_check";
