CREATE TABLE "audit_events" (
	"id" uuid NOT NULL,
	"tenant_id" uuid NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"actor_id" uuid NOT NULL,
	"actor_name" text,
	"credential_kind" text NOT NULL,
	"credential_id" uuid,
	"credential_name" text,
	"action" text NOT NULL,
	"object_kind" text NOT NULL,
	"object_id" uuid,
	"object_name" text,
	"about_kind" text,
	"about_id" uuid,
	"about_name" text,
	"before" jsonb,
	"after" jsonb,
	"hidden" text[] NOT NULL,
	"detail" jsonb,
	"request_id" text,
	CONSTRAINT "audit_events_pkey" PRIMARY KEY("tenant_id","at","id")
);
--> statement-breakpoint
ALTER TABLE "audit_events" ADD CONSTRAINT "audit_events_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_events_actor_index" ON "audit_events" USING btree ("tenant_id","actor_id","at","id");--> statement-breakpoint
CREATE INDEX "audit_events_object_index" ON "audit_events" USING btree ("tenant_id","object_id","at","id");--> statement-breakpoint
CREATE INDEX "audit_events_about_index" ON "audit_events" USING btree ("tenant_id","about_id","at","id") WHERE about_id is not null;--> statement-breakpoint
CREATE INDEX "audit_events_action_index" ON "audit_events" USING btree ("tenant_id","action","at","id");--> statement-breakpoint
CREATE INDEX "audit_events_at_index" ON "audit_events" USING btree ("at");