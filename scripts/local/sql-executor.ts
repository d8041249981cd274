import { createHash } from "node:crypto";
import pg from "pg";
import { withTls } from "./direct-connection.ts";
import { TOO_MANY_REQUESTS } from "./neon-limits.ts";

type Statement = { query: string; params: readonly unknown[]; arrayMode: boolean };

/** One statement, or a batch that is executed completely or not at all. */
export type SqlTransaction = {
  isBatch: boolean;
  statements: readonly Statement[];
  /**
   * When true, values are in Postgres' text format, for the driver to parse. Otherwise they are JSON values where JSON has the
   * type.
   */
  rawTextOutput: boolean;
  isolationLevel: keyof typeof ISOLATION_LEVELS | undefined;
  readOnly: boolean;
  deferrable: boolean;
};

/** An HTTP answer. */
export type SqlAnswer = { status: number; json: string };

const ISOLATION_LEVELS = {
  ReadUncommitted: "READ UNCOMMITTED",
  ReadCommitted: "READ COMMITTED",
  RepeatableRead: "REPEATABLE READ",
  Serializable: "SERIALIZABLE",
};

/** Neon's limit: https://neon.com/docs/serverless/serverless-driver */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;
/** The default of `connections`. */
const MAX_CONNECTIONS = 20;
const CONNECT_TIMEOUT_MS = 10_000;
/**
 * The default of `idleTimeoutMs`. It is short for two reasons: a database with an open connection cannot be dropped, and the tests
 * have so many databases that idle connections would use up the limit of Postgres.
 */
const IDLE_TIMEOUT_MS = 2_000;

/** The fields of a Postgres error that a client gets: the name in the answer, and the name in `pg`. */
const ERROR_FIELDS = [
  "code",
  "detail",
  "hint",
  "position",
  "internalPosition",
  "internalQuery",
  "severity",
  "where",
  "table",
  "column",
  "schema",
  "dataType",
  "constraint",
  "file",
  "line",
  "routine",
] as const;

class ResponseTooLargeError extends Error {}

/** No connection was to be had, so Postgres has not got the statement. */
class NotSentError extends Error {}

/**
 * What Neon's proxy sends on a connection before it serves the next request: `reset_session_background` in
 * libs/proxy/tokio-postgres2 of neondatabase/neon. Prepared statements are forgotten. The plans of the statements in functions are
 * kept, since it sends neither `DISCARD PLANS` nor `DISCARD ALL`.
 */
const RESET = `ROLLBACK; CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; DEALLOCATE ALL; UNLISTEN *;
  SELECT pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES;`;

export type ExecutorOptions = {
  /**
   * When true, connections are not reset, and each keeps the plans of its statements. Neon plans each statement again, but tests
   * that send the same statements thousands of times would spend most of their time on that.
   */
  keepsPlans?: boolean;
  /** How long an unused connection is kept, in milliseconds. Neon keeps it for five minutes. */
  idleTimeoutMs?: number;
  /** The folder of the server's Unix socket. By default the server is reached at the host of its URL. */
  socketDir?: string | undefined;
  /** How many connections may be used at the same time. Other requests wait. */
  connections?: number;
  /**
   * How many unused connections are kept; by default all. When it is set, the error of a single statement closes its connection, too, and
   * that of a batch does not, as in `QueryData::process` and `BatchQueryData::process` of proxy/src/serverless/sql_over_http.rs.
   */
  idleConnections?: number | undefined;
  /** For an endpoint that is part of a server, and not of the local stack. */
  ofServer?: OfServer | undefined;
};

/**
 * Every statement is executed with the user and the password of `postgresUrl`, whatever the connection string of its request says.
 * A statement whose request was given up is undone by Postgres within half a second, even while it waits for a lock, and even if this
 * process was killed: nothing is committed later than the service expects (`MARK_COVERS_MS` in src/hub/register.ts).
 */
export type OfServer = {
  /**
   * How long a request waits for a connection. It is shorter than the service waits for the answer, which is then that of Neon's rate limit:
   * it says that nothing was changed, and that the request may be sent again.
   */
  waitMs: number;
  /** Called with the reason when no connection was to be had, and with null at the next one that is. */
  onReach(reason: string | null): void;
};

const OF_SERVER = "-c client_connection_check_interval=500ms";

