import { constants, copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs, parseEnv } from "node:util";
import pg from "pg";
import { isLoopback } from "../../src/base/loopback.ts";
import { readConfig } from "../../src/config.ts";
import { migrate } from "../migrate.ts";
import { seedDemo } from "./demo.ts";
import { exampleVarsFile, localDir, ownVarsFile, stacksDir } from "./folders.ts";
import { type NeonLimits, readLimits } from "./neon-limits.ts";
import { offerHelp } from "./options.ts";
import { preferPort } from "./ports.ts";
import { startPostgres } from "./postgres.ts";
import { isPostgresUrl } from "./redact.ts";
import { commandToEnd, listStacks, recordStack } from "./running-stacks.ts";
import { startSqlEndpoint } from "./sql-endpoint.ts";
import type { Supervisor } from "./supervisor.ts";

/** What the Worker needs to know about the database. */
export type LocalDatabase = {
  /**
   * DATABASE_URL, for the operator's commands, psql and other tools as well. The Worker does not use its host and port, since it
   * asks the endpoint.
   */
  databaseUrl: string;
  /** NEON_FETCH_ENDPOINT. */
  neonFetchEndpoint: string;
};

const DATA_DIR = join(localDir, "postgres");
/** Keeps the port of Postgres between starts, since people store it in the settings of their tools. */
const PORT_FILE = join(localDir, "postgres-port");
const DATABASE = "workflow_runs";
const UNDEFINED_DATABASE = "3D000";
/** As long as Neon keeps an unused connection. A new one has no plans yet, so its first statements are slow. */
const KEPT_CONNECTION_MS = 5 * 60_000;

/** What the command line says of the data and the database. Prints the help and ends when that is requested. */
export function readStackOptions(help: string): { reset: boolean; limits: NeonLimits } {
  offerHelp(help);
  const { reset, latency } = parseArgs({
    options: { reset: { type: "boolean", default: false }, latency: { type: "string" } },
  }).values;
  return { reset, limits: readLimits(latency) };
}

export type StackRecord = ReturnType<typeof recordStack>;

/**
 * Records that this stack runs, until it stops. Throws one readable text when another stack uses the data, or when a killed one
 * has left processes behind.
 */
export function announceStack(supervisor: Supervisor, command: string): StackRecord {
  const ownsPostgres = !process.env.LOCAL_POSTGRES_URL;
  const { running, leftovers } = listStacks(stacksDir);
  if (leftovers.length > 0) {
    const names = leftovers.map(({ name, pid }) => `${name} (process ${pid})`).join(", ");
    throw new Error(
      `An earlier start was killed and has left these running: ${names}.\nEnd them, and start again:\n\n  ${commandToEnd(leftovers)}\n`,
    );
  }
  const other = ownsPostgres ? running.find((stack) => stack.ownsPostgres) : undefined;
  if (other) {
    throw new Error(
      `\`${other.command}\` runs in this folder already (process ${other.pid}). Stop it with Ctrl-C first.`,
    );
  }
  const record = recordStack(stacksDir, { command, ownsPostgres });
  supervisor.onStop(async () => record.forget());
  return record;
}

/** The files with the Worker's vars; later ones take precedence. `.dev.vars` is created from the example if it does not exist. */
export function prepareVars(): string[] {
  try {
    copyFileSync(exampleVarsFile, ownVarsFile, constants.COPYFILE_EXCL);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  return [exampleVarsFile, ownVarsFile];
}

/** The vars that plain `wrangler dev` would read from `.dev.vars`. */
export const readOwnVars = (): Record<string, string> => readVars(ownVarsFile);

/** The vars of `.dev.vars.example`, which contain no secrets. */
export const exampleVars = (): Record<string, string> => readVars(exampleVarsFile);

const readVars = (file: string): Record<string, string> =>
  Object.fromEntries(Object.entries(parseEnv(readFileSync(file, "utf8"))).map(([name, value = ""]) => [name, value]));

/**
 * Starts Postgres (or uses the one of LOCAL_POSTGRES_URL) and its SQL endpoint, applies the migrations, and loads the demo
 * tenant, whose example runner is at `runnerPort`.
 */
export async function startDatabase(
  supervisor: Supervisor,
  record: StackRecord,
  { sqlPort, runnerPort, reset, limits }: { sqlPort: number; runnerPort: number; reset: boolean; limits: NeonLimits },
): Promise<LocalDatabase> {
  const { encryptionKeys } = readConfig(Object.assign({}, ...prepareVars().map(readVars)));
  const own = process.env.LOCAL_POSTGRES_URL;
  if (own && reset) {
    throw new Error(
      "--reset removes only what this command keeps itself. Drop the database of LOCAL_POSTGRES_URL yourself.",
    );
  }
  const databaseUrl = own ? readOwnPostgres(own) : await startOwnedPostgres(supervisor, record, reset);
  await createDatabaseIfMissing(databaseUrl);

  const endpoint = await startSqlEndpoint({
    postgresUrl: databaseUrl,
    port: sqlPort,
    idleTimeoutMs: KEPT_CONNECTION_MS,
    connections: Math.floor((await countConnections(databaseUrl)) * limits.pooledShare),
    limits,
  });
  supervisor.onStop(endpoint.close);

  const database = { databaseUrl, neonFetchEndpoint: endpoint.url };
  record.addVars({ DATABASE_URL: databaseUrl, NEON_FETCH_ENDPOINT: endpoint.url });
  await migrate({ directUrl: databaseUrl, log: console.log });
  await seedDemo({ ...database, runnerPort, encryptionKeys });
  return database;
}

async function startOwnedPostgres(supervisor: Supervisor, record: StackRecord, reset: boolean): Promise<string> {
  const lastPort = existsSync(PORT_FILE) ? Number(readFileSync(PORT_FILE, "utf8")) : 0;
  const port = await preferPort(lastPort);
  const postgres = await startPostgres({ dataDir: DATA_DIR, port, persistent: true, reset });
  writeFileSync(PORT_FILE, String(postgres.port));
  record.addChild({ name: "Postgres", pid: postgres.pid, mark: postgres.dataDir, signal: "INT", isGroup: false });
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
  if (!isPostgresUrl(text)) {
    throw new Error("LOCAL_POSTGRES_URL must look like postgres://user:password@localhost:5432/workflow_runs");
  }
  // Any process on this machine that reaches the SQL endpoint has this user's rights on the database, so it must not lead to
  // another machine.
  if (!isLoopback(new URL(text).hostname)) {
    throw new Error("LOCAL_POSTGRES_URL must lead to this machine: localhost, 127.0.0.1 or [::1].");
  }
  return text;
}

/** The connection string in the form of `.dev.vars.example`: what the Worker uses of it when it asks the endpoint. */
export function withoutHost(postgresUrl: string): string {
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

/** `max_connections` of this Postgres. */
async function countConnections(postgresUrl: string): Promise<number> {
  const client = new pg.Client({ connectionString: postgresUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ max_connections: string }>("SHOW max_connections");
    return Number(rows[0]?.max_connections);
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
