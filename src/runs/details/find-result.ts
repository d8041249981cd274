import { z } from "zod";
import type { Credential } from "../../db/access.ts";
import { jsonText, openSet, readFor } from "../../db/call.ts";
import type { Database } from "../../db/client.ts";
import { FAILURE_CODES, RUN_STATUSES } from "../../db/enums.ts";
import { fileSchema } from "../artifacts/list-artifacts.ts";
import { OF_RUN } from "../refusals.ts";
import { artifactsSchema } from "./result-schema.ts";

const resultSchema = z.object({
  status: z.enum(RUN_STATUSES),
  failure_code: openSet(FAILURE_CODES).nullable(),
  error: z.string().nullable(),
  output: jsonText.nullable(),
  summary: z.string().nullable(),
  artifacts: jsonText.pipe(artifactsSchema).nullable(),
  /** Null until the run has ended. The functions of an older release do not know them. */
  files: z.array(fileSchema).nullable().default(null),
  attempt: z.int(),
});

const foundSchema = z.object({
  tenant_id: z.string(),
  /** Milliseconds from the database's now until the run fails by time: at its deadline, or when it must have started. Otherwise null. */
  deadline_in_ms: z.number().nullish(),
  /** True for a run that has failed and is about to be retried automatically. */
  will_be_retried: z.boolean().optional(),
  result: resultSchema,
});

/** How a run ended. While it has not ended, all fields of the result except `status` and `attempt` are null. */
export type FoundResult = Omit<z.infer<typeof foundSchema>, "result"> & z.infer<typeof resultSchema>;

/**
 * How a run ended, and what its runner reported.
 * @throws Problem `unauthenticated` or `not_found`
 */
export async function findResult(db: Database, credential: Credential, runId: string): Promise<FoundResult> {
  const { result, ...rest } = await readFor(db, credential, "find_result", { run_id: runId }, foundSchema, OF_RUN);
  return { ...result, ...rest };
}
