import type { Context } from "hono";
import { describeError, log } from "../../base/log.ts";
import type { Bucket } from "../../bindings.ts";
import type { AppEnv } from "../../http/env.ts";
import { listsTag } from "../../http/middleware/conditional.ts";
import { Problem } from "../../http/problems.ts";
import type { RunFile } from "./list-artifacts.ts";
import { type Range, readRange } from "./range.ts";

const PDF = "application/pdf";

/**
 * The types that a browser may show instead of saving them, since none of them runs a script in the origin of the service. An SVG or
 * HTML file would, and a browser may take an unknown file for one. So all other types are saved.
 */
const SHOWN: ReadonlySet<string> = new Set([
  ...["image/png", "image/jpeg", "image/gif", "image/webp"],
  ...["text/plain", PDF],
]);

/**
 * As what a page must not load a file, by the header `Sec-Fetch-Dest` (https://www.w3.org/TR/fetch-metadata). The policy of our pages lets
 * them load scripts and styles of this host, so a file of a run could otherwise become a part of one.
 */
const NEVER_LOADED_AS: ReadonlySet<string> = new Set([
  ...["script", "worker", "sharedworker", "serviceworker", "audioworklet", "paintworklet"],
  ...["style", "xslt"],
]);

/**
 * Refuses a request of a browser that would make a file a part of a page, such as a script.
 * @throws Problem `forbidden`
 */
export function requireDownload(c: Context<AppEnv>): void {
  if (!NEVER_LOADED_AS.has(c.req.header("Sec-Fetch-Dest")?.toLowerCase() ?? "")) return;
  throw new Problem("forbidden", "A file of a run is no part of a page. Open it by itself, or download it.");
}

const essence = (contentType: string) => (contentType.split(";")[0] ?? "").trim().toLowerCase();

/** True for a file that a browser shows. */
export const isShown = ({ content_type: type }: Pick<RunFile, "content_type">): boolean => SHOWN.has(essence(type));

/**
 * Answers a file, or the part of it that the request asks for. The content goes from the bucket to the client as it comes. Each upload has
 * another tag, and a file never changes, so the id is a strong tag.
 * @throws Problem `range_not_satisfiable`, `not_found` when the file has just been deleted, or `bucket_unavailable`
 */
export async function sendArtifact(c: Context<AppEnv>, bucket: Bucket, file: RunFile) {
  const type = essence(file.content_type);
  const tag = `"${file.id}"`;
  const headers = {
    "Content-Type":
      type === "text/plain" && type === file.content_type ? "text/plain; charset=utf-8" : file.content_type,
    // The name has only letters, digits, dots, hyphens and underscores.
    "Content-Disposition": `${isShown(file) ? "inline" : "attachment"}; filename="${file.name}"`,
    "Accept-Ranges": "bytes",
    ETag: tag,
    ...(file.sha256 !== null && { "Repr-Digest": `sha-256=:${Uint8Array.fromHex(file.sha256).toBase64()}:` }),
  };
  // A browser's viewer of PDF files does not work in a sandbox. It runs no script of the file in the origin of the file.
  c.set("isForeign", type !== PDF);
  const whole = { ...headers, "Content-Length": String(file.bytes) };
  // `conditional` turns the first of these into a 304.
  if (listsTag(c.req.header("If-None-Match"), tag) || c.req.raw.method === "HEAD") return c.body(null, 200, whole);
  const ifRange = c.req.header("If-Range");
  const range = ifRange === undefined || ifRange === tag ? readRange(c.req.header("Range"), file.bytes) : null;
  if (range === "unsatisfiable") {
    throw new Problem("range_not_satisfiable", undefined, { "Content-Range": `bytes */${file.bytes}` });
  }
  const content = await open(bucket, file, range);
  if (range === null) return c.body(content, 200, whole);
  return c.body(content, 206, {
    ...headers,
    "Content-Length": String(range.length),
    "Content-Range": `bytes ${range.offset}-${range.offset + range.length - 1}/${file.bytes}`,
  });
}

async function open(bucket: Bucket, { key }: RunFile, range: Range | null): Promise<ReadableStream> {
  const object = await bucket.get(key, range === null ? {} : { range }).catch((error: unknown) => {
    log("error", "artifact", describeError(error));
    throw new Problem("bucket_unavailable");
  });
  if (object === null) throw new Problem("not_found", "The file has just been deleted.");
  return object.body;
}
