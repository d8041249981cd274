import { askHarness } from "./harness.ts";

/** Runs a program of `scripts/` with these environment variables: its exit code, and all that it printed. */
export const runScript = (name: string, environment: Record<string, string>) =>
  askHarness<{ code: number; output: string }>("/scripts", { name }, environment);
