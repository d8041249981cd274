-- A run joins its queue at `not_before`, and has no position until then. The runs that wait for the end of a back-off lose theirs.
ALTER TABLE "workflow_runs" ALTER COLUMN "queue_position" DROP NOT NULL;--> statement-breakpoint
UPDATE "workflow_runs" SET "queue_position" = NULL WHERE "status" = 'PENDING' AND "not_before" IS NOT NULL;
