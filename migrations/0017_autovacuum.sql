-- Each run changes rows of these tables several times, and each change leaves a dead row and dead entries in the small indexes of
-- unfinished runs. By default autovacuum waits until a fifth of a table is dead: with a million runs that are 200,000 rows, which
-- statements pass over until then. The lock that this takes does not block writes.
ALTER TABLE "workflow_runs" SET (autovacuum_vacuum_scale_factor = 0.02);--> statement-breakpoint
ALTER TABLE "running_attempts" SET (autovacuum_vacuum_scale_factor = 0.02);--> statement-breakpoint
ALTER TABLE "runner_sessions" SET (autovacuum_vacuum_scale_factor = 0.02);--> statement-breakpoint
ALTER TABLE "workflow_run_logs" SET (autovacuum_vacuum_scale_factor = 0.02);--> statement-breakpoint
ALTER TABLE "notifications" SET (autovacuum_vacuum_scale_factor = 0.02);
