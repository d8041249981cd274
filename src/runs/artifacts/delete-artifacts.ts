import { describeError, log } from "../../base/log.ts";
import { performInParts } from "../../verbs/in-parts.ts";
import { perform } from "../../verbs/perform.ts";
import type { VerbServices } from "../../verbs/services.ts";
import { claimArtifactDeletions, recordArtifactDeletions } from "./artifact-verbs.ts";

/** R2 deletes up to 1,000 objects by one request. */
const CHUNK = 1_000;

/**
 * Deletes the objects of files that are gone, and those of files that are older than ARTIFACT_RETENTION_DAYS. Does nothing without a
 * bucket. When the bucket fails, that is logged, and a later sweep tries these objects again.
 */
export async function deleteArtifacts(services: VerbServices, hasTime: () => boolean): Promise<void> {
  const { artifacts: bucket, artifactRetentionDays: days = null } = services.config;
  if (bucket === undefined) return;
  let isFull = true;
  while (isFull && hasTime()) {
    const chunk = { days, limit: CHUNK };
    const parts = await performInParts(services, "artifacts", claimArtifactDeletions, chunk, hasTime);
    const keys = parts.flatMap((part) => part.keys);
    if (keys.length === 0) return;
    try {
      await bucket.delete(keys);
    } catch (error) {
      log("error", "artifact", describeError(error));
      return;
    }
    await perform(services, recordArtifactDeletions, keys);
    isFull = keys.length === CHUNK;
  }
}
