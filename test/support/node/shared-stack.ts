/** What `shared.ts` makes for the tests in Node, for their files. */
import { cpSync } from "node:fs";
import { inject } from "vitest";
import { z } from "zod";
import type { Stack } from "../../../scripts/local/browser.ts";

const stackSchema = z.object({ url: z.string(), postgresUrl: z.string(), runnerUrl: z.string() });

async function ask(path: string, parameters: Record<string, string> = {}): Promise<string> {
  const response = await fetch(`${inject("harnessUrl")}${path}?${new URLSearchParams(parameters)}`);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.text();
}

/** A local stack, with a database of its own on the server that all stacks share. `env` are settings of its example runner. */
export async function startSharedStack(env: Record<string, string> = {}): Promise<Stack> {
  const stack = stackSchema.parse(JSON.parse(await ask("/stacks", env)));
  return { ...stack, stop: async () => void (await ask("/stacks/stop", { url: stack.url })) };
}

/** Copies the installed client, and the Nodes that it is tried on, to `folder`. */
export async function copyClient(folder: string): Promise<void> {
  cpSync(await ask("/client"), folder, { recursive: true, verbatimSymlinks: true });
}
