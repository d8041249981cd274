import { describe, expect, it } from "vitest";
import { checkSchedule } from "../../src/triggers/schedule/check-schedule.ts";
import { findIdleStep, hasDays, parseCron } from "../../src/triggers/schedule/cron.ts";
import { type DueTrigger, decide, postpone } from "../../src/triggers/schedule/decide.ts";
import { planSchedule } from "../../src/triggers/schedule/plan.ts";
import { occurrencesAfter, type Schedule } from "../../src/triggers/schedule/schedule.ts";

const BERLIN = "Europe/Berlin";

const schedule = (cron: string | null, more: Partial<Schedule> = {}): Schedule => ({
  ...{ cron, at: null, time_zone: BERLIN, starts_at: null, ends_at: null },
  ...{ jitter_seconds: 0, catch_up: "last", catch_up_window_seconds: 86_400, ...more },
});

/** The first instants of a schedule after an instant. */
function firstOf(given: Schedule, after: string, count: number): string[] {
  const found: string[] = [];
  for (const { at } of occurrencesAfter(given, "trigger", Date.parse(after))) {
    found.push(new Date(at).toISOString().replace(":00.000Z", "Z"));
    if (found.length === count) break;
  }
  return found;
}

describe("a cron expression", () => {
  it.each([
    "* * * * *",
    "0 6 * * 1-5",
    "0 6 * * MON-fri",
    "*/15 0-23/2 1,15 jan-mar,dec *",
    "0 0 * * 7",
    "0 0 * * 0-6",
    "0 0 * * sat-sun",
    "  0  0 1 1 * ",
    "0\t6 * \t *\t1-5",
  ])("may be %s", (text) => {
    expect(parseCron(text)).not.toBeNull();
  });

  it.each(
    [
      [
        "",
        "0 6 * *",
        "0 0 6 * * *",
        "@daily",
        "60 * * * *",
        "0 24 * * *",
        "0 0 0 * *",
        "0 0 32 * *",
        "0 0 * 13 *",
        "0 0 * * 8",
      ],
      [
        "5/15 * * * *",
        "5x * * * *",
        "1-5foo * * * *",
        "*/0 * * * *",
        "5-1 * * * *",
        "0 0 * * fri-mon",
        "0 0 mon * *",
        "1,, * * * *",
      ],
      ["0 0 * * L", "0 0 ? * *", "0 0 * * mon#1", "-1 * * * *", "0 6 * * 1-5 # weekdays", "*-5 * * * *"],
    ].flat(),
  )("may not be %s", (text) => {
    expect(parseCron(text)).toBeNull();
  });

  it.each([
    ["0 6 * *", "Must be a cron expression with five fields: minute, hour, day of the month, month, day of the week."],
    ["99 * * * *", "The minute must be from 0 to 59, so it cannot be 99."],
    ["0 6-24 * * *", "The hour must be from 0 to 23, so it cannot be 24."],
    ["0 0 0 * *", "The day of the month must be from 1 to 31, so it cannot be 0."],
    ["0 0 * jan,13 *", "The month must be from 1 to 12, so it cannot be 13."],
    ["0 0 * * 1,8", "The day of the week must be from 0 to 7, so it cannot be 8."],
    ["5-1 * * * *", "The minute cannot be 5-1. A range begins with the smaller end, and a step is at least 1."],
    ["*/0 * * * *", "The minute cannot be */0. A range begins with the smaller end, and a step is at least 1."],
    [
      "0 0 * * fri-mon",
      "The day of the week cannot be fri-mon. A range begins with the smaller end, and a step is at least 1.",
    ],
    ["0 5x * * *", expect.stringMatching(/^The hour cannot be 5x\. Write \*, a number from 0 to 23, /)],
    ["0 0 * * L", expect.stringMatching(/^The day of the week cannot be L\. Write /)],
  ])("that is wrong is told by its first wrong field: %s", (cron, msg) => {
    expect(checkSchedule(schedule(cron))).toEqual([{ field: "cron", msg }]);
  });

  it.each([
    ["*/61 * * * *", "*/61"],
    ["*/60 * * * *", "*/60"],
    ["0,10-20/11\t* * * *", "10-20/11"],
    ["0 */24 * * *", "*/24"],
    ["0 0 */31 * *", "*/31"],
    ["0 0 * */12 *", "*/12"],
    ["0 0 * * */7", "*/7"],
    ["*/59 */23 */30 */11 */6", undefined],
    ["10-20/10 * * jan-dec/2 *", undefined],
    ["0 6 * * 1-5", undefined],
  ])("%s has a step that leaves one value: %s", (text, expected) => {
    expect(findIdleStep(text)?.step).toBe(expected);
  });

  it.each([
    ["0 0 31 2 *", false],
    ["0 0 31 4,6,9,11 *", false],
    ["0 0 30 2 *", false],
    ["0 0 29 2 *", true],
    ["0 0 31 2 1", true],
    ["0 0 31 1,2 *", true],
  ])("%s has days: %s", (text, expected) => {
    const cron = parseCron(text);
    expect(cron && hasDays(cron)).toBe(expected);
  });

  it.each([
    ["0 0 */2 * mon", ["2026-06-01", "2026-06-03", "2026-06-05", "2026-06-07", "2026-06-08"]],
    ["0 0 1-31 * mon", ["2026-06-01", "2026-06-08", "2026-06-15"]],
    ["0 0 1 * mon", ["2026-06-01", "2026-06-08", "2026-06-15"]],
  ])("%s fires on %j, as the document says", (cron, days) => {
    const found = firstOf(schedule(cron, { time_zone: "UTC" }), "2026-05-31T12:00:00Z", days.length);
    expect(found).toEqual(days.map((day) => `${day}T00:00Z`));
  });

  it("means the same with tabs between its fields", () => {
    expect(parseCron("15\t6 1\t\t* *")).toEqual(parseCron("15 6 1 * *"));
  });

  it("names the 29th of February, however far away it is", () => {
    const expected = ["2096-02-28T23:00Z", "2104-02-28T23:00Z"];
    expect(firstOf(schedule("0 0 29 2 *"), "2095-01-01T00:00:00Z", 2)).toEqual(expected);
  });
});

