-- Several slots for each definition, and concurrency keys. The slot of each RUNNING run gets its number.
ALTER TABLE "workflow_runs" DROP CONSTRAINT "workflow_runs_check";--> statement-breakpoint
ALTER TABLE "workflow_runs" ADD COLUMN "concurrency_key" text COLLATE "C" DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "workflow_runs" ADD COLUMN "slot_no" integer;--> statement-breakpoint
ALTER TABLE "workflow_runs" ADD COLUMN "key_slot_no" integer;--> statement-breakpoint
UPDATE "workflow_runs" SET "slot_no" = 1 WHERE "status" = 'RUNNING';--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD COLUMN "max_running" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD COLUMN "max_running_per_key" integer;--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD COLUMN "key_from" text;--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD COLUMN "last_key" text COLLATE "C";--> statement-breakpoint
-- `functions/rules/table_checks.sql` replaces this before the transaction ends. The rows that exist satisfied the constraint before,
-- and the new columns are as it wants them.
CREATE FUNCTION public.run_is_consistent(
  p_status text, p_attempt integer, p_runner_type text, p_traceparent text, p_ended_by text, p_failure_code text,
  p_started_at timestamptz, p_deadline_at timestamptz, p_completed_at timestamptz, p_error text,
  p_next_dispatch_at timestamptz, p_not_before timestamptz, p_concurrency_key text, p_slot_no integer, p_key_slot_no integer
) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN true; END $$;--> statement-breakpoint
ALTER TABLE "workflow_runs" ADD CONSTRAINT "workflow_runs_check" CHECK (public.run_is_consistent("workflow_runs"."status", "workflow_runs"."attempt", "workflow_runs"."runner_type", "workflow_runs"."traceparent", "workflow_runs"."ended_by",
        "workflow_runs"."failure_code", "workflow_runs"."started_at", "workflow_runs"."deadline_at", "workflow_runs"."completed_at", "workflow_runs"."error", "workflow_runs"."next_dispatch_at",
        "workflow_runs"."not_before", "workflow_runs"."concurrency_key", "workflow_runs"."slot_no", "workflow_runs"."key_slot_no"));--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD CONSTRAINT "workflow_definitions_max_running_check" CHECK ("workflow_definitions"."max_running" between 1 and 100);--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD CONSTRAINT "workflow_definitions_max_running_per_key_check" CHECK ("workflow_definitions"."max_running_per_key" between 1 and "workflow_definitions"."max_running");--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD CONSTRAINT "workflow_definitions_key_from_check" CHECK (char_length("workflow_definitions"."key_from") between 1 and 256);
