import { Client } from "pg";

/** Connects to a database. That the server ends the connection, as some tests make it do, is not an error of the test. */
export async function openClient(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString });
  client.on("error", () => {});
  await client.connect();
  return client;
}

/** Calls `use` with a connection to a database, and returns its result. Closes the connection, also when `use` fails. */
export async function withClient<Result>(url: string, use: (client: Client) => Promise<Result>): Promise<Result> {
  const client = await openClient(url);
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
