import { describe, expect, it } from "vitest";
import { futureInstant, instant, lengthOfTime } from "../src/cli/instants.ts";

describe("a length of time", () => {
  it.each([
    ["90", 90],
    ["90s", 90],
    ["10m", 600],
    ["10min", 600],
    ["2h", 7200],
    ["7d", 604_800],
  ])("is read from %s", (text, seconds) => {
    expect(lengthOfTime(text)).toBe(seconds);
  });

  it.each(["", "0", "0s", "-1s", "1.5h", "soon", "5 s", "5w"])("is not read from %j", (text) => {
    expect(() => lengthOfTime(text)).toThrow("such as 90s");
  });
});

describe("an instant", () => {
  it("is read from a date with a time, in UTC or another offset", () => {
    expect(instant("2026-01-31T12:00Z")).toBe("2026-01-31T12:00:00.000Z");
    expect(instant("2026-01-31T12:00:01.5+02:00")).toBe("2026-01-31T10:00:01.500Z");
  });

  it("is the first moment of a date here, and a time without an offset is one here", () => {
    expect(instant("2026-01-31")).toBe(new Date(2026, 0, 31).toISOString());
    expect(instant("2026-07-31T12:30")).toBe(new Date(2026, 6, 31, 12, 30).toISOString());
  });

  it("is read from how long ago it was", () => {
    const agoMs = Date.now() - Date.parse(instant("24h"));
    expect(Math.round(agoMs / 60_000)).toBe(1440);
  });

  it.each(["", "2026", "90", "2026-13-01", "2026-01-31T25:00", "yesterday", "31.1.2026", "-1d"])(
    "is not read from %j",
    (text) => {
      expect(() => instant(text)).toThrow("It must be a date");
    },
  );
});

describe("an instant to come", () => {
  it("is read from a date, a date with a time, or how long it is until then", () => {
    expect(futureInstant("2999-01-31T12:00Z")).toBe("2999-01-31T12:00:00.000Z");
    expect(futureInstant("2999-01-31")).toBe(new Date(2999, 0, 31).toISOString());
    const waitMs = Date.parse(futureInstant("7d")) - Date.now();
    expect(Math.round(waitMs / 3_600_000)).toBe(168);
  });

  it.each([
    ["tomorrow", "how long from now"],
    ["7", "how long from now"],
    ["2020-01-31", "It must be in the future."],
    ["0d", "It must be in the future."],
  ])("is not read from %j", (text, sentence) => {
    expect(() => futureInstant(text)).toThrow(sentence);
  });
});
