CREATE TABLE "workflow_run_log_entries" (
	"run_id" uuid NOT NULL,
	"attempt" integer NOT NULL,
	"sequence" integer NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"text" text NOT NULL,
	CONSTRAINT "workflow_run_log_entries_pkey" PRIMARY KEY("run_id","attempt","sequence"),
	CONSTRAINT "workflow_run_log_entries_sequence_check" CHECK ("workflow_run_log_entries"."sequence" >= 0)
);
--> statement-breakpoint
CREATE TABLE "workflow_run_logs" (
	"run_id" uuid NOT NULL,
	"attempt" integer NOT NULL,
	"bytes" integer DEFAULT 0 NOT NULL,
	"is_cut" boolean DEFAULT false NOT NULL,
	CONSTRAINT "workflow_run_logs_pkey" PRIMARY KEY("run_id","attempt")
);
--> statement-breakpoint
ALTER TABLE "workflow_runs" ADD COLUMN "input" json;--> statement-breakpoint
ALTER TABLE "workflow_runs" ADD COLUMN "failure_code" text;--> statement-breakpoint
ALTER TABLE "workflow_runs" ADD COLUMN "output" json;--> statement-breakpoint
ALTER TABLE "workflow_runs" ADD COLUMN "summary" text;--> statement-breakpoint
ALTER TABLE "workflow_runs" ADD COLUMN "artifacts" json;--> statement-breakpoint
ALTER TABLE "workflow_run_log_entries" ADD CONSTRAINT "workflow_run_log_entries_log_fkey" FOREIGN KEY ("run_id","attempt") REFERENCES "public"."workflow_run_logs"("run_id","attempt") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "workflow_run_logs" ADD CONSTRAINT "workflow_run_logs_run_id_workflow_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."workflow_runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
-- These functions get further arguments and columns, which `create or replace` cannot give to them. No release has them.
DROP FUNCTION IF EXISTS public.run_as_seen(public.workflow_runs, timestamptz);--> statement-breakpoint
DROP FUNCTION IF EXISTS public.trigger_run(jsonb, uuid, uuid, text, integer, integer);--> statement-breakpoint
DROP FUNCTION IF EXISTS public.record_result(uuid, uuid, integer, text, text, integer, integer);--> statement-breakpoint
ALTER TABLE "workflow_runs" ADD CONSTRAINT "workflow_runs_failure_code_check" CHECK ("workflow_runs"."failure_code" in ('REPORTED', 'DEADLINE', 'STOPPED', 'REJECTED', 'UNREACHED', 'LOST'));