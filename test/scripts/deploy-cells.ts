/** What `npm run deploy` and the other scripts do with cells: two databases, and a stand-in for wrangler. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { Stack } from "../../scripts/local/browser.ts";
import { requireEnvironment, requireOwnDomains } from "../../scripts/local/cell-environment.ts";
import { readCells } from "../../scripts/local/cells.ts";
import { DEMO } from "../../scripts/local/demo.ts";
import { root } from "../../scripts/local/folders.ts";
import { exampleVars } from "../../scripts/local/stack.ts";
import { withClient } from "../support/node/postgres-client.ts";
import { runScript } from "../support/node/run-script.ts";
import { makeStandIn, type StandIn } from "../support/node/stand-in-wrangler.ts";

/** Each of these tests starts several processes, some of which load wrangler. */
const PATIENCE_MS = 240_000;

const BINDINGS = ["HUB", "REGISTER", "ADDRESS_LIMITER", "FAILURE_LIMITER", "CALLER_LIMITER"];

/** One stack serves both cells. Only their URLs differ. */
export function describeDeployment(stack: () => Stack): void {
  let wrangler: StandIn;
  let folder: string;
  let file: string;
  let env: Record<string, string>;
  let databases = 0;
  let cells: { name: string; url: string }[];

  const write = (content: unknown) => writeFileSync(file, JSON.stringify(content));
  const deployed = () => wrangler.calls();
  const deploy = (options: string, more: Record<string, string> = {}) =>
    runScript(`deploy.ts ${options}`.trim(), { ...env, ...more });

  async function onServer(url: string, statement: string): Promise<void> {
    await withClient(url, (client) => client.query(statement));
  }

  /** Creates an empty database, which the cell eu1 gets. */
  async function newDatabase(): Promise<string> {
    const url = new URL(stack().postgresUrl);
    url.pathname = `/cell_${++databases}`;
    await onServer(stack().postgresUrl, `create database cell_${databases}`);
    env.EU1_DATABASE_URL = url.href;
    return url.href;
  }

  beforeAll(() => {
    wrangler = makeStandIn();
    folder = wrangler.folder;
    file = join(folder, "cells.json");
  });
  afterAll(() => wrangler.remove());

  beforeEach(() => {
    wrangler.forget();
    cells = ["one", "eu1"].map((name, index) => ({
      ...{ name, url: `${stack().url}${index === 0 ? "" : "/eu1"}`, ...(index === 0 && { env: "" }) },
      secrets: { DATABASE_URL: `${name.toUpperCase()}_DATABASE_URL`, API_KEY: `${name.toUpperCase()}_API_KEY` },
    }));
    write({ cells });
    env = {
      ...{ ...wrangler.env, CELLS_FILE: file },
      ...{ ONE_DATABASE_URL: stack().postgresUrl, ONE_API_KEY: DEMO.owner.key, EU1_API_KEY: DEMO.owner.key },
    };
  });

  const calls = () => {
    const CELLS = cells.map(({ name, url }) => `${name}=${url}`).join(",");
    return ["", "eu1"].map((name) => `deploy .local/deploy/worker.js --no-bundle --env=${name} --var CELLS:${CELLS}`);
  };

  it(
    "migrates every cell before it deploys any, and tests the first one before the others",
    async () => {
      await newDatabase();
      const { code, output } = await deploy("--all");
      const order = [
        ...["one, http", "The database is up to date", "eu1, http", "Applied the SQL functions", "deploying with"],
        ...["✓ a run", "Nothing is wrong", "deploying with", "✓ a run", "All cells are migrated, deployed and tested"],
      ];
      expect([code, output]).toEqual([0, expect.stringMatching(new RegExp(order.join("[\\s\\S]*")))]);
      expect(deployed()).toEqual(calls());

      const tenant = await runScript("create-tenant.ts --name Acme --email owner@acme.example --cell eu1", env);
      expect([tenant.code, tenant.output]).toEqual([0, expect.stringMatching(/: wr_eu1_[0-9A-Za-z]{49}\n$/)]);
      const doctor = await runScript("doctor.ts --cell eu1", env);
      expect(doctor.output).toMatch(/^\neu1, http[\s\S]*✓ migrations +Up to date/);
      const [tenantId] = /(?<=\()[0-9a-f-]{36}/.exec(tenant.output) ?? [];
      const limits = await runScript(`set-limits.ts --tenant ${tenantId} --limits large --cell eu1`, env);
      expect(limits).toEqual({ code: 0, output: expect.stringContaining('"Acme" has the limits "large" now') });
    },
    PATIENCE_MS,
  );

  it(
    "has scripts that work on the database of each cell, one after another, or of one cell",
    async () => {
      await newDatabase();
      expect((await runScript("migrate.ts --cell eu1", env)).code).toBe(0);
      const ofKeys = cells.map((cell, index) => ({
        ...cell,
        secrets: { DATABASE_URL: ["ONE_DATABASE_URL", "EU1_DATABASE_URL"][index], ENCRYPTION_KEY: "KEYS" },
      }));
      write({ cells: ofKeys });
      const { ENCRYPTION_KEY: KEYS = "" } = exampleVars();
      for (const [command, sentence] of [
        ["pause-sweep.ts --all", "Paused\\."],
        ["pause-sweep.ts --resume --all", "Resumed\\."],
        ["reencrypt-secrets.ts --all", 'All secrets are encrypted with the key "local"'],
      ] as const) {
        const { code, output } = await runScript(command, { ...env, KEYS });
        const each = new RegExp(`^\\none, http.*\\n${sentence}.*\\n\\neu1, http.*\\n${sentence}.*\\n$`);
        expect([command, code, output]).toEqual([command, 0, expect.stringMatching(each)]);
      }
      expect((await runScript("pause-sweep.ts --cell eu1", env)).output).toMatch(/^Paused\./);
      expect((await runScript("pause-sweep.ts --resume --cell one", env)).output).toBe("The sweep is not paused.\n");
    },
    PATIENCE_MS,
  );

  it(
    "deploys to none when a migration fails in one, and says which cell is where",
    async () => {
      await onServer(await newDatabase(), "create table tenants (id integer)");
      const { code, output } = await deploy("--all");
      expect([code, deployed()]).toEqual([1, []]);
      expect(output).toMatch(/failed, so nothing was changed: relation "tenants" already exists\n/);
      expect(output).toMatch(
        /^ {2}one {2}migrated, its Worker is that of before\n {2}eu1 {2}not migrated, nor deployed\nNo cell was/m,
      );
    },
    PATIENCE_MS,
  );

  it(
    "does not deploy to a cell whose database is behind, and says what to do",
    async () => {
      await newDatabase();
      const { code, output } = await deploy("--cell eu1");
      expect([code, deployed()]).toEqual([1, []]);
      expect(output).toMatch(/^The database of eu1 is behind[\s\S]*npm run migrate -- --cell eu1/m);
      expect(await deploy("--cell one --tag v9")).toEqual({
        code: 0,
        output: expect.stringContaining("smoke -- --cell one"),
      });
      expect(deployed()).toEqual([`${calls()[0]} --tag v9`]);
      wrangler.forget();
      expect((await deploy("--cell one --at-once")).code).toBe(0);
      expect(deployed()).toEqual([`${calls()[0]} --durable-objects-code-update-mode immediate`]);
      await onServer(stack().postgresUrl, "update drizzle.sql_functions set hash = 'x' || hash");
      const changed = await deploy("--cell one");
      await onServer(stack().postgresUrl, "update drizzle.sql_functions set hash = substr(hash, 2)");
      expect([changed.code, changed.output]).toEqual([
        1,
        expect.stringContaining("functions are those of another version"),
      ]);
    },
    PATIENCE_MS,
  );

  it(
    "stops after the first cell when its deployment or its smoke test fails",
    async () => {
      await newDatabase();
      const failed = await deploy("--all", { WRANGLER_EXIT: "3" });
      expect([failed.code, deployed().length]).toEqual([1, 1]);
      expect(failed.output).toMatch(
        /wrangler deploy ended with 3[\s\S]* {2}one {2}migrated, its Worker is that of before\n/,
      );
      const untested = await deploy("--all", { ONE_API_KEY: "wr_wrong" });
      expect([untested.code, deployed().length]).toEqual([1, 2]);
      expect(untested.output).toMatch(
        / {2}one {2}migrated and deployed, and its smoke test fails\n {2}eu1 {2}migrated, its Worker is that of before\n[\s\S]*rollback --env="" --durable-objects-code-update-mode immediate`/,
      );
      expect(untested.output).not.toContain(DEMO.owner.key);
    },
    PATIENCE_MS,
  );

  it(
    "refuses a choice that is not clear, before anything is done",
    async () => {
      const twice = { ...env, EU1_DATABASE_URL: env.ONE_DATABASE_URL ?? "" };
      const refusals = [
        ["deploy.ts", env, "cells.json names cells: say which one"],
        ["deploy.ts --env eu1", env, "That is the cell eu1: say --cell eu1."],
        ["deploy.ts --check --env=", env, "That is the cell one: say --cell one."],
        ["deploy.ts --all", env, "EU1_DATABASE_URL is not set, and cells.json names it as DATABASE_URL of eu1."],
        ["deploy.ts --all --secrets-file x", twice, "is of a single cell"],
        ["deploy.ts --cell one --name x", env, "Leave out --name"],
        ["migrate.ts --all", twice, "eu1 and one have the same database"],
        ["migrate.ts --cell two", env, "cells.json has no such cell. It has one, eu1."],
        ["smoke.ts --cell one --all", env, "either --cell NAME or --all"],
        ["create-tenant.ts --name A --email a@b.example", env, "say in which one"],
        ["create-tenant.ts --name A --email a@b.example --all", env, "say in which one"],
        ["set-limits.ts --tenant 01920000-0000-7000-8000-000000000001 --limits large", env, "say in which one"],
        ["reencrypt-secrets.ts --all", env, "cells.json does not name the variable that has ENCRYPTION_KEY of one."],
        ["pause-sweep.ts --cell two", env, "cells.json has no such cell. It has one, eu1."],
        ["doctor.ts --all", { CELLS_FILE: join(folder, "none.json") }, "There is no "],
      ] as const;
      const ended = await Promise.all(refusals.map(([command, settings]) => runScript(command, settings)));
      for (const [index, [command, , sentence]] of refusals.entries()) {
        expect([command, ended[index]]).toEqual([command, { code: 1, output: expect.stringContaining(sentence) }]);
      }
      expect(deployed()).toEqual([]);
    },
    PATIENCE_MS,
  );

  it(
    "is as before without cells, and for a Worker that is none: wrangler gets all options",
    async () => {
      expect((await deploy("--secrets-file x", { CELLS_FILE: join(folder, "none.json") })).code).toBe(0);
      expect((await deploy("--env staging --secrets-file x")).code).toBe(0);
      expect(deployed()).toEqual(
        ["--env=", "--env staging"].map(
          (option) => `deploy .local/deploy/worker.js --no-bundle ${option} --secrets-file x`,
        ),
      );
    },
    PATIENCE_MS,
  );

  it("names each fault of cells.json, and of the cell's environment in wrangler.toml, and never a secret", () => {
    const [one, eu1] = cells;
    const password = "postgres://owner:hunter2@db.example/main";
    write({
      cells: [
        { ...one, name: "One", url: "http://runs.example.com" },
        { ...eu1, secrets: { DATABASE_URL: password }, x: 1 },
      ],
    });
    expect(() => readCells(file)).toThrow(
      /cells\.0\.name: must be three [\s\S]*cells\.0\.url: must be the https[\s\S]*cells\.1\.secrets\.DATABASE_URL: must be the name of/,
    );
    expect(() => readCells(file)).not.toThrow("hunter2");
    write({ cells: [one, { ...one, name: "two" }] });
    expect(() => readCells(file)).toThrow(/cells\.1\.url: is that of another cell, too\n.*cells\.1\.env: is that/);
    const example = /```json\n([\s\S]+?)```/.exec(readFileSync(join(root, "docs/scale.md"), "utf8"))?.[1] ?? "";
    write(JSON.parse(example));
    expect(readCells(file)?.map(({ name, env }) => [name, env])).toEqual([
      ["one", ""],
      ["eu1", "eu1"],
    ]);
    for (const [changed, fault] of [
      [{ ...eu1, name: "eu2" }, 'No environment found in configuration with name "eu2"'],
      [{ ...eu1, name: "eu2", env: "eu1" }, "CELL is eu1 in its vars, and cells.json says eu2"],
      [{ ...eu1, url: "https://eu1.example.com" }, "its routes lack eu1.example.com"],
    ] as const) {
      write({ cells: [changed] });
      for (const cell of readCells(file) ?? []) expect(() => requireEnvironment(cell)).toThrow(fault);
    }
  });

  it("gives a domain to one environment alone: the others do not inherit that of production, or nothing is deployed", () => {
    const toml = join(folder, "wrangler.toml");
    const own = readFileSync(join(root, "wrangler.toml"), "utf8");
    const withDomain = own.replace("# routes = [{", "routes = [{");
    expect(withDomain).not.toBe(own);
    writeFileSync(toml, withDomain);
    expect(() => requireOwnDomains(toml)).not.toThrow();

    writeFileSync(toml, withDomain.replace("[env.staging]\nworkers_dev = true\nroutes = []", "[env.staging]"));
    expect(() => requireOwnDomains(toml)).toThrow(
      /gives runs\.example\.com to the top level and to \[env\.staging\].*set its own, or `routes = \[\]`/,
    );
    const paths = 'routes = ["runs.example.com/v1/*", "runs.example.com/app/*"]';
    writeFileSync(toml, withDomain.replace(/^routes = \[\{.+$/m, paths));
    expect(() => requireOwnDomains(toml)).not.toThrow();
    const [domain] = /^routes = \[\{.+$/m.exec(withDomain) ?? [];
    writeFileSync(toml, own.replaceAll("routes = []", domain ?? ""));
    expect(() => requireOwnDomains(toml)).toThrow(/gives runs\.example\.com to \[env\.eu1\] and to \[env\.staging\]/);
  });

  it(
    "builds each environment of wrangler.toml, with all its bindings: wrangler deploy --dry-run",
    async () => {
      const toml = readFileSync(join(root, "wrangler.toml"), "utf8");
      const [one, eu1] = cells.map((cell, index) => ({
        ...cell,
        url: `https://workflow-runs-${index}.acme.workers.dev`,
      }));
      write({ cells: [one, eu1] });
      const real = { CELLS_FILE: file, PATH: process.env.PATH ?? "", NO_COLOR: "1" };
      const ofCells = await runScript("deploy.ts --all --dry-run", real);
      const staging = await runScript("deploy.ts --dry-run --env staging", {
        ...real,
        CELLS_FILE: join(folder, "none"),
      });
      const outputs = ofCells.output.split("--dry-run: exiting now.").slice(0, -1);
      outputs.push(staging.output);
      expect(outputs).toHaveLength(1 + [...toml.matchAll(/^\[env\.\w+\]$/gm)].length);
      for (const output of outputs)
        for (const name of BINDINGS) expect(output).toMatch(new RegExp(`env\\.${name} \\(`));
      const [, second] = outputs;
      expect(second).toMatch(/env\.CELL \("eu1"\)[\s\S]*env\.HUB_LOCATION \("weur"\)[\s\S]*env\.CELLS /);
    },
    PATIENCE_MS,
  );
}
