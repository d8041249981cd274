ALTER TABLE "notification_endpoints" ADD COLUMN "format" text DEFAULT 'standard' NOT NULL;--> statement-breakpoint
ALTER TABLE "notification_endpoints" ADD COLUMN "address_hash" text;--> statement-breakpoint
ALTER TABLE "notification_endpoints" ADD COLUMN "labels" text[];--> statement-breakpoint
ALTER TABLE "notification_endpoints" ADD COLUMN "turns" text[];--> statement-breakpoint
ALTER TABLE "notification_endpoints" ADD COLUMN "paced_until" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD COLUMN "last_end" text;--> statement-breakpoint
ALTER TABLE "notification_endpoints" ADD CONSTRAINT "notification_endpoints_format_check" CHECK ("notification_endpoints"."format" in ('standard', 'slack', 'teams'));--> statement-breakpoint
ALTER TABLE "notification_endpoints" ADD CONSTRAINT "notification_endpoints_address_check" CHECK (("notification_endpoints"."format" = 'standard') = ("notification_endpoints"."address_hash" is null));