import { WHEN_BUSY, type WhenBusy } from "../../db/enums.ts";
import { CATCH_UPS, type Schedule } from "../../triggers/schedule/schedule.ts";
import type { TriggerRow } from "../../triggers/triggers.ts";
import type { Caller } from "../caller.ts";
import { type Failure, Failures, Field, faultsAt, NO_FAILURE, toWholeNumber, type Values } from "../forms.tsx";
import { textOfLabels } from "../invoke/invoke-form.tsx";
import { JsonEditor, withLines } from "../invoke/json-editor.tsx";
import { MinuteField } from "../invoke/minute-field.tsx";
import { linesOf, readInput, readLabels, readMinute } from "../invoke/read-fields.ts";
import { Page } from "../layout.tsx";
import { NewId } from "../new-id.tsx";
import type { Wording } from "../wording.ts";

export const WHEN_BUSY_WORDS: Record<WhenBusy, string> = {
  queue: "the new run waits",
  skip: "it does not fire",
  replace_queued: "the new run takes the place of those that wait",
  replace_running: "the new run takes the place of those that wait, and stops what is RUNNING",
};

const CATCH_UP_WORDS: Record<Schedule["catch_up"], string> = {
  none: "nothing: they are recorded as missed",
  last: "the last of them fires late, the others are recorded as missed",
};

/** The labels of the form's fields, by their API names. */
const LABELS = {
  name: "Name",
  "schedule.cron": "Cron expression",
  "schedule.at": "Or once, at",
  "schedule.time_zone": "Time zone",
  "schedule.starts_at": "Not before",
  "schedule.ends_at": "Only before",
  "schedule.jitter_seconds": "Jitter in seconds",
  "schedule.catch_up_window_seconds": "Seconds after which nothing is caught up",
  "schedule.catch_up": "What becomes of instants that an outage has missed",
  input: "Input",
  labels: "Labels",
  concurrency_key: "Concurrency key",
  when_busy: "When as many runs are unfinished as may be RUNNING",
};

/** How the form says what the API says with the names of its fields. */
export const WORDING: Wording = {
  labels: {
    ...LABELS,
    // The API's messages call these fields by their own names only.
    cron: LABELS["schedule.cron"],
    at: LABELS["schedule.at"],
    starts_at: LABELS["schedule.starts_at"],
  },
  sentences: {
    "name string_too_short": "Give it a name.",
    "schedule.time_zone string_too_short": "Fill in a time zone, such as Europe/Berlin.",
    "when_busy value_error":
      "This needs 1 run at the same time; or 1 with the same key, and where the input has the key. Otherwise it is not clear which " +
      "run is stopped.",
  },
};

/** The names of the form's fields. */
const NAMES = [
  ...[
    "name",
    "cron",
    "at",
    "time_zone",
    "starts_at",
    "ends_at",
    "jitter_seconds",
    "catch_up",
    "catch_up_window_seconds",
  ],
  ...["input", "labels", "concurrency_key", "when_busy", "is_active"],
] as const;

/** The values of the form, as typed. */
export const readValues = (values: Values): Values => ({
  ...Object.fromEntries(NAMES.map((name) => [name, values[name]?.trim() ?? ""])),
  input: linesOf(values, "input"),
  labels: linesOf(values, "labels").trim(),
});

export const NEW_TRIGGER: Values = {
  ...{ jitter_seconds: "0", catch_up: "last", catch_up_window_seconds: "86400", is_active: "true" },
};

/** `2026-01-31T12:00` */
const minuteOf = (at: string | null) => at?.slice(0, 16) ?? "";

export const valuesOf = ({ schedule, ...trigger }: TriggerRow): Values => ({
  name: trigger.name,
  cron: schedule.cron ?? "",
  at: schedule.at ?? "",
  time_zone: schedule.time_zone,
  starts_at: minuteOf(schedule.starts_at),
  ends_at: minuteOf(schedule.ends_at),
  jitter_seconds: String(schedule.jitter_seconds),
  catch_up: schedule.catch_up,
  catch_up_window_seconds: String(schedule.catch_up_window_seconds),
  input: trigger.input === null ? "" : JSON.stringify(trigger.input, null, 2),
  labels: textOfLabels(trigger.labels),
  concurrency_key: trigger.concurrency_key ?? "",
  when_busy: trigger.when_busy ?? "",
  is_active: String(trigger.is_active),
});

/** The form as the body of the API's request, and what is wrong with the texts that the API would not get. */
export function toBody(values: Values) {
  const given = (name: string) => values[name] || null;
  const [{ input, faults }, read] = [readInput(values.input ?? ""), readLabels(values.labels ?? "")];
  const body = {
    name: values.name,
    kind: "schedule",
    schedule: {
      cron: given("cron"),
      at: given("at"),
      time_zone: values.time_zone,
      starts_at: readMinute(values.starts_at ?? ""),
      ends_at: readMinute(values.ends_at ?? ""),
      jitter_seconds: toWholeNumber(values.jitter_seconds || "0"),
      catch_up: given("catch_up") ?? undefined,
      catch_up_window_seconds: toWholeNumber(values.catch_up_window_seconds ?? ""),
    },
    input,
    labels: read.labels,
    concurrency_key: given("concurrency_key"),
    when_busy: given("when_busy"),
    is_active: values.is_active !== "false",
  };
  return { body, faults: [...faults, ...read.faults] };
}

const OTHERS = ["starts_at", "ends_at", "jitter_seconds", "catch_up", "catch_up_window_seconds"] as const;

