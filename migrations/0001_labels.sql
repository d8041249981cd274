CREATE TABLE "workflow_run_labels" (
	"tenant_id" uuid NOT NULL,
	"run_id" uuid NOT NULL,
	"label" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "workflow_run_labels_pkey" PRIMARY KEY("run_id","label"),
	CONSTRAINT "workflow_run_labels_check" CHECK ("workflow_run_labels"."label" ~ '^[a-z][a-z0-9_.-]{0,39}:.{1,128}$')
);
--> statement-breakpoint
ALTER TABLE "workflow_run_labels" ADD CONSTRAINT "workflow_run_labels_run_id_workflow_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."workflow_runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "workflow_run_labels_newest_index" ON "workflow_run_labels" USING btree ("tenant_id","label","created_at","run_id");