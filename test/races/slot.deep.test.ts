import { describe, expect, it } from "vitest";
import { seeds } from "../support/harness.ts";
import { raceForSlot } from "../support/race-for-slot.ts";
import { startService } from "../support/service.ts";

describe("a definition's slots, with many changes at once", () => {
  it.each(seeds(1))("hold one run at a time, first in, first out, each dispatched once (seed %i)", async (seed) => {
    expect(await raceForSlot(await startService(), seed)).toEqual([]);
  });

  it.each(seeds(1))("hold up to five runs, each dispatched once (seed %i)", async (seed) => {
    const limits = { maxRunning: 5, maxPerKey: null, keys: [""] };
    expect(await raceForSlot(await startService(), seed, limits)).toEqual([]);
  });

  it.each(seeds(1))("hold up to two runs of each key, and four in all (seed %i)", async (seed) => {
    const limits = { maxRunning: 4, maxPerKey: 2, keys: ["", "a", "b", "c", "d"] };
    expect(await raceForSlot(await startService(), seed, limits)).toEqual([]);
  });
});
