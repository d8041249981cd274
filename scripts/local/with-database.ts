import process from "node:process";
import { isLoopback } from "./loopback.ts";
import { type DatabaseOptions, readDatabaseOptions } from "./options.ts";
import { startSqlEndpoint } from "./sql-endpoint.ts";

/**
 * Calls `use` with the database of DATABASE_URL. The scripts ask it over Neon's HTTP protocol, as the Worker does. A Postgres of
 * this machine, whose connection string `npm run dev` prints, does not speak it, so meanwhile an endpoint in this process does.
 */
export async function withDatabase<Result>(
  use: (options: DatabaseOptions) => Promise<Result>,
  vars: NodeJS.Dict<string> = process.env,
): Promise<Result> {
  const options = readDatabaseOptions(vars);
  if (options.neonFetchEndpoint || !isLoopback(new URL(options.databaseUrl).hostname)) return use(options);
  const endpoint = await startSqlEndpoint({ postgresUrl: options.databaseUrl, port: 0 });
  try {
    return await use({ ...options, neonFetchEndpoint: endpoint.url });
  } finally {
    await endpoint.close();
  }
}
