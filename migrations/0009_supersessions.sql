CREATE TABLE "supersessions" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"workflow_definition_id" uuid NOT NULL,
	"concurrency_key" text,
	"run_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"before_position" bigint NOT NULL,
	"superseded_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "supersessions_group_key" UNIQUE NULLS NOT DISTINCT("workflow_definition_id","concurrency_key")
);
--> statement-breakpoint
ALTER TABLE "supersessions" ADD CONSTRAINT "supersessions_definition_fkey" FOREIGN KEY ("tenant_id","workflow_definition_id") REFERENCES "public"."workflow_definitions"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "supersessions_tenant_index" ON "supersessions" USING btree ("tenant_id");