CREATE TABLE "logins" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"iss" text NOT NULL,
	"sub" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT statement_timestamp() NOT NULL,
	CONSTRAINT "logins_user_key" UNIQUE("tenant_id","user_id"),
	CONSTRAINT "logins_account_key" UNIQUE("iss","sub","tenant_id"),
	CONSTRAINT "logins_account_check" CHECK (char_length("logins"."iss") between 1 and 500 and char_length("logins"."sub") between 1 and 255)
);
--> statement-breakpoint
ALTER TABLE "logins" ADD CONSTRAINT "logins_user_fkey" FOREIGN KEY ("tenant_id","user_id") REFERENCES "public"."users"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "users_email_index" ON "users" USING btree (lower("email")) WHERE deleted_at is null;