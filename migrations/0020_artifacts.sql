CREATE TABLE "artifact_deletions" (
	"key" text PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"due_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "workflow_run_artifacts" (
	"run_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"tenant_id" uuid NOT NULL,
	"attempt" integer NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"content_type" text NOT NULL,
	"bytes" bigint NOT NULL,
	"sha256" text,
	"created_at" timestamp (3) with time zone DEFAULT statement_timestamp() NOT NULL,
	"stored_at" timestamp (3) with time zone,
	CONSTRAINT "workflow_run_artifacts_pkey" PRIMARY KEY("run_id","id"),
	CONSTRAINT "workflow_run_artifacts_name_check" CHECK ("workflow_run_artifacts"."name" ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$'),
	CONSTRAINT "workflow_run_artifacts_bytes_check" CHECK ("workflow_run_artifacts"."bytes" >= 0)
);
--> statement-breakpoint
ALTER TABLE "workflow_run_artifacts" ADD CONSTRAINT "workflow_run_artifacts_run_id_workflow_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."workflow_runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "artifact_deletions_due_index" ON "artifact_deletions" USING btree ("due_at");--> statement-breakpoint
CREATE UNIQUE INDEX "workflow_run_artifacts_name_key" ON "workflow_run_artifacts" USING btree ("run_id","attempt","name") WHERE stored_at is not null;--> statement-breakpoint
CREATE INDEX "workflow_run_artifacts_tenant_index" ON "workflow_run_artifacts" USING btree ("tenant_id","bytes") WHERE stored_at is not null;--> statement-breakpoint
CREATE INDEX "workflow_run_artifacts_stored_index" ON "workflow_run_artifacts" USING btree ("stored_at") WHERE stored_at is not null;--> statement-breakpoint
CREATE INDEX "workflow_run_artifacts_reserved_index" ON "workflow_run_artifacts" USING btree ("created_at") WHERE stored_at is null;--> statement-breakpoint
-- For each file whose row is deleted, by whatever statement, the key of its object: see migrations/functions/rules/artifacts.sql.
create function public.note_artifact_deletion() returns trigger language plpgsql as $$
begin
  insert into public.artifact_deletions (key, tenant_id, due_at)
  values (public.artifact_key(old.tenant_id, old.run_id, old.attempt, old.id), old.tenant_id,
    public.artifact_deletion_due_at(old.created_at, old.stored_at, clock_timestamp()));
  return null;
end $$;
--> statement-breakpoint
-- For each row, so that the deletion of a run without files does not call it.
create trigger workflow_run_artifacts_delete_objects after delete on workflow_run_artifacts
for each row execute function public.note_artifact_deletion();