/** Executes statements on the server at the host and port of `postgresUrl`, with a pool for each user, database and program. */
export function createExecutor(
  postgresUrl: string,
  {
    keepsPlans = false,
    idleTimeoutMs = IDLE_TIMEOUT_MS,
    socketDir,
    connections = MAX_CONNECTIONS,
    idleConnections,
    ofServer,
  }: ExecutorOptions = {},
) {
  const pools = new Map<string, pg.Pool>();

  /** The connection string with which a request is carried out. Its own host is ignored, since this endpoint is for one server. */
  function connectionOf(connectionString: string): string {
    const used = new URL(postgresUrl);
    if (socketDir !== undefined) used.searchParams.set("host", socketDir);
    if (ofServer) {
      const options = [used.searchParams.get("options"), OF_SERVER].filter((text) => text !== null);
      used.searchParams.set("options", options.join(" "));
      return used.href;
    }
    const url = new URL(connectionString);
    if (!/^postgres(ql)?:$/.test(url.protocol) || !url.username || url.pathname.length < 2) {
      throw new TypeError("not a postgres:// URL with a user and a database");
    }
    const { username, password, pathname } = url;
    used.searchParams.set("application_name", url.searchParams.get("application_name") ?? "sql-endpoint");
    return Object.assign(used, { username, password, pathname }).href;
  }

  function findPool(connectionString: string): pg.Pool {
    const used = connectionOf(connectionString);
    const known = pools.get(used);
    if (known) return known;
    const pool = new pg.Pool({
      connectionString: withTls(used),
      application_name: "workflow-runs",
      max: connections,
      idleTimeoutMillis: idleTimeoutMs,
      connectionTimeoutMillis: ofServer?.waitMs ?? CONNECT_TIMEOUT_MS,
      keepAlive: ofServer !== undefined,
    });
    // When a connection breaks, the code that waits for its answer gets the error. Without this handler, the event would also
    // end the process.
    pool.on("error", () => {});
    pool.on("connect", (client) => client.on("error", () => {}));
    pools.set(used, pool);
    return pool;
  }

  async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
    if (!ofServer) return pool.connect();
    try {
      const client = await pool.connect();
      ofServer.onReach(null);
      return client;
    } catch (error) {
      const reason = error instanceof Error ? error.message || error.name : String(error);
      ofServer.onReach(reason);
      throw new NotSentError(reason);
    }
  }

  return {
    /** Never rejects. When `gone` is aborted, uncommitted changes are rolled back. */
    async run(connectionString: string, transaction: SqlTransaction, gone: AbortSignal): Promise<SqlAnswer> {
      let pool: pg.Pool;
      try {
        pool = findPool(connectionString);
      } catch {
        return failure(400, "Neon-Connection-String is not a postgres:// URL with a user and a database.");
      }
      const use = (client: pg.PoolClient) => carryOut(client, transaction, keepsPlans);
      const isLimited = idleConnections !== undefined;
      const isSurplus = () => isLimited && pool.idleCount >= idleConnections;
      const dropsOnError = isLimited && !transaction.isBatch;
      try {
        return {
          status: 200,
          json: await withClient(await connect(pool), { gone, isReset: !keepsPlans, isSurplus, dropsOnError }, use),
        };
      } catch (error) {
        return describe(error);
      }
    },
    async close(): Promise<void> {
      await Promise.all([...pools.values()].map((pool) => pool.end()));
      pools.clear();
    },
  };
}

async function withClient(
  client: pg.PoolClient,
  {
    gone,
    isReset,
    isSurplus,
    dropsOnError,
  }: { gone: AbortSignal; isReset: boolean; isSurplus: () => boolean; dropsOnError: boolean },
  use: (client: pg.PoolClient) => Promise<string>,
) {
  let isReleased = false;
  function release(destroy: boolean): void {
    if (!isReleased) client.release(destroy || isSurplus());
    isReleased = true;
  }
  // Nobody waits for the answer any more. Postgres rolls back when it sees the connection close.
  const abandon = () => release(true);
  gone.addEventListener("abort", abandon);
  try {
    gone.throwIfAborted();
    return await use(client);
  } catch (error) {
    if (dropsOnError || !(error instanceof pg.DatabaseError) || error.severity === "FATAL") release(true);
    throw error;
  } finally {
    gone.removeEventListener("abort", abandon);
    // As at Neon, the answer does not wait for the reset, but the next request of this connection does.
    if (isReset && !isReleased) {
      client.query(RESET).then(
        () => release(false),
        () => release(true),
      );
    }
    // A transaction that was left open (a failed ROLLBACK, a bare BEGIN) must not affect the next request.
    else release(client.getTransactionStatus() !== "I");
  }
}

