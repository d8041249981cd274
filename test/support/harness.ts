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
