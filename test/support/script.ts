import { askHarness } from "./harness.ts";

/** Runs a program of `scripts/`, such as `doctor.ts --help`, with these environment variables: its exit code, and all that it printed. */
export const runScript = (command: string, environment: Record<string, string>) =>
  askHarness<{ code: number; output: string }>("/scripts", { command }, environment);
