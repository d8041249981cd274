/** The routes of the files of a run: the runner uploads them, and people and programs read them. */
import { z } from "@hono/zod-openapi";
import type { Bucket } from "../../bindings.ts";
import type { Config } from "../../config.ts";
import { Problem } from "../../http/problems.ts";
import { createRouter } from "../../http/router.ts";
import { callerRead, runnerUpload } from "../../http/routes.ts";
import { json, jsonContent } from "../../http/schemas.ts";
import { checkTokenIsOf } from "../refusals.ts";
import { attemptQuery, runParams } from "../run-schema.ts";
import {
  ArtifactListSchema,
  artifactPath,
  FileSchema,
  fileParams,
  givenDigest,
  givenType,
  toFile,
} from "./artifact-schema.ts";
import { findArtifact, listArtifacts } from "./list-artifacts.ts";
import { requireDownload, sendArtifact } from "./send-artifact.ts";
import { storeArtifact } from "./upload.ts";

export const runArtifacts = createRouter();

/** Cloudflare takes bodies of up to 100 MB. */
const MAX_FILE_BYTES = 95_000_000;

/**
 * The bucket of the files.
 * @throws Problem `artifacts_unavailable` when the deployment has none
 */
function requireBucket({ artifacts }: Config): Bucket {
  if (artifacts === undefined) throw new Problem("artifacts_unavailable");
  return artifacts;
}

const file = (description: string) => ({ description, content: jsonContent(FileSchema) });
const anyContent = {
  "*/*": { schema: z.unknown().openapi({ description: "The bytes of the file.", example: "%PDF-1.7 …" }) },
};

const putRoute = runnerUpload({
  method: "put",
  path: "/v1/workflow-runs/{run_id}/artifacts/{name}",
  operationId: "put_workflow_run_artifact",
  tags: ["Runner"],
  summary: "Upload a file",
  description:
    "For the run's runner, with the run token of the dispatch or lease. The body is the file, with its `Content-Type` and its " +
    `\`Content-Length\`: at most ${MAX_FILE_BYTES / 1_000_000} MB. The same name again replaces the file of this attempt. A run may have 50 ` +
    "files, and 1 GiB altogether, those of all its attempts. A file is there completely or not at all.",
  maxBodyBytes: MAX_FILE_BYTES,
  request: {
    params: fileParams,
    headers: z.object({
      "Content-Digest": z.string().optional().openapi({
        description:
          "`sha-256=:…:` (RFC 9530), in base64. An upload with another content is refused, and the file keeps the digest.",
      }),
    }),
    body: { required: true, content: anyContent },
  },
  problems: ["not_found", "conflict", "cap_reached", "artifacts_unavailable", "bucket_unavailable"],
  responses: {
    201: {
      ...file("The file is stored"),
      headers: { Location: { schema: { type: "string" }, description: "Where the file is" } },
    },
    200: file("The file is stored, and has replaced another"),
  },
});

runArtifacts.openapi(putRoute, async (c) => {
  const { run_id: runId, name } = c.req.valid("param");
  checkTokenIsOf(c.var.runToken, runId);
  const bucket = requireBucket(c.env.config);
  const upload = {
    name,
    contentType: givenType(c.req.header("Content-Type")),
    bytes: Number(c.req.header("Content-Length")),
    sha256: givenDigest(c.req.header("Content-Digest")),
    body: c.req.raw.body,
  };
  const storing = storeArtifact(c.var.services, bucket, upload);
  // When the client leaves, the runtime ends all that no `waitUntil` waits for. The reservation would then stay for an hour.
  c.executionCtx.waitUntil(storing.catch(() => {}));
  const { file: stored, hasReplaced } = await storing;
  const { attempt } = c.var.runToken;
  const answer = toFile({ ...stored, attempt }, { publicUrl: c.env.config.publicUrl, runId });
  if (hasReplaced) return c.json(answer, 200);
  return c.json(answer, 201, { Location: artifactPath(runId, attempt, name) });
});

const listRoute = callerRead({
  path: "/v1/workflow-runs/{run_id}/artifacts",
  operationId: "list_workflow_run_artifacts",
  tags: ["Workflow runs"],
  summary: "List files of a run",
  description:
    "The newest of each name since the last retry of the run, also of attempts that have suspended it, as soon as they are stored. With " +
    "`attempt`, only those of that attempt. The result of the run has them, too, when it has ended.",
  request: { params: runParams, query: attemptQuery },
  problems: ["not_found"],
  responses: { 200: json("The files: at most 50", ArtifactListSchema) },
});

runArtifacts.openapi(listRoute, async (c) => {
  const { run_id: runId } = c.req.valid("param");
  const { attempt: asked = null } = c.req.valid("query");
  const { attempt, artifacts } = await listArtifacts(c.env.db, c.var.credential, { runId, attempt: asked });
  const of = { publicUrl: c.env.config.publicUrl, runId };
  return c.json({ attempt, artifacts: artifacts.map((artifact) => toFile(artifact, of)) }, 200);
});

const content = (description: string) => ({ description, content: anyContent });

const getRoute = callerRead({
  path: "/v1/workflow-runs/{run_id}/artifacts/{name}",
  operationId: "get_workflow_run_artifact",
  tags: ["Workflow runs"],
  summary: "Download a file",
  description:
    "The content, with the type that the runner gave. Browsers show PNG, JPEG, GIF, WebP, PDF and plain text, and save all else. One " +
    "`Range` of bytes is answered with 206; several, with the whole file. A page that would load it as a script or a style is " +
    "refused with 403, by the header `Sec-Fetch-Dest` of its browser.",
  request: {
    params: fileParams,
    query: attemptQuery,
    headers: z.object({ Range: z.string().optional().openapi({ description: "Such as `bytes=0-1023`." }) }),
  },
  problems: ["forbidden", "not_found", "range_not_satisfiable", "artifacts_unavailable", "bucket_unavailable"],
  responses: { 200: content("The file"), 206: content("The part of the file that `Range` asks for") },
});

runArtifacts.openapi(getRoute, async (c) => {
  const { run_id: runId, name } = c.req.valid("param");
  const { attempt = null } = c.req.valid("query");
  requireDownload(c);
  const bucket = requireBucket(c.env.config);
  return sendArtifact(c, bucket, await findArtifact(c.env.db, c.var.credential, { runId, attempt, name }));
});
