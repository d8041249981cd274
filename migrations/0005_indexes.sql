-- Fewer indexes, so that a change of a run's state writes fewer entries. What reads a tenant's or a user's runs in any state
-- merges the states, each of which is a range of an index.
CREATE INDEX "workflow_runs_user_status_newest_index" ON "workflow_runs" USING btree ("tenant_id","user_id","status","created_at","id");--> statement-breakpoint
DROP INDEX "workflow_runs_tenant_newest_index";--> statement-breakpoint
DROP INDEX "workflow_runs_user_newest_index";--> statement-breakpoint
DROP INDEX "workflow_runs_user_failed_index";--> statement-breakpoint
DROP INDEX "workflow_runs_user_unfinished_index";--> statement-breakpoint
-- Deletes the events of runs that were deleted, by whatever statement. It sees the events of all who held a run's lock before
-- the run was deleted, since a statement in a trigger's function has a snapshot of its own.
CREATE FUNCTION public.delete_events_of_runs() RETURNS trigger LANGUAGE plpgsql AS $$
begin
  delete from public.workflow_run_events e using deleted where e.run_id = deleted.id;
  return null;
end $$;--> statement-breakpoint
CREATE TRIGGER workflow_runs_delete_events AFTER DELETE ON "workflow_runs" REFERENCING OLD TABLE AS deleted
FOR EACH STATEMENT EXECUTE FUNCTION public.delete_events_of_runs();--> statement-breakpoint
ALTER TABLE "workflow_run_events" DROP CONSTRAINT "workflow_run_events_run_fkey";--> statement-breakpoint
-- Only the foreign key needed it: an id is unique by itself.
ALTER TABLE "workflow_runs" DROP CONSTRAINT "workflow_runs_tenant_id_id_key";
