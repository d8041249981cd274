/** Databases that are copied from one which has the migrations: to migrate each of them would take seconds. */
import { Client } from "pg";
import type { Postgres } from "../../../scripts/local/postgres.ts";
import { migrate } from "../../../scripts/migrate.ts";

const TEMPLATE = "template_workflow_runs";

/** Makes the template on a new server. Returns a function that makes a copy and returns its name. */
export async function createTemplate(postgres: Postgres): Promise<() => Promise<string>> {
  const maintenance = postgres.url("postgres");
  await query(maintenance, `create database ${TEMPLATE}`);
  await migrate({ directUrl: postgres.url(TEMPLATE), log: () => {} });
  let databases = 0;
  return async () => {
    const name = `test_${++databases}`;
    await query(maintenance, `create database ${name} template ${TEMPLATE}`);
    return name;
  };
}

async function query(connectionString: string, text: string): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  await client.query(text);
  await client.end();
}
