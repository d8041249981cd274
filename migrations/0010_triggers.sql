CREATE TABLE "trigger_firings" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"trigger_id" uuid NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"outcome" text NOT NULL,
	"cause" text NOT NULL,
	"occasion" text COLLATE "C",
	"scheduled_at" timestamp (3) with time zone,
	"scheduled_until" timestamp (3) with time zone,
	"count" integer DEFAULT 1 NOT NULL,
	"late_ms" bigint,
	"run_id" uuid,
	"reason" text,
	"detail" jsonb,
	"user_id" uuid,
	CONSTRAINT "trigger_firings_outcome_check" CHECK ("trigger_firings"."outcome" in ('FIRED', 'SKIPPED', 'MISSED', 'REFUSED')),
	CONSTRAINT "trigger_firings_cause_check" CHECK ("trigger_firings"."cause" in ('schedule', 'hand', 'backfill')),
	CONSTRAINT "trigger_firings_run_check" CHECK (("trigger_firings"."run_id" is not null) = ("trigger_firings"."outcome" in ('FIRED', 'SKIPPED'))),
	CONSTRAINT "trigger_firings_reason_check" CHECK (("trigger_firings"."reason" is not null) = ("trigger_firings"."outcome" in ('MISSED', 'REFUSED')))
);
--> statement-breakpoint
CREATE TABLE "triggers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"workflow_definition_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"config" jsonb NOT NULL,
	"input" json,
	"labels" jsonb,
	"concurrency_key" text,
	"when_busy" text,
	"paused_at" timestamp (3) with time zone,
	"pause_note" text,
	"version" integer DEFAULT 1 NOT NULL,
	"next_at" timestamp (3) with time zone,
	"due_at" timestamp (3) with time zone,
	"after_at" timestamp (3) with time zone NOT NULL,
	"missed_until" timestamp (3) with time zone,
	"catches_up" boolean DEFAULT false NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT statement_timestamp() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT statement_timestamp() NOT NULL,
	CONSTRAINT "triggers_tenant_id_id_key" UNIQUE("tenant_id","id"),
	CONSTRAINT "triggers_kind_check" CHECK ("triggers"."kind" in ('schedule')),
	CONSTRAINT "triggers_name_check" CHECK (char_length("triggers"."name") between 1 and 100),
	CONSTRAINT "triggers_when_busy_check" CHECK ("triggers"."when_busy" in ('queue', 'skip', 'replace_queued', 'replace_running')),
	CONSTRAINT "triggers_concurrency_key_check" CHECK (char_length("triggers"."concurrency_key") between 1 and 128),
	CONSTRAINT "triggers_paused_check" CHECK ("triggers"."paused_at" is null or num_nonnulls("triggers"."next_at", "triggers"."due_at") = 0),
	CONSTRAINT "triggers_pause_note_check" CHECK ("triggers"."pause_note" is null or "triggers"."paused_at" is not null)
);
--> statement-breakpoint
ALTER TABLE "workflow_runs" ADD COLUMN "triggered_by" jsonb;--> statement-breakpoint
ALTER TABLE "trigger_firings" ADD CONSTRAINT "trigger_firings_trigger_fkey" FOREIGN KEY ("tenant_id","trigger_id") REFERENCES "public"."triggers"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "triggers" ADD CONSTRAINT "triggers_definition_fkey" FOREIGN KEY ("tenant_id","workflow_definition_id") REFERENCES "public"."workflow_definitions"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "triggers" ADD CONSTRAINT "triggers_user_fkey" FOREIGN KEY ("tenant_id","user_id") REFERENCES "public"."users"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "trigger_firings_occasion_key" ON "trigger_firings" USING btree ("trigger_id","occasion") WHERE outcome = 'FIRED';--> statement-breakpoint
CREATE INDEX "trigger_firings_newest_index" ON "trigger_firings" USING btree ("trigger_id","at","id");--> statement-breakpoint
CREATE INDEX "trigger_firings_at_index" ON "trigger_firings" USING btree ("at");--> statement-breakpoint
CREATE INDEX "triggers_definition_index" ON "triggers" USING btree ("workflow_definition_id","created_at","id");--> statement-breakpoint
CREATE INDEX "triggers_due_index" ON "triggers" USING btree ("due_at") WHERE due_at is not null;--> statement-breakpoint
CREATE INDEX "triggers_tenant_due_index" ON "triggers" USING btree ("tenant_id","due_at") WHERE due_at is not null;