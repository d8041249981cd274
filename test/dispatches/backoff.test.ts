import { describe, expect, it } from "vitest";
import { dispatchDelaySeconds, stopDelaySeconds } from "../../src/dispatches/backoff.ts";

const MIDDLE = 0.5;

describe("the pause before the next dispatch", () => {
  it("is 5 s, 30 s, 2 min, 5 min and then always 10 min", () => {
    const delays = [1, 2, 3, 4, 5, 6, 100].map((tries) => dispatchDelaySeconds(tries, MIDDLE));
    expect(delays).toEqual([5, 30, 120, 300, 600, 600, 600]);
  });

  it("is randomly shortened or extended by up to a fifth", () => {
    const almostOne = 1 - Number.EPSILON;
    for (const tries of [1, 2, 3, 4, 5]) {
      const middle = dispatchDelaySeconds(tries, MIDDLE);
      expect(dispatchDelaySeconds(tries, 0)).toBeCloseTo(middle * 0.8);
      expect(dispatchDelaySeconds(tries, almostOne)).toBeCloseTo(middle * 1.2);
    }
  });

  it("is that after the first try even when the number of tries is 0", () => {
    expect(dispatchDelaySeconds(0, MIDDLE)).toBe(5);
  });
});

describe("the pause before the next message that a run is to stop", () => {
  it("doubles from 2 s to 30 s, and is randomly shortened or extended by up to a fifth", () => {
    expect([0, 1, 2, 3, 4, 5, 100].map((tries) => stopDelaySeconds(tries, MIDDLE))).toEqual([2, 2, 4, 8, 16, 30, 30]);
    expect(stopDelaySeconds(1, 0)).toBeCloseTo(1.6);
    expect(stopDelaySeconds(1, 1 - Number.EPSILON)).toBeCloseTo(2.4);
  });
});
