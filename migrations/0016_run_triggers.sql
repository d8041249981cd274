CREATE TABLE "due_firings" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "due_firings_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"tenant_id" uuid NOT NULL,
	"trigger_id" uuid NOT NULL,
	"due_at" timestamp (3) with time zone NOT NULL,
	"run_id" uuid,
	"attempt" integer,
	"depth" integer NOT NULL,
	"reason" text,
	"input" json,
	"labels" jsonb,
	CONSTRAINT "due_firings_end_key" UNIQUE("trigger_id","run_id","attempt"),
	CONSTRAINT "due_firings_run_check" CHECK (("due_firings"."run_id" is null) = ("due_firings"."attempt" is null))
);
--> statement-breakpoint
ALTER TABLE "trigger_firings" DROP CONSTRAINT "trigger_firings_cause_check";--> statement-breakpoint
ALTER TABLE "triggers" DROP CONSTRAINT "triggers_kind_check";--> statement-breakpoint
ALTER TABLE "trigger_firings" ADD COLUMN "of_run_id" uuid;--> statement-breakpoint
ALTER TABLE "trigger_firings" ADD COLUMN "of_attempt" integer;--> statement-breakpoint
ALTER TABLE "triggers" ADD COLUMN "of_definition_id" uuid GENERATED ALWAYS AS ((config ->> 'of')::uuid) STORED;--> statement-breakpoint
ALTER TABLE "triggers" ADD COLUMN "paused_by_user_id" uuid;--> statement-breakpoint
CREATE INDEX "due_firings_due_index" ON "due_firings" USING btree ("due_at");--> statement-breakpoint
CREATE INDEX "due_firings_tenant_due_index" ON "due_firings" USING btree ("tenant_id","due_at");--> statement-breakpoint
CREATE INDEX "triggers_of_definition_index" ON "triggers" USING btree ("of_definition_id") WHERE of_definition_id is not null;--> statement-breakpoint
CREATE INDEX "triggers_self_paused_index" ON "triggers" USING btree ("tenant_id","paused_at") WHERE paused_at is not null and paused_by_user_id is null;--> statement-breakpoint
ALTER TABLE "trigger_firings" ADD CONSTRAINT "trigger_firings_cause_check" CHECK ("trigger_firings"."cause" in ('schedule', 'hand', 'backfill', 'webhook', 'run'));--> statement-breakpoint
ALTER TABLE "triggers" ADD CONSTRAINT "triggers_paused_by_check" CHECK ("triggers"."paused_by_user_id" is null or "triggers"."paused_at" is not null);--> statement-breakpoint
ALTER TABLE "triggers" ADD CONSTRAINT "triggers_of_definition_check" CHECK (("triggers"."of_definition_id" is not null) = ("triggers"."kind" = 'run'));--> statement-breakpoint
ALTER TABLE "triggers" ADD CONSTRAINT "triggers_kind_check" CHECK ("triggers"."kind" in ('schedule', 'webhook', 'run'));