/** The schemas of the files of a run, and what the headers of an upload say. */
import { z } from "@hono/zod-openapi";
import { ValidationFailed } from "../../http/problems.ts";
import { instant } from "../../http/schemas.ts";
import { exampleRun, runParams } from "../run-schema.ts";
import type { StoredFile } from "./list-artifacts.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export const fileParams = runParams.extend({
  name: z
    .string()
    .refine((name) => NAME.test(name), {
      message: "Must have 1 to 128 letters, digits, dots, hyphens or underscores, and begin with a letter or digit.",
    })
    .openapi({ pattern: NAME.source, example: "report.pdf" }),
});

/** The path of a file, for clients and pages. */
export const artifactPath = (runId: string, attempt: number, name: string): string =>
  `/v1/workflow-runs/${runId.toLowerCase()}/artifacts/${name}?attempt=${attempt}`;

const exampleFile = {
  name: "report.pdf",
  attempt: 1,
  content_type: "application/pdf",
  bytes: 48_213,
  sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  stored_at: "2026-01-31T12:01:30.000Z",
  url: `https://runs.example.com${artifactPath(exampleRun.id, 1, "report.pdf")}`,
};

export const FileSchema = z
  .strictObject({
    name: z.string(),
    attempt: z.int().openapi({ description: "The attempt that has stored it." }),
    content_type: z.string(),
    bytes: z.int().min(0),
    sha256: z.string().nullable().openapi({ description: "In hex, if the upload had a `Content-Digest`." }),
    stored_at: instant(),
    url: z
      .string()
      .openapi({ format: "uri", description: "Where it can be downloaded, with the credential of a caller." }),
  })
  .openapi("WorkflowRunFile", { example: exampleFile });

export const ArtifactListSchema = z
  .strictObject({ attempt: z.int(), artifacts: z.array(FileSchema) })
  .openapi("WorkflowRunFileList", { example: { attempt: 1, artifacts: [exampleFile] } });

type Of = { publicUrl: string; runId: string };

/** A file in the form of the API. */
export function toFile(file: StoredFile & { attempt: number }, { publicUrl, runId }: Of): z.infer<typeof FileSchema> {
  return {
    name: file.name,
    attempt: file.attempt,
    content_type: file.content_type,
    bytes: file.bytes,
    sha256: file.sha256,
    stored_at: file.stored_at,
    url: `${publicUrl}${artifactPath(runId, file.attempt, file.name)}`,
  };
}

/** RFC 9110, 8.3.1, without comments: a type, a subtype, and parameters. */
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:[ \t]*;[ \t]*[\w!#$&^.+-]+=(?:[\w!#$%&'*+.^`|~-]+|"[^"\\]*"))*$/;

const MAX_TYPE_LENGTH = 255;

/**
 * The type of a file from the header `Content-Type`.
 * @throws ValidationFailed
 */
export function givenType(header: string | undefined): string {
  if (header === undefined || header === "") return "application/octet-stream";
  if (header.length <= MAX_TYPE_LENGTH && MEDIA_TYPE.test(header)) return header;
  const msg = `Must be a media type of at most ${MAX_TYPE_LENGTH} characters, such as \`text/plain; charset=utf-8\`.`;
  throw new ValidationFailed([{ loc: ["header", "Content-Type"], type: "value_error", msg }]);
}

/**
 * The SHA-256 in a header `Content-Digest` (RFC 9530) in hex; null without one. Digests by other algorithms are ignored, as the RFC allows.
 * @throws ValidationFailed
 */
export function givenDigest(header: string | undefined): string | null {
  const [, given] = /(?:^|,)[ \t]*sha-256=([^,]*)/.exec(header ?? "") ?? [];
  if (given === undefined) return null;
  const [, base64] = /^:([A-Za-z0-9+/]{43}=):[ \t]*$/.exec(given) ?? [];
  if (base64 !== undefined) return Uint8Array.fromBase64(base64).toHex();
  const msg = "Must be `sha-256=:…:`, with 32 bytes in base64 between the colons.";
  throw new ValidationFailed([{ loc: ["header", "Content-Digest"], type: "value_error", msg }]);
}
