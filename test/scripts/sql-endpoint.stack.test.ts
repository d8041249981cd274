import { mkdtempSync, rmSync, statSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { NEON_LIMITS } from "../../scripts/local/neon-limits.ts";
import { type Postgres, startPostgres } from "../../scripts/local/postgres.ts";
import { type SqlEndpoint, startSqlEndpoint } from "../../scripts/local/sql-endpoint.ts";
import { openClient } from "../support/node/postgres-client.ts";

let folder: string;
let postgres: Postgres;
let endpoint: SqlEndpoint;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "workflow-runs-sql-"));
  postgres = await startPostgres({ dataDir: join(folder, "postgres"), port: 0, persistent: false });
  endpoint = await startSqlEndpoint({ postgresUrl: postgres.url(), port: 0 });
});

afterAll(async () => {
  await endpoint.close();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What it answers, with these headers beside those of the driver. */
function ask(query: string, headers: Record<string, string> = {}): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(endpoint.url, {
      method: "POST",
      headers: { "Neon-Connection-String": postgres.url(), ...headers },
    });
    asked.once("error", reject);
    asked.once("response", async (response) => {
      resolve({ status: response.statusCode ?? 0, body: await text(response) });
    });
    asked.end(JSON.stringify({ query, params: [] }));
  });
}

describe("the local SQL endpoint", () => {
  it.each(["localhost", "127.0.0.1", "[::1]", "localhost:8789"])("answers programs that call it %s", async (Host) => {
    expect(await ask("select 1 as one", { Host })).toMatchObject({ status: 200 });
  });

  it.each([
    { Host: "rebound.example" },
    { Host: "127.0.0.1.example:8789" },
    { Host: "localhost.example" },
    { Host: "10.0.0.1" },
    { Origin: "https://a-page.example" },
    { Origin: "http://localhost:3000" },
    { Origin: "null" },
  ])("refuses what a web page may have sent: %o", async (headers) => {
    const { status, body } = await ask("create table planted ()", headers);
    expect([status, body]).toEqual([403, expect.stringContaining("programs on this machine")]);
    const { body: found } = await ask("select to_regclass('planted') as planted");
    expect(JSON.parse(found).rows).toEqual([{ planted: null }]);
  });

  it("resets a connection after each request, as Neon's proxy does", async () => {
    await ask("select set_config('application_name', 'left over', false), pg_advisory_lock(1)");
    await ask("prepare left_over as select 1");
    await ask("create temporary table left_over ()");
    const { body } = await ask(`
      select current_setting('application_name') as name, to_regclass('left_over') as "table",
        (select count(*)::int from pg_prepared_statements) as statements,
        (select count(*)::int from pg_locks where locktype = 'advisory') as locks`);
    expect(JSON.parse(body).rows).toEqual([{ name: "sql-endpoint", table: null, statements: 0, locks: 0 }]);
  });

  it("adds no row to an answer above 64 MB, as Neon: so a single row may be larger, and a second one is refused", async () => {
    const { status, body } = await ask("select repeat('é', 34000000) as long");
    expect([status, body.length > 33_000_000]).toEqual([200, true]);
    expect(await ask("select repeat('é', 34000000) as long from generate_series(1, 2)")).toEqual({
      status: 507,
      body: expect.stringContaining("response is too large (max is 67108864 bytes)"),
    });
  });
});

describe("the local SQL endpoint with Neon's limits", () => {
  let limited: SqlEndpoint;
  const ask = (body: unknown, password = "") => {
    const url = new URL(postgres.url());
    if (password) url.password = password;
    return fetch(limited.url, {
      method: "POST",
      headers: { "Neon-Connection-String": url.href },
      body: JSON.stringify(body),
    });
  };
  const backend = async () => {
    const { rows } = z
      .object({ rows: z.tuple([z.object({ pid: z.number() })]) })
      .parse(await (await ask({ query: "select pg_backend_pid() as pid" })).json());
    return rows[0].pid;
  };

  afterEach(() => limited.close());

  it("refuses the requests above the burst as Neon does, before it looks at the password; a batch is one", async () => {
    const limits = { ...NEON_LIMITS, requestsPerSecond: 1, burst: 3 };
    limited = await startSqlEndpoint({ postgresUrl: postgres.url(), port: 0, limits });
    const batch = { queries: [{ query: "select 1" }, { query: "select 2" }, { query: "select 3" }] };
    for (const body of [batch, batch, batch]) expect((await ask(body)).status).toBe(200);
    const refused = await ask(batch, "wrong");
    expect([refused.status, refused.headers.get("Retry-After"), await refused.json()]).toEqual([
      500,
      null,
      { message: "Too many connections to this endpoint. Please try again later.", code: null },
    ]);
  });

  it("closes the connection of a single statement that fails, and keeps that of a batch", async () => {
    limited = await startSqlEndpoint({ postgresUrl: postgres.url(), port: 0, connections: 1, limits: NEON_LIMITS });
    const first = await backend();
    expect((await ask({ queries: [{ query: "select 1/0" }] })).status).toBe(400);
    expect(await backend()).toBe(first);
    expect((await ask({ query: "select 1/0" })).status).toBe(400);
    expect(await backend()).not.toBe(first);
  });
});

