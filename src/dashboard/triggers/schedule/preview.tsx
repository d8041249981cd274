/** What the schedule in a form means: in words, and its next instants. `schedule.js` asks for it anew while somebody types. */
import { givenInstant } from "../../../http/schemas.ts";
import { checkSchedule } from "../../../triggers/schedule/check-schedule.ts";
import type { Schedule } from "../../../triggers/schedule/schedule.ts";
import type { Values } from "../../forms.tsx";
import { readMinute } from "../../invoke/kit/read-fields.ts";
import { inWords, type Wording } from "../../wording.ts";
import { describeSchedule } from "./cron-words.ts";
import { InstantsTable, nextInstants } from "./next-instants.tsx";

/** The longest text that one of these fields may have. */
const MAX_LENGTH = 100;

/** The fields of the form that say when a schedule fires. */
const NAMES = ["cron", "at", "time_zone", "starts_at", "ends_at"] as const;

/** A schedule as far as it is filled in, without what changes none of its instants. */
function scheduleOf(values: Values): Schedule {
  const given = (name: (typeof NAMES)[number]) => values[name]?.trim().slice(0, MAX_LENGTH) || null;
  const minute = (name: "starts_at" | "ends_at") =>
    givenInstant().safeParse(readMinute(given(name) ?? "")).data ?? null;
  return {
    ...{ cron: given("cron"), at: given("at"), time_zone: given("time_zone") ?? "" },
    ...{ starts_at: minute("starts_at"), ends_at: minute("ends_at") },
    ...{ jitter_seconds: 0, catch_up: "none", catch_up_window_seconds: 0 },
  };
}

/** The instants after now by the clock of the Worker: nothing is decided by them. */
export const SchedulePreview = ({ values, wording }: { values: Values; wording: Wording }) => {
  const schedule = scheduleOf(values);
  const isBegun = schedule.cron !== null || schedule.at !== null;
  const faults = checkSchedule(schedule).filter(({ field }) => field !== "time_zone" || schedule.time_zone !== "");
  const words = describeSchedule(schedule);
  const instants = nextInstants(schedule, new Date().toISOString());
  return (
    <section id="preview" aria-label="What the schedule means" aria-live="polite">
      {isBegun &&
        faults.map(({ field, msg }) => (
          <p class="fault">{inWords({ loc: ["body", "schedule", field], type: "value_error", msg }, wording).msg}</p>
        ))}
      {isBegun && faults.length === 0 && words !== null && <p>{words}</p>}
      {instants.length > 0 && <InstantsTable instants={instants} timeZone={schedule.time_zone} />}
      {isBegun && faults.length === 0 && schedule.time_zone !== "" && instants.length === 0 && (
        <p class="muted">There is no further instant.</p>
      )}
    </section>
  );
};
