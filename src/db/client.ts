import { NeonDbError, neon, neonConfig } from "@neondatabase/serverless";
import type { SQL } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { DrizzleQueryError } from "drizzle-orm/errors";
import { drizzle } from "drizzle-orm/neon-http";
import { withTimeLimit } from "../base/time-limit.ts";
import { withSpan } from "../base/trace.ts";
import { countDatabaseRequest } from "./meter.ts";

export type Database = ReturnType<typeof openDatabase>;

/**
 * Opens the database over Neon's HTTP protocol: each statement, or batch of statements, is one HTTP request. No connection is
 * held, so one client serves every request of an isolate. `isPatient` is for work that no client waits for: when Neon's rate
 * limit refuses a request, it is sent again a moment later. `sqlService` is asked in place of the internet.
 */
export function openDatabase(options: {
  databaseUrl: string;
  neonFetchEndpoint: string | undefined;
  sqlService?: Asked | undefined;
  databaseTimeoutSeconds: number;
  isPatient?: boolean;
}) {
  const { databaseUrl, neonFetchEndpoint, sqlService, databaseTimeoutSeconds, isPatient = false } = options;
  if (neonFetchEndpoint) neonConfig.fetchEndpoint = neonFetchEndpoint;
  neonConfig.fetchFunction = sendRequest;
  const sending: Sending = {
    tries: isPatient ? PATIENT_TRIES : 1,
    timeLimitMs: databaseTimeoutSeconds * 1000,
    ...(sqlService && { asked: sqlService }),
  };
  return drizzle(neon(databaseUrl, { fetchOptions: sending }));
}

/** What differs between clients. All share one `fetchFunction`, which gets this from their `fetchOptions`. */
type Sending = { tries: number; timeLimitMs: number; asked?: Asked };

/** Whom the client asks: the whole internet, unless it is given a service. */
type Asked = { fetch(url: string, init: RequestInit): Promise<Response> };

/** The time limit for clients that {@link openDatabase} has not made, such as those of scripts and tests. */
const PATIENT_MS = 300_000;

const sendRequest = (
  url: string,
  { tries = 1, timeLimitMs = PATIENT_MS, asked = globalThis, ...init }: RequestInit & Partial<Sending>,
) =>
  tryAgainWhenLimited(tries, () =>
    tryAgainWhenSwapped(() => withTimeLimit(timeLimitMs, (signal) => requestDatabase(asked, url, { ...init, signal }))),
  );

/** How often a patient client sends what the rate limit refuses, and the longest pause before it does so again. */
const PATIENT_TRIES = 6;
const LONGEST_PAUSE_MS = 1_000;

async function tryAgainWhenLimited(tries: number, send: () => Promise<Answer>): Promise<Answer> {
  const answer = await send();
  if (tries <= 1 || !isRateLimited(answer.status, await answer.text())) return answer;
  await new Promise((resolve) => setTimeout(resolve, LONGEST_PAUSE_MS * (0.5 + Math.random() / 2)));
  return tryAgainWhenLimited(tries - 1, send);
}

/**
 * Sends a request, and sends it again when Postgres did not find a function. This happens when `npm run migrate` has just replaced
 * the functions: a statement that began before, or whose plan was made before, calls one that is gone. Postgres has undone the
 * whole request then, so this is right for changes, too.
 */
async function tryAgainWhenSwapped(send: () => Promise<Answer>): Promise<Answer> {
  const answer = await send();
  return answer.status === 400 && FUNCTION_GONE.test(await answer.text()) ? send() : answer;
}

/** The SQLSTATE of a function that does not exist, and the text of the internal error (XX000) when it was just dropped. */
const FUNCTION_GONE = /"code"\s*:\s*"42883"|"message"\s*:\s*"cache lookup failed/;

type Answer = Awaited<ReturnType<typeof readAnswer>>;

/**
 * Sends one request and reads the whole answer. The answer is read here because the driver only recognises errors of its
 * `fetch` as connection errors. So an answer that breaks off, that is not JSON, or that does not come from the database is also
 * reported as a connection error.
 *
 * The header is one that the driver no longer sends: by the defaults of its source, Neon's proxy opens a new connection for each
 * request that lacks it (`sql_over_http_pool_opt_in`).
 */
async function requestDatabase(asked: Asked, url: string, init: RequestInit) {
  const began = Date.now();
  const headers = { ...init.headers, "Neon-Pool-Opt-In": "true" };
  let isRefused = false;
  try {
    const answer = await withSpan("database", async () => readAnswer(await asked.fetch(url, { ...init, headers })));
    isRefused = isRateLimited(answer.status, await answer.text());
    return answer;
  } finally {
    countDatabaseRequest(Date.now() - began, isRefused);
  }
}

async function readAnswer(response: Response) {
  const text = await readText(response);
  if (text === null) return answerOf(TOO_LARGE_STATUS, "The answer is larger than the service reads.");
  const body: unknown = response.ok || response.status === 400 ? JSON.parse(text) : undefined;
  if (response.ok && !isAnswer(body)) throw new Error("The answer did not come from the database.");
  return answerOf(response.status, text, body);
}

/** What the driver needs of a response. */
const answerOf = (status: number, text: string, body?: unknown) => ({
  ...{ ok: status >= 200 && status < 300, status },
  ...{ text: async () => text, json: async () => body },
});

/**
 * The largest answer that is read: a quarter of the memory of an isolate, and more than the 100 largest items of a list. Neon's
 * proxy has a limit of its own, but compares it before it adds a row. So a single row, such as the JSON of a function, may be of any
 * size.
 */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** The whole text; null when it is longer than {@link MAX_ANSWER_BYTES}. */
