CREATE TABLE "run_suspensions" (
	"run_id" uuid NOT NULL,
	"attempt" integer NOT NULL,
	"tenant_id" uuid NOT NULL,
	"keys" text[] NOT NULL,
	"body_hash" "bytea" NOT NULL,
	"ends_at" timestamp (3) with time zone NOT NULL,
	"on_timeout" text NOT NULL,
	"note" text,
	"queue_position" bigint,
	CONSTRAINT "run_suspensions_pkey" PRIMARY KEY("run_id","attempt"),
	CONSTRAINT "run_suspensions_on_timeout_check" CHECK ("run_suspensions"."on_timeout" in ('fail', 'continue'))
);
--> statement-breakpoint
CREATE TABLE "run_waits" (
	"run_id" uuid NOT NULL,
	"key" text NOT NULL,
	"id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"workflow_definition_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"asked_at" timestamp (3) with time zone NOT NULL,
	"is_open" boolean DEFAULT true NOT NULL,
	"times_out_at" timestamp (3) with time zone,
	"due_at" timestamp (3) with time zone,
	"prompt" text,
	"choices" text[],
	"answer_by" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"people_only" boolean DEFAULT true NOT NULL,
	"value" text,
	"comment" text,
	"user_id" uuid,
	"answered_at" timestamp (3) with time zone,
	CONSTRAINT "run_waits_pkey" PRIMARY KEY("run_id","key"),
	CONSTRAINT "run_waits_kind_check" CHECK ("run_waits"."kind" in ('question', 'timer')),
	CONSTRAINT "run_waits_check" CHECK (("run_waits"."kind" = 'question') = ("run_waits"."prompt" is not null) and ("run_waits"."kind" = 'timer') = ("run_waits"."due_at" is not null)
        and num_nulls("run_waits"."value", "run_waits"."user_id", "run_waits"."answered_at") in (0, 3))
);
--> statement-breakpoint
ALTER TABLE "workflow_runs" DROP CONSTRAINT "workflow_runs_place_check";--> statement-breakpoint
ALTER TABLE "workflow_runs" ADD COLUMN "suspended_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "run_waits_open_index" ON "run_waits" USING btree ("tenant_id","asked_at","id") WHERE kind = 'question' and is_open;--> statement-breakpoint
CREATE INDEX "run_waits_definition_index" ON "run_waits" USING btree ("workflow_definition_id","asked_at","id") WHERE kind = 'question' and is_open;--> statement-breakpoint
-- A later migration validates it, without the lock that this transaction holds.
ALTER TABLE "workflow_runs" ADD CONSTRAINT "workflow_runs_place_check" CHECK (case "workflow_runs"."status"
        when 'PENDING' then case
          when "workflow_runs"."suspended_at" is null
            then ("workflow_runs"."queue_position" is null) <> ("workflow_runs"."not_before" is null) and ("workflow_runs"."deadline_at" is null or "workflow_runs"."attempt" = 1)
          else "workflow_runs"."queue_position" is null and num_nonnulls("workflow_runs"."not_before", "workflow_runs"."deadline_at") = 1
        end
        when 'FAILED' then true
        else "workflow_runs"."suspended_at" is null
      end) NOT VALID;
