import pg from "pg";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { launchBrowser, type Stack, type startStack } from "../../../scripts/local/browser.ts";
import { startSharedStack } from "../node/shared-stack.ts";

/** A browser, a local stack for it to look at, and a connection to the stack's database. */
export type World = { browser: Browser; stack: Stack; database: pg.Client };

/**
 * Starts a world before the tests of a file, and ends it after them. `env` are settings of its runner, such as WORK_SECONDS. The
 * fields of the result can be read from then on, also in later `beforeAll` functions of the file. The stacks share a Postgres: a file
 * that ends it passes `startStack` as `start`, which gives it one of its own.
 */
export function useWorld(env: Record<string, string> = {}, start: typeof startStack = startSharedStack): World {
  let browser: Browser;
  let stack: Stack;
  let database: pg.Client;

  beforeAll(async () => {
    [browser, stack] = await Promise.all([launchBrowser(), start(env)]);
    database = new pg.Client({ connectionString: stack.postgresUrl });
    await database.connect();
  });

  afterAll(async () => {
    // A test may have ended the database.
    await database?.end().catch(() => {});
    await browser?.close();
    await stack?.stop();
  });

  return {
    get browser() {
      return browser;
    },
    get stack() {
      return stack;
    },
    get database() {
      return database;
    },
  };
}
