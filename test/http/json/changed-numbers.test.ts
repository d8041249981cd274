import { describe, expect, it } from "vitest";
import { CHANGED, UNCHANGED } from "../../../client/test/number-cases.ts";
import { changedNumbers, isChanged } from "../../../src/http/json/changed-numbers.ts";
import { createRandom } from "../../support/random.ts";

describe("a number in JSON", () => {
  it.each(CHANGED)("is changed if it is whole and JavaScript would write it with other digits: %s", (number) => {
    expect(isChanged(number)).toBe(true);
  });

  it.each([...UNCHANGED, "0000000000000000000"])("is not changed otherwise: %s", (number) => {
    expect(isChanged(number)).toBe(false);
  });

  it("that JavaScript has written is never changed", () => {
    const random = createRandom(7);
    for (let i = 0; i < 20_000; i++) {
      const value = random.integer(2 ** 31) * 2 ** random.integer(900) * (random.chance(0.5) ? -1 : 1);
      expect(isChanged(JSON.stringify(value))).toBe(false);
    }
  });

  it("is found at its place, and not in texts or names", () => {
    const json = `{"a": "12345678901234567891", "12345678901234567891": [1, {"b\\"": 12345678901234567891, "c": [[], 12345678901234567891]}],
      "d": {"e": {}}, "f": 12345678901234567891, "g": [12345678901234567, 12345678901234568, 12345678901234569]}`;
    expect(changedNumbers(json, 50)).toEqual([
      ["12345678901234567891", 1, 'b"'],
      ["12345678901234567891", 1, "c", 1],
      ["f"],
      ["g", 0],
      ["g", 2],
    ]);
    expect(changedNumbers(json, 2)).toHaveLength(2);
    expect(changedNumbers("12345678901234567891", 50)).toEqual([[]]);
  });
});
