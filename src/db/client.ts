import { NeonDbError, neon, neonConfig } from "@neondatabase/serverless";
import type { SQL } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { DrizzleQueryError } from "drizzle-orm/errors";
import { drizzle } from "drizzle-orm/neon-http";
import { withTimeLimit } from "../time-limit.ts";
import { countDatabaseRequest } from "./meter.ts";

export type Database = ReturnType<typeof openDatabase>;

/**
 * Opens the database over Neon's HTTP protocol: one HTTP request a statement, or a batch. No connection
 * is held, so one client serves every request of an isolate.
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
 * The answer is read whole in here: the driver turns only what its fetch throws into a connection error, and an
 * answer that breaks off, is no JSON or none of the database's is one as well.
 */
async function requestDatabase(url: string, init: RequestInit) {
  const began = Date.now();
  try {
    return await readAnswer(await fetch(url, init));
  } finally {
    countDatabaseRequest(Date.now() - began);
  }
}

async function readAnswer(response: Response) {
  const text = await response.text();
  const body: unknown = response.ok || response.status === 400 ? JSON.parse(text) : undefined;
  if (response.ok && !isAnswer(body)) throw new Error("Something else than the database has answered.");
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
 * Why there is no answer of the database. "refused": it said that it cannot now, and nothing was changed.
 * "unanswered": whether the statement was carried out is not known.
 */
export type Outage = "refused" | "unanswered";

/** SQLSTATEs that say "not now": out of resources, a deadlock, a lock or statement that took too long, starting up, read-only. */
const REFUSED = /^(53|40001|40P01|55P03|57014|57P03|25006)/;

/**
 * What Neon's proxy says in a 500 without a SQLSTATE when it does not even connect to the database: the project is over
 * its rate of new connections, or over a quota of its plan. The statement was never sent. The driver puts the body of
 * such an answer into its message. See `WakeComputeError` and `HttpConnError` in the proxy's source, github.com/neondatabase/neon.
 */
const NOT_CONNECTED =
  /^Server error \(HTTP status 5\d\d\): .*"message"\s*:\s*"[^"]*(too many[^"]* connection|exceeded[^"]* quota)/is;

/** SQLSTATEs that come with a connection that breaks, maybe after the commit. */
const UNANSWERED = /^(08|57P|40003)/;

/**
 * Null when the database answered that a statement is wrong, or the error is not of the database. The driver throws
 * one class for all: `code` is the SQLSTATE, and a failure without one lies between us and the database.
 */
export function findOutage(error: unknown): Outage | null {
  const cause = findDriverError(error);
  if (cause === null || isAnswerTooLarge(error)) return null;
  if (!cause.code) return NOT_CONNECTED.test(cause.message) ? "refused" : "unanswered";
  if (REFUSED.test(cause.code)) return "refused";
  return UNANSWERED.test(cause.code) ? "unanswered" : null;
}

/** How the driver words a status that is neither 200 nor 400. Neon's limit is 64 MB, and its status for it 507. */
const TOO_LARGE = "Server error (HTTP status 507)";

/** True when the rows that a statement found are too many, or too large, for one answer of the database. */
export const isAnswerTooLarge = (error: unknown): boolean =>
  findDriverError(error)?.message.startsWith(TOO_LARGE) === true;

function findDriverError(error: unknown): NeonDbError | null {
  const cause = error instanceof DrizzleQueryError ? error.cause : error;
  return cause instanceof NeonDbError ? cause : null;
}

/**
 * For statements that come to the same when they are carried out twice: reads, and some changes. They are asked once
 * more when the connection breaks before the answer; not when time is up, since whoever waits has waited long enough.
 */
export const repeatable = (db: Database) => ({
  execute: <Row extends Record<string, unknown>>(query: SQL) => askTwice(() => db.execute<Row>(query)),
  batch: <Query extends BatchItem<"pg">, Queries extends Readonly<[Query, ...Query[]]>>(queries: Queries) =>
    askTwice(() => db.batch(queries)),
  /** A query of drizzle's builder, which is sent when it is awaited. */
  select: <Answer>(query: PromiseLike<Answer>) => askTwice(() => query),
});

/** Asks once more when the connection breaks before the answer; not when time is up. */
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
