import { type CallOptions, putFile } from "./run-calls.ts";
import type { ArtifactBody, ArtifactOptions, Assignment } from "./types.ts";

/** The media types of files by the ends of their names. The page of a run shows those that a browser can show. */
const TYPES: Record<string, string> = {
  csv: "text/csv; charset=utf-8",
  gif: "image/gif",
  gz: "application/gzip",
  html: "text/html; charset=utf-8",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  json: "application/json",
  log: "text/plain; charset=utf-8",
  md: "text/markdown; charset=utf-8",
  pdf: "application/pdf",
  png: "image/png",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
  webp: "image/webp",
  xml: "application/xml",
  zip: "application/zip",
};

function typeOf(name: string, body: ArtifactBody): string {
  const end = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  if (body instanceof Blob && body.type !== "") return body.type;
  return TYPES[end] ?? (typeof body === "string" ? "text/plain; charset=utf-8" : "application/octet-stream");
}

/** Turns bytes in hex into Base64. */
const toBase64 = (hex: string) =>
  btoa(String.fromCharCode(...(hex.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16))));

const toBlob = (body: ArtifactBody): Blob => {
  if (body instanceof Blob) return body;
  // A blob does not take memory that several threads share, which an array of bytes may have, so it is given a copy.
  return new Blob([typeof body === "string" ? body : new Uint8Array(body)]);
};

/**
 * Stores a file of the attempt.
 * @throws Error when the service refuses it, and the reason of `signal`
 */
export async function storeFile(
  run: Assignment,
  calls: CallOptions,
  name: string,
  body: ArtifactBody,
  { contentType = typeOf(name, body), sha256 }: ArtifactOptions = {},
): Promise<void> {
  const headers = {
    "Content-Type": contentType,
    ...(sha256 !== undefined && { "Content-Digest": `sha-256=:${toBase64(sha256)}:` }),
  };
  const { error } = await putFile(run, name, { body: toBlob(body), headers }, calls);
  if (error !== null) throw new Error(`The file ${name} was not stored: ${error}`);
}
