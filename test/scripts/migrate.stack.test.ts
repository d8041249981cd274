import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { gunzipSync } from "node:zlib";
import { neon, neonConfig } from "@neondatabase/serverless";
import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connectDirectly, readDirectUrl } from "../../scripts/local/direct-connection.ts";
import { root } from "../../scripts/local/folders.ts";
import { PATIENCE } from "../../scripts/local/lock-patience.ts";
import { type Postgres, startPostgres } from "../../scripts/local/postgres.ts";
import { startSqlEndpoint } from "../../scripts/local/sql-endpoint.ts";
import { migrate } from "../../scripts/migrate.ts";
import { addMigration as addMigrationTo } from "../support/node/add-migration.ts";
import { openClient } from "../support/node/postgres-client.ts";
import { runProgram } from "../support/node/run-program.ts";

const MIGRATE = [join(root, "scripts/start.cjs"), "migrate.ts"];
/** How many migrations there are. */
const ALL = readdirSync(join(root, "migrations")).filter((name) => name.endsWith(".sql")).length;
const QUICK = { ...PATIENCE, lockTimeoutMs: 200, pausesMs: [100, 100] };

let folder: string;
let postgres: Postgres;
let admin: pg.Client;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "workflow-runs-migrate-"));
  postgres = await startPostgres({ dataDir: join(folder, "postgres"), port: 0, persistent: false });
  admin = await openClient(postgres.url());
});

