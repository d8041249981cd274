/** Where a command finds its database, and how it ends when it cannot do its work. */

/** The database of `DATABASE_URL`; `NEON_FETCH_ENDPOINT` only where a proxy speaks the protocol. */
export function readDatabaseOptions(): { databaseUrl: string; neonFetchEndpoint: string | undefined } {
  const { DATABASE_URL: databaseUrl, NEON_FETCH_ENDPOINT: neonFetchEndpoint } = process.env;
  if (!databaseUrl) {
    throw new Error(
      "DATABASE_URL is not set. Copy the connection string from the Neon console: DATABASE_URL='postgres://…' npm run …",
    );
  }
  return { databaseUrl, neonFetchEndpoint };
}

/** Prints what went wrong in one line and sets the exit code. */
export function fail(error: unknown): void {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
