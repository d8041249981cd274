/** The direct connection to Postgres of `npm run migrate`: Neon's pooled one and its HTTP end a statement after minutes. */
import process from "node:process";
import pg from "pg";
import { isLoopback } from "../../src/base/loopback.ts";
import { readDatabaseOptions } from "./options.ts";
import { isPostgresUrl, redact } from "./redact.ts";

const CONNECT_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 20_000;

/** The first label of the host of a pooled connection string, as Neon shows it. */
const POOLED = /^([^.]+)-pooler(?=\.|$)/;

/**
 * The connection string that leads to Postgres itself: DIRECT_DATABASE_URL, or DATABASE_URL without `-pooler`. Throws one line,
 * without the connection string, when a value is missing or malformed, and when the two name different databases of Neon.
 */
export function readDirectUrl(vars: NodeJS.Dict<string> = process.env): string {
  const { DIRECT_DATABASE_URL: direct, DATABASE_URL: pooled } = vars;
  if (!direct) return withoutPooler(readDatabaseOptions(vars).databaseUrl);
  if (!isPostgresUrl(direct)) {
    throw new Error("DIRECT_DATABASE_URL is not a connection string: postgres://user:password@host/database.");
  }
  if (POOLED.test(new URL(direct).hostname)) {
    throw new Error("DIRECT_DATABASE_URL leads to Neon's pooler. Copy the connection string without `-pooler`.");
  }
  if (pooled && isPostgresUrl(pooled) && areDifferent(new URL(withoutPooler(pooled)), new URL(direct))) {
    throw new Error(
      "DATABASE_URL and DIRECT_DATABASE_URL lead to different databases, so it is not clear which one is meant. Unset one.",
    );
  }
  return direct;
}

function withoutPooler(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.hostname = url.hostname.replace(POOLED, "$1");
  return url.href;
}

/** True for a host at which Neon's HTTP protocol is spoken. */
export const isNeons = ({ hostname }: URL): boolean => hostname.endsWith(".neon.tech");

/** Only Neon's hosts are compared: elsewhere the pooler and Postgres may well have different names. */
function areDifferent(one: URL, other: URL): boolean {
  if (![one, other].every(isNeons)) return false;
  return one.hostname !== other.hostname || one.pathname !== other.pathname;
}

/** The host and the database of a connection string, for a message. */
export function describeTarget(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

/** Connects. The limits that the role may have for people's sessions do not hold for this one. */
export async function connectDirectly(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: withTls(url),
    application_name: "npm run migrate",
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
  });
  // When the connection breaks, the statement that waits for its answer gets the error. Without this handler, the event would
  // also end the process.
  client.on("error", () => {});
  try {
    await client.connect();
  } catch (error) {
    const reason = error instanceof Error ? error.message || ("code" in error ? error.code : error.name) : error;
    throw new Error(`Postgres does not let us in at ${describeTarget(url)}: ${redact(String(reason))}`);
  }
  await client.query(`
    select set_config(name, '0', false) from pg_settings
    where name in ('statement_timeout', 'transaction_timeout', 'lock_timeout',
      'idle_in_transaction_session_timeout', 'idle_session_timeout');
    -- When this process is killed, Postgres notices it during a statement, and ends that.
    set client_connection_check_interval = '1s';
    -- When this machine is lost, Postgres notices it within a minute. By default it would keep the locks of this session for hours.
    set tcp_keepalives_idle = ${KEEP_ALIVE_MS / 1_000}; set tcp_keepalives_interval = 10; set tcp_keepalives_count = 3`);
  return client;
}

/**
 * The connection is encrypted, and the server's certificate checked, unless `sslmode` forbids it or it is this machine. The parameter `host`
 * comes before the host of the URL, as in psql: it can be the folder of a Unix socket.
 */
export function withTls(text: string): string {
  const url = new URL(text);
  const mode = url.searchParams.get("sslmode");
  const host = url.searchParams.get("host") ?? url.hostname;
  const isHere = isLoopback(host) || host.startsWith("/");
  const isUnchecked = mode === null ? !isHere : ["prefer", "require"].includes(mode);
  if (isUnchecked) url.searchParams.set("sslmode", "verify-full");
  return url.href;
}
