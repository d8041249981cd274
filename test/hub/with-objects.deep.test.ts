/** What is true without the Durable Objects is also true with them: alarms may fire at any time, and disturb nothing. */
import { beforeAll, describe, expect, it, vi } from "vitest";
import { checkModel } from "../model/check.ts";
import { seeds } from "../support/harness.ts";
import { startLiveService } from "../support/live-service.ts";
import { raceForSlot } from "../support/race-for-slot.ts";

beforeAll(() => {
  vi.spyOn(console, "info").mockReturnValue();
});

describe("with the Durable Objects", () => {
  it.each(seeds(1))("the life of a run goes as the model says (seed %i)", async (seed) => {
    expect(await checkModel(await startLiveService(), { seed, sequences: 3, steps: 25, sweepsAlways: true })).toBe(3);
  });

  it.each(seeds(1))("a slot holds one run at a time, with many changes at once (seed %i)", async (seed) => {
    expect(await raceForSlot(await startLiveService(), seed)).toEqual([]);
  });
});
