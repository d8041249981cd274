/** The verbs on the files of runs: two for an upload, one for an upload that was cut, and those of the sweep. */
import { z } from "zod";
import { Problem } from "../../http/problems.ts";
import { capProblem } from "../../verbs/caps.ts";
import { defineVerb } from "../../verbs/verb.ts";
import { attemptProblem, attemptRefusalSchema } from "../refusals.ts";

const refusalSchema = z.union([
  attemptRefusalSchema,
  z.object({
    refused: z.enum(["too_many", "too_large", "cap_reached", "reservation_ended"]),
    /** How many files, or bytes, a run may have; and how many bytes its other files have. */
    limit: z.int().optional(),
    bytes: z.int().optional(),
  }),
]);

function artifactProblem(refusal: z.infer<typeof refusalSchema>, attempt: number | undefined): Problem {
  switch (refusal.refused) {
    case "too_many":
      return new Problem(
        "conflict",
        `A run may have ${refusal.limit} files, those of all its attempts, and this one has them.`,
      );
    case "too_large":
      return new Problem(
        "conflict",
        `The files of a run may have ${refusal.limit} bytes, those of all its attempts, and the others have ${refusal.bytes}.`,
      );
    case "cap_reached":
      return capProblem({ cap: "artifact_bytes", limit: refusal.limit ?? 0 });
    case "reservation_ended":
      return new Problem("conflict", "Another upload of the same name has begun meanwhile, or this one took too long.");
    default:
      return attemptProblem(refusal, attempt, {
        gone: ": its files are not needed.",
        ended: "It takes no more files.",
      });
  }
}

/**
 * Reserves a place for a file of a run token's attempt. The result is the key under which the bucket shall keep it.
 * Refused with Problem `not_found`, or `conflict` for an ended run, an older attempt, or a limit that is reached.
 */
export const reserveArtifact = defineVerb({
  name: "reserve_artifact",
  args: (file: { id: string; name: string; contentType: string; bytes: number; sha256: string | null }) => ({
    artifact_id: file.id,
    name: file.name,
    content_type: file.contentType,
    bytes: file.bytes,
    sha256: file.sha256,
  }),
  result: z.object({ key: z.string() }),
  refusals: refusalSchema,
  refuse: (refusal, _file, { run }) => artifactProblem(refusal, run?.attempt),
  isRepeatable: true,
});

/**
 * Records that the object of a reserved file is complete. `has_replaced`: the attempt had a file of this name before.
 * Refused with Problem `not_found`, or `conflict` for a run that has ended, or a reservation that has.
 */
export const commitArtifact = defineVerb({
  name: "commit_artifact",
  args: (id: string) => ({ artifact_id: id }),
  result: z.object({ stored_at: z.string(), has_replaced: z.boolean() }),
  refusals: refusalSchema,
  refuse: (refusal, _id, { run }) => artifactProblem(refusal, run?.attempt),
  isRepeatable: true,
});

/** Ends a reservation whose object is not complete. */
export const abandonArtifact = defineVerb({
  name: "abandon_artifact",
  args: (id: string) => ({ artifact_id: id }),
  result: z.unknown(),
  isRepeatable: true,
});

/**
 * Takes up to `limit` objects that are to be deleted. With `days`, they are also those of files that were stored as long ago. What
 * is not recorded as deleted within ten minutes is taken again.
 */
export const claimArtifactDeletions = defineVerb({
  name: "claim_artifact_deletions",
  args: (chunk: { days: number | null; limit: number }) => chunk,
  result: z.object({ keys: z.array(z.string()) }),
});

/** Records that the bucket does not have these objects any more. */
export const recordArtifactDeletions = defineVerb({
  name: "record_artifact_deletions",
  args: (keys: readonly string[]) => ({ keys }),
  result: z.unknown(),
  isRepeatable: true,
});
