import { z } from "zod";
import type { Credential } from "../../db/access.ts";
import { readFor } from "../../db/call.ts";
import type { Database } from "../../db/client.ts";
import { Problem } from "../../http/problems.ts";
import { OF_RUN } from "../refusals.ts";

/** A file of a run: `artifacts_of` in SQL. */
export const fileSchema = z.object({
  id: z.string(),
  /** Under which the bucket has it. */
  key: z.string(),
  /** The attempt that has stored it. */
  attempt: z.int(),
  name: z.string(),
  content_type: z.string(),
  bytes: z.int(),
  /** In hex, if the runner has sent it. */
  sha256: z.string().nullable(),
  stored_at: z.string(),
});
export type RunFile = z.infer<typeof fileSchema>;

/** What is known of a file without its place. */
export type StoredFile = Omit<RunFile, "id" | "key" | "attempt">;

const answerSchema = z.object({ attempt: z.int(), artifacts: z.array(fileSchema) });

/**
 * The files of an attempt of a run; a null attempt means the newest of each name since the last retry.
 * @throws Problem `unauthenticated` or `not_found`
 */
export function listArtifacts(
  db: Database,
  credential: Credential,
  { runId, attempt }: { runId: string; attempt: number | null },
): Promise<{ attempt: number; artifacts: RunFile[] }> {
  return readFor(db, credential, "list_artifacts", { run_id: runId, attempt }, answerSchema, OF_RUN);
}

/**
 * One of these files.
 * @throws Problem `unauthenticated` or `not_found`
 */
export async function findArtifact(
  db: Database,
  credential: Credential,
  { name, ...of }: { runId: string; attempt: number | null; name: string },
): Promise<RunFile> {
  const { artifacts } = await listArtifacts(db, credential, of);
  const found = artifacts.find((artifact) => artifact.name === name);
  if (!found) throw new Problem("not_found", "This attempt of the run has no file of that name.");
  return found;
}