async function readText(response: Response): Promise<string | null> {
  // Neon's proxy names the length of an answer, which it does not compress. So this is the way of almost all answers.
  if (Number(response.headers.get("content-length") ?? Number.NaN) <= MAX_ANSWER_BYTES) return response.text();
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    // Leaving the loop cancels the body, and with it the connection.
    if (size > MAX_ANSWER_BYTES) return null;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

const isResult = (value: unknown) =>
  typeof value === "object" && value !== null && "rows" in value && "fields" in value && Array.isArray(value.fields);

const isAnswer = (body: unknown) =>
  isResult(body) ||
  (typeof body === "object" &&
    body !== null &&
    "results" in body &&
    Array.isArray(body.results) &&
    body.results.every(isResult));

/**
 * Why the database did not answer a statement:
 * - "refused": it could not execute the statement at this moment, and nothing was changed.
 * - "unanswered": it is not known whether the statement was executed.
 */
export type Outage = "refused" | "unanswered";

/** SQLSTATEs of temporary refusals: out of resources, deadlock, lock or statement timeout, starting up, or read-only. */
const REFUSED = /^(53|40001|40P01|55P03|57014|57P03|25006)/;

/*
 * Neon's proxy has not sent the statement to the database when it answers 429, or 500 without a SQLSTATE and with one of these
 * texts. See `AuthError`, `WakeComputeError` and `HttpConnError` in the proxy's source, github.com/neondatabase/neon.
 */
const TOO_MANY = /"message"\s*:\s*"[^"]*(too many[^"]* connection|rate limit)/i;
const QUOTA_EXCEEDED = /"message"\s*:\s*"[^"]*exceeded[^"]* quota/i;

/** Whether the proxy refused a request because there were too many in a short time. */
const isRateLimited = (status: number, text: string) => status === 429 || (status >= 500 && TOO_MANY.test(text));

/** The driver's message for a status that is neither 2xx nor 400, with the body of the answer. */
const SERVER_ERROR = /^Server error \(HTTP status (\d{3})\): (.*)/s;

function isNotSent(message: string): boolean {
  const [, status, text = ""] = SERVER_ERROR.exec(message) ?? [];
  return isRateLimited(Number(status), text) || (Number(status) >= 500 && QUOTA_EXCEEDED.test(text));
}

/** SQLSTATEs of a broken connection. The statement may have been committed before. */
const UNANSWERED = /^(08|57P|40003)/;

/**
 * Whether an error means that the database could not answer. Null for any other error, and when the database answered that the
 * statement is wrong. The driver throws the same class for all: `code` is the SQLSTATE, and an error without a code happened on
 * the way to the database.
 */
export function findOutage(error: unknown): Outage | null {
  const cause = findDriverError(error);
  if (cause === null || isAnswerTooLarge(error)) return null;
  if (!cause.code) return isNotSent(cause.message) ? "refused" : "unanswered";
  if (REFUSED.test(cause.code)) return "refused";
  return UNANSWERED.test(cause.code) ? "unanswered" : null;
}

/** The status with which Neon refuses an answer of more than 64 MB, and the service one of {@link MAX_ANSWER_BYTES}. */
const TOO_LARGE_STATUS = 507;

/** True when the answer of the database was refused because the rows that the statement found are too many or too large. */
export const isAnswerTooLarge = (error: unknown): boolean =>
  SERVER_ERROR.exec(findDriverError(error)?.message ?? "")?.[1] === String(TOO_LARGE_STATUS);

export function findDriverError(error: unknown): NeonDbError | null {
  const cause = error instanceof DrizzleQueryError ? error.cause : error;
  return cause instanceof NeonDbError ? cause : null;
}

type NamedQueries = Readonly<Record<string, BatchItem<"pg">>>;

type NamedResults<Queries extends NamedQueries> = { [Name in keyof Queries]: Queries[Name]["_"]["result"] };

/**
 * Executes queries of drizzle's builder in the given order, in one transaction and one request. Each statement has a fresh
 * snapshot. The results have the names of the queries.
 */
export function batch<Queries extends NamedQueries>(db: Database, queries: Queries): Promise<NamedResults<Queries>>;
export async function batch(db: Database, queries: NamedQueries): Promise<Record<string, unknown>> {
  const [first, ...others] = Object.values(queries);
  if (first === undefined) return {};
  const results: readonly unknown[] = await db.batch([first, ...others]);
  return Object.fromEntries(Object.keys(queries).map((name, index) => [name, results[index]]));
}

/**
 * Sends idempotent statements: reads, and changes that have the same effect when they are executed twice. They are retried once
 * when the connection breaks before the answer. They are not retried after a timeout, since the caller has then already waited
 * as long as a request may take.
 */
export const repeatable = (db: Database) => ({
  execute: <Row extends Record<string, unknown>>(query: SQL) => askTwice(() => db.execute<Row>(query)),
  batch: <Queries extends NamedQueries>(queries: Queries) => askTwice(() => batch(db, queries)),
  /** A query of drizzle's builder, which is sent when it is awaited. */
  select: <Answer>(query: PromiseLike<Answer>) => askTwice(() => query),
});

/** Calls `ask`, and calls it again when the connection breaks before the answer, but not after a timeout. */
export async function askTwice<Answer>(ask: () => PromiseLike<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (findOutage(error) !== "unanswered" || isTimeOut(error)) throw error;
    return ask();
  }
}

/** True when the client has stopped waiting for the database. It is not known whether the statement was executed. */
export function isTimeOut(error: unknown): boolean {
  const source: unknown = findDriverError(error)?.sourceError;
  return source instanceof Error && source.name === "TimeoutError";
}
