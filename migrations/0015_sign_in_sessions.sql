CREATE TABLE "command_line_codes" (
	"code_hash" "bytea" PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"sign_in_session_id" uuid NOT NULL,
	"code_challenge" text NOT NULL,
	"key_name" text NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "command_line_codes_code_hash_check" CHECK (octet_length("command_line_codes"."code_hash") = 32),
	CONSTRAINT "command_line_codes_code_challenge_check" CHECK (char_length("command_line_codes"."code_challenge") = 43),
	CONSTRAINT "command_line_codes_key_name_check" CHECK (char_length("command_line_codes"."key_name") between 1 and 100)
);
--> statement-breakpoint
CREATE TABLE "sign_in_sessions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"login_id" uuid,
	"api_key_id" uuid,
	"began_at" timestamp (3) with time zone NOT NULL,
	"last_used_at" timestamp (3) with time zone NOT NULL,
	"ends_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone,
	CONSTRAINT "sign_in_sessions_tenant_id_id_key" UNIQUE("tenant_id","id"),
	CONSTRAINT "sign_in_sessions_begun_check" CHECK (("sign_in_sessions"."login_id" is null) <> ("sign_in_sessions"."api_key_id" is null))
);
--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "last_used_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "logins" ADD COLUMN "last_used_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "command_line_codes" ADD CONSTRAINT "command_line_codes_session_fkey" FOREIGN KEY ("tenant_id","sign_in_session_id") REFERENCES "public"."sign_in_sessions"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_sessions" ADD CONSTRAINT "sign_in_sessions_user_fkey" FOREIGN KEY ("tenant_id","user_id") REFERENCES "public"."users"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "command_line_codes_session_index" ON "command_line_codes" USING btree ("tenant_id","sign_in_session_id");--> statement-breakpoint
CREATE INDEX "sign_in_sessions_user_index" ON "sign_in_sessions" USING btree ("tenant_id","user_id","began_at");--> statement-breakpoint
CREATE INDEX "sign_in_sessions_end_index" ON "sign_in_sessions" USING btree (least("ended_at", "ends_at"));