import { beforeAll, describe, expect, it, vi } from "vitest";
import { seeds } from "../support/harness.ts";
import { startService } from "../support/service.ts";
import { checkModel } from "./check.ts";

const SEQUENCES = 12;
const STEPS = 10;

// Of so many requests the log would be longer than anybody reads.
beforeAll(() => {
  vi.spyOn(console, "info").mockReturnValue();
});

describe("the life of a run, against a model of its rules", () => {
  it.concurrent.each(seeds(2))(
    `follows the model in ${SEQUENCES} sequences of ${STEPS} steps (seed %i)`,
    { timeout: 120_000 },
    async (seed) => {
      const service = await startService();
      expect(await checkModel(service, { seed, sequences: SEQUENCES, steps: STEPS })).toBe(SEQUENCES);
    },
  );
});
