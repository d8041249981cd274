CREATE TABLE "workflow_metrics" (
	"workflow_definition_id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"runs" bigint NOT NULL,
	"failures" bigint NOT NULL,
	"seconds" double precision NOT NULL,
	"buckets" bigint[] NOT NULL
);
--> statement-breakpoint
ALTER TABLE "workflow_metrics" ADD CONSTRAINT "workflow_metrics_tenant_id_metric_positions_tenant_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."metric_positions"("tenant_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "workflow_metrics_runs_index" ON "workflow_metrics" USING btree ("tenant_id","runs" DESC NULLS FIRST,"workflow_definition_id");