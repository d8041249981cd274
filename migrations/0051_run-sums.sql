CREATE TABLE "run_sum_positions" (
	"tenant_id" uuid PRIMARY KEY NOT NULL,
	"epoch" integer DEFAULT 0 NOT NULL,
	"xid" "xid8" DEFAULT '0' NOT NULL,
	"event_id" bigint DEFAULT 0 NOT NULL,
	"looked_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "run_sums" (
	"of_id" uuid NOT NULL,
	"per" text NOT NULL,
	"begins_at" timestamp (3) with time zone NOT NULL,
	"tenant_id" uuid NOT NULL,
	"completed" integer NOT NULL,
	"failed" integer NOT NULL,
	"waits" numeric NOT NULL,
	"run_times" numeric NOT NULL,
	CONSTRAINT "run_sums_pkey" PRIMARY KEY("of_id","per","begins_at"),
	CONSTRAINT "run_sums_per_check" CHECK ("run_sums"."per" in ('hour', 'day'))
);
--> statement-breakpoint
ALTER TABLE "run_sum_positions" ADD CONSTRAINT "run_sum_positions_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_sums" ADD CONSTRAINT "run_sums_tenant_id_run_sum_positions_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."run_sum_positions"("tenant_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "run_sums_tenant_index" ON "run_sums" USING btree ("tenant_id","per","begins_at");