CREATE SEQUENCE "public"."runner_work" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1;--> statement-breakpoint
-- Hubs remember the ids of events that were used before. They compare them with these numbers, which must be higher.
SELECT setval('public.runner_work', (SELECT coalesce(max("id"), 0) FROM "workflow_run_events") + 1000000);--> statement-breakpoint
ALTER TABLE "running_attempts" DROP CONSTRAINT "running_attempts_session_id_runner_sessions_id_fk";--> statement-breakpoint
-- There should be no such runs. If there are, they keep their places, or join at the end of their queues.
UPDATE "workflow_runs"
SET "not_before" = NULL, "queue_position" = coalesce("queue_position", nextval('public.workflow_run_queue'))
WHERE "status" = 'PENDING' AND ("queue_position" IS NULL) = ("not_before" IS NULL);--> statement-breakpoint
-- The next migration validates it, without the lock that this transaction holds.
ALTER TABLE "workflow_runs" ADD CONSTRAINT "workflow_runs_place_check" CHECK ("workflow_runs"."status" <> 'PENDING' or ("workflow_runs"."queue_position" is null) <> ("workflow_runs"."not_before" is null)) NOT VALID;
