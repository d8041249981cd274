import { describe, expect, it } from "vitest";
import { seeds } from "../support/harness.ts";
import { startService } from "../support/service.ts";
import { raceForSlot } from "./race-for-slot.ts";

describe("a definition's slot, with many changes at once", () => {
  it.each(seeds(1))("holds one run at a time, first in, first out, each dispatched once (seed %i)", async (seed) => {
    expect(await raceForSlot(await startService(), seed)).toEqual([]);
  });
});
