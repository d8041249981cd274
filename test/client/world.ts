import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { Stack } from "../../scripts/local/browser.ts";
import { copyClient, startSharedStack } from "../support/node/shared-stack.ts";
import type { World } from "./installed-client.ts";

/**
 * Starts a local stack, and copies the installed client into a folder, before the tests of a file. Returns a function by which the tests get
 * both.
 * - `env`: settings of the stack's example runner, such as WORK_SECONDS.
 * - `version`: the version of Node that runs the client. The default is the oldest that is supported.
 */
export function useWorld(env: Record<string, string> = {}, version: World["version"] = "20") {
  const folder = mkdtempSync(join(tmpdir(), "workflow-runs-client-"));
  let stack: Stack;

  beforeAll(async () => {
    [stack] = await Promise.all([startSharedStack(env), copyClient(folder)]);
  });

  afterAll(async () => {
    await stack?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  return (): World => ({ folder, url: stack.url, postgresUrl: stack.postgresUrl, runnerUrl: stack.runnerUrl, version });
}
