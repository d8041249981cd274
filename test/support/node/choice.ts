import { randomInt } from "node:crypto";
import process from "node:process";
import type { TestProject } from "vitest/node";

/** Provides what the tests choose by: a seed of this run, and whether to try everything. */
export function provideChoice(project: TestProject): void {
  const seed = process.env.SEED === undefined ? randomInt(2 ** 31) : Number(process.env.SEED);
  if (!Number.isInteger(seed)) throw new Error(`SEED must be a whole number, not ${process.env.SEED}.`);
  console.log(`What is tried is chosen by the seed ${seed}. To repeat it, set SEED=${seed}.`);
  project.provide("seed", seed);
  project.provide("isWhole", process.env.WHOLE !== undefined);
}
