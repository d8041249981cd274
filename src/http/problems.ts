/**
 * All ways in which a request can fail. Both the answers and the OpenAPI document are made from this table, so they always
 * agree.
 */

export const PROBLEMS = {
  incomplete_body: {
    status: 400,
    title: "Incomplete body",
    detail: "The connection ended before the whole body had arrived. Send the request again.",
  },
  unauthenticated: {
    status: 401,
    title: "Unauthenticated",
    detail:
      "Send a valid credential: `Authorization: Bearer <API key or session token>`, or the session's cookie `ks_uat`.",
  },
  callback_unauthenticated: {
    status: 401,
    title: "Unauthenticated",
    detail: "Send the run token that was in the dispatch: `Authorization: Bearer <callback_token>`.",
  },
  session_unauthenticated: {
    status: 401,
    title: "Unauthenticated",
    detail: "Send the token of an open session: `Authorization: Bearer <token>`. Open one at `/v1/runner-sessions`.",
  },
  message_unauthenticated: {
    status: 401,
    title: "Unauthenticated",
    detail:
      "Sign the message as the scheme of the trigger says, with its secret and the current time. Check the id of the trigger, too.",
  },
  code_unauthenticated: {
    status: 401,
    title: "Unauthenticated",
    detail: "The code has expired, was used already, or is of another sign-in. Run `workflow-runs login` again.",
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
  method_not_allowed: {
    status: 405,
    title: "Method not allowed",
    detail: "This path takes other methods: see the header `Allow`.",
  },
  conflict: {
    status: 409,
    title: "Conflict",
    detail: "This is not possible in the current state. Look at the current state, then decide again.",
  },
  busy: {
    status: 409,
    title: "Busy",
    detail: "The workflow is busy, and its policy skips a run then. Invoke it again when one of its runs has ended.",
  },
  queue_full: {
    status: 409,
    title: "Queue full",
    detail: "As many runs wait as the workflow's policy allows. Invoke it again when one of them has started.",
  },
  cap_reached: {
    status: 409,
    title: "Cap reached",
    detail:
      "Your tenant would have more of this than it may have. Delete what nobody needs, or ask the operator of the service for a higher cap.",
  },
  precondition_failed: {
    status: 412,
    title: "Precondition failed",
    detail:
      "It was changed since it had an `ETag` of `If-Match`, so nothing was changed now. Read it again, and send your change with its new `ETag`.",
  },
  length_required: {
    status: 411,
    title: "Length required",
    detail: "Send the header `Content-Length`. A body of unknown length is not taken here.",
  },
  payload_too_large: {
    status: 413,
    title: "Payload too large",
    detail: "Send a body of at most 65536 bytes.",
  },
  uri_too_long: {
    status: 414,
    title: "URI too long",
    detail: "Send a URL of at most 8192 characters.",
  },
  unsupported_media_type: {
    status: 415,
    title: "Unsupported media type",
    detail: "Send the body as JSON, with `Content-Type: application/json`.",
  },
  range_not_satisfiable: {
    status: 416,
    title: "Range not satisfiable",
    detail: "The file has no bytes in that range: see the header `Content-Range` for its size.",
  },
  misdirected: {
    status: 421,
    title: "Misdirected request",
    detail: "The credential is of another cell of the service. Send the request to the address that you got with it.",
  },
  too_many_requests: {
    status: 429,
    title: "Too many requests",
    detail: "Wait for the seconds named in `Retry-After`, then go on more slowly.",
  },
  headers_too_large: {
    status: 431,
    title: "Request header fields too large",
    detail: "Send header fields of at most 100 names, and of at most 32768 characters altogether.",
  },
  internal_error: {
    status: 500,
    title: "Internal error",
    detail: "Something broke on our side. Try again; if it persists, report it with the request id.",
  },
  not_ready: {
    status: 503,
    title: "Not ready",
    detail: "The service does not work as it should at the moment.",
  },
  session_keys_unavailable: {
    status: 503,
    title: "Session keys unavailable",
    detail: "The keys of session tokens could not be fetched. Try again after the seconds named in `Retry-After`.",
  },
  streams_unavailable: {
    status: 503,
    title: "Streams unavailable",
    detail: "Streams are not available at the moment. Poll every few seconds instead, or try again later.",
  },
  artifacts_unavailable: {
    status: 503,
    title: "Artifacts unavailable",
    detail: "This service does not keep files of runs, since it has no bucket for them. Report links instead.",
  },
  bucket_unavailable: {
    status: 503,
    title: "Bucket unavailable",
    detail: "The bucket of files did not answer. Try again after the seconds named in `Retry-After`.",
  },
  database_unavailable: {
    status: 503,
    title: "Database unavailable",
    detail: "The database did not answer. Try again after the seconds named in `Retry-After`.",
  },
} as const satisfies Record<string, { status: number; title: string; detail: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/**
 * Something in the caller's tenant that prevents a change, and that the caller may see. A "kept part" is a path part that the service
 * keeps and nobody changes.
 */
export type Obstacle = { kind: "workflow" | "run" | "path part" | "kept part"; id: string; name: string };

/** A sentence for two readers: the API says it with fields of requests and ids, and pages with buttons and links. */
export type Told = { api: string; pages: string };

/**
 * An expected failure of a request. `detail` is a sentence that tells the caller what to do; by default, the table's. `headers`
 * are sent in addition to those of the status. Pages link to the `obstacles`.
 */
export class Problem extends Error {
  readonly code: ProblemCode;
  /** What pages say in place of `message`. */
  readonly onPages: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly obstacles: readonly Obstacle[];

  constructor(
    code: ProblemCode,
    detail: string | Told = PROBLEMS[code].detail,
    headers: Record<string, string> = {},
    obstacles: readonly Obstacle[] = [],
  ) {
    const { api, pages } = typeof detail === "string" ? { api: detail, pages: detail } : detail;
    super(api);
    this.name = "Problem";
    this.code = code;
    this.onPages = pages;
    this.headers = headers;
    this.obstacles = obstacles;
  }
}

/** All values of `type` in a 422. The names are those that the first server of the wire contract used. */
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
  | "too_many_faults"
  | "value_error";

/** One fault of a request: its location (such as `["body", "name"]`), its type, and a message for people. */
export type Fault = { loc: (string | number)[]; type: FaultType; msg: string; input?: unknown };

/**
 * Somebody creates a thing with an id that is taken: by another tenant or user, by what was deleted, or by a run of another workflow or with
 * another input. A form has such an id if it is forged, sent again after what it has made was deleted, or changed and sent again without scripts.
 */
export const idTakenProblem = () => new Problem("conflict", "This id is taken. Open the form again, and send it anew.");

/** How many faults of a request are listed. */
export const MAX_FAULTS = 50;

/** How many characters faults have together when they repeat names of what was sent, which may be long. There is always one fault. */
export const MAX_FAULT_CHARACTERS = 16_000;

/**
 * A request with invalid values: 422. At most 50 faults are listed. If there are more, the last entry says how many were left
 * out.
 */
export class ValidationFailed extends Error {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    const listed = faults.length > MAX_FAULTS ? [...faults.slice(0, MAX_FAULTS), countRest(faults)] : faults;
    super(listed.map((fault) => `${fault.loc.join(".")}: ${fault.msg}`).join("; "));
    this.name = "ValidationFailed";
    this.faults = listed;
  }
}

const countRest = ({ length }: readonly Fault[]): Fault => ({
  loc: [],
  type: "too_many_faults",
  msg: `There are ${length - MAX_FAULTS} more faults than the ${MAX_FAULTS} that are listed.`,
});
