import { expect, it } from "vitest";
import { countTicks, linearScale, linePath, secondTicks } from "../../src/dashboard/plot.ts";

it("maps values evenly, in either direction and beyond the ends", () => {
  const x = linearScale([24, 0], [0, 720]);
  expect([x(24), x(18), x(0), x(25)]).toEqual([0, 180, 720, -30]);
});

it("puts every value of a domain without extent in the middle", () => {
  expect(linearScale([3, 3], [0, 10])(3)).toBe(5);
});

it("draws a line through neighbouring points, and leaves a gap where there is none", () => {
  expect(linePath([[0, 1], [1, 2.5], null, [3, 4], null])).toBe("M0,1L1,2.5M3,4");
  expect(linePath([null])).toBe("");
});

it("has about four ticks at whole numbers, above the line and below it", () => {
  expect(countTicks(1).values).toEqual([0, 1]);
  expect(countTicks(3, 1).values).toEqual([-1, 0, 1, 2, 3]);
  expect(countTicks(1_180, 90).values).toEqual([-500, 0, 500, 1_000, 1_500]);
  expect(countTicks(0).values).toEqual([0]);
});

it("has ticks at round durations", () => {
  expect(secondTicks(0.3).values.at(-1)).toBeCloseTo(0.3);
  expect(secondTicks(100).values).toEqual([0, 30, 60, 90, 120]);
  expect(secondTicks(7_000).values).toEqual([0, 1_800, 3_600, 5_400, 7_200]);
  expect(secondTicks(900_000).values).toEqual([0, 259_200, 518_400, 777_600, 1_036_800]);
});
