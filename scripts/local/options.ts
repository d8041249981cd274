/** What the scripts have in common: reading the database's settings, printing the help, and ending with an error. */
import { basename } from "node:path";
import process from "node:process";
import { isPostgresUrl, redact, rootMessage } from "./redact.ts";

export type DatabaseOptions = { databaseUrl: string; neonFetchEndpoint: string | undefined };

/**
 * The database of `DATABASE_URL`. `NEON_FETCH_ENDPOINT` is only set when a proxy speaks the protocol. Throws one line, without
 * the connection string, when a value is missing or malformed.
 */
export function readDatabaseOptions(vars: NodeJS.Dict<string> = process.env): DatabaseOptions {
  const { DATABASE_URL: databaseUrl, NEON_FETCH_ENDPOINT: neonFetchEndpoint } = vars;
  if (!databaseUrl) {
    throw new Error(
      "DATABASE_URL is not set. Copy the connection string from the Neon console: DATABASE_URL='postgres://…' npm run …",
    );
  }
  if (!isPostgresUrl(databaseUrl)) {
    throw new Error(
      "DATABASE_URL is not a connection string. It must look like postgres://user:password@host/database, " +
        "and special characters of the password must be percent-encoded.",
    );
  }
  return { databaseUrl, neonFetchEndpoint };
}

/** True in the process that was started with this script of `scripts/`, and false where it is imported. */
export const isStarted = (script: string): boolean => basename(process.argv[1] ?? "") === script;

/** Prints the help and ends the process, if `--help` or `-h` is among the arguments. */
export function offerHelp(help: string): void {
  if (!process.argv.slice(2).some((argument) => argument === "--help" || argument === "-h")) return;
  console.log(help);
  process.exit(0);
}

/** Prints one line that says what went wrong, without SQL and passwords, and sets the exit code. */
export function fail(error: unknown): void {
  console.error(redact(rootMessage(error)));
  process.exitCode = 1;
}
