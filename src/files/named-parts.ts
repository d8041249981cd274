import { sql } from "drizzle-orm";
import { workflowDefinitions } from "../db/tables.ts";

/** All parts that a definition names. It must be exactly the expression of the index on them. */
export const namedParts = sql`(${workflowDefinitions.sourcePathPartIds}
  || ${workflowDefinitions.instructionPathPartIds} || ${workflowDefinitions.outputPathPartIds}
  || ${workflowDefinitions.templatePathPartId})`;
