/** What `npm run rotate` does: which Worker gets the secret, and what is looked at before. Its stand-in for wrangler records the calls. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { Stack } from "../../scripts/local/browser.ts";
import { withClient } from "../support/node/postgres-client.ts";
import { runScript } from "../support/node/run-script.ts";
import { makeStandIn, type StandIn } from "../support/node/stand-in-wrangler.ts";

const PATIENCE_MS = 240_000;
/** Of two keys, as long as a signature needs them. */
const RING = `k2:${"n".repeat(40)},k1:${"o".repeat(40)}`;

/** The databases of the cells `one` and `eu1` are the stack's, and an empty one. */
export function describeRotation(stack: () => Stack): void {
  let wrangler: StandIn;
  let env: Record<string, string>;
  let empty: string;

  beforeAll(async () => {
    wrangler = makeStandIn();
    const file = join(wrangler.folder, "cells.json");
    const cells = ["one", "eu1"].map((name) => ({
      ...{ name, url: `${stack().url}/${name}`, env: name === "one" ? "" : name },
      secrets: { DATABASE_URL: `${name.toUpperCase()}_DATABASE_URL` },
    }));
    writeFileSync(file, JSON.stringify({ cells }));
    await withClient(stack().postgresUrl, (client) => client.query("create database rotate_empty"));
    empty = stack().postgresUrl.replace(/\/[^/]+$/, "/rotate_empty");
    env = { ...wrangler.env, CELLS_FILE: file, EU1_DATABASE_URL: stack().postgresUrl };
  });
  afterAll(() => wrangler.remove());
  beforeEach(() => wrangler.forget());

  const rotate = (options: string, value: string, more: Record<string, string> = {}) =>
    runScript(`rotate.ts ${options}`, { ...env, ...more }, value);

  it(
    "gives the secret to the Worker of the cell and to no other, and replaces its objects at once",
    async () => {
      const { code, output } = await rotate("RUN_TOKEN_SECRET --cell eu1", `${RING}\n`);
      expect([code, output]).toEqual([
        0,
        expect.stringContaining("RUN_TOKEN_SECRET of workflow-runs-eu1, with the keys k2, k1"),
      ]);
      expect(output).not.toContain("nnnn");
      expect(wrangler.calls()).toEqual([
        "secret list --env=eu1",
        `secret put RUN_TOKEN_SECRET --env=eu1 <<< ${RING}`,
        expect.stringMatching(
          /^deploy \S+ --no-bundle --env=eu1 --var CELLS:one=\S+ --durable-objects-code-update-mode immediate$/,
        ),
      ]);
    },
    PATIENCE_MS,
  );

  it(
    "gives the secret of a Worker that is no cell to its environment, also of the top level",
    async () => {
      const none = { CELLS_FILE: join(wrangler.folder, "none.json") };
      expect((await rotate("SESSION_SECRET --env staging", RING)).code).toBe(0);
      expect((await rotate("SESSION_SECRET --env=", RING, none)).code).toBe(0);
      expect(wrangler.calls().map((call) => call.replace(/ <<<.*| \S+\.js/, ""))).toEqual(
        ["staging", ""].flatMap((name) => [
          `secret list --env=${name}`,
          `secret put SESSION_SECRET --env=${name}`,
          `deploy --no-bundle --env=${name} --durable-objects-code-update-mode immediate`,
        ]),
      );
    },
    PATIENCE_MS,
  );

  it(
    "changes nothing when it is not clear which Worker, when the value is wrong, or when the database is",
    async () => {
      const none = { CELLS_FILE: join(wrangler.folder, "none.json") };
      const own = stack().postgresUrl;
      const refusals = [
        ["RUN_TOKEN_SECRET", RING, {}, "Say of which Worker: --cell one, --cell eu1, --env staging"],
        ["RUN_TOKEN_SECRET", RING, none, "Say of which Worker: --env staging, or --env= for the top level"],
        ["RUN_TOKEN_SECRET --env=", RING, {}, "That is the cell one: say --cell one."],
        ["RUN_TOKEN_SECRET --cell eu1 --env staging", RING, {}, "Leave out --env"],
        [
          "RUN_TOKEN_SECRET --env nowhere",
          RING,
          {},
          "wrangler.toml has no [env.nowhere]. It has [env.eu1], [env.staging].",
        ],
        ["RUN_TOKEN_SECRET --cell two", RING, {}, "cells.json has no such cell"],
        ["RUN_TOKEN_SECRET --cell eu1", "k1:hunter2", {}, "The Worker would refuse this RUN_TOKEN_SECRET"],
        ["RUN_TOKEN_SECRET --cell eu1", "", {}, "Standard input is empty"],
        ["RUN_TOKEN_SECRET k2:hunter2 --cell eu1", RING, {}, "Name one secret."],
        ["PUBLIC_URL --cell eu1", RING, {}, "Name the secret: ENCRYPTION_KEY, RUN_TOKEN_SECRET"],
        ["SESSION_SECRET --cell one", RING, {}, "ONE_DATABASE_URL is not set"],
        ["DATABASE_URL --cell eu1", empty, {}, "The database of eu1 is behind"],
        ["DATABASE_URL --env=", empty, none, "The database of the new DATABASE_URL is behind"],
        ["DATABASE_URL --cell eu1", own, { ONE_DATABASE_URL: own }, "eu1 and one have the same database"],
      ] as const;
      const ended = await Promise.all(refusals.map(([options, value, more]) => rotate(options, value, more)));
      for (const [index, [options, , , sentence]] of refusals.entries())
        expect([options, ended[index]]).toEqual([options, { code: 1, output: expect.stringContaining(sentence) }]);
      expect(ended.map(({ output }) => output).join()).not.toContain("hunter2");
      expect(wrangler.calls()).toEqual([]);
    },
    PATIENCE_MS,
  );

  it(
    "takes a role of the Worker's own, which may not read the migrations, when the owner's connection to its database is here",
    async () => {
      const none = { CELLS_FILE: join(wrangler.folder, "none.json") };
      const own = stack().postgresUrl;
      await withClient(own, (client) => client.query("create role rotate_worker login password 'rotate_worker'"));
      const url = Object.assign(new URL(own), { username: "rotate_worker", password: "rotate_worker" }).href;
      expect((await rotate("DATABASE_URL --cell eu1", url)).code).toBe(0);
      expect((await rotate("DATABASE_URL --env=", url, { ...none, DATABASE_URL: own })).code).toBe(0);
      expect(wrangler.calls().filter((call) => call.includes("<<<"))).toEqual(
        ["eu1", ""].map((name) => `secret put DATABASE_URL --env=${name} <<< ${url}`),
      );
      wrangler.forget();
      for (const [options, more, variable] of [
        ["DATABASE_URL --env=", none, "DATABASE_URL"],
        ["DATABASE_URL --env=", { ...none, DATABASE_URL: url }, "DATABASE_URL"],
        ["DATABASE_URL --cell eu1", { EU1_DATABASE_URL: empty }, "EU1_DATABASE_URL"],
      ] as const) {
        const output = expect.stringContaining(`Set ${variable} to the connection string of the owner`);
        expect(await rotate(options, url, more)).toEqual({ code: 1, output });
      }
      expect(wrangler.calls()).toEqual([]);
    },
    PATIENCE_MS,
  );

  it(
    "makes no Worker that does not exist, and says what is left to do when only the deployment fails",
    async () => {
      const missing = await rotate("SESSION_SECRET --cell eu1", RING, {
        WRANGLER_EXIT: "1",
        WRANGLER_FAILS: "secret list",
      });
      expect([missing.code, wrangler.calls()]).toEqual([1, ["secret list --env=eu1"]]);
      const half = await rotate("SESSION_SECRET --cell eu1", RING, { WRANGLER_EXIT: "1", WRANGLER_FAILS: "deploy" });
      expect(half).toEqual({
        code: 1,
        output: expect.stringMatching(
          /workflow-runs-eu1 has the new SESSION_SECRET[\s\S]*npm run deploy -- --cell eu1 --at-once/,
        ),
      });
    },
    PATIENCE_MS,
  );
}
