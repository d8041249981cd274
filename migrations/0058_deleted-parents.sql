CREATE TABLE "deleted_parents" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"deleted_at" timestamp (3) with time zone NOT NULL
);
