/** Errors of the API as exceptions: problem details (https://www.rfc-editor.org/rfc/rfc9457) and the list of faults of a 422. */
import { cellUrlOf } from "./cells.ts";
import type { components } from "./openapi.ts";
import { retryAfterMs } from "./retry.ts";

export type Fault = components["schemas"]["ValidationError"];

/** The codes that the service can answer, and `challenged`. Any other text is from a newer service, or from a proxy in front of it. */
export type ProblemCode =
  | "unauthenticated"
  | "forbidden"
  | "not_found"
  | "conflict"
  | "busy"
  | "queue_full"
  | "cap_reached"
  | "invalid"
  | "payload_too_large"
  | "misdirected"
  | "too_many_requests"
  | "internal_error"
  | "database_unavailable"
  | "streams_unavailable"
  | "artifacts_unavailable"
  | "bucket_unavailable"
  | "challenged"
  | (string & {});

type Content = {
  status: number;
  code: ProblemCode;
  title: string;
  requestId: string | null;
  retryAfterMs?: number | null;
  cellUrl?: string | null;
};

const PREFIX = "urn:workflow-runs:problem:";

/** An answer with status 4xx or 5xx. `message` says what to do. Include `requestId` when you report a fault of the service. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: ProblemCode;
  readonly title: string;
  readonly requestId: string | null;
  /** How long to wait before the next try, if the service has said so. */
  readonly retryAfterMs: number | null;
  /** With the code `misdirected`: the URL of the cell to which the key belongs, if the service has named it. */
  readonly cellUrl: string | null;

  constructor(detail: string, { status, code, title, requestId, retryAfterMs = null, cellUrl = null }: Content) {
    super(detail);
    this.name = "ApiProblem";
    this.status = status;
    this.code = code;
    this.title = title;
    this.requestId = requestId;
    this.retryAfterMs = retryAfterMs;
    this.cellUrl = cellUrl;
  }

  /** True when the same request may succeed later: the service is unavailable or busy, or Cloudflare has answered in its place. */
  get isTemporary(): boolean {
    return this.status >= 500 || this.status === 429 || this.code === CHALLENGED;
  }
}

const CHALLENGED = "challenged";

/**
 * Of an answer that is no answer of the service: Cloudflare's page that looks for a browser, by the header that all of them have.
 * https://developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/
 */
const challengeOf = ({ status, headers }: Response): ApiProblem | null =>
  headers.get("cf-mitigated") !== "challenge"
    ? null
    : new ApiProblem(
        "Cloudflare has answered in place of the service, with a challenge for browsers. Whoever runs the service lets programs through: " +
          "docs/operations.md, “Bots”.",
        { status, code: CHALLENGED, title: "Challenged", requestId: headers.get("cf-ray") },
      );

/** A 422: the request has invalid values. Each fault has a location and a message. */
export class InvalidRequest extends ApiProblem {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[], requestId: string | null) {
    const text = faults.map(({ loc, msg }) => `${loc.slice(1).join(".") || loc.join(".")}: ${msg}`).join(" ");
    super(text, { status: 422, code: "invalid", title: "Invalid request", requestId });
    this.name = "InvalidRequest";
    this.faults = faults;
  }
}

/** Reads an answer with an error status. Never throws: an answer that is not JSON is described by its status. */
export async function problemOf(response: Response): Promise<ApiProblem> {
  return toProblem(response, await response.json().catch(() => null));
}

/** The same for a body that was already parsed. */
export function toProblem(response: Response, body: unknown): ApiProblem {
  const challenge = challengeOf(response);
  if (challenge !== null) return challenge;
  const { status } = response;
  const headerId = response.headers.get("x-request-id");
  const waitMs = retryAfterMs(response.headers.get("Retry-After"));
  if (!isRecord(body)) {
    const detail = `The answer was ${status} ${response.statusText}`.trim();
    return new ApiProblem(`${detail}, without an explanation.`, {
      status,
      code: "unknown",
      title: detail,
      requestId: headerId,
      retryAfterMs: waitMs,
    });
  }
  const requestId = textOf(body.request_id) ?? headerId;
  if (Array.isArray(body.detail)) return new InvalidRequest(body.detail.filter(isFault), requestId);
  const title = textOf(body.title) ?? `HTTP ${status}`;
  const type = textOf(body.type) ?? "";
  const code = type.startsWith(PREFIX) ? type.slice(PREFIX.length) : "unknown";
  const content = { status, code, title, requestId, retryAfterMs: waitMs, cellUrl: cellUrlOf(response) };
  return new ApiProblem(textOf(body.detail) ?? title, content);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);

const isFault = (value: unknown): value is Fault =>
  isRecord(value) && Array.isArray(value.loc) && typeof value.msg === "string" && typeof value.type === "string";
