import { askHarness } from "./harness.ts";

export type ExampleRunner = {
  url: string;
  /** Ends it as Ctrl-C does, and tells its exit code and every line it has printed. */
  stop(): Promise<{ code: number | null; log: string[] }>;
};

/** The program in examples/runner, with these environment variables, on a port of its own. */
export async function startExampleRunner(environment: Record<string, string>): Promise<ExampleRunner> {
  const { runner, url } = await askHarness<{ runner: number; url: string }>("/example-runners", {}, environment);
  return { url, stop: () => askHarness("/example-runners/stop", { runner: String(runner) }) };
}
