import { beforeAll, describe, expect, inject, it, vi } from "vitest";
import { print, seeds } from "../support/harness.ts";
import { extent } from "../support/in-turn.ts";
import { startService } from "../support/service.ts";
import { checkModel } from "./check.ts";

/** `npm run test:soak` sets for how long it runs; the lives are then longer. */
const minutes = inject("soakMinutes");
const EXTENT =
  minutes > 0
    ? { steps: 200, sequences: Number.MAX_SAFE_INTEGER, seconds: minutes * 60 }
    : { steps: 50, sequences: extent(5, 20) };

beforeAll(() => {
  vi.spyOn(console, "info").mockReturnValue();
});

describe("the life of a run, against a model of its rules, at length", () => {
  it.concurrent.each(seeds(2))(`follows the model in sequences of ${EXTENT.steps} steps (seed %i)`, async (seed) => {
    const sequences = await checkModel(await startService(), { seed, ...EXTENT });
    await print(`Seed ${seed}: ${sequences} sequences of ${EXTENT.steps} steps went as the model says.`);
    expect(sequences).toBeGreaterThan(0);
  });
});
