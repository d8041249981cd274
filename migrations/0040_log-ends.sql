ALTER TABLE "workflow_run_log_entries" ADD COLUMN "omitted_bytes" bigint;--> statement-breakpoint
ALTER TABLE "workflow_run_logs" ADD COLUMN "has_end" boolean DEFAULT false NOT NULL;