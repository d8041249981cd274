/**
 * The builders of routes. From the kind of caller, a builder adds to a route: the security in the OpenAPI document, the
 * middleware that enforces it, conditional requests, and the errors. `createApp` refuses a route that was not made by a
 * builder, so no route can be documented as secured and in fact be open.
 */
import { createRoute, type RouteConfig, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { SCOPES, type Scope } from "../db/enums.ts";
import { CONTRACT_OPERATIONS } from "./contract-operations.ts";
import type { AppEnv } from "./env.ts";
import { authenticate, requireScope } from "./middleware/authenticate.ts";
import { authenticateCode } from "./middleware/authenticate-code.ts";
import { authenticateRunner, authenticateRunnerSession, requireKey } from "./middleware/authenticate-runner.ts";
import { boundUpload } from "./middleware/bound-request.ts";
import { conditional } from "./middleware/conditional.ts";
import { emptyBodyIsObject } from "./middleware/empty-body.ts";
import type { ProblemCode } from "./problems.ts";

type ChangeMethod = "post" | "put" | "patch" | "delete";

/** A route without the parts that its builder adds. `problems` are those of the route's verb. */
type Definition = Omit<RouteConfig, "method" | "security" | "middleware"> & {
  problems?: readonly ProblemCode[];
  /** How large its body may be, if that is not the limit of all routes: see `boundRequest`. */
  maxBodyBytes?: number;
  /** Which scope a key with scopes needs for it. "any": each one is enough. "none": only a key without scopes may do it. */
  scope?: Scope | "any" | "none";
  security?: never;
  middleware?: never;
};

/** The fields of a definition that its {@link RouteKind} is made of. OpenAPI does not know them, so the document leaves them out. */
export const FIELDS_OF_KIND = ["problems", "maxBodyBytes", "scope"] as const satisfies readonly (keyof Definition)[];

type Read = Definition & { method?: never };
type Change = Definition & { method: ChangeMethod };
/** A change by a caller names the scope that it needs, so that none is forgotten. */
type CallerChange = Change & { scope: "run" | "manage" | "none" };

/** What the builder knows about a route, for the OpenAPI document and for the app. */
export type RouteKind = {
  problems: readonly ProblemCode[];
  isConditional: boolean;
  maxBodyBytes?: number | undefined;
  /** True when the handler verifies the signature of the request: see {@link signedCall}. */
  isSigned?: boolean;
  /** True when the handler passes the body on as it comes: see {@link runnerUpload}. */
  isStreamed?: boolean;
};

/** The property of a route that holds its kind. It is copied with the route when a router is mounted in another. */
const KIND = Symbol("kind of route");

type BuiltRoute = RouteConfig & { [KIND]: RouteKind };

const isBuilt = (route: RouteConfig): route is BuiltRoute => KIND in route;

/**
 * The kind of a route.
 * @throws Error for a route that was not made by a builder
 */
export function kindOf(route: RouteConfig): RouteKind {
  if (isBuilt(route)) return route[KIND];
  throw new Error(`${route.method} ${route.path} is not made by a builder of src/http/routes.ts.`);
}

const OF_ANYBODY: ProblemCode[] = ["uri_too_long", "too_many_requests", "headers_too_large"];
// The credential is looked up in the database, so these requests can fail when the database does.
const OF_A_DATABASE: ProblemCode[] = ["internal_error", "database_unavailable"];
const OF_A_CREDENTIAL: ProblemCode[] = [...OF_A_DATABASE, "misdirected"];
const OF_A_CALLER: ProblemCode[] = [...OF_A_CREDENTIAL, "unauthenticated", "forbidden", "session_keys_unavailable"];
const OF_A_MESSAGE: ProblemCode[] = [
  ...["incomplete_body" as const, "payload_too_large" as const, "message_unauthenticated" as const],
  ...["internal_error" as const, "database_unavailable" as const],
];

/** The scopes each of which is enough. Whoever may read may also read metrics. */
function scopesFor(scope: Scope | "any" | "none"): Scope[] {
  if (scope === "any") return [...SCOPES];
  if (scope === "metrics") return ["read", "metrics"];
  return scope === "none" ? [] : [scope];
}

/**
 * Who may call, in OpenAPI. The scopes, each of which is enough, are in `x-scopes`: OpenAPI 3.1 allows them in the list of a key's scheme, but
 * tools take that for an error, since only OAuth had scopes before.
 */
const callerSecurity = (scopes: Scope[]) => ({
  security: [{ ApiKey: [] }, { Session: [] }, { SessionCookie: [] }],
  "x-scopes": scopes,
});
const keySecurity: { ApiKey: string[] }[] = [{ ApiKey: [] }];
const runnerSecurity = [{ RunToken: [] }];
const senderSecurity = [{ WebhookSignature: [] }];
const runnerSessionSecurity = [{ RunnerSession: [] }];
const codeSecurity = [{ CommandLineCode: [] }];

/** The problems of methods that can have a body, and those of a body that the route declares. */
const ofBody = ({ request }: Definition): ProblemCode[] => [
  "incomplete_body",
  "payload_too_large",
  ...(request?.body ? ["unsupported_media_type" as const] : []),
];

/** Lets an optional body also be empty. */
const bodyMiddleware = ({ request }: Definition): MiddlewareHandler<AppEnv>[] =>
  request?.body && !request.body.required ? [emptyBodyIsObject] : [];

// Shared, since each new schema delays the Worker's first answer.
const NO_QUERY = z.strictObject({});

/**
 * Lets a route refuse query parameters that it does not have (422), as its body refuses unknown fields: with a misspelled filter,
 * a list would otherwise have everything. Operations of the wire contract ignore them.
 * @throws Error for a query that is not an object schema
 */
function onlyKnownQuery<Own extends Definition>(definition: Own): Own {
  if (CONTRACT_OPERATIONS.has(definition.operationId)) return definition;
  const { query = NO_QUERY } = definition.request ?? {};
  if (!(query instanceof z.ZodObject)) throw new Error(`The query of ${definition.path} is not an object schema.`);
  return Object.assign(definition, { request: { ...definition.request, query: query.strict() } });
}

/** What a builder adds about its kind: these problems and those of the definition, and the limit of its body. */
const kind = (
  problems: readonly ProblemCode[],
  definition: Definition,
  more: Partial<Pick<RouteKind, "isConditional" | "isSigned" | "isStreamed">> = {},
) => ({
  [KIND]: {
    problems: [...OF_ANYBODY, ...problems, ...(definition.problems ?? [])],
    isConditional: false,
    maxBodyBytes: definition.maxBodyBytes,
    ...more,
  } satisfies RouteKind,
});

/** A GET for a caller: authenticated, and conditional by `ETag` and `If-None-Match`. */
export function callerRead<const Path extends string, Own extends Read & { path: Path }>(definition: Own) {
  const scopes = scopesFor(definition.scope ?? "read");
  return createRoute({
    ...onlyKnownQuery(definition),
    method: "get" as const,
    ...callerSecurity(scopes),
    middleware: [conditional, authenticate, requireScope(scopes)],
    ...kind(OF_A_CALLER, definition, { isConditional: true }),
  });
}

/** A GET for a caller that is answered with a stream of events: authenticated, and never conditional. */
export function callerStream<const Path extends string, Own extends Read & { path: Path }>(definition: Own) {
  const scopes = scopesFor(definition.scope ?? "read");
  return createRoute({
    ...onlyKnownQuery(definition),
    method: "get" as const,
    ...callerSecurity(scopes),
    middleware: [authenticate, requireScope(scopes)],
    ...kind([...OF_A_CALLER, "streams_unavailable"], definition),
  });
}

/** A change by a caller: authenticated. With a session cookie, it must come from a page of the same origin. */
export function callerWrite<const Path extends string, Own extends CallerChange & { path: Path }>(definition: Own) {
  const scopes = scopesFor(definition.scope);
  return createRoute({
    ...onlyKnownQuery(definition),
    ...callerSecurity(scopes),
    middleware: [authenticate, requireScope(scopes), ...bodyMiddleware(definition)],
    ...kind([...ofBody(definition), ...OF_A_CALLER], definition),
  });
}

/**
 * A call by a runner, authenticated by the run token of one attempt. The handler finds the token's claims in `c.var.runToken`.
 */
export function runnerCall<const Path extends string, Own extends Change & { path: Path }>(definition: Own) {
  return createRoute({
    ...onlyKnownQuery(definition),
    security: runnerSecurity,
    middleware: [authenticateRunner, ...bodyMiddleware(definition)],
    ...kind([...ofBody(definition), ...OF_A_CREDENTIAL, "callback_unauthenticated"], definition),
  });
}

/** A GET by a runner, authenticated like {@link runnerCall}. It is never conditional. */
export function runnerRead<const Path extends string, Own extends Read & { path: Path }>(definition: Own) {
  return createRoute({
    ...onlyKnownQuery(definition),
    method: "get" as const,
    security: runnerSecurity,
    middleware: [authenticateRunner],
    ...kind([...OF_A_CREDENTIAL, "callback_unauthenticated"], definition),
  });
}

/**
 * An upload by a runner, authenticated like {@link runnerCall}. Nothing reads the body before the handler, which passes it on as a
 * stream. Its length is known from its header, and is at most `maxBodyBytes`.
 */
export function runnerUpload<const Path extends string, Own extends Change & { path: Path; maxBodyBytes: number }>(
  definition: Own,
) {
  const ofUpload: ProblemCode[] = ["incomplete_body", "length_required", "payload_too_large"];
  return createRoute({
    ...onlyKnownQuery(definition),
    security: runnerSecurity,
    middleware: [authenticateRunner, boundUpload(definition.maxBodyBytes)],
    ...kind([...ofUpload, ...OF_A_CREDENTIAL, "callback_unauthenticated"], definition, { isStreamed: true }),
  });
}

/** A change that needs an API key. It is the only operation for which a runner key is accepted. */
export function keyCall<const Path extends string, Own extends Change & { path: Path }>(definition: Own) {
  return createRoute({
    ...onlyKnownQuery(definition),
    security: keySecurity,
    middleware: [authenticate, requireKey, requireScope([]), ...bodyMiddleware(definition)],
    ...kind([...ofBody(definition), ...OF_A_CALLER], definition),
  });
}

/** A call by a runner, authenticated by the token of its session. The handler finds the token's claims in `c.var.runner`. */
export function runnerSessionCall<const Path extends string, Own extends Change & { path: Path }>(definition: Own) {
  return createRoute({
    ...onlyKnownQuery(definition),
    security: runnerSessionSecurity,
    middleware: [authenticateRunnerSession, ...bodyMiddleware(definition)],
    ...kind([...ofBody(definition), ...OF_A_CREDENTIAL, "session_unauthenticated"], definition),
  });
}

/** A call by a command line that signs in, authenticated by the code that it got. The handler finds the code in `c.var.code`. */
export function codeCall<const Path extends string, Own extends Change & { path: Path }>(definition: Own) {
  return createRoute({
    ...onlyKnownQuery(definition),
    security: codeSecurity,
    middleware: [authenticateCode, ...bodyMiddleware(definition)],
    ...kind([...ofBody(definition), ...OF_A_DATABASE, "code_unauthenticated"], definition),
  });
}

/**
 * A message that its sender has signed. The handler verifies the signature, over the bytes of the body as they came: nothing parses them
 * before. The rate limits of addresses do not count it, since all customers of a sender share its addresses.
 */
export function signedCall<const Path extends string, Own extends Change & { path: Path; maxBodyBytes: number }>(
  definition: Own,
  security: typeof senderSecurity | [] = senderSecurity,
) {
  return createRoute({
    ...onlyKnownQuery(definition),
    security,
    ...kind(OF_A_MESSAGE, definition, { isSigned: true }),
  });
}

/** A message that its sender cannot sign. What proves it is in its path, so the OpenAPI document has no security for it. */
export const tokenCall = <const Path extends string, Own extends Change & { path: Path; maxBodyBytes: number }>(
  definition: Own,
) => signedCall(definition, []);

/**
 * A GET without authentication. It has no parameters, and ignores those that monitors and links append, such as one against
 * caches.
 */
export function openRead<const Path extends string, Own extends Read & { path: Path }>(definition: Own) {
  return createRoute({
    ...definition,
    method: "get" as const,
    security: [],
    ...kind([], definition),
  });
}
