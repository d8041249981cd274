import { findCronFault, findIdleStep, hasDays, parseCron } from "./cron.ts";
import { resolveAt, type Schedule } from "./schedule.ts";
import { openZone } from "./zone.ts";

/** What is wrong with a schedule, by the field. */
export type ScheduleFault = { field: keyof Schedule; msg: string };

const AT = {
  malformed:
    "Must be a local time, such as 2026-03-01T06:00, or an instant with its offset, such as 2026-03-01T06:00:00+01:00.",
  skipped: "The clock of the time zone skips this local time. Send another one, or one with its offset.",
  repeated: "The clock of the time zone shows this local time twice. Send it with its offset.",
};

/** All that is wrong with a schedule, except that `at` may have passed, which the database judges by its clock. */
export function checkSchedule(schedule: Schedule): ScheduleFault[] {
  return [...faultsOfZone(schedule), ...faultsOfCron(schedule), ...faultsOfEnds(schedule)];
}

function faultsOfZone({ at, time_zone: name }: Schedule): ScheduleFault[] {
  const zone = openZone(name);
  if (zone === null) {
    return [{ field: "time_zone", msg: "Must be a time zone of the IANA database, such as Europe/Berlin, or UTC." }];
  }
  const resolved = at === null ? 0 : resolveAt(at, zone);
  return typeof resolved === "string" ? [{ field: "at", msg: AT[resolved] }] : [];
}

function faultsOfCron({ cron, at }: Schedule): ScheduleFault[] {
  if ((cron === null) === (at === null)) return [{ field: "cron", msg: "Send either `cron` or `at`." }];
  if (cron === null) return [];
  const parsed = parseCron(cron);
  if (parsed === null) return [{ field: "cron", msg: findCronFault(cron) }];
  const idle = findIdleStep(cron);
  if (idle !== null) {
    const msg = `The step in ${idle.step} is longer than the range, so it names one ${idle.field} only. Write that one.`;
    return [{ field: "cron", msg }];
  }
  return hasDays(parsed) ? [] : [{ field: "cron", msg: "There is no such day in any year." }];
}

function faultsOfEnds({ starts_at: startsAt, ends_at: endsAt }: Schedule): ScheduleFault[] {
  if (startsAt === null || endsAt === null || Date.parse(startsAt) < Date.parse(endsAt)) return [];
  return [{ field: "ends_at", msg: "Must be after `starts_at`." }];
}
