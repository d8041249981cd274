CREATE TABLE "set_aside" (
	"step" text NOT NULL,
	"row_id" uuid NOT NULL,
	"tenant_id" uuid,
	"failures" integer NOT NULL,
	"failed_at" timestamp (3) with time zone NOT NULL,
	"until" timestamp (3) with time zone NOT NULL,
	"sqlstate" text,
	"message" text NOT NULL,
	CONSTRAINT "set_aside_pkey" PRIMARY KEY("step","row_id")
);
