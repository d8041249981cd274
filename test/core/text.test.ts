import { describe, expect, it } from "vitest";
import { isLongerThan, isStorable } from "../../src/core/text.ts";

describe("the length of a text", () => {
  it("counts characters, however many bytes or UTF-16 units each takes", () => {
    for (const character of ["a", "é", "報", "😀"]) {
      expect([character, isLongerThan(character.repeat(255), 255)]).toEqual([character, false]);
      expect([character, isLongerThan(character.repeat(256), 255)]).toEqual([character, true]);
    }
  });
});

describe("a text that Postgres can hold", () => {
  it.each(["", "a\nb", "Ünïcode 報告 😀", "\u0001"])("may be %j", (text) => {
    expect(isStorable(text)).toBe(true);
  });

  it.each(["\u0000", "a\ud800", "\udc00b"])("may not be %j", (text) => {
    expect(isStorable(text)).toBe(false);
  });
});
