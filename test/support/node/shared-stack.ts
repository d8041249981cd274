/** What `shared.ts` makes for the tests in Node, for their files. */
import { cpSync } from "node:fs";
import type { Stack } from "../../../scripts/local/browser.ts";
import { askHarness } from "../harness.ts";

/** A local stack, with a database of its own on the server that all stacks share. `env` are settings of its example runner. */
export async function startSharedStack(env: Record<string, string> = {}): Promise<Stack> {
  const stack = await askHarness<Omit<Stack, "stop">>("/stacks", env);
  return { ...stack, stop: () => askHarness("/stacks/stop", { url: stack.url }) };
}

/** Copies the installed client, and the Nodes that it is tried on, to `folder`. */
export async function copyClient(folder: string): Promise<void> {
  cpSync(await askHarness<string>("/client"), folder, { recursive: true, verbatimSymlinks: true });
}