describe("when the clock of Berlin is put forward on 2026-03-29, from 02:00 to 03:00", () => {
  it.each([
    ["30 2 * * *", ["2026-03-28T01:30Z", "2026-03-29T01:00Z", "2026-03-30T00:30Z"]],
    ["15,45 2 * * *", ["2026-03-28T01:15Z", "2026-03-28T01:45Z", "2026-03-29T01:00Z", "2026-03-30T00:15Z"]],
    ["30 2,3 * * *", ["2026-03-28T01:30Z", "2026-03-28T02:30Z", "2026-03-29T01:00Z", "2026-03-29T01:30Z"]],
    ["0 2,3 * * *", ["2026-03-28T01:00Z", "2026-03-28T02:00Z", "2026-03-29T01:00Z", "2026-03-30T00:00Z"]],
    ["*/30 2 * * *", ["2026-03-28T01:00Z", "2026-03-28T01:30Z", "2026-03-30T00:00Z"]],
  ])("%s fires at %j", (cron, expected) => {
    expect(firstOf(schedule(cron), "2026-03-27T12:00:00Z", expected.length)).toEqual(expected);
  });

  it("fires each real hour", () => {
    const expected = ["2026-03-29T00:00Z", "2026-03-29T01:00Z", "2026-03-29T02:00Z"];
    expect(firstOf(schedule("0 * * * *"), "2026-03-28T23:30:00Z", 3)).toEqual(expected);
  });
});

it("a schedule without an end has the instants of ten years, and none after the year 9999", () => {
  const yearly = schedule("0 12 1 7 *", { time_zone: "UTC" });
  expect(firstOf(yearly, "2026-01-01T00:00:00Z", 100)).toHaveLength(10);
  expect(firstOf(yearly, "9997-01-01T00:00:00Z", 100)).toHaveLength(3);
});

describe("when the clock of Berlin is put back on 2026-10-25, from 03:00 to 02:00", () => {
  it.each([
    ["30 2 * * *", ["2026-10-25T00:30Z", "2026-10-26T01:30Z"]],
    ["15,45 2 * * *", ["2026-10-25T00:15Z", "2026-10-25T00:45Z", "2026-10-26T01:15Z"]],
    [
      "*/30 2 * * *",
      ["2026-10-25T00:00Z", "2026-10-25T00:30Z", "2026-10-25T01:00Z", "2026-10-25T01:30Z", "2026-10-26T01:00Z"],
    ],
    [
      "0 * * * *",
      ["2026-10-24T22:00Z", "2026-10-24T23:00Z", "2026-10-25T00:00Z", "2026-10-25T01:00Z", "2026-10-25T02:00Z"],
    ],
  ])("%s fires at %j", (cron, expected) => {
    expect(firstOf(schedule(cron), "2026-10-24T21:30:00Z", expected.length)).toEqual(expected);
  });
});

