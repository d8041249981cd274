ALTER TABLE "trigger_firings" DROP CONSTRAINT "trigger_firings_cause_check";--> statement-breakpoint
ALTER TABLE "triggers" DROP CONSTRAINT "triggers_kind_check";--> statement-breakpoint
ALTER TABLE "triggers" ADD COLUMN "secret_encrypted" text;--> statement-breakpoint
ALTER TABLE "triggers" ADD COLUMN "previous_secret_encrypted" text;--> statement-breakpoint
ALTER TABLE "triggers" ADD COLUMN "previous_secret_until" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "trigger_firings" ADD CONSTRAINT "trigger_firings_cause_check" CHECK ("trigger_firings"."cause" in ('schedule', 'hand', 'backfill', 'webhook'));--> statement-breakpoint
ALTER TABLE "triggers" ADD CONSTRAINT "triggers_secret_check" CHECK (("triggers"."secret_encrypted" is not null) = ("triggers"."kind" = 'webhook'));--> statement-breakpoint
ALTER TABLE "triggers" ADD CONSTRAINT "triggers_previous_secret_check" CHECK (("triggers"."previous_secret_encrypted" is null) = ("triggers"."previous_secret_until" is null));--> statement-breakpoint
ALTER TABLE "triggers" ADD CONSTRAINT "triggers_kind_check" CHECK ("triggers"."kind" in ('schedule', 'webhook'));