CREATE TABLE "tenant_counts" (
	"tenant_id" uuid NOT NULL,
	"cap" text NOT NULL,
	"amount" bigint NOT NULL,
	"counted_rows" bigint NOT NULL,
	"event_id" bigint NOT NULL,
	"counted_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "tenant_counts_pkey" PRIMARY KEY("tenant_id","cap"),
	CONSTRAINT "tenant_counts_cap_check" CHECK ("tenant_counts"."cap" in ('definitions', 'path_parts', 'waiting_runs', 'artifact_bytes', 'sign_in_sessions'))
);
--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "caps" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "tenant_counts" ADD CONSTRAINT "tenant_counts_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;