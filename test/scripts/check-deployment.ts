/** What `npm run deploy -- --check` finds before a deployment, in a stack's database, with a stand-in for wrangler. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { Stack } from "../../scripts/local/browser.ts";
import { findSharedLimits, readEnvironment } from "../../scripts/local/cell-environment.ts";
import { withClient } from "../support/node/postgres-client.ts";
import { runScript } from "../support/node/run-script.ts";
import { makeStandIn, type StandIn } from "../support/node/stand-in-wrangler.ts";

const PATIENCE_MS = 120_000;
const ACCOUNT = { loggedIn: true, accounts: [{ id: "a1", name: "Acme" }] };
const names = (...list: string[]) => JSON.stringify(list.map((name) => ({ name, type: "secret_text" })));

export function describeCheck(stack: () => Stack): void {
  let wrangler: StandIn;
  let env: Record<string, string>;

  const secrets = () => ({
    DATABASE_URL: stack().postgresUrl,
    ENCRYPTION_KEY: `k1:${btoa("0123456789abcdef0123456789abcdef")}`,
    RUN_TOKEN_SECRET: `k1:${"r".repeat(40)}`,
    SESSION_SECRET: `k1:${"s".repeat(40)}`,
    PUBLIC_URL: "https://workflow-runs.acme.workers.dev",
    HUB_LOCATION: "weur",
  });
  const write = (content: object) => {
    const file = join(wrangler.folder, "secrets.json");
    writeFileSync(file, JSON.stringify(content));
    return `--secrets-file ${file}`;
  };
  const check = (options: string, more: Record<string, string> = {}) =>
    runScript(`deploy.ts --check ${options}`.trim(), { ...env, ...more });

  beforeAll(async () => {
    wrangler = makeStandIn();
    env = {
      ...{ ...wrangler.env, CELLS_FILE: join(wrangler.folder, "none.json"), WHOAMI: JSON.stringify(ACCOUNT) },
      ...{ SECRETS: names("DATABASE_URL", "ENCRYPTION_KEY", "RUN_TOKEN_SECRET", "PUBLIC_URL", "HUB_LOCATION") },
    };
    await withClient(stack().postgresUrl, (client) => client.query("create database check_empty"));
  });
  afterAll(() => wrangler.remove());
  beforeEach(() => wrangler.forget());

  it(
    "finds nothing missing when all is there, and calls wrangler only to ask",
    async () => {
      const first = await check(write(secrets()));
      expect([first.code, first.output]).toEqual([
        0,
        expect.stringContaining("Nothing is missing that can be known before."),
      ]);
      for (const subject of ["limits", "account", "secrets", "domain", "hub location", "database", "migrations"])
        expect(first.output).toMatch(new RegExp(`^✓ ${subject} `, "m"));
      // Its role owns the tables here, and no bucket is bound.
      expect(first.output.match(/^! .*/gm)).toEqual([
        expect.stringMatching(/^! bucket +None is bound/),
        expect.stringMatching(/^! role +\w+ can change the audit log/),
      ]);
      const later = await check("", { DATABASE_URL: stack().postgresUrl });
      expect([later.code, later.output]).toEqual([
        0,
        expect.stringMatching(/✓ secrets +The Worker has all that it needs/),
      ]);
      expect(later.output).toMatch(/^✓ hub location +The Worker has one\./m);
      expect(wrangler.calls()).toEqual(["whoami --json", "whoami --json", "secret list --env="]);
    },
    PATIENCE_MS,
  );

  it(
    "names all that is missing, with what to do, and ends with 1",
    async () => {
      const { RUN_TOKEN_SECRET: _, ...others } = secrets();
      const wrong = { ...others, ENCRYPTION_KEY: "k1:hunter2", PUBLIC_URL: "https://runs.example.com" };
      const broken = await check(write(wrong), { WRANGLER_EXIT: "1", WRANGLER_FAILS: "whoami" });
      expect(broken.code).toBe(1);
      expect(broken.output).toMatch(/✗ account +wrangler is not signed in.*\n +→ .*CLOUDFLARE_API_TOKEN/);
      expect(broken.output).toMatch(/✗ secrets +Missing or wrong: ENCRYPTION_KEY, RUN_TOKEN_SECRET/);
      expect(broken.output).toMatch(/✗ domain +PUBLIC_URL is at runs\.example\.com, and no route/);
      expect(broken.output).toMatch(/Missing: 3\. Nothing was changed\.\n$/);
      expect(broken.output).not.toContain("hunter2");

      const none = { WRANGLER_EXIT: "1", WRANGLER_FAILS: "secret list" };
      const two = JSON.stringify({ ...ACCOUNT, accounts: [...ACCOUNT.accounts, { id: "a2", name: "Other" }] });
      const empty = stack().postgresUrl.replace(/\/[^/]+$/, "/check_empty");
      for (const [options, more, finding] of [
        ["", { DATABASE_URL: empty }, /✗ migrations +\d+ to be applied\.\n +→ `npm run migrate`/],
        ["", {}, /✗ database +Not looked at: DATABASE_URL is not set here/],
        ["", { DATABASE_URL: "postgres://o:hunter2@127.0.0.1:9/none" }, /✗ database +Does not answer/],
        ["--env staging", none, /✗ secrets +The Worker does not exist yet.*\n +→ Add --secrets-file/],
        [
          "",
          { SECRETS: names("DATABASE_URL") },
          /✗ secrets +The Worker lacks ENCRYPTION_KEY, RUN_TOKEN_SECRET, PUBLIC_URL/,
        ],
        ["", { WHOAMI: two }, /✗ account +The sign-in reaches 2 accounts\.\n +→ Set CLOUDFLARE_ACCOUNT_ID/],
        ["", { CLOUDFLARE_ACCOUNT_ID: "a9" }, /✗ account +wrangler's sign-in does not reach the account a9/],
        ["--secrets-file nowhere.json", {}, /✗ secrets +There is no file nowhere\.json/],
        ["--tag v9", {}, /^Unknown option '--tag'/],
      ] as const) {
        const { code, output } = await check(options, more);
        expect([options, code, output]).toEqual([options, 1, expect.stringMatching(finding)]);
        expect(output).not.toContain("hunter2");
      }
      expect(wrangler.calls().filter((call) => !/^(whoami|secret list)/.test(call))).toEqual([]);
    },
    PATIENCE_MS,
  );

  it(
    "knows what the role of the Worker lacks, and that it cannot change the audit log",
    async () => {
      const url = new URL(stack().postgresUrl);
      await withClient(stack().postgresUrl, async (client) => {
        await client.query("create role check_worker login password 'w'");
        await client.query("grant select, insert, update, delete on all tables in schema public to check_worker");
        await client.query("revoke update, delete, truncate on audit_events from check_worker");
      });
      Object.assign(url, { username: "check_worker", password: "w" });
      const worker = write({ ...secrets(), DATABASE_URL: url.href });
      const complete = await check(worker, { DATABASE_URL: stack().postgresUrl });
      expect([complete.code, complete.output]).toEqual([
        0,
        expect.stringMatching(/✓ role +check_worker has what the Worker needs.*\n✓ migrations /),
      ]);
      await withClient(stack().postgresUrl, (client) => client.query("revoke insert on tenants from check_worker"));
      const { code, output } = await check(worker, { DATABASE_URL: stack().postgresUrl });
      expect([code, output]).toEqual([1, expect.stringMatching(/✗ role +check_worker lacks rights on tenants\./)]);
    },
    PATIENCE_MS,
  );

  it("finds limiters that two environments count together, and those that one lacks", () => {
    const toml = join(wrangler.folder, "wrangler.toml");
    const limiter = (name: string, id: string) =>
      `[[env.${name}.ratelimits]]\nname = "ADDRESS_LIMITER"\nnamespace_id = "${id}"\nsimple = { limit = 1, period = 10 }\n`;
    writeFileSync(toml, `name = "w"\nmain = "x.ts"\n${limiter("a", "1")}${limiter("b", "1")}`);
    expect(findSharedLimits(toml)).toBe(
      "ADDRESS_LIMITER of [env.b] has the number of ADDRESS_LIMITER of [env.a], so both count together.",
    );
    expect(readEnvironment("a", toml).lacking).toEqual(["HUB", "REGISTER", "FAILURE_LIMITER", "CALLER_LIMITER"]);
    expect(findSharedLimits()).toBeNull();
  });
}
