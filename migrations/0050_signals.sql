CREATE TABLE "kept_signals" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"workflow_definition_id" uuid NOT NULL,
	"signal_id" text NOT NULL,
	"name" text NOT NULL,
	"correlation" text NOT NULL,
	"hash" "bytea" NOT NULL,
	"payload" json,
	"user_id" uuid NOT NULL,
	"received_at" timestamp (3) with time zone NOT NULL,
	"run_id" uuid,
	"taken_at" timestamp (3) with time zone,
	CONSTRAINT "kept_signals_check" CHECK (("kept_signals"."taken_at" is not null or "kept_signals"."run_id" is null) and ("kept_signals"."taken_at" is null or "kept_signals"."payload" is null))
);
--> statement-breakpoint
ALTER TABLE "run_waits" DROP CONSTRAINT "run_waits_kind_check";--> statement-breakpoint
ALTER TABLE "run_waits" DROP CONSTRAINT "run_waits_check";--> statement-breakpoint
ALTER TABLE "run_waits" ADD COLUMN "name" text;--> statement-breakpoint
ALTER TABLE "run_waits" ADD COLUMN "correlation" text;--> statement-breakpoint
ALTER TABLE "run_waits" ADD COLUMN "signal_id" text;--> statement-breakpoint
ALTER TABLE "run_waits" ADD COLUMN "payload" json;--> statement-breakpoint
ALTER TABLE "run_waits" ADD COLUMN "received_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE UNIQUE INDEX "kept_signals_signal_key" ON "kept_signals" USING btree ("workflow_definition_id","signal_id");--> statement-breakpoint
CREATE INDEX "kept_signals_kept_index" ON "kept_signals" USING btree ("workflow_definition_id","name","correlation","received_at","id") WHERE taken_at is null;--> statement-breakpoint
CREATE INDEX "kept_signals_received_index" ON "kept_signals" USING btree ("received_at");--> statement-breakpoint
CREATE INDEX "run_waits_signal_index" ON "run_waits" USING btree ("workflow_definition_id","name","correlation","asked_at","id") WHERE kind = 'signal' and is_open;--> statement-breakpoint
ALTER TABLE "run_waits" ADD CONSTRAINT "run_waits_kind_check" CHECK ("run_waits"."kind" in ('question', 'timer', 'children', 'signal'));--> statement-breakpoint
ALTER TABLE "run_waits" ADD CONSTRAINT "run_waits_check" CHECK (("run_waits"."kind" = 'question') = ("run_waits"."prompt" is not null) and case "run_waits"."kind"
          when 'timer' then "run_waits"."due_at" is not null when 'children' then true else "run_waits"."due_at" is null end
        and ("run_waits"."kind" = 'children') = ("run_waits"."child_run_ids" is not null)
        and num_nulls("run_waits"."value", "run_waits"."user_id", "run_waits"."answered_at") in (0, 3)
        and num_nulls("run_waits"."name", "run_waits"."correlation") = case when "run_waits"."kind" = 'signal' then 0 else 2 end
        and ("run_waits"."signal_id" is null) = ("run_waits"."received_at" is null));