describe("a schedule", () => {
  const faultsOf = (given: Schedule) => checkSchedule(given).map(({ field }) => field);

  it.each<[what: string, given: Schedule, fields: string[]]>([
    ["a zone that nobody knows", schedule("0 6 * * *", { time_zone: "Mars/Olympus" }), ["time_zone"]],
    ["an offset instead of a zone", schedule("0 6 * * *", { time_zone: "+01:00" }), ["time_zone"]],
    ["no cron", schedule(null), ["cron"]],
    ["cron and at", schedule("0 6 * * *", { at: "2030-01-01T06:00" }), ["cron"]],
    ["a malformed cron", schedule("6"), ["cron"]],
    ["a day that no year has", schedule("0 0 31 2 *"), ["cron"]],
    ["a skipped local time", schedule(null, { at: "2026-03-29T02:30" }), ["at"]],
    ["a repeated local time", schedule(null, { at: "2026-10-25T02:30" }), ["at"]],
    ["a repeated local time with its offset", schedule(null, { at: "2026-10-25T02:30:00+01:00" }), []],
    ["a day that February has not", schedule(null, { at: "2026-02-30T06:00" }), ["at"]],
    ["a text that is no time", schedule(null, { at: "tomorrow" }), ["at"]],
    ["a local time", schedule(null, { at: "2026-02-28T06:00" }), []],
    [
      "an end that is not after the beginning",
      schedule("0 6 * * *", { starts_at: "2026-01-01T00:00:00Z", ends_at: "2026-01-01T00:00:00Z" }),
      ["ends_at"],
    ],
    ["UTC, when it says so", schedule("0 6 * * *", { time_zone: "UTC" }), []],
  ])("with %s has these faults: %#", (_, given, fields) => {
    expect(faultsOf(given)).toEqual(fields);
  });

  it("has no instants before it starts, and none from its end on", () => {
    const given = schedule("0 6 * * *", { starts_at: "2026-01-02T05:00:00Z", ends_at: "2026-01-04T05:00:00Z" });
    expect(firstOf(given, "2025-01-01T00:00:00Z", 5)).toEqual(["2026-01-02T05:00Z", "2026-01-03T05:00Z"]);
  });

  it("fires once at a local time", () => {
    const given = schedule(null, { at: "2026-07-01T06:00" });
    expect(firstOf(given, "2026-01-01T00:00:00Z", 2)).toEqual(["2026-07-01T04:00Z"]);
    expect(firstOf(given, "2026-07-01T04:00:00Z", 2)).toEqual([]);
  });

  it("delays each instant by a jitter of its own, never past the next", () => {
    const jitters = (id: string, cron: string, seconds: number) => {
      const found: number[] = [];
      for (const { at, dueAt } of occurrencesAfter(
        schedule(cron, { jitter_seconds: seconds }),
        id,
        Date.UTC(2026, 0, 1),
      )) {
        found.push(dueAt - at);
        if (found.length === 100) return found;
      }
      return found;
    };
    const hourly = jitters("one", "0 * * * *", 3_600);
    expect(Math.max(...hourly)).toBeLessThan(3_600_000);
    expect(Math.max(...hourly) - Math.min(...hourly)).toBeGreaterThan(1_800_000);
    expect(jitters("one", "0 * * * *", 3_600)).toEqual(hourly);
    expect(jitters("two", "0 * * * *", 3_600)).not.toEqual(hourly);
    expect(Math.max(...jitters("one", "* * * * *", 3_600))).toBeLessThan(60_000);
  });

  it("is planned around the present, and completely when few instants are left", () => {
    const minutely = planSchedule(schedule("* * * * *"), "trigger");
    expect(minutely.instants).toHaveLength(5);
    expect(Date.parse(minutely.instants[4]?.at ?? "")).toBeGreaterThan(Date.now() + 60_000);
    expect(minutely.is_complete).toBe(false);
    expect(planSchedule(schedule("* * * * *", { ends_at: "2020-01-01T00:00:00Z" }), "t")).toMatchObject({
      instants: [],
      is_complete: true,
    });
  });
});

