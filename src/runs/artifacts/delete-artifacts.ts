import { z } from "zod";
import { describeError, log } from "../../base/log.ts";
import { performInParts } from "../../verbs/in-parts.ts";
import { perform } from "../../verbs/perform.ts";
import type { VerbServices } from "../../verbs/services.ts";
import { claimArtifactDeletions, recordArtifactDeletions } from "./artifact-verbs.ts";

/** R2 deletes up to 1,000 objects by one request. */
const CHUNK = 1_000;

/** The error of a bucket that could delete all but some. */
const leftSchema = z.object({ left: z.array(z.string()) });

/**
 * Deletes the objects of files that are gone, and those of files that are older than ARTIFACT_RETENTION_DAYS. Does nothing without a
 * bucket. When the bucket fails, that is logged, and a later sweep tries again those that it has not deleted.
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
    let left: readonly string[] = [];
    try {
      await bucket.delete(keys);
    } catch (error) {
      log("error", "artifact", describeError(error));
      left = leftSchema.safeParse(error).data?.left ?? keys;
    }
    if (left.length === keys.length) return;
    await perform(
      services,
      recordArtifactDeletions,
      keys.filter((key) => !left.includes(key)),
    );
    isFull = keys.length === CHUNK;
  }
}
