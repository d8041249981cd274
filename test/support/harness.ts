import { inject } from "vitest";

/** Sends a request to the harness, which runs in Node: see `test/global-setup.ts`. */
export async function askHarness<Answer>(
  path: string,
  parameters: Record<string, string> = {},
  body?: unknown,
): Promise<Answer> {
  const response = await fetch(`${inject("harnessUrl")}${path}?${new URLSearchParams(parameters)}`, {
    method: "POST",
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
  return JSON.parse(await response.text());
}

/** Prints a text in the terminal, also when the tests pass. */
export const print = (text: string): Promise<void> => askHarness("/print", {}, text);

/** `count` seeds of this test run. Each run has different ones, unless `SEED` sets the first. */
export const seeds = (count: number): number[] => Array.from({ length: count }, (_, index) => inject("seed") + index);

/**
 * Runs a program of `scripts/`, such as `doctor.ts --help`, with these environment variables. Returns its exit code and its
 * output.
 */
export const runScript = (command: string, environment: Record<string, string>) =>
  askHarness<{ code: number; output: string }>("/scripts", { command }, environment);
