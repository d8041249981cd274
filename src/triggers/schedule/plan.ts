import { occurrencesAfter, type Schedule } from "./schedule.ts";

/**
 * What the database needs in order to plan a trigger that was changed. Only its clock says which instant is the next one, so it gets
 * several: those after `from`. `is_complete` is true when there are no further ones.
 */
export type Plan = { from: string; instants: { at: string; due_at: string }[]; is_complete: boolean };

/** How much the clock of a Worker may differ from that of the database. If it differs more, a sweep plans the trigger. */
const MOST_SKEW_MS = 120_000;

/** Every minute: two before the present, and two after it. */
const PLANNED = 5;

export const toInstant = (ms: number): string => new Date(ms).toISOString();

/** Plans a schedule by the Worker's clock. All instants are RFC 3339. */
export function planSchedule(schedule: Schedule, triggerId: string): Plan {
  // The only instant of `at` is planned whatever the clock says: the database refuses it when it is past.
  const from = schedule.at === null ? Date.now() - MOST_SKEW_MS : 0;
  const instants: Plan["instants"] = [];
  for (const { at, dueAt } of occurrencesAfter(schedule, triggerId, from)) {
    if (instants.length === PLANNED) return { from: toInstant(from), instants, is_complete: false };
    instants.push({ at: toInstant(at), due_at: toInstant(dueAt) });
  }
  return { from: toInstant(from), instants, is_complete: true };
}
