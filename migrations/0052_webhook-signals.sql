ALTER TABLE "trigger_firings" DROP CONSTRAINT "trigger_firings_run_check";--> statement-breakpoint
ALTER TABLE "kept_signals" ADD COLUMN "trigger" jsonb;--> statement-breakpoint
-- The next migration validates it, without the lock that this transaction holds.
ALTER TABLE "trigger_firings" ADD CONSTRAINT "trigger_firings_run_check" CHECK (("trigger_firings"."run_id" is not null) = ("trigger_firings"."outcome" in ('FIRED', 'SKIPPED')) or "trigger_firings"."outcome" = 'FIRED' and "trigger_firings"."cause" = 'webhook') NOT VALID;