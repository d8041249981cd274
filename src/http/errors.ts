import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { describeError, log } from "../base/log.ts";
import { Unauthenticated } from "../db/access.ts";
import { findOutage, isAnswerTooLarge, type Outage } from "../db/client.ts";
import type { AppEnv } from "./env.ts";
import { type Fault, PROBLEMS, Problem, type ProblemCode, ValidationFailed } from "./problems.ts";

/**
 * Headers of problems, by status, with the least value of those that are numbers. `Retry-After` is in seconds: for 429 it begins with the
 * period of the rate limits, for 503 with how long to wait for the database.
 */
export const PROBLEM_HEADERS: Partial<Record<number, Record<string, string | number>>> = {
  401: { "WWW-Authenticate": "Bearer" },
  429: { "Retry-After": 10 },
  503: { "Retry-After": 3 },
};
/** So many seconds, drawn for each answer, are added to `Retry-After`: who was refused together shall not come back together. */
const RETRY_SPREAD_SECONDS = 5;

/** The headers of one answer with this status. */
export function problemHeaders(status: number): Record<string, string> {
  const entries = Object.entries(PROBLEM_HEADERS[status] ?? {}).map(([name, value]) => [
    name,
    String(typeof value === "number" ? value + Math.floor(Math.random() * (RETRY_SPREAD_SECONDS + 1)) : value),
  ]);
  return Object.fromEntries(entries);
}

const typeOf = (code: ProblemCode) => `urn:workflow-runs:problem:${code}`;

/** The body of a problem. */
export function problemBody(code: ProblemCode, requestId: string, detail: string = PROBLEMS[code].detail) {
  const { status, title } = PROBLEMS[code];
  return { type: typeOf(code), title, status, detail, request_id: requestId };
}

/** Answers a problem as `application/problem+json`. */
export function answerProblem(
  c: Context<AppEnv>,
  code: ProblemCode,
  detail?: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const { status } = PROBLEMS[code];
  const body = problemBody(code, c.var.requestId, detail);
  return c.body(JSON.stringify(body), status, {
    "Content-Type": "application/problem+json",
    ...problemHeaders(status),
    ...headers,
  });
}

/** Answers a 422 that lists `faults`. */
function answerFaults(c: Context<AppEnv>, faults: readonly Fault[]): Response {
  return c.json({ detail: faults }, 422);
}

const ANSWER_TOO_LARGE: Fault = {
  loc: ["query", "limit"],
  type: "value_error",
  msg: "The answer would be larger than the database sends at once. Ask for a smaller `limit`.",
};

/**
 * Turns an error of the database that the request caused into a problem of the request: a credential that is not valid, or a
 * read of more rows than the database can send at once. Returns any other error unchanged.
 */
export function explainError(error: Error, c: Context<AppEnv>): Error {
  if (error instanceof Unauthenticated) return new Problem("unauthenticated");
  const isRead = c.req.method === "GET" || c.req.method === "HEAD";
  return isRead && isAnswerTooLarge(error) ? new ValidationFailed([ANSWER_TOO_LARGE]) : error;
}

/** Turns anything that was thrown into an answer. This is the only place that does. */
export function answerError(thrown: Error, c: Context<AppEnv>): Response {
  const error = explainError(thrown, c);
  if (error instanceof Problem) return answerProblem(c, error.code, error.message, error.headers);
  if (error instanceof ValidationFailed) return answerFaults(c, error.faults);
  if (error instanceof HTTPException) return answerHttpException(error, c);
  const { code, detail } = logUnexpected(error, c);
  return answerProblem(c, code, detail);
}

/** Logs an unexpected error, and returns the problem to answer. `outage`: why a change may not have been made. */
export function logUnexpected(
  error: Error,
  c: Context<AppEnv>,
): { code: ProblemCode; detail: string | undefined; outage: Outage | null } {
  const outage = findOutage(error);
  const code = outage === null ? "internal_error" : "database_unavailable";
  log("error", code, { request_id: c.var.requestId, ...describeError(error) });
  const isChange = c.req.method !== "GET" && c.req.method !== "HEAD";
  return {
    code,
    detail: outage !== null && isChange ? CHANGE_DETAILS[outage] : undefined,
    outage: isChange ? outage : null,
  };
}

/** The `detail` when the database did not answer a change. */
const CHANGE_DETAILS: Record<Outage, string> = {
  refused:
    "The database cannot make the change now, and nothing was changed. Try again after the seconds named in `Retry-After`.",
  unanswered:
    "The database did not answer, so it is not known whether the change was made. Look at the current state before you " +
    "try again. An invoke with an idempotency key, and a runner's callback, can be sent again as they are.",
};

/** Answers an error that Hono's validator throws: the body has another content type, or is not valid JSON. */
function answerHttpException(error: HTTPException, c: Context<AppEnv>): Response {
  if (error.status === 415) return answerProblem(c, "unsupported_media_type");
  return answerFaults(c, [{ loc: ["body"], type: "json_invalid", msg: "The body is not valid JSON." }]);
}