describe("what is due", () => {
  const due = (cron: string, more: Partial<DueTrigger> = {}, ofSchedule: Partial<Schedule> = {}): DueTrigger => ({
    ...{ trigger_id: "trigger", version: 7, schedule: schedule(cron, { time_zone: "UTC", ...ofSchedule }) },
    ...{ after_at: "2026-01-01T11:59:00Z", missed_until: null, catches_up: false, fired: [], ...more },
  });
  const outcomeOf = (given: DueTrigger, now: string) => {
    const { fire, missed, next_at, after_at } = decide(given, now);
    return {
      fire: fire.map(({ at }) => at.slice(11, 16)),
      missed,
      next: next_at?.slice(11, 16),
      after: after_at.slice(11, 16),
    };
  };

  it("fires in time, each of several", () => {
    expect(outcomeOf(due("* * * * *"), "2026-01-01T12:01:10Z")).toEqual({
      ...{ fire: ["12:00", "12:01"], missed: [], next: "12:02", after: "12:01" },
    });
  });

  const missedOf = (from: string, to: string, count: number, reason: string) => [
    { from: `2026-01-01T${from}:00.000Z`, to: `2026-01-01T${to}:00.000Z`, count, reason },
  ];

  it.each([
    ["last", ["12:06"], missedOf("12:00", "12:03", 2, "late")],
    ["none", [], missedOf("12:00", "12:06", 3, "late")],
  ] as const)("after an outage of ten minutes over three instants, with catch_up: %s", (catchUp, fire, missed) => {
    const outcome = outcomeOf(due("0,3,6 12 * * *", {}, { catch_up: catchUp }), "2026-01-01T12:10:00Z");
    expect(outcome).toEqual({ fire, missed, next: "12:00", after: "12:06" });
  });

  it("catches nothing up when an instant fires in time", () => {
    expect(outcomeOf(due("*/5 * * * *"), "2026-01-01T12:10:30Z")).toMatchObject({
      fire: ["12:10"],
      missed: missedOf("12:00", "12:05", 2, "late"),
    });
  });

  it("catches nothing up that is older than the window", () => {
    const given = due("0,3,6 12 * * *", {}, { catch_up_window_seconds: 200 });
    expect(outcomeOf(given, "2026-01-01T12:10:00Z")).toMatchObject({ fire: [], missed: [{ count: 3 }] });
  });

  it("counts a minutely schedule that was paused for 90 days as one stretch", () => {
    const began = performance.now();
    const given = due("* * * * *", { missed_until: "2026-04-01T12:00:20Z" });
    expect(outcomeOf(given, "2026-04-01T12:00:21Z")).toEqual({
      fire: [],
      missed: [{ from: "2026-01-01T12:00:00.000Z", to: "2026-04-01T12:00:00.000Z", count: 129_601, reason: "paused" }],
      next: "12:01",
      after: "12:00",
    });
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it("fires the last instant of a pause when somebody has asked for it", () => {
    const given = due("0 * * * *", { missed_until: "2026-01-01T15:30:00Z", catches_up: true }, { catch_up: "none" });
    expect(outcomeOf(given, "2026-01-01T15:30:01Z")).toMatchObject({
      fire: ["15:00"],
      missed: missedOf("12:00", "14:00", 3, "paused"),
    });
  });

  it.each([
    ["the last", ["15:00"], [], missedOf("12:00", "14:00", 3, "paused")],
    [
      "one between",
      ["13:00"],
      ["15:00"],
      [...missedOf("12:00", "12:00", 1, "paused"), ...missedOf("14:00", "14:00", 1, "paused")],
    ],
    ["the first two", ["12:00", "13:00"], ["15:00"], missedOf("14:00", "14:00", 1, "paused")],
  ])("has the outcome of a backfill that has fired %s of a pause", (_, fired, fire, missed) => {
    const given = due("0 * * * *", {
      ...{
        missed_until: "2026-01-01T15:30:00Z",
        catches_up: true,
        fired: fired.map((at) => `2026-01-01T${at}:00.000Z`),
      },
    });
    expect(outcomeOf(given, "2026-01-01T15:30:01Z")).toMatchObject({ fire, missed, after: "15:00" });
  });

  it("does not fire in time what a backfill has fired", () => {
    const given = due("* * * * *", { fired: ["2026-01-01T12:01:00.000Z"] });
    expect(outcomeOf(given, "2026-01-01T12:01:10Z")).toMatchObject({ fire: ["12:00"], missed: [], after: "12:01" });
  });

  it("is postponed when its zone is gone", () => {
    const paused = { missed_until: "2026-01-01T11:30:00.000Z", catches_up: true };
    const given = due("0 * * * *", paused, { time_zone: "Mars/Olympus" });
    expect(() => decide(given, "2026-01-01T12:00:00Z")).toThrow("There is no time zone Mars/Olympus any more.");
    expect(postpone(given, "2026-01-01T12:00:00Z")).toMatchObject({
      ...{ fire: [], missed: [], after_at: given.after_at, next_at: null, due_at: "2026-01-01T13:00:00.000Z" },
      ...paused,
    });
  });
});
