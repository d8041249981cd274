ALTER TABLE "workflow_definitions" DROP CONSTRAINT "workflow_definitions_path_parts_check";--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD COLUMN "run_needs" text DEFAULT 'write' NOT NULL;--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD CONSTRAINT "workflow_definitions_run_needs_check" CHECK ("workflow_definitions"."run_needs" in ('write', 'read'));--> statement-breakpoint
ALTER TABLE "workflow_definitions" ADD CONSTRAINT "workflow_definitions_path_parts_check" CHECK (cardinality("workflow_definitions"."source_path_part_ids") between 0 and 20
        and cardinality("workflow_definitions"."instruction_path_part_ids") between 0 and 20
        and cardinality("workflow_definitions"."output_path_part_ids") between 0 and 20);