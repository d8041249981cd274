import { inject } from "vitest";

/** Asks what runs in Node around the tests: see `test/global-setup.ts`. */
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
  return response.json();
}

/** Shows a text to whoever runs the tests, also when they pass. */
export const print = (text: string): Promise<void> => askHarness("/print", {}, text);

/** `count` seeds of this test run. Every run has others, unless `SEED` gives the first. */
export const seeds = (count: number): number[] => Array.from({ length: count }, (_, index) => inject("seed") + index);

/** Runs a program of `scripts/`, such as `doctor.ts --help`, with these environment variables: its exit code, and all that it printed. */
export const runScript = (command: string, environment: Record<string, string>) =>
  askHarness<{ code: number; output: string }>("/scripts", { command }, environment);
