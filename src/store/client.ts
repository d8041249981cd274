import { NeonDbError, neon, neonConfig } from "@neondatabase/serverless";
import { DrizzleQueryError } from "drizzle-orm/errors";
import { drizzle } from "drizzle-orm/neon-http";
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
    requestDatabase(url, { ...init, signal: AbortSignal.timeout(databaseTimeoutSeconds * 1000) });
  return drizzle(neon(databaseUrl));
}

/**
 * The answer is read whole in here: the driver turns only what its fetch throws into a connection error,
 * and an answer that breaks off or is no JSON is one as well.
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
  return { ok: response.ok, status: response.status, text: async () => text, json: async () => body };
}

/** SQLSTATE classes that say "not now": connection exceptions, out of resources, the server going down. */
const UNAVAILABLE_SQLSTATE = /^(08|53|57P)/;

/**
 * True when the database could not be reached or was not able to answer; false when it answered that a
 * statement is wrong. The driver throws one class for all: `code` is the SQLSTATE of a statement that
 * failed, and every other failure lies between us and the database.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  const cause = error instanceof DrizzleQueryError ? error.cause : error;
  if (!(cause instanceof NeonDbError)) return false;
  return !cause.code || UNAVAILABLE_SQLSTATE.test(cause.code);
}
