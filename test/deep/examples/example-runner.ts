import { askHarness } from "../../support/harness.ts";

export type ExampleRunner = {
  url: string;
  /** Ends it as Ctrl-C does, and tells its exit code and every line it has printed. */
  stop(): Promise<{ code: number | null; log: string[] }>;
};

export type ExampleLanguage = "TypeScript" | "Python";

/** The program in examples/runner or examples/runner-python, with these environment variables, on a port of its own. */
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
