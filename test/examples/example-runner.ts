import { askHarness } from "../support/harness.ts";

export type ExampleRunner = {
  url: string;
  /** Stops the runner like Ctrl-C does. Returns its exit code and all lines that it has printed. */
  stop(): Promise<{ code: number | null; log: string[] }>;
};

export type ExampleLanguage = "TypeScript" | "Python";

/** Starts the program in examples/runner or examples/runner-python with these environment variables, on a free port. */
export async function startExampleRunner(
  language: ExampleLanguage,
  environment: Record<string, string>,
): Promise<ExampleRunner> {
  const { runner, url } = await askHarness<{ runner: number; url: string }>(
    "/example-runners",
    { language },
    environment,
  );
  return { url, stop: () => askHarness("/example-runners/stop", { runner: String(runner) }) };
}
