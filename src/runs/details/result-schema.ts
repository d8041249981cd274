/** The schemas of what a runner reports in addition to the status and the error of a run. */
import { z } from "@hono/zod-openapi";
import { FAILURE_CODES } from "../../db/enums.ts";
import { jsonValue, smallJson } from "../../http/json-value.ts";
import { line, text, uuid } from "../../http/schemas.ts";
import { toFile } from "../artifacts/artifact-schema.ts";
import type { RunFile } from "../artifacts/list-artifacts.ts";
import { WorkflowRunStatusSchema } from "../run-schema.ts";

const MAX_ARTIFACTS = 50;

/** Pages link to the URL, so it must be http or https: a `javascript:` URL would be executed. */
function isWebUrl(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && (url.protocol === "https:" || url.protocol === "http:");
}

const SHA256 = /^[0-9a-f]{64}$/i;

const artifactFields = {
  name: line(255),
  url: text({ min: 1, max: 2083 })
    .refine(isWebUrl, { message: "Must be an absolute `https` or `http` URL." })
    .openapi({ format: "uri" }),
  path_part_id: uuid(),
  sha256: z
    .string()
    .refine((value) => SHA256.test(value), { message: "Must be 64 hex digits." })
    .openapi({ pattern: "^[0-9a-fA-F]{64}$" }),
  bytes: z.int().min(0),
};

const artifactExample = {
  name: "summary.pdf",
  url: "https://files.example.com/summary.pdf",
  path_part_id: null,
  sha256: null,
  bytes: 48_213,
};

/** An artifact in an answer. Fields that the runner left out are null. */
const ArtifactSchema = z
  .strictObject({
    name: artifactFields.name,
    url: artifactFields.url.nullable(),
    path_part_id: artifactFields.path_part_id.nullable(),
    sha256: artifactFields.sha256.nullable(),
    bytes: artifactFields.bytes.nullable(),
  })
  .openapi("WorkflowRunArtifact", { example: artifactExample });
export type Artifact = z.infer<typeof ArtifactSchema>;

export const artifactsSchema = z.array(ArtifactSchema);

const NewArtifactSchema = z
  .strictObject({
    name: artifactFields.name,
    url: artifactFields.url.nullish(),
    path_part_id: artifactFields.path_part_id.nullish(),
    sha256: artifactFields.sha256.nullish(),
    bytes: artifactFields.bytes.nullish(),
  })
  .openapi("NewWorkflowRunArtifact", { example: artifactExample });

const MAX_OUTPUT_BYTES = 64 * 1024;

/** Larger than all fields of a callback can be together, so that each fault of size is told by its field. */
export const MAX_RESULT_BYTES = 512 * 1024;

/** The optional fields of a callback. */
export const reportedFields = {
  output: smallJson(MAX_OUTPUT_BYTES, "Store more as a file of the run.")
    .optional()
    .openapi({
      description: `Any JSON of at most ${MAX_OUTPUT_BYTES} bytes. What is larger can be a file of the run.`,
    }),
  summary: text({ max: 2000 }).nullish().openapi({ description: "A summary of the result, for people." }),
  artifacts: z
    .array(NewArtifactSchema)
    .max(MAX_ARTIFACTS)
    .nullish()
    .openapi({ description: "What was made, and where it is." }),
  retry: z.boolean().optional().openapi({
    description: "False: the run is not retried automatically, although its policy retries what is REPORTED.",
  }),
  retry_after_seconds: z
    .int()
    .min(0)
    .max(86_400)
    .optional()
    .openapi({
      description:
        "When the policy retries the run: how long that waits at least, in place of the back-off. Up to a fifth is added, so that runs " +
        "that fail together do not come back together.",
    }),
};

/** Adds null for the fields that the runner left out. */
export const toArtifact = ({
  name,
  url = null,
  path_part_id = null,
  sha256 = null,
  bytes = null,
}: z.infer<typeof NewArtifactSchema>): Artifact => ({ name, url, path_part_id, sha256, bytes });

/** What the runner has reported, and then the files of the run: null when there is neither. */
export function allArtifacts(
  { artifacts, files }: { artifacts: Artifact[] | null; files: RunFile[] | null },
  of: { publicUrl: string; runId: string },
): Artifact[] | null {
  if (files === null || files.length === 0) return artifacts;
  const stored = files.map((file) => {
    const { name, url, sha256, bytes } = toFile(file, of);
    return { name, url, path_part_id: null, sha256, bytes };
  });
  return [...(artifacts ?? []), ...stored];
}

/** Why a run FAILED; null in any other state. */
export const failureCode = () =>
  z
    .enum(FAILURE_CODES)
    .nullable()
    .openapi({
      description:
        "Why the run FAILED. REPORTED: its runner said so. DEADLINE: no result came in time. STOPPED: somebody stopped " +
        "it. REJECTED: its runner refused it. UNREACHED: no runner ever took it. LOST: its runner stopped sending heartbeats. " +
        "SUPERSEDED: a newer run took its place in the queue. " +
        "EXPIRED: it had not started by its `must_start_by`. WAIT_EXPIRED: it was suspended, and what it waited for did not come in time.",
    });

export const WorkflowRunResultSchema = z
  .strictObject({
    status: WorkflowRunStatusSchema,
    failure_code: failureCode(),
    error: z
      .string()
      .nullable()
      .openapi({ description: "The reason as a sentence, or the error that the runner reported." }),
    output: jsonValue().nullable().openapi({ description: "Any JSON." }),
    summary: z.string().nullable(),
    artifacts: artifactsSchema.nullable().openapi({
      description:
        "What the runner reported, and then the files of the run: their `url` is on this service, and needs a credential.",
    }),
    attempt: z
      .int()
      .openapi({ description: "1 for a new run, and one more each time that it was retried, given back or resumed." }),
  })
  .openapi("WorkflowRunResult", {
    description: "Until the run has ended, all fields except `status` and `attempt` are null.",
    example: {
      status: "COMPLETED",
      failure_code: null,
      error: null,
      output: { pages: 12 },
      summary: "Three reports were summarised.",
      artifacts: [artifactExample],
      attempt: 1,
    },
  });
