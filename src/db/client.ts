import { NeonDbError, neon, neonConfig } from "@neondatabase/serverless";
import type { SQL } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { DrizzleQueryError } from "drizzle-orm/errors";
import { drizzle } from "drizzle-orm/neon-http";
import { withTimeLimit } from "../time-limit.ts";
import { withSpan } from "../trace.ts";
import { countDatabaseRequest } from "./meter.ts";

export type Database = ReturnType<typeof openDatabase>;

/**
 * Opens the database over Neon's HTTP protocol: each statement, or batch of statements, is one HTTP request. No connection is
 * held, so one client serves every request of an isolate.
 */
export function openDatabase(options: {
  databaseUrl: string;
  neonFetchEndpoint: string | undefined;
  databaseTimeoutSeconds: number;
}) {
  const { databaseUrl, neonFetchEndpoint, databaseTimeoutSeconds } = options;
  if (neonFetchEndpoint) neonConfig.fetchEndpoint = neonFetchEndpoint;
  neonConfig.fetchFunction = (url: string, init: RequestInit) =>
    withTimeLimit(databaseTimeoutSeconds * 1000, (signal) => requestDatabase(url, { ...init, signal }));
  return drizzle(neon(databaseUrl));
}

/**
 * Sends one request and reads the whole answer. The answer is read here because the driver only recognises errors of its
 * `fetch` as connection errors. So an answer that breaks off, that is not JSON, or that does not come from the database is also
 * reported as a connection error.
 */
async function requestDatabase(url: string, init: RequestInit) {
  const began = Date.now();
  try {
    return await withSpan("database", async () => readAnswer(await fetch(url, init)));
  } finally {
    countDatabaseRequest(Date.now() - began);
  }
}

async function readAnswer(response: Response) {
  const text = await response.text();
  const body: unknown = response.ok || response.status === 400 ? JSON.parse(text) : undefined;
  if (response.ok && !isAnswer(body)) throw new Error("The answer did not come from the database.");
  return { ok: response.ok, status: response.status, text: async () => text, json: async () => body };
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

/**
 * The text of Neon's proxy in a 500 without a SQLSTATE, when it does not even connect to the database: the project exceeds
 * its rate of new connections, or a quota of its plan. The statement was never sent. The driver puts the body of
 * such an answer into its message. See `WakeComputeError` and `HttpConnError` in the proxy's source, github.com/neondatabase/neon.
 */
const NOT_CONNECTED =
  /^Server error \(HTTP status 5\d\d\): .*"message"\s*:\s*"[^"]*(too many[^"]* connection|exceeded[^"]* quota)/is;

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
  if (!cause.code) return NOT_CONNECTED.test(cause.message) ? "refused" : "unanswered";
  if (REFUSED.test(cause.code)) return "refused";
  return UNANSWERED.test(cause.code) ? "unanswered" : null;
}

/** The driver's message for status 507, with which Neon refuses an answer of more than 64 MB. */
const TOO_LARGE = "Server error (HTTP status 507)";

/** True when the database refused to answer because the rows that the statement found are too many or too large. */
export const isAnswerTooLarge = (error: unknown): boolean =>
  findDriverError(error)?.message.startsWith(TOO_LARGE) === true;

function findDriverError(error: unknown): NeonDbError | null {
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

function isTimeOut(error: unknown): boolean {
  const source: unknown = findDriverError(error)?.sourceError;
  return source instanceof Error && source.name === "TimeoutError";
}
