import { constants, copyFileSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { parseArgs, parseEnv } from "node:util";
import pg from "pg";
import { readConfig } from "../../src/config.ts";
import { migrate } from "../migrate.ts";
import { seedDemo } from "./demo.ts";
import { startPostgres } from "./postgres.ts";
import { startSqlEndpoint } from "./sql-endpoint.ts";
import type { Supervisor } from "./supervisor.ts";

/** What the worker needs to know of the database. */
export type LocalDatabase = {
  /** DATABASE_URL. Its host is not used: everything goes through the endpoint. */
  databaseUrl: string;
  /** NEON_FETCH_ENDPOINT. */
  neonFetchEndpoint: string;
  /** For psql and other tools. */
  postgresUrl: string;
};

export const root = resolve(import.meta.dirname, "../..");

const EXAMPLE_VARS = join(root, ".dev.vars.example");
const OWN_VARS = join(root, ".dev.vars");
const DATA_DIR = join(root, ".local/postgres");
const DATABASE = "workflow_runs";
const UNDEFINED_DATABASE = "3D000";

/** Reads the command line: true for `--reset`. Prints the help and ends if that is asked for. */
export function readReset(help: string): boolean {
  const { values } = parseArgs({
    options: { reset: { type: "boolean", default: false }, help: { type: "boolean", short: "h", default: false } },
  });
  if (values.help) {
    console.log(help);
    process.exit(0);
  }
  return values.reset;
}

/** The files with the worker's vars, later ones first. `.dev.vars` is made from the example where there is none. */
export function prepareVars(): string[] {
  try {
    copyFileSync(EXAMPLE_VARS, OWN_VARS, constants.COPYFILE_EXCL);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  return [EXAMPLE_VARS, OWN_VARS];
}

/** What plain `wrangler dev` would read from `.dev.vars`. */
export function readOwnVars(): NodeJS.Dict<string> {
  return readVars(OWN_VARS);
}

/** The vars of `.dev.vars.example`, which hold nothing secret. */
export function exampleVars(): Record<string, string> {
  return Object.fromEntries(Object.entries(readVars(EXAMPLE_VARS)).map(([name, value = ""]) => [name, value]));
}

const readVars = (file: string) => parseEnv(readFileSync(file, "utf8"));

/**
 * Starts Postgres (or takes that of LOCAL_POSTGRES_URL) and its SQL endpoint, applies the migrations and
 * seeds the demo tenant, with the example runner at `runnerPort`.
 */
export async function startDatabase(
  supervisor: Supervisor,
  { sqlPort, runnerPort, reset }: { sqlPort: number; runnerPort: number; reset: boolean },
): Promise<LocalDatabase> {
  const { encryptionKeys } = readConfig(Object.assign({}, ...prepareVars().map(readVars)));
  const own = process.env.LOCAL_POSTGRES_URL;
  if (own && reset) {
    throw new Error(
      "--reset removes only what this command keeps itself. Drop the database of LOCAL_POSTGRES_URL yourself.",
    );
  }
  const postgresUrl = own ? readOwnPostgres(own) : await startOwnedPostgres(supervisor, reset);
  await createDatabaseIfMissing(postgresUrl);

  const endpoint = await startSqlEndpoint({ postgresUrl, port: sqlPort });
  supervisor.onStop(endpoint.close);

  const databaseUrl = withoutHost(postgresUrl);
  const database = { databaseUrl, neonFetchEndpoint: endpoint.url };
  await migrate({ ...database, log: console.log });
  await seedDemo({ ...database, runnerPort, encryptionKeys });
  return { ...database, postgresUrl };
}

async function startOwnedPostgres(supervisor: Supervisor, reset: boolean): Promise<string> {
  const postgres = await startPostgres({ dataDir: DATA_DIR, port: 0, persistent: true, reset });
  supervisor.onStop(postgres.stop);
  supervisor.watch("Postgres", postgres.exited);
  if (postgres.dataDir !== DATA_DIR) {
    console.log(
      `Postgres does not run as root, and others cannot enter this folder: its data is in ${postgres.dataDir}`,
    );
  }
  return postgres.url(DATABASE);
}

function readOwnPostgres(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol) || !url.username || !url.hostname || url.pathname.length < 2) {
    throw new Error("LOCAL_POSTGRES_URL must look like postgres://user:password@localhost:5432/workflow_runs");
  }
  return text;
}

/** As in `.dev.vars.example`: who connects, and to which database; where that is, the endpoint alone knows. */
function withoutHost(postgresUrl: string): string {
  const { username, password, pathname } = new URL(postgresUrl);
  return `postgres://${username}${password && `:${password}`}@localhost${pathname}`;
}

async function createDatabaseIfMissing(postgresUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgresUrl });
  try {
    await client.connect();
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && error.code === UNDEFINED_DATABASE)) {
      throw new Error(`Postgres does not let us in: ${error instanceof Error ? error.message : error}`);
    }
    await createDatabase(postgresUrl);
  } finally {
    await client.end();
  }
}

async function createDatabase(postgresUrl: string): Promise<void> {
  const url = new URL(postgresUrl);
  const name = decodeURIComponent(url.pathname.slice(1));
  url.pathname = "/postgres";
  const client = new pg.Client({ connectionString: url.href });
  try {
    await client.connect();
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}
