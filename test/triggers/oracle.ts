/** Computes the instants of a cron expression in another way than the service: by Temporal, and from each local or real minute. */
import { Temporal } from "temporal-polyfill";

type Day = { day: number; month: number; dayOfWeek: number };

/** The local minutes, hours and days of an expression, in the words of the test. */
export type Expected = {
  minutes: readonly number[];
  hours: readonly number[];
  isDay?: (date: Day) => boolean;
};

const everyDay = () => true;

/** The instants of fixed times in a year: each local time once, in its first pass; or at the end of the gap that skips it. */
export function fixedInstants(zone: string, year: number, { minutes, hours, isDay = everyDay }: Expected): number[] {
  const instants = new Set<number>();
  const end = Temporal.PlainDate.from({ year: year + 1, month: 1, day: 1 });
  for (
    let date = Temporal.PlainDate.from({ year, month: 1, day: 1 });
    Temporal.PlainDate.compare(date, end) < 0;
    date = date.add({ days: 1 })
  ) {
    if (!isDay(date)) continue;
    for (const hour of hours) {
      for (const minute of minutes) instants.add(instantOf(date.toPlainDateTime({ hour, minute }), zone));
    }
  }
  return [...instants].sort((a, b) => a - b);
}

function instantOf(local: Temporal.PlainDateTime, zone: string): number {
  const earlier = local.toZonedDateTime(zone, { disambiguation: "earlier" });
  if (earlier.toPlainDateTime().equals(local)) return earlier.epochMilliseconds;
  // Temporal takes a skipped time by the offset before the gap or after it. The jump lies between these two.
  const jump = earlier.getTimeZoneTransition("next");
  if (jump === null) throw new Error(`${zone} has no jump after ${earlier}.`);
  return jump.epochMilliseconds;
}

type LocalTime = Day & { at: number; hour: number; minute: number };

const years = new Map<string, LocalTime[]>();

/** The local time of a zone at each quarter of an hour of a year. */
function localTimesOf(zone: string, year: number): LocalTime[] {
  const known = years.get(`${zone} ${year}`);
  if (known) return known;
  const [begin, end] = [year, year + 1].map(
    (number) => Temporal.PlainDate.from({ year: number, month: 1, day: 1 }).toZonedDateTime(zone).epochMilliseconds,
  );
  const times: LocalTime[] = [];
  for (let at = Number(begin); at < Number(end); at += 900_000) {
    const { hour, minute, day, month, dayOfWeek } = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
    times.push({ at, hour, minute, day, month, dayOfWeek });
  }
  years.set(`${zone} ${year}`, times);
  return times;
}

/** The instants at which the local time of a zone matches, at each quarter of an hour of a year. */
export const realInstants = (zone: string, year: number, { minutes, hours, isDay = everyDay }: Expected): number[] =>
  localTimesOf(zone, year)
    .filter((local) => minutes.includes(local.minute) && hours.includes(local.hour) && isDay(local))
    .map(({ at }) => at);
