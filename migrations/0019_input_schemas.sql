ALTER TABLE "workflow_definitions" ADD COLUMN "input_schema" json;--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD COLUMN "input_schema_hash" text;--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD CONSTRAINT "workflow_definitions_input_schema_check" CHECK (("workflow_definitions"."input_schema" is null) = ("workflow_definitions"."input_schema_hash" is null));