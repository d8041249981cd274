/** What `shared.ts` makes for the tests in Node, for their files. */
import { cpSync } from "node:fs";
import { inject } from "vitest";
import { type Stack, startStack } from "../../../scripts/local/browser.ts";

async function ask(path: string): Promise<string> {
  const response = await fetch(`${inject("harnessUrl")}${path}`);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.text();
}

/** A local stack, with a database of its own on the server that all stacks share. `env` are settings of the stack. */
export const startSharedStack = async (env: Record<string, string> = {}): Promise<Stack> =>
  startStack(env, await ask("/databases"));

/** Copies the installed client, and the Nodes that it is tried on, to `folder`. */
export async function copyClient(folder: string): Promise<void> {
  cpSync(await ask("/client"), folder, { recursive: true, verbatimSymlinks: true });
}
