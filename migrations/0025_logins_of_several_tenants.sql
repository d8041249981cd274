ALTER TABLE "logins" ADD COLUMN "email" text;--> statement-breakpoint
ALTER TABLE "logins" ADD COLUMN "entered_at" timestamp (3) with time zone;