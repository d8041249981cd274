import { describe, expect, it } from "vitest";
import { isNameTooLong, nameFault } from "../../src/core/path.ts";

describe("the name of a path part", () => {
  it.each(["q1", " ", "...", ".env", "a.b", "Ünïcode 報告", "👩‍👩‍👧‍👦", "a\\b", "50%"])("may be %j", (name) => {
    expect(nameFault(name)).toBeNull();
  });

  it.each([".", "..", "/", "a/b", "a\u0000", "a\nb", "\t", "\u007f", "\u0085", "\ud800", "a\udc00"])(
    "may not be %j",
    (name) => {
      expect(nameFault(name)).toEqual(expect.any(String));
    },
  );

  it("may have 255 characters, however many bytes or UTF-16 units each takes", () => {
    for (const character of ["a", "é", "報", "😀"]) {
      expect([character, isNameTooLong(character.repeat(255))]).toEqual([character, false]);
      expect([character, isNameTooLong(character.repeat(256))]).toEqual([character, true]);
    }
  });
});
