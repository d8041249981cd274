ALTER TABLE "run_sum_positions" ADD COLUMN "is_behind" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "event_epoch" ADD COLUMN "noticed_id" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "event_epoch" ADD COLUMN "seen_id" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "event_epoch" ADD COLUMN "seen_xid" "xid8" DEFAULT '0' NOT NULL;--> statement-breakpoint
CREATE INDEX "run_sum_positions_behind_index" ON "run_sum_positions" USING btree ("looked_at","tenant_id") WHERE is_behind;--> statement-breakpoint
-- Each tenant is looked at once. From here on, only those with events that are newer, or were not committed yet.
INSERT INTO "run_sum_positions" ("tenant_id", "looked_at") SELECT "id", statement_timestamp() FROM "tenants" ON CONFLICT DO NOTHING;--> statement-breakpoint
UPDATE "event_epoch" SET ("noticed_id", "seen_id") = (SELECT noticed.id, noticed.id FROM (
	SELECT greatest(coalesce(max("id"), 0) - 20000, 0) AS "id" FROM "workflow_run_events") noticed);
