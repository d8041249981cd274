/** Decides what becomes of the due instants of a trigger. The database carries it out, if nobody has changed the trigger meanwhile. */
import { v7 as newId } from "uuid";
import { z } from "zod";
import { toInstant } from "./plan.ts";
import { type Occurrence, occurrencesAfter, scheduleSchema } from "./schedule.ts";

/**
 * How late an instant may be handled without counting as missed. Without hubs, only the cron fires, once a minute, so this is longer than a
 * minute.
 */
const IN_TIME_MS = 120_000;

/** A trigger of which something is due: `list_due_triggers` in SQL. Instants are RFC 3339. */
export const dueTriggerSchema = z.object({
  trigger_id: z.string(),
  version: z.int(),
  schedule: scheduleSchema,
  /** All instants up to this one were handled. */
  after_at: z.string(),
  /** Null unless the trigger was resumed: instants up to this one were missed because it was paused. */
  missed_until: z.string().nullable(),
  /** Whether the last of these fires. */
  catches_up: z.boolean(),
  /** Instants after `after_at` that a backfill has fired before the schedule has handled them. */
  fired: z.array(z.string()).default([]),
});
export type DueTrigger = z.infer<typeof dueTriggerSchema>;

/** Instants in a row that did not fire. */
type Missed = { from: string; to: string; count: number; reason: "paused" | "late" };

export type Decision = {
  trigger_id: string;
  version: number;
  missed: Missed[];
  /** The ids are those of the new firing and its run. */
  fire: { at: string; due_at: string; firing_id: string; run_id: string }[];
  /** As in {@link DueTrigger}. The decision counts only while this is all that has fired. */
  fired: string[];
  after_at: string;
  /** As in {@link DueTrigger}, of a pause that this decision does not handle. */
  missed_until?: string | null;
  catches_up?: boolean;
  /** The next instant, and when it is due. Null when there is none. */
  next_at: string | null;
  due_at: string | null;
};

/** Instants between two that have fired, by their times in milliseconds. `beforeTo` is the one before the last. */
type Row = { from: number; beforeTo: number; to: number; count: number };

/** Counts instants that did not fire in time, without keeping them. One that a backfill has fired begins a new row. */
class Stretch {
  readonly #rows: Row[] = [];
  #row: Row | undefined;
  /** The last instant of all; null when a backfill has fired it. */
  last: Occurrence | null | undefined;

  add(occurrence: Occurrence): void {
    const { at } = occurrence;
    const { from = at, to: beforeTo = at, count = 0 } = this.#row ?? {};
    this.#row = { from, beforeTo, to: at, count: count + 1 };
    this.last = occurrence;
  }

  addFired(): void {
    if (this.#row) this.#rows.push(this.#row);
    this.#row = undefined;
    this.last = null;
  }

  /** Its rows, without the last instant if that fires. */
  toMissed(reason: Missed["reason"], lastFires: boolean): Missed[] {
    const { from = 0, beforeTo: to = 0, count = 0 } = this.#row ?? {};
    const last = lastFires ? { from, beforeTo: to, to, count: count - 1 } : this.#row;
    const rows = last && last.count > 0 ? [...this.#rows, last] : this.#rows;
    return rows.map((row) => ({ from: toInstant(row.from), to: toInstant(row.to), count: row.count, reason }));
  }
}

/**
 * What becomes of the instants of a trigger that are due by the clock of the database.
 * - Those that are at most {@link IN_TIME_MS} late fire.
 * - Of the others, the last one fires if nothing fires in time, the schedule catches up, and it is not later than its window. The
 *   others were missed.
 * - Those of a pause were missed. When a person has asked to catch up, the last one fires as above.
 * - Those that a backfill has fired have their outcome. If that is the last one, there is nothing to catch up.
 */
export function decide({ trigger_id, version, schedule, fired, ...due }: DueTrigger, now: string): Decision {
  const nowMs = Date.parse(now);
  const pausedUntil = due.missed_until === null ? Number.NEGATIVE_INFINITY : Date.parse(due.missed_until);
  const hasFired = new Set(fired.map((at) => Date.parse(at)));
  const paused = new Stretch();
  const late = new Stretch();
  const firing: Occurrence[] = [];
  let next: Occurrence | undefined;
  let handled: number | undefined;
  let nothingInTime = true;
  for (const occurrence of occurrencesAfter(schedule, trigger_id, Date.parse(due.after_at))) {
    if (occurrence.dueAt > nowMs) {
      next = occurrence;
      break;
    }
    handled = occurrence.at;
    const isFired = hasFired.has(occurrence.at);
    const isPaused = occurrence.at <= pausedUntil;
    if (isPaused || nowMs - occurrence.dueAt > IN_TIME_MS) {
      const stretch = isPaused ? paused : late;
      if (isFired) stretch.addFired();
      else stretch.add(occurrence);
    } else {
      nothingInTime = false;
      if (!isFired) firing.push(occurrence);
    }
  }
  const isInWindow = (occurrence: Occurrence | null | undefined): occurrence is Occurrence =>
    !!occurrence && nowMs - occurrence.dueAt <= schedule.catch_up_window_seconds * 1_000;
  const lateFires = nothingInTime && schedule.catch_up === "last" && isInWindow(late.last);
  const pausedFires = nothingInTime && late.last === undefined && due.catches_up && isInWindow(paused.last);
  if (lateFires && late.last) firing.push(late.last);
  if (pausedFires && paused.last) firing.push(paused.last);
  return {
    trigger_id,
    version,
    missed: [...paused.toMissed("paused", pausedFires), ...late.toMissed("late", lateFires)],
    fire: firing.map(({ at, dueAt }) => ({
      at: toInstant(at),
      due_at: toInstant(dueAt),
      firing_id: newId(),
      run_id: newId(),
    })),
    fired,
    after_at: handled === undefined ? due.after_at : toInstant(handled),
    next_at: next ? toInstant(next.at) : null,
    due_at: next ? toInstant(next.dueAt) : null,
  };
}

/** After this time, a trigger whose schedule could not be computed is tried again. */
const AGAIN_MS = 3_600_000;

/** Leaves everything for later. It is for a schedule that the runtime cannot compute any more, such as one of a zone that is gone. */
export const postpone = ({ schedule: _, ...due }: DueTrigger, now: string): Decision => ({
  ...due,
  ...{ missed: [], fire: [], next_at: null },
  due_at: toInstant(Date.parse(now) + AGAIN_MS),
});