async function carryOut(client: pg.PoolClient, transaction: SqlTransaction, keepsPlans: boolean): Promise<string> {
  const { isBatch, statements, rawTextOutput } = transaction;
  const results: string[] = [];
  let size = 0;
  const runAll = async () => {
    for (const statement of statements) {
      const json = render(await runStatement(client, statement, { rawTextOutput, keepsPlans }), size);
      size += Buffer.byteLength(json);
      results.push(json);
    }
  };
  if (!isBatch) {
    await runAll();
    return results.join();
  }
  await client.query(beginStatement(transaction));
  try {
    await runAll();
    await client.query("COMMIT");
    return `{"results":[${results.join()}]}`;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}

function beginStatement({ isolationLevel, readOnly, deferrable }: SqlTransaction): string {
  return [
    "BEGIN",
    ...(isolationLevel ? [`ISOLATION LEVEL ${ISOLATION_LEVELS[isolationLevel]}`] : []),
    ...(readOnly ? ["READ ONLY"] : []),
    ...(deferrable ? ["DEFERRABLE"] : []),
  ].join(" ");
}

const asText = { getTypeParser: () => (value: string) => value };

async function runStatement(
  client: pg.PoolClient,
  { query, params, arrayMode }: Statement,
  { rawTextOutput, keepsPlans }: { rawTextOutput: boolean; keepsPlans: boolean },
) {
  const config = {
    text: query,
    // A statement with a name is prepared once for each connection.
    ...(keepsPlans && { name: createHash("sha1").update(query).digest("base64") }),
    values: [...params],
    rowMode: "array" as const,
    types: asText,
    // In the simple mode, `pg` would accept several statements in one string, which Neon refuses.
    queryMode: "extended",
  };
  const { command, rowCount, fields, rows } = await client.query<(string | null)[]>(config);
  const values = rawTextOutput
    ? rows
    : rows.map((row) => row.map((text, column) => toJson(text, fields[column]?.dataTypeID)));
  return {
    command,
    rowCount,
    rowAsArray: arrayMode,
    fields: fields.map(({ name, tableID, columnID, dataTypeID, dataTypeSize, dataTypeModifier }) => ({
      name,
      tableID,
      columnID,
      dataTypeID,
      dataTypeSize,
      dataTypeModifier,
      format: "text",
    })),
    rows: arrayMode ? values : values.map((row) => Object.fromEntries(row.map((v, i) => [fields[i]?.name, v]))),
  };
}

/** Converts types that JSON has as well. Neon sends all others as text. */
function toJson(text: string | null, dataTypeId: number | undefined): unknown {
  if (text === null) return null;
  switch (dataTypeId) {
    case pg.types.builtins.BOOL:
      return text === "t";
    case pg.types.builtins.INT2:
    case pg.types.builtins.INT4:
    case pg.types.builtins.FLOAT4:
    case pg.types.builtins.FLOAT8:
      return Number.isFinite(Number(text)) ? Number(text) : text;
    case pg.types.builtins.JSON:
    case pg.types.builtins.JSONB:
      return JSON.parse(text);
    default:
      return text;
  }
}

/**
 * The JSON of a result, which follows `size` bytes of others. Like Neon's proxy, it compares the size with the limit before it adds
 * a row, and not at the end. So the last row may be of any size.
 */
function render({ rows, ...result }: Awaited<ReturnType<typeof runStatement>>, size: number): string {
  const texts: string[] = [];
  for (const row of rows) {
    if (size > MAX_RESPONSE_BYTES) throw new ResponseTooLargeError();
    const text = JSON.stringify(row);
    size += Buffer.byteLength(text) + 1;
    texts.push(text);
  }
  return `${JSON.stringify(result).slice(0, -1)},"rows":[${texts.join()}]}`;
}

function failure(status: number, message: string): SqlAnswer {
  return { status, json: JSON.stringify({ message, code: null }) };
}

/** An error that Postgres reports is answered 400 with the SQLSTATE. When Postgres does not answer, it is 503. */
function describe(error: unknown): SqlAnswer {
  if (error instanceof pg.DatabaseError) {
    const fields = Object.fromEntries(ERROR_FIELDS.map((name) => [name, error[name] ?? null]));
    return { status: 400, json: JSON.stringify({ message: error.message, ...fields }) };
  }
  if (error instanceof ResponseTooLargeError) {
    return failure(507, `response is too large (max is ${MAX_RESPONSE_BYTES} bytes)`);
  }
  if (error instanceof NotSentError) return failure(429, TOO_MANY_REQUESTS);
  return failure(503, `Postgres can't be reached: ${error instanceof Error ? error.message : String(error)}`);
}
