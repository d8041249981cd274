/**
 * The main module of workerd on a server of one's own: docs/own-server.md. The Worker behind it is the one that is deployed to Cloudflare.
 * This does what Cloudflare does there before a request gets to the Worker:
 *
 * 1. It answers the static files itself.
 * 2. It says from which address a request comes.
 * 3. It calls the cron, and ends what takes long before a new version starts. The server asks for these by a Unix socket of their own,
 *    {@link Control}, which no request from outside can reach.
 */
import { WorkerEntrypoint } from "cloudflare:workers";
import service from "../worker.ts";
import { addressOf } from "./address.ts";

export * from "../worker.ts";

type Bindings = {
  ASSETS: Fetcher;
  /** By the path of a static file: the headers of its answer. */
  ASSET_HEADERS: Record<string, Record<string, string>>;
  /** How many proxies are in front of the server. */
  PROXIES: number;
};

type IncomingRequest = Request<unknown, IncomingRequestCfProperties>;

/** What a request that is refused while the server ends is told: by then, the next one runs. */
const RETRY_AFTER_SECONDS = "5";

let isEnding = false;
/** The requests that wait for something to happen: those for runs, and those with `Prefer: wait`. */
let waiting = 0;

const mayWait = (request: Request, path: string) => path === "/v1/leases" || request.headers.has("Prefer");

/** Those of programs by their path, and those of pages by what a browser accepts of them. */
const isStream = (request: Request, path: string) =>
  path.endsWith("/stream") || request.headers.get("Accept") === "text/event-stream";

/** The service as the server runs it, for requests from outside. */
export default {
  async fetch(request, bindings, context): Promise<Response> {
    const { pathname } = new URL(request.url);
    const headers = bindings.ASSET_HEADERS[pathname];
    if (headers && (request.method === "GET" || request.method === "HEAD")) {
      return answerFile(request, headers, () => bindings.ASSETS.fetch(`http://assets${pathname}`));
    }
    const isWaiting = mayWait(request, pathname);
    if (isEnding && (pathname === "/v1/leases" || isStream(request, pathname))) return refuse();
    if (isWaiting) waiting++;
    try {
      return await service.fetch(withAddress(request, bindings.PROXIES, isEnding), bindings, context);
    } finally {
      if (isWaiting) waiting--;
    }
  },
} satisfies ExportedHandler<Bindings>;

/** What the server itself asks, by its Unix socket. The answer says how many requests wait for something. */
export class Control extends WorkerEntrypoint<Bindings> {
  override async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/cron")
      await service.scheduled({ cron: "* * * * *", scheduledTime: Date.now(), noRetry() {} }, this.env);
    if (pathname === "/end") isEnding = true;
    return Response.json({ waiting });
  }
}

/** The request as Cloudflare would pass it on. When the server ends, nothing waits any more. */
function withAddress(request: IncomingRequest, proxies: number, isEnding: boolean): IncomingRequest {
  const headers = new Headers(request.headers);
  headers.set("CF-Connecting-IP", addressOf(headers.get("X-Forwarded-For"), proxies));
  if (isEnding) headers.delete("Prefer");
  return new Request<unknown, IncomingRequestCfProperties>(request, { headers, signal: request.signal });
}

async function answerFile(
  request: Request,
  headers: Record<string, string>,
  open: () => Promise<Response>,
): Promise<Response> {
  if (request.headers.get("If-None-Match") === headers.ETag) return new Response(null, { status: 304, headers });
  const file = await open();
  return new Response(request.method === "HEAD" ? null : file.body, { status: file.status, headers });
}

const refuse = () =>
  Response.json(
    {
      ...{ type: "about:blank", title: "Service unavailable", status: 503 },
      detail: "The server is about to be restarted. Try again in a few seconds.",
    },
    { status: 503, headers: { "Content-Type": "application/problem+json", "Retry-After": RETRY_AFTER_SECONDS } },
  );
