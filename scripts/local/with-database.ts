import process from "node:process";
import { isNeons } from "./direct-connection.ts";
import { type DatabaseOptions, readDatabaseOptions } from "./options.ts";
import { startSqlEndpoint } from "./sql-endpoint.ts";

/**
 * Calls `use` with the database of DATABASE_URL. The scripts ask it over Neon's HTTP protocol, as the Worker does. Any other Postgres,
 * such as that of `npm run dev`, does not speak it, so meanwhile an endpoint in this process does.
 */
export async function withDatabase<Result>(
  use: (options: DatabaseOptions) => Promise<Result>,
  vars: NodeJS.Dict<string> = process.env,
): Promise<Result> {
  const options = readDatabaseOptions(vars);
  if (options.neonFetchEndpoint || isNeons(new URL(options.databaseUrl))) return use(options);
  const endpoint = await startSqlEndpoint({ postgresUrl: options.databaseUrl, port: 0 });
  try {
    return await use({ ...options, neonFetchEndpoint: endpoint.url });
  } finally {
    await endpoint.close();
  }
}
