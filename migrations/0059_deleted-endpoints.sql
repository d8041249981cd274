CREATE TABLE "deleted_endpoints" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"deleted_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
-- Otherwise the planner takes an empty table for one of ten pages.
ANALYZE "deleted_endpoints";
