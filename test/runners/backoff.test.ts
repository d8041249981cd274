import { describe, expect, it } from "vitest";
import { dispatchDelaySeconds } from "../../src/runners/backoff.ts";

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

  it("is that after the first try even when no try has been counted", () => {
    expect(dispatchDelaySeconds(0, MIDDLE)).toBe(5);
  });
});
