/**
 * How a file of a run is stored, `PUT /v1/workflow-runs/{id}/artifacts/{name}`:
 *
 * 1. `reserve_artifact` inserts its row.
 * 2. The body goes to the bucket as it comes. `runnerUpload`, the builder of the route, does not read it.
 * 3. `commit_artifact` marks the row as stored.
 *
 * Whoever dies in between, no object is without a row: see `runs/rules/artifacts.sql`.
 */
import { v7 as newId } from "uuid";
import { describeError, log } from "../../base/log.ts";
import type { Bucket } from "../../bindings.ts";
import { type Fault, Problem, ValidationFailed } from "../../http/problems.ts";
import { perform } from "../../verbs/perform.ts";
import type { VerbServices } from "../../verbs/services.ts";
import { abandonArtifact, commitArtifact, reserveArtifact } from "./artifact-verbs.ts";
import type { StoredFile } from "./list-artifacts.ts";

export type Upload = {
  name: string;
  contentType: string;
  bytes: number;
  /** In hex. The bucket compares it with the content. */
  sha256: string | null;
  /** Null for an empty file. */
  body: ReadableStream<Uint8Array> | null;
};

/** Shorter than `artifact_reservation` in SQL: when that has ended, nothing is being put into the bucket any more. */
const UPLOAD_MS = 55 * 60_000;

const TOO_SLOW = `The body has not arrived within ${UPLOAD_MS / 60_000} minutes. Send it over a faster connection, or as smaller files.`;

const BAD_DIGEST: Fault = {
  loc: ["header", "Content-Digest"],
  type: "value_error",
  msg: "Is not the SHA-256 of the body.",
};

/**
 * Stores a file of the attempt that a run token has proved: reserves it, puts it into the bucket, and commits it. An upload that
 * fails leaves nothing, whatever happens: see migrations/functions/runs/rules/artifacts.sql.
 * @throws Problem as {@link reserveArtifact} and {@link commitArtifact} do; `incomplete_body`, or `bucket_unavailable`
 * @throws ValidationFailed when the content is not that of the digest
 */
export async function storeArtifact(services: VerbServices, bucket: Bucket, upload: Upload) {
  const { name, contentType, bytes, sha256 } = upload;
  const id = newId();
  const { result: reserved } = await perform(services, reserveArtifact, { id, name, contentType, bytes, sha256 });
  try {
    await put(bucket, reserved.key, upload);
  } catch (error) {
    await perform(services, abandonArtifact, id).catch(logFailure);
    throw error;
  }
  // When nobody knows whether this was committed, the file is either stored, or the sweep deletes it when its reservation has ended.
  const { result } = await perform(services, commitArtifact, id).catch(async (error) => {
    // One that was refused has no row any more. What is not deleted here, the sweep deletes.
    if (error instanceof Problem) await bucket.delete([reserved.key]).catch(logFailure);
    throw error;
  });
  const file: StoredFile = { name, content_type: contentType, bytes, sha256, stored_at: result.stored_at };
  return { file, hasReplaced: result.has_replaced };
}

const logFailure = (failure: unknown) => log("error", "artifact", describeError(failure));

/** Puts the body into the bucket as it comes. The runtime passes it on, so it is in memory in pieces only. */
async function put(bucket: Bucket, key: string, { body, bytes, sha256 }: Upload): Promise<void> {
  const { readable, writable } = new FixedLengthStream(bytes);
  const transfer = new AbortController();
  const tooSlow = new Problem("incomplete_body", TOO_SLOW);
  const timer = setTimeout(() => transfer.abort(tooSlow), UPLOAD_MS);
  const sending = (body ?? new Blob([]).stream()).pipeTo(writable, { signal: transfer.signal });
  const storing = bucket.put(key, readable, sha256 === null ? {} : { sha256 });
  // The transfer does not notice when the bucket fails, so `stop` ends it.
  const [stored, sent] = await Promise.allSettled([storing.catch(stop), sending]);
  clearTimeout(timer);
  const failed = [stored, sent].find(({ status }) => status === "rejected");
  // When the upload was cut, the bucket fails as well, with an error of its own.
  if (failed?.status === "rejected") throw transfer.signal.reason === tooSlow ? tooSlow : readFailure(failed.reason);

  function stop(error: unknown): never {
    transfer.abort(error);
    throw error;
  }
}

function readFailure(error: unknown): Problem | ValidationFailed {
  if (error instanceof Error && BAD_DIGEST_ERROR.test(error.message)) return new ValidationFailed([BAD_DIGEST]);
  // The errors of streams: the client has left, or has sent another number of bytes than it said.
  if (error instanceof TypeError) return new Problem("incomplete_body");
  log("error", "artifact", describeError(error));
  return new Problem("bucket_unavailable");
}

/** The number of R2's error: https://developers.cloudflare.com/r2/api/error-codes/ */
const BAD_DIGEST_ERROR = /\(10037\)/;
