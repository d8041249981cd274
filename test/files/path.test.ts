import { describe, expect, it } from "vitest";
import { nameFault } from "../../src/files/path.ts";

describe("the name of a path part", () => {
  it.each(["q1", " ", "...", ".env", "a.b", "Ünïcode 報告", "👩‍👩‍👧‍👦", "a\\b", "50%"])("may be %j", (name) => {
    expect(nameFault(name)).toBeNull();
  });

  it.each([".", "..", "/", "a/b", "a\u0000", "a\nb", "\t", "\u007f", "\u0085", "a\u202eb"])("may not be %j", (name) => {
    expect(nameFault(name)).toEqual(expect.any(String));
  });
});