afterAll(async () => {
  await admin.end();
  await postgres.stop();
  rmSync(postgres.dataDir, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
});

let count = 0;
let url: string;
/** A folder with a copy of `migrations/`, to which a test may add. */
let clone: string;
let db: pg.Client;
let lines: string[];

beforeEach(async () => {
  const name = `migrate_${++count}`;
  await admin.query(`create database ${name}`);
  url = postgres.url(name);
  clone = join(folder, name);
  mkdirSync(clone);
  cpSync(join(root, "migrations"), join(clone, "migrations"), { recursive: true });
  db = await openClient(url);
  lines = [];
});

afterEach(() => db.end());

const addMigration = (tag: string, statements: string) => addMigrationTo(join(clone, "migrations"), tag, statements);

/** The SQL functions of the clone are these, and no others. */
function setFunctions(...statements: string[]): void {
  const functions = join(clone, "migrations/functions");
  rmSync(functions, { recursive: true });
  mkdirSync(functions);
  writeFileSync(join(functions, "all.sql"), statements.join("\n"));
}

const migrateHere = (patience = QUICK) =>
  migrate({ directUrl: url, log: (line) => lines.push(line), folder: join(clone, "migrations"), patience });

/** `npm run migrate` in the clone. */
const runMigrate = async (env: Record<string, string> = {}) => {
  const options = { cwd: clone, env: { DATABASE_URL: url, ...env } };
  const { code, stdout, stderr } = await runProgram(process.execPath, MIGRATE, options);
  return { code, output: stdout + stderr };
};

const scalar = async (text: string): Promise<unknown> => (await db.query({ text, rowMode: "array" })).rows[0]?.[0];

describe("npm run migrate", () => {
  it("does not use Neon's HTTP, which ends a statement after minutes, so that a migration may take longer", async () => {
    const limitMs = 500;
    const endpoint = await startSqlEndpoint({
      postgresUrl: url,
      port: 0,
      async intercept({ request }) {
        setTimeout(() => request.socket.destroy(), limitMs);
        return "continue";
      },
    });
    try {
      neonConfig.fetchEndpoint = endpoint.url;
      await expect(neon(url)`select pg_sleep(2)`).rejects.toThrow();
      addMigration("9000_long", "create table long_one (id integer);--> statement-breakpoint\nselect pg_sleep(2);");
      const began = performance.now();
      const { code, output } = await runMigrate({ NEON_FETCH_ENDPOINT: endpoint.url });
      expect([code, output]).toEqual([
        0,
        expect.stringMatching(/Applied the SQL functions\.\n(Applied .*\n)*Done: \d+ applied\.\n$/),
      ]);
      expect(performance.now() - began).toBeGreaterThan(limitMs * 2);
      expect(await scalar("select to_regclass('long_one')::text")).toBe("long_one");
      expect(await runMigrate()).toMatchObject({ code: 0, output: expect.stringContaining("is up to date") });
    } finally {
      await endpoint.close();
    }
  });

  it("is not ended by the limits that its role has for people's sessions", async () => {
    await db.query(`create role operator login superuser password 'operator';
      alter role operator set statement_timeout = '200ms'; alter role operator set transaction_timeout = '300ms';
      alter role operator set idle_in_transaction_session_timeout = '50ms'`);
    addMigration("9000_long", "select pg_sleep(1);");
    const { code, output } = await runMigrate({
      DATABASE_URL: url.replace("postgres:postgres@", "operator:operator@"),
    });
    expect([code, output]).toEqual([0, expect.stringContaining("Done:")]);
  });

  it("holds its locks for less than a minute after its machine is lost", async () => {
    const client = await connectDirectly(url);
    const { rows } = await client.query(`select current_setting('tcp_keepalives_idle')::integer as idle,
      current_setting('tcp_keepalives_interval')::integer * current_setting('tcp_keepalives_count')::integer as asked`);
    await client.end();
    expect(rows[0].idle + rows[0].asked).toBeLessThan(60);
  });

  it("applies missing migrations and functions in one transaction: when one fails, nothing has changed", async () => {
    await migrateHere();
    addMigration("9000_good", "create table good (id integer);");
    addMigration("9001_bad", "alter table nowhere add column id integer;");
    const hash = await scalar("select hash from drizzle.sql_functions");
    setFunctions("create or replace function public.only_one() returns integer language sql as $$ select 1 $$;");
    await expect(migrateHere()).rejects.toThrow(
      /^The migration of .* failed, so nothing was changed: relation "nowhere"/,
    );
    expect(await scalar("select to_regclass('good')")).toBeNull();
    expect(await scalar("select to_regproc('public.only_one')")).toBeNull();
    expect(await scalar("select hash from drizzle.sql_functions")).toBe(hash);
  });

  it("continues with a database that the script before it has migrated, which recorded no functions", async () => {
    await migrateHere();
    await db.query(`alter table drizzle.sql_functions drop column signatures;
      create function public.find_run(p_old boolean) returns integer language sql as 'select 1';
      create function public.of_somebody_else() returns integer language sql as 'select 1'`);
    addMigration("9000_more", "create table more (id integer);");
    expect(await migrateHere()).toBe(1);
    expect(await scalar("select count(*)::int from pg_proc where proname = 'find_run'")).toBe(1);
    expect(await scalar("select public.of_somebody_else()")).toBe(1);
    expect(await scalar("select array_length(signatures, 1) > 100 from drizzle.sql_functions")).toBe(true);
  });

  it("drops the functions that it has created and that are gone, keeps others, and changes any signature", async () => {
    const keep = "create or replace function public.keep() returns integer language sql as $$ select 1 $$;";
    setFunctions(
      keep,
      "create or replace function public.goes() returns integer language sql as $$ select 1 $$;",
      "create or replace function public.grows(p_a integer) returns integer language sql as $$ select 1 $$;",
      "create or replace function public.changes(p_a integer) returns integer language sql as $$ select 1 $$;",
    );
    writeFileSync(join(clone, "migrations/meta/_journal.json"), JSON.stringify({ entries: [] }));
    await migrateHere();
    await db.query("create function public.of_somebody_else() returns integer language sql as 'select 1'");
    const oid = await scalar("select 'public.keep()'::regprocedure::oid");
    setFunctions(
      keep,
      "create or replace function public.grows(p_a integer, p_b integer default 2) returns integer language sql as $$ select $2 $$;",
      "create or replace function public.changes(p_other integer) returns text language sql as $$ select 'text' $$;",
    );
    await migrateHere();
    const { rows } = await db.query(`select p.oid::regprocedure::text as signature from pg_proc p
      where pronamespace = 'public'::regnamespace order by 1`);
    expect(rows.map(({ signature }) => signature)).toEqual([
      "changes(integer)",
      "grows(integer,integer)",
      "keep()",
      "of_somebody_else()",
    ]);
    expect(await scalar("select public.grows(1)")).toBe(2);
    expect(await scalar("select public.changes(1)")).toBe("text");
    // Sessions that have planned a call of it need not plan it again.
    expect(await scalar("select 'public.keep()'::regprocedure::oid")).toEqual(oid);
  });

  it("leaves a database as it is that a newer version has migrated, which has other functions", async () => {
    const older = join(folder, "older");
    cpSync(join(clone, "migrations"), older, { recursive: true });
    addMigration("9000_more", "create table more (id integer);");
    setFunctions("create or replace function public.only_new() returns integer language sql as $$ select 1 $$;");
    await migrateHere();
    const applied = await scalar("select hash from drizzle.sql_functions");
    const log = (line: string) => lines.push(line);
    expect(await migrate({ directUrl: url, log, folder: older, patience: QUICK })).toBe(0);
    expect(lines.at(-1)).toBe(
      "The database has migrations of a newer version, so its tables and functions are left as they are.",
    );
    expect(await scalar("select hash from drizzle.sql_functions")).toBe(applied);
    expect(await scalar("select public.only_new()")).toBe(1);
    expect(await migrateHere()).toBe(0);
  });

  it("tries again when somebody holds a lock, and lets requests pass in the meantime", async () => {
    await migrateHere();
    addMigration("9000_column", "alter table tenants add column more integer;");
    const other = await openClient(url);
    await other.query("begin; select 1 from tenants");
    const migrating = migrateHere({ ...QUICK, pausesMs: Array(50).fill(100) });
    await expect.poll(() => lines).toContainEqual(expect.stringContaining("Trying again in 0.1 s."));
    await db.query("set lock_timeout = '5s'; select 1 from tenants");
    await other.query("commit");
    expect(await migrating).toBe(1);
    await other.end();
  });

  it("says who holds a lock that does not go, in what state, and what to do", async () => {
    await migrateHere();
    addMigration(
      "9000_column",
      "create table before (id integer);--> statement-breakpoint\nalter table tenants add column more integer;",
    );
    const other = await openClient(`${url}?application_name=somebody`);
    await other.query("begin; select 1 from tenants");
    const pid = (await other.query("select pg_backend_pid() as pid")).rows[0].pid;
    const blocker = new RegExp(
      `^Nothing was changed: in each of 3 tries, process ${pid} \\(role postgres, somebody, idle in transaction for \\d+ s\\) held a ` +
        `lock that the migration needs\\. Wait until it has ended, or end that in psql \\(select pg_terminate_backend\\(${pid}\\)\\)\\. ` +
        "Then run `npm run migrate` again\\.$",
    );
    await expect(migrateHere()).rejects.toThrow(blocker);
    expect(await scalar("select to_regclass('before')")).toBeNull();
    await db.query("select pg_terminate_backend($1)", [pid]);
    expect(await migrateHere()).toBe(1);
    await other.end();
  });

  it("waits for another one, and does then what that has left to do", async () => {
    await migrateHere();
    addMigration("9000_slow", "select pg_sleep(1);");
    expect((await Promise.all([migrateHere(), migrateHere()])).sort()).toEqual([0, 1]);
    expect(lines).toContain("Waiting for another `npm run migrate` of this database to end.");
  });
});

describe("a migration that builds an index CONCURRENTLY", () => {
  const CREATE = 'CREATE INDEX CONCURRENTLY "tenants_name_index" ON "tenants" USING btree ("name");';
  const SESSIONS = `select count(*)::int from pg_stat_activity
    where datname = current_database() and application_name = 'npm run migrate'`;
  const VALID = "select indisvalid from pg_index where indexrelid = to_regclass('tenants_name_index')";

  /** Starts `npm run migrate` in the clone, and kills it as soon as the index is being built, which waits for `other`. */
  async function killAtBuilding(other: pg.Client): Promise<void> {
    await other.query("begin; lock table tenants in row exclusive mode");
    const child: ChildProcess = spawn(process.execPath, MIGRATE, {
      cwd: clone,
      env: { PATH: process.env.PATH, DATABASE_URL: url },
      stdio: "ignore",
    });
    const exited = once(child, "exit");
    await expect.poll(() => scalar(VALID)).toBe(false);
    child.kill("SIGKILL");
    await exited;
    // Postgres notices that it is gone within a second, and ends the statement.
    await expect.poll(() => scalar(SESSIONS)).toBe(0);
  }

  it("comes after the others and the functions, and is recorded once it is built", async () => {
    await migrateHere();
    addMigration("9000_index", CREATE);
    addMigration("9001_table", "create table later (id integer);");
    const more = "create or replace function public.one_more() returns integer language sql as $$ select 1 $$;";
    writeFileSync(join(clone, "migrations/functions/one_more.sql"), more);
    await migrateHere();
    expect(lines.slice(-3)).toEqual([
      expect.stringMatching(/^Applied the migration of /),
      "Applied the SQL functions.",
      expect.stringMatching(/^Applied the migration of /),
    ]);
    expect(await scalar(VALID)).toBe(true);
    expect(await migrateHere()).toBe(0);
  });

  it("is continued after a kill: the invalid index that was left is dropped and built again", async () => {
    await migrateHere();
    addMigration("9000_index", CREATE);
    const other = await openClient(url);
    await killAtBuilding(other);
    const migrating = migrateHere();
    await other.query("commit");
    expect(await migrating).toBe(1);
    expect(lines).toContain('The index "tenants_name_index" was left unfinished. It is dropped and built again.');
    expect(await scalar(VALID)).toBe(true);
    expect(await migrateHere()).toBe(0);
    await other.end();
  });

  it("takes an index that is built already as it is, and one that is dropped already as dropped", async () => {
    await migrateHere();
    await db.query(CREATE);
    const before = await scalar("select 'tenants_name_index'::regclass::oid");
    addMigration("9000_index", `${CREATE}--> statement-breakpoint\nDROP INDEX CONCURRENTLY "nowhere_index";`);
    expect(await migrateHere()).toBe(1);
    expect(await scalar("select 'tenants_name_index'::regclass::oid")).toEqual(before);
  });

  it("does not wait for ever, and names whom it waits for", async () => {
    await migrateHere();
    addMigration("9000_index", CREATE);
    const other = await openClient(url);
    await other.query("begin; lock table tenants in row exclusive mode");
    const { pid } = (await other.query("select pg_backend_pid() as pid")).rows[0];
    await expect(migrateHere({ ...QUICK, concurrentLockTimeoutMs: 500 })).rejects.toThrow(
      new RegExp(
        `is not complete, the others are\\. It waited for process ${pid} .*idle in transaction.*pg_terminate_backend`,
      ),
    );
    expect(lines).toContainEqual(expect.stringContaining(`Waiting for process ${pid} `));
    await other.end();
    await expect.poll(() => migrateHere()).toBe(1);
    expect(await scalar(VALID)).toBe(true);
  });

  it("is refused when the same migration changes a table, too", async () => {
    addMigration("9000_both", `${CREATE}--> statement-breakpoint\ncreate table later (id integer);`);
    await expect(migrateHere()).rejects.toThrow(/creates or drops an index CONCURRENTLY and does something else, too/);
    expect(await scalar("select to_regclass('tenants')")).toBeNull();
  });
});

describe("a database from before the first release", () => {
  const OLD = gunzipSync(readFileSync(join(root, "test/support/node/migrations-before-release.sql.gz")))
    .toString()
    .split("--> migration\n");

  /** Applies the first `count` of the 19 migrations that became the initial one, and records them as `npm run migrate` did. */
  async function migrateAsBefore(count = OLD.length): Promise<void> {
    await db.query(`create schema drizzle; create table drizzle.__drizzle_migrations (
      id serial primary key, hash text not null unique, created_at bigint)`);
    for (const text of OLD.slice(0, count)) {
      await db.query(text);
      const hash = createHash("sha256").update(text).digest("hex");
      await db.query("insert into drizzle.__drizzle_migrations (hash) values ($1)", [hash]);
    }
  }

  const recorded = async () => (await db.query("select hash from drizzle.__drizzle_migrations")).rows;
  const tenant = "insert into tenants (id, name) values (gen_random_uuid(), 'Here before')";

  it("is taken over as it is when it has all of the migrations: what it holds stays, and it is then as a new one", async () => {
    await migrateAsBefore();
    await db.query(tenant);
    expect(await migrateHere()).toBe(ALL);
    expect(lines).toContain(
      "The tables are those of the initial migration already, so they were taken over as they are.",
    );
    expect(await scalar("select name from tenants")).toBe("Here before");
    expect(await scalar("select count(*)::int from pg_constraint where not convalidated")).toBe(0);
    expect(await scalar("select to_regnamespace('workflow_runs_expected')")).toBeNull();
    expect(await recorded()).toHaveLength(ALL);
    expect(await migrateHere()).toBe(0);
  });

  it("is taken over after a restore, with tables of somebody else, and then gets the migrations that follow", async () => {
    await migrateAsBefore();
    await db.query(
      "create table of_somebody_else (id integer); alter table workflow_run_events alter epoch set default 7",
    );
    addMigration("9000_more", "create table more (id integer);");
    expect(await migrateHere()).toBe(ALL + 1);
    expect(await scalar("select to_regclass('more')::text")).toBe("more");
  });

  it.each([
    ["alter table users drop column had_api_key", "missing: column users.had_api_key boolean not null default false"],
    ["alter table users add mine text", "not known: column users.mine text"],
    ["alter table invites alter role type varchar(9)", "not known: column invites.role character varying(9)"],
    ["alter table invites alter expires_at drop not null", "not known: column invites.expires_at timestamp(3) with"],
    [
      "alter table workflow_definitions alter lease_seconds set default 60",
      "not known: column workflow_definitions.lease",
    ],
    ["alter table invites drop constraint invites_role_check", "missing: constraint invites.invites_role_check CHECK"],
    ["drop index workflow_runs_slot_key", "missing: CREATE UNIQUE INDEX workflow_runs_slot_key ON workflow_runs"],
    ["create index mine on users (role)", "not known: CREATE INDEX mine ON users"],
    [
      "drop trigger workflow_runs_delete_events on workflow_runs",
      "missing: CREATE TRIGGER workflow_runs_delete_events",
    ],
    ["alter table workflow_runs reset (autovacuum_vacuum_scale_factor)", "missing: table workflow_runs p autovacuum"],
    ["alter sequence workflow_run_queue cycle", "not known: sequence workflow_run_queue bigint"],
    ["drop table metric_counters", "missing: table metric_counters"],
    [
      "create or replace function search_query(p_tenant_id uuid, p_text text) returns tsquery language sql as 'select null::tsquery'",
      "not known: CREATE OR REPLACE FUNCTION search_query",
    ],
  ])("is refused with what differs after `%s`, and nothing is changed", async (change, difference) => {
    await migrateAsBefore();
    await db.query(`${tenant}; ${change}`);
    const refusal = await migrateHere().catch((error: unknown) => error);
    expect(String(refusal)).toMatch(/failed, so nothing was changed: the database differs from its tables\.\n/);
    expect(String(refusal).split("\n")).toContainEqual(expect.stringContaining(difference));
    expect(await scalar("select name from tenants")).toBe("Here before");
    expect(await recorded()).toHaveLength(OLD.length);
    expect(await scalar("select count(*)::int from pg_constraint where not convalidated")).toBe(2);
  });

  it.each([1, 12, 18])(
    "is told with which commit to migrate first when it has only %i of the migrations",
    async (some) => {
      await migrateAsBefore(some);
      const { code, output } = await runMigrate();
      expect([code, output]).toEqual([
        1,
        expect.stringMatching(/has only some of the migrations .* at commit 489a452, .*\.\n$/),
      ]);
      expect(await recorded()).toHaveLength(some);
    },
  );
});

describe("the connection string of npm run migrate", () => {
  const pooled = "postgres://owner:pass@ep-name-pooler.c-2.eu-central-1.aws.neon.tech/main?sslmode=require";
  const direct = "postgres://owner:pass@ep-name.c-2.eu-central-1.aws.neon.tech/main?sslmode=require";

  it("is DATABASE_URL without -pooler, or DIRECT_DATABASE_URL", () => {
    expect(readDirectUrl({ DATABASE_URL: pooled })).toBe(direct);
    expect(readDirectUrl({ DATABASE_URL: direct })).toBe(direct);
    expect(readDirectUrl({ DIRECT_DATABASE_URL: direct })).toBe(direct);
    expect(readDirectUrl({ DATABASE_URL: pooled, DIRECT_DATABASE_URL: direct })).toBe(direct);
    const elsewhere = "postgres://owner:pass@db.internal:5432/main";
    expect(
      readDirectUrl({ DATABASE_URL: "postgres://owner:pass@pool.internal/x", DIRECT_DATABASE_URL: elsewhere }),
    ).toBe(elsewhere);
  });

  it.each([
    [{}, "DATABASE_URL is not set"],
    [{ DIRECT_DATABASE_URL: "owner:pass@db/main" }, "DIRECT_DATABASE_URL is not a connection string"],
    [{ DIRECT_DATABASE_URL: pooled }, "leads to Neon's pooler"],
    [{ DATABASE_URL: pooled.replace("ep-name", "ep-branch"), DIRECT_DATABASE_URL: direct }, "different databases"],
  ])("is refused without being printed: %o", (vars, reason) => {
    expect(() => readDirectUrl(vars)).toThrow(reason);
    expect(() => readDirectUrl(vars)).not.toThrow(/owner|neon\.tech/);
  });
});
