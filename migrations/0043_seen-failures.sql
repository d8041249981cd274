CREATE TABLE "seen_failures" (
	"tenant_id" uuid NOT NULL,
	"workflow_definition_id" uuid NOT NULL,
	"failure_code" text NOT NULL,
	"fingerprint" text NOT NULL,
	"user_id" uuid NOT NULL,
	"note" text NOT NULL,
	"seen_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "seen_failures_pkey" PRIMARY KEY("workflow_definition_id","failure_code","fingerprint")
);
--> statement-breakpoint
ALTER TABLE "seen_failures" ADD CONSTRAINT "seen_failures_workflow_definition_id_workflow_definitions_id_fk" FOREIGN KEY ("workflow_definition_id") REFERENCES "public"."workflow_definitions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "seen_failures" ADD CONSTRAINT "seen_failures_user_fkey" FOREIGN KEY ("tenant_id","user_id") REFERENCES "public"."users"("tenant_id","id") ON DELETE no action ON UPDATE no action;