import { describe, expect, it } from "vitest";
import { RANGE_NAMES, readRunsQuery } from "../../src/dashboard/runs/kit/runs-query.ts";
import { trendOf } from "../../src/dashboard/statistics/before.tsx";
import { boundariesOf, chartHref, minutesOf, readRange } from "../../src/dashboard/statistics/kit/range.ts";

const read = (query: string) => readRange(new URLSearchParams(query));

describe("the range of a chart", () => {
  it("is a period up to now, or a time between two minutes, the last of which is included", () => {
    expect(read("period=7d")).toMatchObject({
      query: "period=7d",
      period: "7d",
      stepSeconds: 21_600,
      isTooLong: false,
    });
    expect(read("from=2026-01-31T09:05Z&to=2026-01-31T09:34Z")).toEqual({
      query: "from=2026-01-31T09%3A05Z&to=2026-01-31T09%3A34Z",
      period: null,
      given: { begin: "2026-01-31T09:05:00.000Z", end: "2026-01-31T09:35:00.000Z" },
      isSummed: false,
      stepSeconds: 60,
      isTooLong: false,
    });
    expect(read("from=2026-01-30&to=2026-01-31").given).toEqual({
      begin: "2026-01-30T00:00:00.000Z",
      end: "2026-02-01T00:00:00.000Z",
    });
  });

  it("is that of the list which links to the chart", () => {
    for (const range of RANGE_NAMES) {
      const href = chartHref(readRunsQuery(new URLSearchParams({ range }))) ?? "";
      expect(read(href.split("?")[1] ?? "")).toMatchObject({ period: range, isTooLong: false });
    }
  });

  it("is a day when nothing valid is given", () => {
    for (const query of ["", "period=nonsense", "from=2026-01-31", "from=2026-02-01&to=2026-01-01", "period=2h"])
      expect([query, read(query).period, read(query).isTooLong]).toEqual([query, "24h", false]);
  });

  it("is a period that has all of what was asked for, in up to 31 steps, and of sums when that is more than a day", () => {
    const found = ["1h", "2h", "25h", "7d", "169h", "30d", "90d", "91d"].map((asked) => read(`period=${asked}`));
    expect(found.map(({ period, isTooLong }) => `${period}${isTooLong ? ", too long" : ""}`)).toEqual([
      ...["1h", "24h", "7d", "7d", "30d", "30d", "90d", "90d, too long"],
    ]);
    expect(found.map(({ isSummed }) => isSummed)).toEqual([false, false, true, true, true, true, true, true]);
    const now = { begin: "2025-11-02T00:00:00.000Z", end: "2026-01-31T09:05:00.000Z" };
    const days = boundariesOf(now, read("period=90d"));
    expect([days.length, days.every((at) => at.endsWith("T00:00:00.000Z"))]).toEqual([32, true]);
  });

  it("has at most the last 7 days of given minutes, and says so", () => {
    const { given, isTooLong } = read("from=2026-01-01&to=2026-01-31");
    expect([given, isTooLong]).toEqual([{ begin: "2026-01-25T00:00:00.000Z", end: "2026-02-01T00:00:00.000Z" }, true]);
  });

  it("is divided at round times, and begins and ends exactly where it was asked to", () => {
    const range = read("from=2026-01-31T09:05Z&to=2026-01-31T11:58Z");
    expect(range.given && boundariesOf(range.given, range)).toEqual(
      [
        "09:05",
        "09:15",
        "09:30",
        "09:45",
        "10:00",
        "10:15",
        "10:30",
        "10:45",
        "11:00",
        "11:15",
        "11:30",
        "11:45",
        "11:59",
      ].map((minute) => `2026-01-31T${minute}:00.000Z`),
    );
    const now = { begin: "2026-01-31T09:05:00.000Z", end: "2026-01-31T10:05:07.123Z" };
    const hour = boundariesOf(now, read("period=1h"));
    expect([hour[0], hour.at(-2), hour.at(-1)]).toEqual([
      "2026-01-31T09:05:00.000Z",
      "2026-01-31T10:05:00.000Z",
      "2026-01-31T10:10:00.000Z",
    ]);
  });

  it("has steps whose minutes select exactly their runs in the list", () => {
    expect(minutesOf("2026-01-31T09:05:00.000Z", "2026-01-31T09:15:00.000Z")).toEqual({
      from: "2026-01-31T09:05Z",
      to: "2026-01-31T09:14Z",
    });
  });
});

describe("a figure of which less is better", () => {
  it.each([
    [12, 8, "worse"],
    [8, 12, "better"],
    [108, 100, null],
    [92, 100, null],
    [1, 0, "worse"],
    [0, 1, "better"],
    [0, 0, null],
    [null, 5, null],
    [5, null, null],
  ])("of %s after %s is %s", (now, before, trend) => {
    expect(trendOf(now, before)).toBe(trend);
  });
});
