CREATE TABLE "run_batches" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"workflow_definition_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"idempotency_key" text,
	"runs_hash" "bytea" NOT NULL,
	"run_count" integer NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT statement_timestamp() NOT NULL,
	"ended_at" timestamp (3) with time zone,
	CONSTRAINT "run_batches_run_count_check" CHECK ("run_batches"."run_count" between 1 and 500)
);
--> statement-breakpoint
ALTER TABLE "workflow_runs" ADD COLUMN "batch_id" uuid;--> statement-breakpoint
ALTER TABLE "run_batches" ADD CONSTRAINT "run_batches_definition_fkey" FOREIGN KEY ("tenant_id","workflow_definition_id") REFERENCES "public"."workflow_definitions"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_batches" ADD CONSTRAINT "run_batches_user_fkey" FOREIGN KEY ("tenant_id","user_id") REFERENCES "public"."users"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "run_batches_idempotency_key" ON "run_batches" USING btree ("workflow_definition_id","user_id","idempotency_key") WHERE idempotency_key is not null;--> statement-breakpoint
CREATE INDEX "run_batches_definition_index" ON "run_batches" USING btree ("workflow_definition_id","created_at");--> statement-breakpoint
CREATE INDEX "run_batches_ended_index" ON "run_batches" USING btree ("ended_at") WHERE ended_at is not null;