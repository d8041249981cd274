ALTER TABLE "sweep_state" ADD COLUMN "positions" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "limits" text DEFAULT 'default' NOT NULL;--> statement-breakpoint
CREATE INDEX "tenants_limits_index" ON "tenants" USING btree ("id") WHERE limits <> 'default';--> statement-breakpoint
ALTER TABLE "tenants" ADD CONSTRAINT "tenants_limits_check" CHECK ("tenants"."limits" in ('default', 'large'));