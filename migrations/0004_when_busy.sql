ALTER TABLE "workflow_definitions" ADD COLUMN "when_busy" text DEFAULT 'queue' NOT NULL;--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD COLUMN "replace_grace_seconds" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD COLUMN "max_queued" integer;--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD CONSTRAINT "workflow_definitions_when_busy_check" CHECK ("workflow_definitions"."when_busy" in ('queue', 'skip', 'replace_queued', 'replace_running') and ("workflow_definitions"."when_busy" <> 'replace_running' or "workflow_definitions"."max_running" = 1
        or ("workflow_definitions"."max_running_per_key" = 1 and "workflow_definitions"."key_from" is not null) is true)
        and "workflow_definitions"."replace_grace_seconds" between 0 and 300 and coalesce("workflow_definitions"."max_queued" between 1 and 1000, true));