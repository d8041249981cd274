/**
 * Every way in which a request can fail, once: the handler answers from this table and the OpenAPI
 * document describes from it, so that the two cannot differ.
 */

export const PROBLEMS = {
  unauthenticated: {
    status: 401,
    title: "Unauthenticated",
    detail:
      "Send a valid credential: `Authorization: Bearer <API key or session token>`, or the session's cookie `ks_uat`.",
  },
  callback_unauthenticated: {
    status: 401,
    title: "Unauthenticated",
    detail: "Send the run's own token, as the dispatch brought it: `Authorization: Bearer <callback_token>`.",
  },
  not_found: {
    status: 404,
    title: "Not found",
    detail: "Nothing here has that id, or it is not yours to see. Check the id and the credential.",
  },
  forbidden: {
    status: 403,
    title: "Forbidden",
    detail: "You may see this, but not do that. Ask an OWNER or ADMIN of your tenant for the right that is missing.",
  },
  conflict: {
    status: 409,
    title: "Conflict",
    detail: "This is not possible as things stand. Look at the current state and decide anew.",
  },
  payload_too_large: {
    status: 413,
    title: "Payload too large",
    detail: "Send a body of at most 65536 bytes.",
  },
  unsupported_media_type: {
    status: 415,
    title: "Unsupported media type",
    detail: "Send the body as JSON, with `Content-Type: application/json`.",
  },
  too_many_requests: {
    status: 429,
    title: "Too many requests",
    detail: "Wait for the seconds named in `Retry-After`, then go on more slowly.",
  },
  headers_too_large: {
    status: 431,
    title: "Request header fields too large",
    detail: "Send at most 100 header fields.",
  },
  internal_error: {
    status: 500,
    title: "Internal error",
    detail: "Something broke on our side. Try again; if it persists, report it with the request id.",
  },
  not_ready: {
    status: 503,
    title: "Not ready",
    detail: "The service cannot keep its promises right now.",
  },
  session_keys_unavailable: {
    status: 503,
    title: "Session keys unavailable",
    detail: "The keys of session tokens could not be fetched. Try again after the seconds named in `Retry-After`.",
  },
  database_unavailable: {
    status: 503,
    title: "Database unavailable",
    detail: "The database did not answer. Try again after the seconds named in `Retry-After`.",
  },
} as const satisfies Record<string, { status: number; title: string; detail: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** An expected failure. `detail` is a sentence that tells the caller what to do; it defaults to the table's. */
export class Problem extends Error {
  readonly code: ProblemCode;

  constructor(code: ProblemCode, detail: string = PROBLEMS[code].detail) {
    super(detail);
    this.name = "Problem";
    this.code = code;
  }
}

/** The closed set of `type`s in a 422. The names follow the wire contract's first server. */
export type FaultType =
  | "missing"
  | "extra_forbidden"
  | "uuid_parsing"
  | "string_too_long"
  | "string_too_short"
  | "string_type"
  | "int_type"
  | "int_parsing"
  | "greater_than_equal"
  | "less_than_equal"
  | "enum"
  | "bool_parsing"
  | "datetime_parsing"
  | "too_short"
  | "too_long"
  | "url_parsing"
  | "json_invalid"
  | "value_error";

/** One fault of a request: where it is (`["body", "name"]`), what kind, and a sentence for people. */
export type Fault = { loc: (string | number)[]; type: FaultType; msg: string; input?: unknown };

/** A request whose values are wrong: 422, with every fault listed. */
export class ValidationFailed extends Error {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(faults.map((fault) => `${fault.loc.join(".")}: ${fault.msg}`).join("; "));
    this.name = "ValidationFailed";
    this.faults = faults;
  }
}
