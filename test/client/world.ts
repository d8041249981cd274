import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { Stack } from "../../scripts/local/browser.ts";
import { copyClient, startSharedStack } from "../support/node/shared-stack.ts";

/**
 * Starts a local stack, and places the installed package in a folder, before the tests of a file. Returns what reads where they are.
 * `env` is for the stack, such as WORK_SECONDS of its example runner.
 */
export function useWorld(env: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "workflow-runs-client-"));
  let stack: Stack;

  beforeAll(async () => {
    [stack] = await Promise.all([startSharedStack(env), copyClient(folder)]);
  });

  afterAll(async () => {
    await stack?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  return () => ({ folder, url: stack.url, runnerUrl: stack.runnerUrl });
}
