CREATE TABLE "agent_grants" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"client_name" text NOT NULL,
	"redirect_host" text NOT NULL,
	"scopes" text[] NOT NULL,
	"generation" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT statement_timestamp() NOT NULL,
	"renewed_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "agent_grants_texts_check" CHECK (char_length("agent_grants"."client_name") between 1 and 100 and char_length("agent_grants"."redirect_host") between 1 and 300),
	CONSTRAINT "agent_grants_scopes_check" CHECK ("agent_grants"."scopes" in ('{read}', '{read,run}')),
	CONSTRAINT "agent_grants_generation_check" CHECK ("agent_grants"."generation" >= 0)
);
--> statement-breakpoint
ALTER TABLE "agent_grants" ADD CONSTRAINT "agent_grants_user_fkey" FOREIGN KEY ("tenant_id","user_id") REFERENCES "public"."users"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "agent_grants_user_index" ON "agent_grants" USING btree ("tenant_id","user_id");