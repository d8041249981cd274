/**
 * The clients of agents that sign in by OAuth. Who a client is, is in its `client_id`: either a signed text that the service gave out when the client
 * registered (RFC 7591), or the URL of a document in which the client describes itself (Client ID Metadata Document). So none is stored.
 */
import { z } from "zod";
import { describeError, log } from "../base/log.ts";
import { isLoopback } from "../base/loopback.ts";
import { withTimeLimit } from "../base/time-limit.ts";
import type { Config } from "../config.ts";
import { type RegisteredClient, verifyClientId } from "../http/credentials/agent-token.ts";
import { line } from "../http/schemas.ts";
import { checkRunnerUrl, urlOptions } from "../webhooks/url-guard.ts";

/** Schemes with which an address would be executed, or read from this machine, in place of being opened. */
const NEVER_OPENED = new Set(["javascript:", "data:", "blob:", "file:", "vbscript:", "about:", "view-source:"]);

/** How long a `client_id` may be: it is in the URL of the page to which an agent leads. */
export const MAX_CLIENT_ID = 4_000;

/** As long as the name of a host can be: RFC 1035, section 2.3.4. */
const MAX_HOST = 255;

/** A code may go to `https`, to a program on the person's computer by `http`, and to an app by a scheme of its own (RFC 8252). */
function mayGetCode(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.hash !== "" || url.username !== "" || url.password !== "") return false;
  // The grant stores one of the two.
  if (url.host.length > MAX_HOST || url.protocol.length > MAX_HOST) return false;
  return url.protocol === "http:" ? isLoopback(url.hostname) : !NEVER_OPENED.has(url.protocol);
}

const redirectUri = () =>
  z.string().max(500).refine(mayGetCode, {
    message:
      "Must be an address with https, of a loopback host with http, or with the scheme of an app, and without a fragment.",
  });

/** What a client says of itself when it registers. The service ignores what it does not know. */
export const clientMetadataSchema = z.object({
  redirect_uris: z.array(redirectUri()).min(1).max(10),
  client_name: line(100).default("An agent"),
});

const MAX_DOCUMENT_BYTES = 5 * 1024;
const DOCUMENT_TIMEOUT_MS = 10_000;
/** How long an isolate uses a document before it asks for it again, and how many it keeps. */
const FRESH_MS = 10 * 60_000;
const MOST_KEPT = 100;

const kept = new Map<string, { client: RegisteredClient; until: number }>();

/** The client with this `client_id`; null when there is none, or its document cannot be read now. */
export async function findAgentClient(config: Config, clientId: string): Promise<RegisteredClient | null> {
  if (!/^https?:/.test(clientId)) return verifyClientId(config.runTokenKeys, clientId);
  const known = kept.get(clientId);
  if (known !== undefined && known.until > Date.now()) return known.client;
  if (checkRunnerUrl(clientId, urlOptions(config)) !== null || new URL(clientId).pathname === "/") return null;
  try {
    const client = await withTimeLimit(DOCUMENT_TIMEOUT_MS, (signal) => readDocument(clientId, signal));
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(clientId, { client, until: Date.now() + FRESH_MS });
    return client;
  } catch (error) {
    log("info", "agent client", { client_id: clientId, ...describeError(error) });
    return null;
  }
}

async function readDocument(url: string, signal: AbortSignal): Promise<RegisteredClient> {
  const response = await fetch(url, { redirect: "manual", headers: { Accept: "application/json" }, signal });
  if (response.status !== 200) throw new Error(`The document of the client answered ${response.status}.`);
  const document: unknown = JSON.parse(await readShort(response));
  const { client_name: name, redirect_uris: redirectUris } = clientMetadataSchema
    .extend({ client_id: z.literal(url) })
    .parse(document);
  return { name, redirectUris };
}

/** The text of a short answer. More of it is not read. */
async function readShort(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_DOCUMENT_BYTES)
      throw new Error(`The document of the client has more than ${MAX_DOCUMENT_BYTES} bytes.`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** True when a client has named this address. The port of a loopback address may differ: an app takes a free one (RFC 8252, section 7.3). */
export function hasRedirectUri({ redirectUris }: RegisteredClient, asked: string): boolean {
  const anyPort = withoutPort(asked);
  return redirectUris.some((uri) => uri === asked || (anyPort !== null && withoutPort(uri) === anyPort));
}

function withoutPort(text: string): string | null {
  const url = URL.parse(text);
  if (url === null || url.protocol !== "http:" || !isLoopback(url.hostname)) return null;
  url.port = "";
  return url.href;
}
