CREATE UNIQUE INDEX CONCURRENTLY "workflow_runs_slot_no_key" ON "workflow_runs" USING btree ("workflow_definition_id","slot_no") WHERE status = 'RUNNING';--> statement-breakpoint
CREATE UNIQUE INDEX CONCURRENTLY "workflow_runs_key_slot_no_key" ON "workflow_runs" USING btree ("workflow_definition_id","concurrency_key","key_slot_no") WHERE status = 'RUNNING' and key_slot_no is not null;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "workflow_runs_key_queue_index" ON "workflow_runs" USING btree ("workflow_definition_id","concurrency_key","queue_position") WHERE status = 'PENDING';--> statement-breakpoint
-- Last, since until then it finds the runs in the slots, and lets only one of a definition be RUNNING.
DROP INDEX CONCURRENTLY "workflow_runs_slot_key";
