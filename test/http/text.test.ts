import { describe, expect, it } from "vitest";
import { isLongerThan, isOneLine, isPlainText, isStorable } from "../../src/http/text.ts";

describe("a line of text", () => {
  it.each(["q1", " ", "Ünïcode 報告", "👩‍👩‍👧‍👦", "\u05d0\u05d1 \u200f(1)", "\u0645\u06cc\u200c\u062e"])(
    "may be %j",
    (text) => {
      expect(isOneLine(text)).toBe(true);
    },
  );

  it.each(["a\u0000", "a\nb", "\t", "\u001b[2J", "\u007f", "\u0085", "a\u2028b", "fdp\u202eexe", "\u2067a"])(
    "may not be %j",
    (text) => {
      expect(isOneLine(text)).toBe(false);
    },
  );
});

describe("a description", () => {
  it.each(["", "one\n\ttwo\r\nthree", "Ünïcode 報告"])("may be %j", (text) => {
    expect(isPlainText(text)).toBe(true);
  });

  it.each(["a\u0000", "one\n\u001b[2J", "\u009b2J", "\b", "a\u2029b", "fdp\u202eexe"])("may not be %j", (text) => {
    expect(isPlainText(text)).toBe(false);
  });
});

describe("any text", () => {
  it("may hold whatever the database can", () => {
    for (const text of ["", "a\nb\tc", "Ünïcode 報告", "👩‍👩‍👧‍👦"])
      expect([text, isStorable(text)]).toEqual([text, true]);
    for (const text of ["a\u0000", "\ud800", "a\udc00"]) expect([text, isStorable(text)]).toEqual([text, false]);
  });
});

describe("the length of a text", () => {
  it("is counted in characters, however many bytes or UTF-16 units each takes", () => {
    for (const character of ["a", "é", "報", "😀"]) {
      expect([character, isLongerThan(character.repeat(255), 255)]).toEqual([character, false]);
      expect([character, isLongerThan(character.repeat(256), 255)]).toEqual([character, true]);
    }
  });
});
