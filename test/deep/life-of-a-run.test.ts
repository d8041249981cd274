import { beforeAll, describe, expect, inject, it, vi } from "vitest";
import { checkModel } from "../model/check.ts";
import { print, seeds } from "../support/harness.ts";
import { startService } from "../support/service.ts";

const STEPS = 200;

beforeAll(() => {
  vi.spyOn(console, "info").mockReturnValue();
});

describe("the life of a run, against a model of its rules, for a long time", () => {
  it.concurrent.each(seeds(3))(`goes as the model says, in sequences of ${STEPS} steps (seed %i)`, async (seed) => {
    const service = await startService();
    const seconds = inject("soakMinutes") * 60;
    const extent = { seed, steps: STEPS, sequences: Number.MAX_SAFE_INTEGER, seconds };
    const sequences = await checkModel(service, extent);
    await print(`Seed ${seed}: ${sequences} sequences of ${STEPS} steps went as the model says.`);
    expect(sequences).toBeGreaterThan(0);
  });
});
