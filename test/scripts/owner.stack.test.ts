/**
 * The owner of a database at Neon is no superuser: it may make roles and databases, and hand `pg_monitor` on, but none of the other roles
 * that Postgres has built in (compute_tools/src/migrations of neondatabase/neon).
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../../scripts/local/folders.ts";
import { type Postgres, startPostgres } from "../../scripts/local/postgres.ts";
import { withClient } from "../support/node/postgres-client.ts";
import { runScript } from "../support/node/run-script.ts";

const TENANT = "create-tenant.ts --name Acme --email owner@acme.example";

let folder: string;
let postgres: Postgres;

/** The connection string of a role whose password is its name. */
function as(role: string): string {
  const url = new URL(postgres.url("main"));
  url.username = role;
  url.password = role;
  return url.href;
}

const read = (role: string, statement: string) =>
  withClient(as(role), async (client) => (await client.query(statement)).rows);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "workflow-runs-owner-"));
  postgres = await startPostgres({ dataDir: join(folder, "postgres"), port: 0, persistent: false });
  await withClient(postgres.url(), async (admin) => {
    await admin.query("create role owner login createdb createrole password 'owner'");
    await admin.query("grant pg_monitor to owner with admin option");
    await admin.query("create database main owner owner");
  });
});

afterAll(async () => {
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe("the owner of a database who is no superuser", () => {
  it("runs every script of an operator", async () => {
    const env = { DATABASE_URL: as("owner") };
    for (const command of ["migrate.ts", TENANT, "pause-sweep.ts", "pause-sweep.ts --resume", "doctor.ts"]) {
      const { output } = await runScript(command, env);
      expect(`${command}: ${output}`).not.toMatch(/permission denied|must be (owner|superuser)|ADMIN option/i);
    }
    const { output } = await runScript("doctor.ts", env);
    expect(output).toMatch(/^✓ old snapshots {4}None\./m);
    const [{ tenants }] = await read("owner", "select count(*)::int as tenants from tenants");
    expect(tenants).toBe(1);
  });

  it("makes the roles of docs/operations.md by its commands, as they are", async () => {
    const text = readFileSync(join(root, "docs/operations.md"), "utf8");
    const blocks = [...text.matchAll(/^```sql\n(.*?)^```$/gms)].map(([, block = ""]) => block);
    const [, grant = ""] = /only after `(grant \w+ to workflow_runs_worker)`/.exec(text) ?? [];
    expect(blocks).toHaveLength(2);
    await withClient(as("owner"), async (owner) => {
      for (const statement of [...blocks, grant])
        await owner.query(statement.replace(/role (\w+) login password '<password>'/, "role $1 login password '$1'"));
      await owner.query("create table made_later (id int)");
    });
    expect(
      await read("ana", "select count(*)::int from tenants union all select count(*)::int from made_later"),
    ).toEqual([{ count: 1 }, { count: 0 }]);
    await expect(read("ana", "delete from tenants")).rejects.toThrow("permission denied");
    const worker = "workflow_runs_worker";
    expect(await read(worker, "select pg_has_role('pg_read_all_stats', 'usage') as sees_all")).toEqual([
      { sees_all: true },
    ]);
    await expect(read(worker, "delete from audit_events")).rejects.toThrow("permission denied");
    expect(await read(worker, "delete from workflow_runs returning id")).toEqual([]);
  });

  it("goes back to an earlier point by the steps of docs/operations.md, with databases in place of branches", async () => {
    const script = (command: string, DATABASE_URL = as("owner")) => runScript(command, { DATABASE_URL });
    const child = as("owner").replace(/main$/, "child");
    const server = (statement: string) =>
      withClient(as("owner").replace(/main$/, "postgres"), (owner) => owner.query(statement));
    await script("pause-sweep.ts");
    await server("create database child template main");
    await read("owner", "insert into tenants (id, name) values (gen_random_uuid(), 'after the point')");
    for (const step of ["migrate.ts", "pause-sweep.ts"]) expect((await script(step, child)).code).toBe(0);
    await withClient(child, (owner) => owner.query("select public.raise_event_epoch()"));

    await server("alter database main rename to before_the_restore");
    await server("alter database child rename to main");
    expect((await script("doctor.ts")).output).toMatch(/paused/);
    expect((await script("pause-sweep.ts --resume")).output).not.toContain("is not paused");
    expect(await read("owner", "select name from tenants")).toEqual([{ name: "Acme" }]);
    // The number of the next epoch tells that the second one had begun in the child.
    expect(await read("owner", "select public.raise_event_epoch() as epoch")).toEqual([{ epoch: 3 }]);
  });
});
