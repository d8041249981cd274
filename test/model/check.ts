import fc from "fast-check";
import type { Service } from "../support/service.ts";
import { live } from "./live.ts";
import { type Step, stepsOf } from "./steps.ts";

/** Of `sequences` random lives of so many `steps` each. With `seconds` it stops after that time. See `live` for the rest. */
type Extent = { seed: number; sequences: number; steps: number; seconds?: number; sweepsAlways?: boolean };

/**
 * Compares the service with the model.
 * @returns how many sequences it was
 * @throws Error that tells the shortest sequence it finds that goes wrong
 */
export async function checkModel(service: Service, extent: Extent): Promise<number> {
  const { seed, sequences, steps, seconds, sweepsAlways = false } = extent;
  const property = fc.asyncProperty(stepsOf(steps), (sequence) => live(service, sequence, sweepsAlways));
  const { failed, numRuns, counterexample, errorInstance } = await fc.check(property, {
    seed,
    numRuns: sequences,
    ...(seconds !== undefined && { interruptAfterTimeLimit: seconds * 1000 }),
  });
  if (!failed || counterexample === null) return numRuns;
  const told = counterexample[0].filter(({ kind }) => kind !== "nothing").map((step: Step) => JSON.stringify(step));
  const reason = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  throw new Error([`With the seed ${seed}, after these steps:`, ...told, reason].join("\n"), { cause: errorInstance });
}
