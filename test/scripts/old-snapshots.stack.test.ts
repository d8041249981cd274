import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../../scripts/local/folders.ts";
import { type Postgres, startPostgres } from "../../scripts/local/postgres.ts";
import { migrate } from "../../scripts/migrate.ts";
import { openClient } from "../support/node/postgres-client.ts";
import { runScript } from "../support/node/run-script.ts";

let folder: string;
let postgres: Postgres;
let db: pg.Client;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "workflow-runs-snapshots-"));
  const options = { dataDir: join(folder, "postgres"), port: 0, persistent: true };
  postgres = await startPostgres(options);
  const admin = await openClient(postgres.url());
  await admin.query("alter system set max_prepared_transactions = 5");
  await admin.query("alter system set wal_level = 'logical'");
  await admin.end();
  await postgres.stop();
  postgres = await startPostgres(options);
  await migrate({ directUrl: postgres.url(), log: () => {} });
  db = await openClient(postgres.url());
});

afterAll(async () => {
  await db.end();
  await postgres.stop();
  rmSync(postgres.dataDir, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
});

/** What the doctor says about old snapshots. */
async function examine(url = postgres.url()): Promise<string[]> {
  const { output } = await runScript("doctor.ts", { DATABASE_URL: url });
  const lines = output.split("\n");
  return lines.flatMap((line, at) => (line.includes("old snapshots") ? [`${line}${lines[at + 1] ?? ""}`] : []));
}

/** Sessions cannot be back-dated, so the threshold of the function is moved. */
async function setThreshold(seconds: number): Promise<void> {
  const { rows } = await db.query("select pg_get_functiondef('public.old_snapshots'::regproc) as text");
  await db.query(rows[0].text.replace(/DEFAULT \d+/, `DEFAULT ${seconds}`));
}

describe("the doctor", () => {
  it("names a session with an old snapshot, a prepared transaction, and a replication slot, and not young ones", async () => {
    const open = await openClient(`${postgres.url()}?application_name=somebody`);
    await open.query("begin isolation level repeatable read; select 1 from tenants");
    const { rows } = await open.query("select pg_backend_pid() as pid");
    const prepared = await openClient(postgres.url());
    // Before the other: a slot waits at its creation for the end of all transactions that change something.
    await prepared.query("select pg_create_logical_replication_slot('left_over', 'test_decoding')");
    await prepared.query("begin; select pg_current_xact_id()");
    await prepared.query("prepare transaction 'left over'");
    expect(await examine()).toEqual([expect.stringMatching(/^✓ old snapshots {4}None\./)]);

    await setThreshold(0);
    const found = await examine();
    expect(found).toHaveLength(3);
    for (const line of [
      `✗ old snapshots    Process ${rows[0].pid} \\(role postgres, somebody, idle in transaction\\) has kept a snapshot open for ` +
        `\\d+ s, which slows every request\\. +→ End it in psql: select pg_terminate_backend\\(${rows[0].pid}\\)\\.`,
      '✗ old snapshots    The prepared transaction "left over" \\(role postgres\\) has kept a snapshot open for \\d+ s',
      '✗ old snapshots    The replication "left_over" \\(inactive\\) has kept a snapshot open for \\d+ s',
    ]) {
      expect(found).toContainEqual(expect.stringMatching(new RegExp(`^${line}`)));
    }
    await open.end();
    await prepared.query("rollback prepared 'left over'");
    await prepared.query("select pg_drop_replication_slot('left_over')");
    await prepared.end();
    expect(await examine()).toEqual([expect.stringMatching(/^✓/)]);
  });

  it("ignores a session that has no snapshot: an idle one, and a transaction that only begins", async () => {
    await setThreshold(0);
    const idle = await openClient(postgres.url());
    await idle.query("begin; select 1");
    expect(await examine()).toEqual([expect.stringMatching(/^✓/)]);
    await idle.end();
  });

  it("names a slot that is in use only if events are older than the threshold and younger than its snapshot", async () => {
    await setThreshold(0);
    const happen = () =>
      db.query("insert into workflow_run_events (tenant_id, type) values (gen_random_uuid(), 'ENDPOINT_DISABLED')");
    await happen();
    await db.query("select pg_create_logical_replication_slot('in_use', 'test_decoding')");
    // `replication` is an option of pg that its types lack.
    const reader = new pg.Client({ connectionString: postgres.url(), ...{ replication: "database" } });
    reader.on("error", () => {});
    await reader.connect();
    reader.query("START_REPLICATION SLOT in_use LOGICAL 0/0").catch(() => {});
    const isActive = async () => (await db.query("select active from pg_replication_slots")).rows[0]?.active;
    await expect.poll(isActive).toBe(true);
    expect(await examine()).toEqual([expect.stringMatching(/^✓/)]);
    await happen();
    expect(await examine()).toEqual([
      expect.stringMatching(/^✗ .*The replication "in_use" \(active\) has kept a snapshot open for more than a minute/),
    ]);
    await db.query("select pg_terminate_backend(active_pid) from pg_replication_slots");
    await expect.poll(isActive).toBe(false);
    await db.query("select pg_drop_replication_slot('in_use')");
  });

  it("says that its role does not see the sessions of others", async () => {
    await db.query(`create role worker login password 'worker' in role pg_read_all_data;
      grant execute on all functions in schema public to worker`);
    expect(await examine(postgres.url().replace("postgres:postgres@", "worker:worker@"))).toEqual([
      expect.stringMatching(/^! old snapshots .*does not see those of other roles\..*grant pg_monitor/),
    ]);
  });
});

describe("docs/operations.md", () => {
  it("limits the transactions of people's roles by commands that work as they are", async () => {
    const [, section = ""] = readFileSync(join(root, "docs/operations.md"), "utf8").split("### Long transactions\n");
    const [, block = ""] = /^```sql\n(.*?)^```$/ms.exec(section) ?? [];
    await db.query(block.replace("<password>", "secret"));
    const ana = await openClient(postgres.url().replace("postgres:postgres@", "ana:secret@"));
    const show = async (name: string) => (await ana.query(`show ${name}`)).rows[0][name];
    expect(await show("idle_in_transaction_session_timeout")).toBe("1min");
    expect(await show("transaction_timeout")).toBe("5min");
    await ana.query(
      "set idle_in_transaction_session_timeout = 100; begin isolation level repeatable read; select 1 from tenants",
    );
    await expect
      .poll(
        () =>
          ana.query("select 1").then(
            () => "alive",
            () => "ended",
          ),
        { interval: 300 },
      )
      .toBe("ended");
  });
});
