import { sql } from "drizzle-orm";

/** All parts that a definition `d` names, as the very expression of the index on them. */
export const namedParts = sql`(d.source_path_part_ids || d.instruction_path_part_ids || d.output_path_part_ids
  || d.template_path_part_id)`;
