import { expect, it } from "vitest";
import { linearScale, linePath } from "../../src/dashboard/plot.ts";

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
