ALTER TABLE "runner_sessions" ADD COLUMN "tags" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD COLUMN "runner_tags" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "runner_sessions" ADD CONSTRAINT "runner_sessions_tags_check" CHECK (cardinality("runner_sessions"."tags") <= 20);--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD CONSTRAINT "workflow_definitions_runner_tags_check" CHECK (cardinality("workflow_definitions"."runner_tags") <= 20);