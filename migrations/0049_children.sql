CREATE TABLE "run_children" (
	"run_id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"parent_run_id" uuid NOT NULL,
	"workflow_definition_id" uuid NOT NULL,
	"key" text NOT NULL,
	"is_live" boolean DEFAULT true NOT NULL,
	"depth" integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE "run_waits" DROP CONSTRAINT "run_waits_kind_check";--> statement-breakpoint
ALTER TABLE "run_waits" DROP CONSTRAINT "run_waits_check";--> statement-breakpoint
ALTER TABLE "due_firings" ALTER COLUMN "trigger_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "workflow_runs" ADD COLUMN "parent_run_id" uuid;--> statement-breakpoint
ALTER TABLE "run_waits" ADD COLUMN "child_run_ids" uuid[];--> statement-breakpoint
ALTER TABLE "run_waits" ADD COLUMN "fail_fast" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD COLUMN "may_trigger" uuid[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "due_firings" ADD COLUMN "parent_run_id" uuid;--> statement-breakpoint
CREATE UNIQUE INDEX "run_children_key" ON "run_children" USING btree ("parent_run_id","workflow_definition_id","key") WHERE is_live;--> statement-breakpoint
CREATE INDEX "run_children_parent_index" ON "run_children" USING btree ("parent_run_id","run_id");--> statement-breakpoint
CREATE INDEX "due_firings_parent_index" ON "due_firings" USING btree ("parent_run_id") WHERE parent_run_id is not null;--> statement-breakpoint
ALTER TABLE "run_waits" ADD CONSTRAINT "run_waits_kind_check" CHECK ("run_waits"."kind" in ('question', 'timer', 'children'));--> statement-breakpoint
ALTER TABLE "run_waits" ADD CONSTRAINT "run_waits_check" CHECK (("run_waits"."kind" = 'question') = ("run_waits"."prompt" is not null) and case "run_waits"."kind"
          when 'timer' then "run_waits"."due_at" is not null when 'children' then true else "run_waits"."due_at" is null end
        and ("run_waits"."kind" = 'children') = ("run_waits"."child_run_ids" is not null)
        and num_nulls("run_waits"."value", "run_waits"."user_id", "run_waits"."answered_at") in (0, 3));--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD CONSTRAINT "workflow_definitions_may_trigger_check" CHECK (cardinality("workflow_definitions"."may_trigger") <= 20);--> statement-breakpoint
ALTER TABLE "due_firings" ADD CONSTRAINT "due_firings_of_check" CHECK (num_nonnulls("due_firings"."trigger_id", "due_firings"."parent_run_id") = 1);