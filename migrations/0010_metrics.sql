CREATE TABLE "metric_counters" (
	"tenant_id" uuid NOT NULL,
	"name" text NOT NULL,
	"label" text NOT NULL,
	"value" double precision NOT NULL,
	CONSTRAINT "metric_counters_pkey" PRIMARY KEY("tenant_id","name","label")
);
--> statement-breakpoint
CREATE TABLE "metric_positions" (
	"tenant_id" uuid PRIMARY KEY NOT NULL,
	"epoch" integer NOT NULL,
	"xid" "xid8" NOT NULL,
	"event_id" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "metric_counters" ADD CONSTRAINT "metric_counters_tenant_id_metric_positions_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."metric_positions"("tenant_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "metric_positions" ADD CONSTRAINT "metric_positions_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;