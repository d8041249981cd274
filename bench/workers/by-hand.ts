/**
 * `GET /v1/workflow-runs/{id}` with everything that the service does for it, but written by hand for this one route: no router,
 * no middleware, no validation library, no query builder. It shows what the service's libraries cost.
 */
import { type NeonQueryFunction, neon, neonConfig } from "@neondatabase/serverless";

type Bindings = {
  DATABASE_URL: string;
  NEON_FETCH_ENDPOINT: string;
  /** The headers that the service sends with each answer of this route, as a JSON object. */
  FIXED_HEADERS: string;
};

type Answer = {
  refused?: string;
  tenant_id?: string;
  run: Record<string, unknown> | null;
  etag?: string;
  queue_position?: number | null;
  blocked_by?: string | null;
};

type Caller = { requestId: string; began: number; databaseMs: number; tenantId?: string };

const ROUTE = "/v1/workflow-runs/{run_id}";
const PREFIX = "/v1/workflow-runs/";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const BEARER = /^Bearer +([\x21-\x7e]+)$/i;
const REQUEST_ID = /^[\w-]{1,255}$/;
const TIMEOUT_MS = 15_000;
const encoder = new TextEncoder();

let sql: NeonQueryFunction<false, false> | undefined;
let fixedHeaders: Record<string, string> = {};

function open(bindings: Bindings): NeonQueryFunction<false, false> {
  neonConfig.fetchEndpoint = bindings.NEON_FETCH_ENDPOINT;
  neonConfig.fetchFunction = (url: string, init: RequestInit) =>
    fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
  fixedHeaders = JSON.parse(bindings.FIXED_HEADERS);
  return neon(bindings.DATABASE_URL);
}

export default {
  async fetch(request: Request, bindings: Bindings): Promise<Response> {
    sql ??= open(bindings);
    const path = new URL(request.url).pathname;
    if (path === "/healthz") return new Response("ok");
    const given = request.headers.get("X-Request-Id") ?? "";
    const caller: Caller = {
      requestId: REQUEST_ID.test(given) ? given : crypto.randomUUID(),
      began: Date.now(),
      databaseMs: 0,
    };
    const isRoute = request.method === "GET" && path.startsWith(PREFIX);
    const response = isRoute
      ? await read(sql, request, path.slice(PREFIX.length), caller)
      : problem(404, "not_found", "There is no such route.", caller);
    const ms = Date.now() - caller.began;
    response.headers.set("X-Request-Id", caller.requestId);
    response.headers.set("Server-Timing", `db;dur=${caller.databaseMs};desc="1 requests", total;dur=${ms}`);
    console.info(
      JSON.stringify({
        level: "info",
        event: "request",
        method: request.method,
        route: ROUTE,
        status: response.status,
        ms,
        database_ms: caller.databaseMs,
        database_requests: 1,
        request_id: caller.requestId,
        tenant_id: caller.tenantId,
      }),
    );
    return response;
  },
};

async function read(
  ask: NeonQueryFunction<false, false>,
  request: Request,
  id: string,
  caller: Caller,
): Promise<Response> {
  const key = BEARER.exec(request.headers.get("Authorization") ?? "")?.[1];
  if (key === undefined) return problem(401, "unauthenticated", "Send an API key.", caller);
  if (!UUID.test(id)) return problem(422, "invalid", "The id must be a UUID.", caller);
  const credential = JSON.stringify({ api_key_hash: await hash(key) });
  const began = Date.now();
  const [row] = await ask.query("select public.find_run(p_credential => $1, p_run_id => $2) as answer", [
    credential,
    id,
  ]);
  caller.databaseMs = Date.now() - began;
  const answer: Answer = row?.answer;
  if (answer.tenant_id !== undefined) caller.tenantId = answer.tenant_id;
  if (answer.refused !== undefined) return problem(401, "unauthenticated", "The API key is not valid.", caller);
  if (answer.run === null) return problem(404, "not_found", "There is no such run.", caller);
  const etag = `"${answer.etag}"`;
  const headers = new Headers(fixedHeaders);
  headers.set("ETag", etag);
  if (answer.queue_position) headers.set("X-Queue-Position", String(answer.queue_position));
  if (answer.blocked_by) headers.set("X-Blocked-By-Run", answer.blocked_by);
  const known = request.headers.get("If-None-Match");
  if (known?.split(/,\s*/).some((tag) => tag === "*" || tag.replace(/^W\//, "") === etag)) {
    return new Response(null, { status: 304, headers });
  }
  headers.set("Content-Type", "application/json");
  return new Response(JSON.stringify(answer.run), { headers });
}

/** Hex SHA-256. */
async function hash(key: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", encoder.encode(key));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function problem(status: number, code: string, detail: string, { requestId }: Caller): Response {
  const body = { type: `urn:workflow-runs:problem:${code}`, title: code, status, detail, request_id: requestId };
  const headers = new Headers(fixedHeaders);
  headers.set("Content-Type", "application/problem+json");
  if (status === 401) headers.set("WWW-Authenticate", "Bearer");
  return new Response(JSON.stringify(body), { status, headers });
}
