import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../env.ts";
import { CHANGED_NUMBER, changedNumbers } from "../json/changed-numbers.ts";
import { isDeeperThan, MAX_JSON_DEPTH } from "../json/json-depth.ts";
import { type Fault, MAX_FAULT_CHARACTERS, MAX_FAULTS, Problem, ValidationFailed } from "../problems.ts";
import { clipped } from "../text.ts";

/** Hono scans the query once for each parameter, so the time grows with the square of the length of the query. */
const MAX_URL_LENGTH = 8 * 1024;

const MAX_HEADER_NAMES = 100;

/** In characters. Limiting the number of fields would not be enough, since the platform joins fields of the same name. */
const MAX_HEADERS_LENGTH = 32 * 1024;

const MAX_BODY_BYTES = 64 * 1024;

/**
 * What is special about the bodies of the paths that match. `maxBytes`: a limit of its own. `isSigned`: the body is signed, so it is
 * kept as it came, and nothing parses it before its signature was verified. `isStreamed`: the handler passes the body on, so it is
 * not read at all, and {@link boundUpload} limits it.
 */
export type BodyRule = { path: RegExp; maxBytes: number | undefined; isSigned: boolean; isStreamed: boolean };

export const ruleOf = (rules: readonly BodyRule[], c: Context): BodyRule | undefined =>
  rules.find(({ path }) => path.test(c.req.path));

/** A pattern for the paths of a route, such as `/v1/things/{id}`. */
export const patternOf = (path: string): RegExp => new RegExp(`^${path.replaceAll(/{[^}]+}/g, "[^/]+")}$`);

/**
 * Refuses a request that is too large, or whose JSON is nested too deeply or cannot be read as it was meant, before any other code
 * handles it. A body may have
 * 64 KiB, unless its path has one of `rules`.
 */
export const boundRequest = (rules: readonly BodyRule[]) =>
  createMiddleware<AppEnv>(async (c, next) => {
    if (c.req.url.length > MAX_URL_LENGTH) throw new Problem("uri_too_long");
    if (hasLargeHeaders(c.req.raw.headers)) throw new Problem("headers_too_large");
    if (c.req.raw.body !== null) {
      const { maxBytes = MAX_BODY_BYTES, isSigned = false, isStreamed = false } = ruleOf(rules, c) ?? {};
      if (!isStreamed) await readBody(c, maxBytes, isSigned);
      if (!isSigned && !isStreamed) await guardJson(c);
    }
    await next();
  });

function hasLargeHeaders(headers: Headers): boolean {
  let names = 0;
  let length = 0;
  headers.forEach((value, name) => {
    names += 1;
    length += name.length + value.length;
  });
  return names > MAX_HEADER_NAMES || length > MAX_HEADERS_LENGTH;
}

const tooLarge = (maxSize: number) => new Problem("payload_too_large", `Send a body of at most ${maxSize} bytes.`);

const limitBody = (maxSize: number) =>
  bodyLimit({
    maxSize,
    onError: () => {
      throw tooLarge(maxSize);
    },
  });

/** Refuses an upload that is too large, or whose length is unknown. Nothing reads its body before the handler, so its header must tell. */
export const boundUpload = (maxBytes: number) =>
  createMiddleware<AppEnv>(async (c, next) => {
    const length = c.req.header("Content-Length");
    if (length === undefined || !/^\d+$/.test(length)) throw new Problem("length_required");
    if (Number(length) > maxBytes) throw tooLarge(maxBytes);
    await next();
  });

/**
 * Reads the whole body. Hono caches it for all later reads. It is read as text, since Hono would convert anything else again for
 * each read of the text or the JSON; but as bytes if the bytes count.
 */
async function readBody(c: Context<AppEnv>, maxBytes: number, asBytes: boolean): Promise<void> {
  try {
    await limitBody(maxBytes)(c, async () => {
      await (asBytes ? c.req.arrayBuffer() : c.req.text());
    });
  } catch (error) {
    // Reading a body only fails when the client closes the connection.
    throw error instanceof Problem ? error : new Problem("incomplete_body");
  }
}

/** Refuses JSON that is nested too deeply, and numbers that would be changed by reading them. */
async function guardJson(c: Context<AppEnv>): Promise<void> {
  if (c.req.header("Content-Type")?.toLowerCase().includes("json") !== true) return;
  const text = await c.req.text();
  if (isDeeperThan(MAX_JSON_DEPTH, text)) {
    const msg = `Must not be nested more than ${MAX_JSON_DEPTH} levels deep.`;
    throw new ValidationFailed([{ loc: ["body"], type: "value_error", msg }]);
  }
  const faults = faultsOfNumbers(text);
  // What is no JSON is refused by the route.
  if (faults.length > 0 && isJson(text)) throw new ValidationFailed(faults);
}

/** A fault for each number that would be changed, as many as an answer can have: nobody knows yet who has sent the body. */
function faultsOfNumbers(json: string): Fault[] {
  const faults: Fault[] = [];
  let characters = 0;
  for (const path of changedNumbers(json, MAX_FAULTS)) {
    const fault: Fault = { loc: ["body", ...path], type: "value_error", msg: CHANGED_NUMBER };
    characters += JSON.stringify(fault).length;
    if (characters <= MAX_FAULT_CHARACTERS) faults.push(fault);
    else if (faults.length > 0) break;
    else return [{ ...fault, loc: fault.loc.map((step) => (typeof step === "string" ? clipped(step) : step)) }];
  }
  return faults;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
