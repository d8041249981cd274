CREATE TABLE "notification_endpoints" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"url" text NOT NULL,
	"description" text,
	"event_types" text[] NOT NULL,
	"workflow_definition_ids" uuid[],
	"secret_encrypted" text NOT NULL,
	"previous_secret_encrypted" text,
	"previous_secret_until" timestamp (3) with time zone,
	"failures" integer DEFAULT 0 NOT NULL,
	"failing_since" timestamp (3) with time zone,
	"probe_at" timestamp (3) with time zone,
	"failed_probes" integer DEFAULT 0 NOT NULL,
	"disabled_at" timestamp (3) with time zone,
	"disabled_reason" text,
	"created_at" timestamp (3) with time zone DEFAULT statement_timestamp() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT statement_timestamp() NOT NULL,
	CONSTRAINT "notification_endpoints_disabled_check" CHECK (("notification_endpoints"."disabled_at" is null) = ("notification_endpoints"."disabled_reason" is null)),
	CONSTRAINT "notification_endpoints_previous_secret_check" CHECK (("notification_endpoints"."previous_secret_encrypted" is null) = ("notification_endpoints"."previous_secret_until" is null))
);
--> statement-breakpoint
CREATE TABLE "notifications" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"endpoint_id" uuid NOT NULL,
	"event_id" text NOT NULL,
	"event_name" text NOT NULL,
	"event_at" timestamp (3) with time zone NOT NULL,
	"data" jsonb NOT NULL,
	"next_try_at" timestamp (3) with time zone,
	"try_count" integer DEFAULT 0 NOT NULL,
	"asked_at" timestamp (3) with time zone,
	"delivered_at" timestamp (3) with time zone,
	"tries" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT statement_timestamp() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "event_epoch" (
	"id" integer PRIMARY KEY DEFAULT 1 NOT NULL,
	"epoch" integer NOT NULL,
	CONSTRAINT "event_epoch_single_row_check" CHECK ("event_epoch"."id" = 1)
);
--> statement-breakpoint
-- It stands here because the trigger below names it. `functions/` has it as it is today.
CREATE OR REPLACE FUNCTION public.insert_notifications() RETURNS trigger LANGUAGE plpgsql AS $$
begin
  return null;
end $$;--> statement-breakpoint
INSERT INTO "event_epoch" ("epoch") VALUES (1);--> statement-breakpoint
ALTER TABLE "workflow_run_events" DROP CONSTRAINT "workflow_run_events_type_check";--> statement-breakpoint
ALTER TABLE "workflow_run_events" ALTER COLUMN "run_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "workflow_run_events" ALTER COLUMN "attempt" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "workflow_run_events" ADD COLUMN "epoch" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "workflow_run_events" ADD COLUMN "xid" "xid8" DEFAULT pg_current_xact_id() NOT NULL;--> statement-breakpoint
ALTER TABLE "notification_endpoints" ADD CONSTRAINT "notification_endpoints_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "notification_endpoints_tenant_index" ON "notification_endpoints" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "notifications_due_index" ON "notifications" USING btree ("endpoint_id","next_try_at") WHERE next_try_at is not null;--> statement-breakpoint
CREATE INDEX "notifications_endpoint_index" ON "notifications" USING btree ("endpoint_id","created_at","id");--> statement-breakpoint
CREATE INDEX "notifications_created_index" ON "notifications" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "workflow_run_events_feed_index" ON "workflow_run_events" USING btree ("tenant_id","epoch","xid","id");--> statement-breakpoint
CREATE UNIQUE INDEX "workflow_run_events_end_key" ON "workflow_run_events" USING btree ("run_id","attempt") WHERE type in ('COMPLETED', 'FAILED', 'TIMED_OUT', 'LOST', 'STOPPED');--> statement-breakpoint
ALTER TABLE "workflow_run_events" ADD CONSTRAINT "workflow_run_events_run_check" CHECK (num_nulls("workflow_run_events"."run_id", "workflow_run_events"."attempt") = case when "workflow_run_events"."type" = 'ENDPOINT_DISABLED' then 2 else 0 end);--> statement-breakpoint
ALTER TABLE "workflow_run_events" ADD CONSTRAINT "workflow_run_events_type_check" CHECK ("workflow_run_events"."type" in ('TRIGGERED', 'QUEUED', 'STARTED', 'DISPATCHED', 'DISPATCH_FAILED', 'DISPATCH_POSTPONED', 'LEASED', 'RELEASED', 'STOP_REQUESTED', 'STOP_SENT', 'STOP_ACKNOWLEDGED', 'COMPLETED', 'FAILED', 'TIMED_OUT', 'LOST', 'STOPPED', 'RETRIED', 'LATE_RESULT', 'PAUSED', 'ENDPOINT_DISABLED'));--> statement-breakpoint
CREATE TRIGGER workflow_run_events_notify AFTER INSERT ON "workflow_run_events"
FOR EACH ROW EXECUTE FUNCTION public.insert_notifications();