/** A part of the form that is folded unless something in it differs from a new trigger. */
const isUnfolded = (values: Values, failure: Failure) =>
  OTHERS.some(
    (name) => (values[name] ?? "") !== (NEW_TRIGGER[name] ?? "") || faultsAt(failure, `schedule.${name}`).length > 0,
  ) || ["labels", "concurrency_key"].some((name) => values[name] || faultsAt(failure, name).length > 0);

type FormProps = { caller?: Caller; title: string; action: string; back: string; values: Values; failure?: Failure };

export const TriggerFormPage = ({ caller, title, action, back, values, failure = NO_FAILURE }: FormProps) => (
  <Page title={title} section="workflows" {...(caller && { caller })}>
    <div class="narrow">
      <p class="crumbs">
        <a href={back}>← Back</a>
      </p>
      <h1>{title}</h1>
      <form method="post" action={action} class="card stack" novalidate>
        <Failures failure={withLines(failure, "input", values.input ?? "")} labels={LABELS} />
        <NewId />
        <input type="hidden" name="is_active" value={values.is_active} />
        <Field
          name="name"
          label={LABELS.name}
          failure={failure}
          control={(a) => <input {...a} type="text" value={values.name} required maxlength={100} dir="auto" />}
        />
        <Field
          name="cron"
          path="schedule.cron"
          label={LABELS["schedule.cron"]}
          failure={failure}
          hint="Minute, hour, day of the month, month, day of the week. 0 6 * * 1-5 is 6:00 from Monday to Friday."
          control={(a) => <input {...a} type="text" value={values.cron} autocomplete="off" spellcheck={false} />}
        />
        <Field
          name="at"
          path="schedule.at"
          label={LABELS["schedule.at"]}
          failure={failure}
          hint="Instead of the cron expression: a time in the time zone below, such as 2030-03-01T06:00."
          control={(a) => <input {...a} type="text" value={values.at} autocomplete="off" spellcheck={false} />}
        />
        <Field
          name="time_zone"
          path="schedule.time_zone"
          label={LABELS["schedule.time_zone"]}
          failure={failure}
          hint="Such as Europe/Berlin, America/New_York or UTC. When its clock jumps, fixed times still fire once."
          control={(a) => (
            <input {...a} type="text" value={values.time_zone} required autocomplete="off" spellcheck={false} />
          )}
        />
        <Field
          name="when_busy"
          label={LABELS.when_busy}
          failure={failure}
          control={(a) => (
            <select {...a}>
              <option value="">what the policy of the workflow says</option>
              {WHEN_BUSY.map((mode) => (
                <option value={mode} selected={mode === values.when_busy}>
                  {WHEN_BUSY_WORDS[mode]}
                </option>
              ))}
            </select>
          )}
        />
        <JsonEditor
          name="input"
          label="Input (optional)"
          text={values.input ?? ""}
          failure={failure}
          hint='A JSON object, such as {"quarter": "2026-Q1"}. Each run gets it.'
        />
        <details class="more-fields" open={isUnfolded(values, failure)}>
          <summary>More</summary>
          <MoreFields values={values} failure={failure} />
        </details>
        <p class="muted">It fires with the rights that you have whenever it fires. A change counts from now on.</p>
        <div class="actions">
          <button type="submit" class="primary">
            Save
          </button>
          <a href={back}>Cancel</a>
        </div>
      </form>
    </div>
  </Page>
);

const MoreFields = ({ values, failure }: { values: Values; failure: Failure }) => (
  <>
    <Field
      name="labels"
      label={`${LABELS.labels} (optional)`}
      failure={failure}
      hint="Of each run: one in each line, such as customer:4711."
      control={(a) => (
        <textarea {...a} rows={2} spellcheck={false} autocomplete="off">
          {values.labels}
        </textarea>
      )}
    />
    <Field
      name="concurrency_key"
      label={`${LABELS.concurrency_key} (optional)`}
      failure={failure}
      hint="Whose runs they are, such as a customer. The workflow’s policy can limit the runs of each key."
      control={(a) => <input {...a} type="text" value={values.concurrency_key} autocomplete="off" />}
    />
    {(["starts_at", "ends_at"] as const).map((name) => (
      <MinuteField
        name={name}
        path={`schedule.${name}`}
        label={LABELS[`schedule.${name}`]}
        value={values[name] ?? ""}
        failure={failure}
        hint={
          name === "starts_at"
            ? "It does not fire for instants before this one."
            : "All its instants are before this one."
        }
      />
    ))}
    <Field
      name="jitter_seconds"
      path="schedule.jitter_seconds"
      label={LABELS["schedule.jitter_seconds"]}
      failure={failure}
      hint="0 to 3600. Each firing is up to this much later, so that many triggers do not fire at the same moment."
      control={(a) => <input {...a} type="text" inputmode="numeric" value={values.jitter_seconds} />}
    />
    <Field
      name="catch_up"
      path="schedule.catch_up"
      label={LABELS["schedule.catch_up"]}
      failure={failure}
      control={(a) => (
        <select {...a}>
          {CATCH_UPS.map((mode) => (
            <option value={mode} selected={mode === values.catch_up}>
              {CATCH_UP_WORDS[mode]}
            </option>
          ))}
        </select>
      )}
    />
    <Field
      name="catch_up_window_seconds"
      path="schedule.catch_up_window_seconds"
      label={LABELS["schedule.catch_up_window_seconds"]}
      failure={failure}
      hint="0 to 2592000. 86400 is a day."
      control={(a) => <input {...a} type="text" inputmode="numeric" value={values.catch_up_window_seconds} />}
    />
  </>
);
