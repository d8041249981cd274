/** A year in time zones whose clocks jump, compared with another calculation: test/triggers/oracle.ts. */
import { describe, expect, it } from "vitest";
import { type Decision, decide } from "../../src/triggers/schedule/decide.ts";
import { occurrencesAfter, type Schedule } from "../../src/triggers/schedule/schedule.ts";
import { createRandom } from "../support/random.ts";
import { type Expected, fixedInstants, realInstants } from "./oracle.ts";

const schedule = (cron: string, time_zone: string, more: Partial<Schedule> = {}): Schedule => ({
  ...{ cron, at: null, time_zone, starts_at: null, ends_at: null },
  ...{ jitter_seconds: 0, catch_up: "last", catch_up_window_seconds: 86_400, ...more },
});

/** The instants of a schedule in a year of its zone. */
function instantsIn(cron: string, zone: string, year: number): number[] {
  const instants: number[] = [];
  const [begin, end] = [Date.UTC(year, 0, 1) - 86_400_000, Date.UTC(year + 1, 0, 2)];
  for (const { at } of occurrencesAfter(schedule(cron, zone), "", begin)) {
    if (at > end) break;
    instants.push(at);
  }
  const yearOf = new Intl.DateTimeFormat("en", { timeZone: zone, year: "numeric" });
  return instants.filter((at) => yearOf.format(at) === String(year));
}

/** Apia skipped a whole day in the year that is named here: the 30th of December. */
const YEARS: [zone: string, year: number][] = [
  ["Europe/Berlin", 2026],
  ["America/New_York", 2026],
  ["Australia/Lord_Howe", 2026],
  ["Pacific/Apia", 2011],
  ["Africa/Cairo", 2026],
];

const all = (count: number) => Array.from({ length: count }, (_, index) => index);

const FIXED: [cron: string, expected: Expected][] = [
  ["30 2 * * *", { minutes: [30], hours: [2] }],
  ["15,45 2 * * *", { minutes: [15, 45], hours: [2] }],
  ["30 2,3 * * *", { minutes: [30], hours: [2, 3] }],
  ["0 0 * * *", { minutes: [0], hours: [0] }],
  ["59 0-4,22-23 * * *", { minutes: [59], hours: [0, 1, 2, 3, 4, 22, 23] }],
  ["10 1 * * sun", { minutes: [10], hours: [1], isDay: ({ dayOfWeek }) => dayOfWeek === 7 }],
  ["0 1 1-7 * 5", { minutes: [0], hours: [1], isDay: ({ day, dayOfWeek }) => day <= 7 || dayOfWeek === 5 }],
  [
    "5 2 31 jan,dec *",
    { minutes: [5], hours: [2], isDay: ({ day, month }) => day === 31 && (month === 1 || month === 12) },
  ],
];

const REAL: [cron: string, expected: Expected][] = [
  ["0 * * * *", { minutes: [0], hours: all(24) }],
  ["*/15 2 * * *", { minutes: [0, 15, 30, 45], hours: [2] }],
  ["30 */2 * * *", { minutes: [30], hours: all(24).filter((hour) => hour % 2 === 0) }],
  ["0 1-5/2 * * 0", { minutes: [0], hours: [1, 3, 5], isDay: ({ dayOfWeek }) => dayOfWeek === 7 }],
];

describe.each(YEARS)("a year in %s, %i", (zone, year) => {
  it.each(FIXED)("has the instants of %s, each fixed time once", (cron, expected) => {
    expect(instantsIn(cron, zone, year)).toEqual(fixedInstants(zone, year, expected));
  });

  it.each(REAL)("has the instants of %s, each as real time passes", (cron, expected) => {
    expect(instantsIn(cron, zone, year)).toEqual(realInstants(zone, year, expected));
  });

  it("is handled by sweeps that come late or not at all, each instant once", () => {
    const random = createRandom(year);
    const cron = "15,45 */2 * * *";
    const jittered = schedule(cron, zone, { jitter_seconds: 600 });
    const expected = instantsIn(cron, zone, year);
    const [first = 0, last = 0] = [expected[0], expected.at(-1)];
    const fired: number[] = [];
    let missed = 0;
    let after = new Date(first - 1).toISOString();
    for (
      let now = first;
      now < last + 86_400_000;
      now += random.chance(0.9) ? 21_600_000 : random.integer(86_400_000)
    ) {
      const due = {
        trigger_id: "t",
        version: 1,
        schedule: jittered,
        after_at: after,
        missed_until: null,
        catches_up: false,
        fired: [],
      };
      const decision: Decision = decide(due, new Date(now).toISOString());
      after = decision.after_at;
      fired.push(...decision.fire.map(({ at }) => Date.parse(at)).filter((at) => at <= last));
      for (const { count, ...stretch } of decision.missed) {
        const [from, to] = [Date.parse(stretch.from), Date.parse(stretch.to)];
        const instants = expected.filter((at) => at >= from && at <= to).length;
        if (to <= last) expect(count).toBe(instants);
        missed += instants;
      }
    }
    expect(new Set(fired).size).toBe(fired.length);
    expect(fired.length + missed).toBe(expected.length);
    expect(missed).toBeGreaterThan(10);
  });
});
