CREATE INDEX CONCURRENTLY "workflow_runs_key_turn_index" ON "workflow_runs" USING btree ("workflow_definition_id","concurrency_key","queue_position") WHERE status = 'PENDING' and queue_position is not null;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "workflow_runs_definition_waiting_index" ON "workflow_runs" USING btree ("workflow_definition_id",least(not_before, deadline_at)) WHERE status = 'PENDING' and least(not_before, deadline_at) is not null;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "workflow_runs_tenant_waiting_index" ON "workflow_runs" USING btree ("tenant_id",least(not_before, deadline_at)) WHERE status = 'PENDING' and least(not_before, deadline_at) is not null;--> statement-breakpoint
CREATE INDEX CONCURRENTLY "workflow_runs_waiting_index" ON "workflow_runs" USING btree (least(not_before, deadline_at)) WHERE status = 'PENDING' and least(not_before, deadline_at) is not null;--> statement-breakpoint
-- Last, since until then they find the runs that wait.
DROP INDEX CONCURRENTLY "workflow_runs_key_queue_index";--> statement-breakpoint
DROP INDEX CONCURRENTLY "workflow_runs_not_before_index";
