CREATE TABLE "run_checkpoints" (
	"run_id" uuid NOT NULL,
	"key" text NOT NULL,
	"tenant_id" uuid NOT NULL,
	"attempt" integer NOT NULL,
	"value" json NOT NULL,
	"bytes" integer NOT NULL,
	"kept_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "run_checkpoints_pkey" PRIMARY KEY("run_id","key")
);
