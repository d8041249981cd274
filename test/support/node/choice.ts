import { randomInt } from "node:crypto";
import process from "node:process";
import type { TestProject } from "vitest/node";

/** Provides what the tests choose by: a seed, which all projects of a run share, and whether to try everything. */
export default function provideChoice(project: TestProject): void {
  const isNew = process.env.SEED === undefined;
  process.env.SEED ??= String(randomInt(2 ** 31));
  const seed = Number(process.env.SEED);
  if (!Number.isInteger(seed)) throw new Error(`SEED must be a whole number, not ${process.env.SEED}.`);
  if (isNew) console.log(`What is tried is chosen by the seed ${seed}. To repeat it, set SEED=${seed}.`);
  project.provide("seed", seed);
  project.provide("isWhole", process.env.WHOLE !== undefined);
}
