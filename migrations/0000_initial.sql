CREATE SEQUENCE "public"."workflow_run_queue" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1;--> statement-breakpoint
CREATE TABLE "api_keys" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"name" text NOT NULL,
	"key_hash" "bytea" NOT NULL,
	"key_suffix" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT statement_timestamp() NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	CONSTRAINT "api_keys_key_hash_key" UNIQUE("key_hash"),
	CONSTRAINT "api_keys_name_check" CHECK (char_length("api_keys"."name") between 1 and 100),
	CONSTRAINT "api_keys_key_hash_check" CHECK (octet_length("api_keys"."key_hash") = 32)
);
--> statement-breakpoint
CREATE TABLE "path_parts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"parent_id" uuid,
	"name" text NOT NULL,
	"part_type" text NOT NULL,
	"metadata_obj_id" uuid,
	"materialized_path" text COLLATE "C" NOT NULL,
	"system_managed" boolean DEFAULT false NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT statement_timestamp() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT statement_timestamp() NOT NULL,
	CONSTRAINT "path_parts_tenant_id_id_key" UNIQUE("tenant_id","id"),
	CONSTRAINT "path_parts_materialized_path_key" UNIQUE("tenant_id","materialized_path"),
	CONSTRAINT "path_parts_parent_name_key" UNIQUE NULLS NOT DISTINCT("tenant_id","parent_id","name"),
	CONSTRAINT "path_parts_name_check" CHECK (char_length("path_parts"."name") between 1 and 255 and position('/' in "path_parts"."name") = 0),
	CONSTRAINT "path_parts_materialized_path_check" CHECK (octet_length("path_parts"."materialized_path") <= 2048),
	CONSTRAINT "path_parts_part_type_check" CHECK ("path_parts"."part_type" in ('FOLDER', 'DOCUMENT', 'DOCUMENT_VERSION', 'SECTION', 'CHUNK', 'THREAD', 'THREAD_MESSAGE', 'WORKFLOW_DEFINITION', 'WORKFLOW_RUN'))
);
--> statement-breakpoint
CREATE TABLE "sweep_state" (
	"id" integer PRIMARY KEY DEFAULT 1 NOT NULL,
	"began_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	"timed_out" integer DEFAULT 0 NOT NULL,
	"lag_p50_ms" bigint,
	"lag_max_ms" bigint,
	"delivered" integer DEFAULT 0 NOT NULL,
	"deleted" integer DEFAULT 0 NOT NULL,
	"overdue_left" integer DEFAULT 0 NOT NULL,
	"due_left" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "sweep_state_single_row_check" CHECK ("sweep_state"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE "tenants" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT statement_timestamp() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "user_permissions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"path_part_id" uuid NOT NULL,
	"capability" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT statement_timestamp() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT statement_timestamp() NOT NULL,
	CONSTRAINT "user_permissions_user_path_part_key" UNIQUE("tenant_id","user_id","path_part_id"),
	CONSTRAINT "user_permissions_capability_check" CHECK ("user_permissions"."capability" in ('READ_ONLY', 'READ_WRITE'))
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"email" text,
	"first_name" text,
	"last_name" text,
	"idp_type" text DEFAULT 'PASSWORD' NOT NULL,
	"role" text NOT NULL,
	"deactivated_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT statement_timestamp() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT statement_timestamp() NOT NULL,
	CONSTRAINT "users_tenant_id_id_key" UNIQUE("tenant_id","id"),
	CONSTRAINT "users_role_check" CHECK ("users"."role" in ('OWNER', 'ADMIN', 'USER')),
	CONSTRAINT "users_idp_type_check" CHECK ("users"."idp_type" in ('PASSWORD', 'GOOGLE', 'TENANT'))
);
--> statement-breakpoint
CREATE TABLE "workflow_definitions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"path_part_id" uuid NOT NULL,
	"name" text NOT NULL,
	"description" text,
	"runner_type" text NOT NULL,
	"runner_url" text,
	"webhook_secret_encrypted" text,
	"max_run_duration_seconds" integer DEFAULT 300 NOT NULL,
	"source_path_part_ids" uuid[] NOT NULL,
	"instruction_path_part_ids" uuid[] NOT NULL,
	"output_path_part_ids" uuid[] NOT NULL,
	"template_path_part_id" uuid,
	"is_active" boolean DEFAULT true NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT statement_timestamp() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT statement_timestamp() NOT NULL,
	CONSTRAINT "workflow_definitions_tenant_id_id_key" UNIQUE("tenant_id","id"),
	CONSTRAINT "workflow_definitions_path_part_key" UNIQUE("tenant_id","path_part_id"),
	CONSTRAINT "workflow_definitions_name_check" CHECK (char_length("workflow_definitions"."name") <= 255),
	CONSTRAINT "workflow_definitions_runner_type_check" CHECK ("workflow_definitions"."runner_type" in ('SELF_HOSTED')),
	CONSTRAINT "workflow_definitions_runner_check" CHECK (("workflow_definitions"."runner_url" is null) = ("workflow_definitions"."webhook_secret_encrypted" is null)),
	CONSTRAINT "workflow_definitions_max_run_duration_check" CHECK ("workflow_definitions"."max_run_duration_seconds" between 60 and 86400),
	CONSTRAINT "workflow_definitions_path_parts_check" CHECK (cardinality("workflow_definitions"."source_path_part_ids") between 1 and 20
        and cardinality("workflow_definitions"."instruction_path_part_ids") between 1 and 20
        and cardinality("workflow_definitions"."output_path_part_ids") between 1 and 20)
);
--> statement-breakpoint
CREATE TABLE "workflow_run_events" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "workflow_run_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"tenant_id" uuid NOT NULL,
	"run_id" uuid NOT NULL,
	"attempt" integer NOT NULL,
	"type" text NOT NULL,
	"at" timestamp (3) with time zone DEFAULT statement_timestamp() NOT NULL,
	"detail" jsonb,
	CONSTRAINT "workflow_run_events_type_check" CHECK ("workflow_run_events"."type" in ('TRIGGERED', 'QUEUED', 'STARTED', 'DISPATCHED', 'DISPATCH_FAILED', 'COMPLETED', 'FAILED', 'TIMED_OUT', 'STOPPED', 'RETRIED', 'LATE_RESULT'))
);
--> statement-breakpoint
CREATE TABLE "workflow_runs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"workflow_definition_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"runner_type" text NOT NULL,
	"status" text NOT NULL,
	"attempt" integer DEFAULT 1 NOT NULL,
	"run_snapshot" jsonb NOT NULL,
	"idempotency_key" text,
	"queue_position" bigint DEFAULT nextval('workflow_run_queue') NOT NULL,
	"started_at" timestamp (3) with time zone,
	"deadline_at" timestamp (3) with time zone,
	"completed_at" timestamp (3) with time zone,
	"error" text,
	"ended_by" text,
	"next_dispatch_at" timestamp (3) with time zone,
	"dispatch_count" integer DEFAULT 0 NOT NULL,
	"dispatched_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT statement_timestamp() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT statement_timestamp() NOT NULL,
	CONSTRAINT "workflow_runs_tenant_id_id_key" UNIQUE("tenant_id","id"),
	CONSTRAINT "workflow_runs_status_check" CHECK ("workflow_runs"."status" in ('PENDING', 'RUNNING', 'COMPLETED', 'FAILED')),
	CONSTRAINT "workflow_runs_runner_type_check" CHECK ("workflow_runs"."runner_type" in ('SELF_HOSTED')),
	CONSTRAINT "workflow_runs_attempt_check" CHECK ("workflow_runs"."attempt" >= 1),
	CONSTRAINT "workflow_runs_pending_check" CHECK ("workflow_runs"."status" <> 'PENDING' or ("workflow_runs"."started_at" is null and "workflow_runs"."deadline_at" is null)),
	CONSTRAINT "workflow_runs_running_check" CHECK ("workflow_runs"."status" <> 'RUNNING' or ("workflow_runs"."started_at" is not null and "workflow_runs"."deadline_at" > "workflow_runs"."started_at")),
	CONSTRAINT "workflow_runs_active_check" CHECK ("workflow_runs"."status" in ('COMPLETED', 'FAILED')
        or ("workflow_runs"."completed_at" is null and "workflow_runs"."error" is null and "workflow_runs"."ended_by" is null)),
	CONSTRAINT "workflow_runs_terminal_check" CHECK ("workflow_runs"."status" in ('PENDING', 'RUNNING') or ("workflow_runs"."completed_at" is not null and "workflow_runs"."ended_by" is not null)),
	CONSTRAINT "workflow_runs_completed_check" CHECK ("workflow_runs"."status" <> 'COMPLETED' or ("workflow_runs"."started_at" is not null and "workflow_runs"."error" is null)),
	CONSTRAINT "workflow_runs_ended_by_check" CHECK ("workflow_runs"."ended_by" in ('CALLBACK', 'STOP', 'DEADLINE', 'DISPATCH')),
	CONSTRAINT "workflow_runs_dispatch_check" CHECK ("workflow_runs"."next_dispatch_at" is null or "workflow_runs"."status" = 'RUNNING')
);
--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_user_fkey" FOREIGN KEY ("tenant_id","user_id") REFERENCES "public"."users"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "path_parts" ADD CONSTRAINT "path_parts_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "path_parts" ADD CONSTRAINT "path_parts_parent_fkey" FOREIGN KEY ("tenant_id","parent_id") REFERENCES "public"."path_parts"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user_permissions" ADD CONSTRAINT "user_permissions_user_fkey" FOREIGN KEY ("tenant_id","user_id") REFERENCES "public"."users"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user_permissions" ADD CONSTRAINT "user_permissions_path_part_fkey" FOREIGN KEY ("tenant_id","path_part_id") REFERENCES "public"."path_parts"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD CONSTRAINT "workflow_definitions_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD CONSTRAINT "workflow_definitions_path_part_fkey" FOREIGN KEY ("tenant_id","path_part_id") REFERENCES "public"."path_parts"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "workflow_run_events" ADD CONSTRAINT "workflow_run_events_run_fkey" FOREIGN KEY ("tenant_id","run_id") REFERENCES "public"."workflow_runs"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "workflow_runs" ADD CONSTRAINT "workflow_runs_definition_fkey" FOREIGN KEY ("tenant_id","workflow_definition_id") REFERENCES "public"."workflow_definitions"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "workflow_runs" ADD CONSTRAINT "workflow_runs_user_fkey" FOREIGN KEY ("tenant_id","user_id") REFERENCES "public"."users"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_keys_user_index" ON "api_keys" USING btree ("tenant_id","user_id","created_at");--> statement-breakpoint
CREATE INDEX "path_parts_definitions_index" ON "path_parts" USING btree ("tenant_id","materialized_path") WHERE part_type = 'WORKFLOW_DEFINITION';--> statement-breakpoint
CREATE INDEX "user_permissions_path_part_index" ON "user_permissions" USING btree ("tenant_id","path_part_id");--> statement-breakpoint
CREATE UNIQUE INDEX "users_tenant_id_email_key" ON "users" USING btree ("tenant_id",lower("email"));--> statement-breakpoint
CREATE INDEX "workflow_definitions_newest_index" ON "workflow_definitions" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "workflow_definitions_path_parts_index" ON "workflow_definitions" USING gin (("source_path_part_ids" || "instruction_path_part_ids" || "output_path_part_ids" || "template_path_part_id"));--> statement-breakpoint
CREATE INDEX "workflow_run_events_run_index" ON "workflow_run_events" USING btree ("run_id","id");--> statement-breakpoint
CREATE INDEX "workflow_run_events_timed_out_index" ON "workflow_run_events" USING btree ("tenant_id","at") WHERE type = 'TIMED_OUT';--> statement-breakpoint
CREATE UNIQUE INDEX "workflow_runs_slot_key" ON "workflow_runs" USING btree ("workflow_definition_id") WHERE status = 'RUNNING';--> statement-breakpoint
CREATE INDEX "workflow_runs_queue_index" ON "workflow_runs" USING btree ("workflow_definition_id","queue_position") WHERE status = 'PENDING';--> statement-breakpoint
CREATE INDEX "workflow_runs_deadline_index" ON "workflow_runs" USING btree ("deadline_at") WHERE status = 'RUNNING';--> statement-breakpoint
CREATE INDEX "workflow_runs_tenant_deadline_index" ON "workflow_runs" USING btree ("tenant_id","deadline_at") WHERE status = 'RUNNING';--> statement-breakpoint
CREATE INDEX "workflow_runs_dispatch_index" ON "workflow_runs" USING btree ("tenant_id","next_dispatch_at") WHERE next_dispatch_at is not null;--> statement-breakpoint
CREATE INDEX "workflow_runs_idempotency_index" ON "workflow_runs" USING btree ("workflow_definition_id","idempotency_key") WHERE idempotency_key is not null;--> statement-breakpoint
CREATE INDEX "workflow_runs_definition_newest_index" ON "workflow_runs" USING btree ("workflow_definition_id","created_at","id");--> statement-breakpoint
CREATE INDEX "workflow_runs_tenant_newest_index" ON "workflow_runs" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "workflow_runs_tenant_status_newest_index" ON "workflow_runs" USING btree ("tenant_id","status","created_at","id");--> statement-breakpoint
CREATE INDEX "workflow_runs_user_newest_index" ON "workflow_runs" USING btree ("tenant_id","user_id","created_at","id");--> statement-breakpoint
CREATE INDEX "workflow_runs_definition_failed_index" ON "workflow_runs" USING btree ("workflow_definition_id","created_at","id") WHERE status = 'FAILED';--> statement-breakpoint
CREATE INDEX "workflow_runs_user_failed_index" ON "workflow_runs" USING btree ("tenant_id","user_id","created_at","id") WHERE status = 'FAILED';--> statement-breakpoint
CREATE INDEX "workflow_runs_ended_index" ON "workflow_runs" USING btree ("tenant_id","completed_at") WHERE completed_at is not null;