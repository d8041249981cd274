CREATE TABLE "runner_sessions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"api_key_id" uuid NOT NULL,
	"name" text NOT NULL,
	"workflow_definition_ids" uuid[],
	"capacity" integer NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT statement_timestamp() NOT NULL,
	"last_seen_at" timestamp (3) with time zone DEFAULT statement_timestamp() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "runner_sessions_name_check" CHECK (char_length("runner_sessions"."name") between 1 and 100),
	CONSTRAINT "runner_sessions_capacity_check" CHECK ("runner_sessions"."capacity" between 1 and 100)
);
--> statement-breakpoint
CREATE TABLE "running_attempts" (
	"run_id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"attempt" integer NOT NULL,
	"session_id" uuid,
	"lease_request_id" uuid,
	"lease_seconds" integer,
	"lease_expires_at" timestamp (3) with time zone,
	"heartbeat_at" timestamp (3) with time zone,
	"progress_percent" integer,
	"progress_message" text,
	"stop_requested_at" timestamp (3) with time zone,
	"stop_user_id" uuid,
	"stop_reason" text,
	"stop_ends_at" timestamp (3) with time zone,
	"next_stop_dispatch_at" timestamp (3) with time zone,
	"stop_dispatch_count" integer DEFAULT 0 NOT NULL,
	"stop_acknowledged_at" timestamp (3) with time zone,
	"ends_at" timestamp (3) with time zone GENERATED ALWAYS AS (least(lease_expires_at, stop_ends_at)) STORED,
	CONSTRAINT "running_attempts_lease_check" CHECK (("running_attempts"."lease_seconds" is null) = ("running_attempts"."lease_expires_at" is null)),
	CONSTRAINT "running_attempts_stop_check" CHECK (("running_attempts"."stop_requested_at" is null) = ("running_attempts"."stop_ends_at" is null)),
	CONSTRAINT "running_attempts_progress_check" CHECK ("running_attempts"."progress_percent" between 0 and 100)
);
--> statement-breakpoint
ALTER TABLE "workflow_run_events" DROP CONSTRAINT "workflow_run_events_type_check";--> statement-breakpoint
ALTER TABLE "workflow_runs" DROP CONSTRAINT "workflow_runs_ended_by_check";--> statement-breakpoint
ALTER TABLE "workflow_runs" ADD COLUMN "not_before" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "kind" text DEFAULT 'USER' NOT NULL;--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "workflow_definition_ids" uuid[];--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD COLUMN "handover" text DEFAULT 'webhook' NOT NULL;--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD COLUMN "lease_seconds" integer DEFAULT 60 NOT NULL;--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD COLUMN "max_attempts" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD COLUMN "retry_on" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "runner_sessions" ADD CONSTRAINT "runner_sessions_api_key_id_api_keys_id_fk" FOREIGN KEY ("api_key_id") REFERENCES "public"."api_keys"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "running_attempts" ADD CONSTRAINT "running_attempts_run_id_workflow_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."workflow_runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "running_attempts" ADD CONSTRAINT "running_attempts_session_id_runner_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."runner_sessions"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "runner_sessions_tenant_index" ON "runner_sessions" USING btree ("tenant_id","expires_at");--> statement-breakpoint
CREATE INDEX "runner_sessions_api_key_index" ON "runner_sessions" USING btree ("api_key_id");--> statement-breakpoint
CREATE INDEX "running_attempts_ends_index" ON "running_attempts" USING btree ("ends_at");--> statement-breakpoint
CREATE INDEX "running_attempts_tenant_ends_index" ON "running_attempts" USING btree ("tenant_id","ends_at");--> statement-breakpoint
CREATE INDEX "running_attempts_session_index" ON "running_attempts" USING btree ("session_id") WHERE session_id is not null;--> statement-breakpoint
CREATE INDEX "running_attempts_stop_index" ON "running_attempts" USING btree ("tenant_id","next_stop_dispatch_at") WHERE next_stop_dispatch_at is not null;--> statement-breakpoint
CREATE INDEX "workflow_runs_not_before_index" ON "workflow_runs" USING btree ("tenant_id","not_before") WHERE not_before is not null;--> statement-breakpoint
CREATE INDEX "workflow_definitions_lease_index" ON "workflow_definitions" USING btree ("tenant_id") WHERE handover = 'lease';--> statement-breakpoint
ALTER TABLE "workflow_run_events" ADD CONSTRAINT "workflow_run_events_type_check" CHECK ("workflow_run_events"."type" in ('TRIGGERED', 'QUEUED', 'STARTED', 'DISPATCHED', 'DISPATCH_FAILED', 'DISPATCH_POSTPONED', 'LEASED', 'RELEASED', 'STOP_REQUESTED', 'STOP_SENT', 'STOP_ACKNOWLEDGED', 'COMPLETED', 'FAILED', 'TIMED_OUT', 'LOST', 'STOPPED', 'RETRIED', 'LATE_RESULT'));--> statement-breakpoint
ALTER TABLE "workflow_runs" ADD CONSTRAINT "workflow_runs_not_before_check" CHECK ("workflow_runs"."not_before" is null or "workflow_runs"."status" = 'PENDING');--> statement-breakpoint
ALTER TABLE "workflow_runs" ADD CONSTRAINT "workflow_runs_ended_by_check" CHECK ("workflow_runs"."ended_by" in ('CALLBACK', 'STOP', 'DEADLINE', 'DISPATCH', 'LEASE'));--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_kind_check" CHECK ("api_keys"."kind" in ('USER', 'RUNNER'));--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_workflow_definitions_check" CHECK ("api_keys"."kind" = 'RUNNER' or "api_keys"."workflow_definition_ids" is null);--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD CONSTRAINT "workflow_definitions_handover_check" CHECK ("workflow_definitions"."handover" in ('webhook', 'lease'));--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD CONSTRAINT "workflow_definitions_lease_seconds_check" CHECK ("workflow_definitions"."lease_seconds" between 1 and 3600);--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD CONSTRAINT "workflow_definitions_max_attempts_check" CHECK ("workflow_definitions"."max_attempts" between 1 and 10);--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD CONSTRAINT "workflow_definitions_retry_on_check" CHECK ("workflow_definitions"."retry_on" <@ array['LOST', 'UNREACHED', 'DEADLINE']::text[]);