describe("the SQL endpoint of a server", () => {
  const reached: (string | null)[] = [];
  let ofServer: SqlEndpoint;
  let socketPath: string;

  const start = async (postgresUrl: string, connections = 1) => {
    socketPath = join(folder, `${reached.length}-${connections}.sock`);
    const onReach = (reason: string | null) => reached.push(reason);
    ofServer = await startSqlEndpoint({
      postgresUrl,
      port: socketPath,
      connections,
      ofServer: { waitMs: 500, onReach },
    });
  };
  /** Sends a statement with the credentials of a stranger. */
  const ask = (query: string, signal?: AbortSignal) =>
    new Promise<{ status: number; body: string }>((resolve, reject) => {
      const asked = request({
        ...{ socketPath, path: "/sql", method: "POST", agent: false, ...(signal && { signal }) },
        headers: { Host: "database", "Neon-Connection-String": "postgres://stranger:wrong@elsewhere/other" },
      });
      asked.once("error", reject);
      asked.once("response", async (response) =>
        resolve({ status: response.statusCode ?? 0, body: await text(response) }),
      );
      asked.end(JSON.stringify({ query, params: [] }));
    });

  afterEach(() => ofServer.close());

  it("is a socket that only its user can open, and has credentials of its own, whatever a request says", async () => {
    await start(postgres.url());
    expect((statSync(socketPath).mode & 0o777).toString(8)).toBe("600");
    const { body } = await ask("select current_user as name, current_database() as database");
    expect(JSON.parse(body).rows).toEqual([{ name: "postgres", database: "postgres" }]);
  });

  it("undoes a statement whose request was given up, also while it waits for a lock", async () => {
    const holder = await openClient(postgres.url());
    // The server of these tests would do so by itself.
    await holder.query("alter database postgres set client_connection_check_interval = 0");
    await start(postgres.url());
    await holder.query("create table wanted ()");
    await holder.query("begin; lock table wanted");
    const gone = new AbortController();
    const asked = ask("insert into wanted default values", gone.signal);
    const waiting = async () => (await holder.query("select from pg_locks where not granted")).rows.length;
    await expect.poll(waiting).toBe(1);
    gone.abort();
    await expect(asked).rejects.toThrow("aborted");
    await expect.poll(waiting).toBe(0);
    await holder.query("commit");
    expect((await holder.query("select from wanted")).rows).toEqual([]);
    await holder.query("drop table wanted; alter database postgres reset client_connection_check_interval");
    await holder.end();
  });

  it("refuses a request that gets no connection in time, so that nothing was changed, and says so until there is one", async () => {
    const holder = await openClient(postgres.url());
    await start(postgres.url());
    await holder.query("create table held ()");
    await holder.query("begin; lock table held");
    const first = ask("insert into held default values");
    await expect.poll(async () => (await holder.query("select from pg_locks where not granted")).rows.length).toBe(1);
    const second = await ask("select 1");
    expect([second.status, JSON.parse(second.body)]).toEqual([
      429,
      { message: expect.stringContaining("Too many"), code: null },
    ]);
    await holder.query("commit");
    expect((await first).status).toBe(200);
    await holder.query("drop table held");
    await holder.end();
    expect(reached.slice(-2)).toEqual([null, expect.stringContaining("timeout")]);
  });

  it("refuses in the same way while Postgres is away", async () => {
    await start("postgres://postgres:postgres@127.0.0.1:9/postgres", 2);
    expect((await ask("select 1")).status).toBe(429);
    expect(reached.at(-1)).toContain("ECONNREFUSED");
  });
});
