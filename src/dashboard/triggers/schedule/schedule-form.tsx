import type { JSX } from "hono/jsx/jsx-runtime";
import { ASSETS } from "../../../http/assets/folder.ts";
import { CATCH_UPS, type Schedule } from "../../../triggers/schedule/schedule.ts";
import type { TriggerRow } from "../../../triggers/triggers.ts";
import {
  Choices,
  choicesOf,
  type Failure,
  Field,
  faultsAt,
  NO_FAILURE,
  toWholeNumber,
  type Values,
} from "../../forms.tsx";
import { MinuteField } from "../../invoke/kit/minute-field.tsx";
import { readMinute } from "../../invoke/kit/read-fields.ts";
import type { Wording } from "../../wording.ts";
import {
  COMMON_LABELS,
  COMMON_SENTENCES,
  commonValuesOf,
  type FormProps,
  type KindForm,
  readCommon,
  TriggerForm,
  toCommonBody,
} from "../common-fields.tsx";
import { SchedulePreview } from "./preview.tsx";

const CATCH_UP_WORDS: Record<Schedule["catch_up"], string> = {
  none: "nothing: they are recorded as missed",
  last: "the last of them fires late, the others are recorded as missed",
};

/** The labels of the form's fields, by their API names. */
const LABELS = {
  ...COMMON_LABELS,
  "schedule.cron": "Cron expression",
  "schedule.at": "Or once, at",
  "schedule.time_zone": "Time zone",
  "schedule.starts_at": "Not before",
  "schedule.ends_at": "Only before",
  "schedule.jitter_seconds": "Jitter in seconds",
  "schedule.catch_up_window_seconds": "Seconds after which nothing is caught up",
  "schedule.catch_up": "What becomes of instants that an outage has missed",
};

const WORDING: Wording = {
  labels: {
    ...LABELS,
    // The API's messages call these fields by their own names only.
    cron: LABELS["schedule.cron"],
    at: LABELS["schedule.at"],
    starts_at: LABELS["schedule.starts_at"],
  },
  sentences: {
    ...COMMON_SENTENCES,
    "schedule.time_zone string_too_short": "Fill in a time zone, such as Europe/Berlin.",
  },
};

/** The names of the fields that only a schedule has. */
const NAMES = [
  ...["cron", "at", "time_zone", "starts_at", "ends_at"],
  ...["jitter_seconds", "catch_up", "catch_up_window_seconds"],
] as const;

const read = (values: Values): Values => readCommon(values, NAMES);

const INITIAL: Values = {
  ...{ jitter_seconds: "0", catch_up: "last", catch_up_window_seconds: "86400", is_active: "true" },
};

/** `2026-01-31T12:00` */
const minuteOf = (at: string | null) => at?.slice(0, 16) ?? "";

const valuesOf = (trigger: TriggerRow, schedule: Schedule): Values => ({
  ...commonValuesOf(trigger),
  cron: schedule.cron ?? "",
  at: schedule.at ?? "",
  time_zone: schedule.time_zone,
  starts_at: minuteOf(schedule.starts_at),
  ends_at: minuteOf(schedule.ends_at),
  jitter_seconds: String(schedule.jitter_seconds),
  catch_up: schedule.catch_up,
  catch_up_window_seconds: String(schedule.catch_up_window_seconds),
});

function toBody(values: Values) {
  const given = (name: string) => values[name] || null;
  const { body, faults } = toCommonBody(values);
  const schedule = {
    cron: given("cron"),
    at: given("at"),
    time_zone: values.time_zone,
    starts_at: readMinute(values.starts_at ?? ""),
    ends_at: readMinute(values.ends_at ?? ""),
    jitter_seconds: toWholeNumber(values.jitter_seconds || "0"),
    catch_up: given("catch_up") ?? undefined,
    catch_up_window_seconds: toWholeNumber(values.catch_up_window_seconds ?? ""),
  };
  return { body: { ...body, kind: "schedule", schedule }, faults };
}

const OTHERS = ["starts_at", "ends_at", "jitter_seconds", "catch_up", "catch_up_window_seconds"] as const;

/** A part of the form is folded unless something in it differs from a new trigger. */
const isUnfolded = (values: Values, failure: Failure) =>
  OTHERS.some(
    (name) => (values[name] ?? "") !== (INITIAL[name] ?? "") || faultsAt(failure, `schedule.${name}`).length > 0,
  );

const ScheduleForm = ({ failure = NO_FAILURE, ...props }: FormProps) => {
  const { values } = props;
  const of = { values, failure };
  return (
    <TriggerForm
      {...props}
      failure={failure}
      labels={LABELS}
      inputHint='A JSON object, such as {"quarter": "2026-Q1"}. Each run gets it.'
      inputLegend="The input that each run gets"
      isUnfolded={isUnfolded(values, failure)}
      fields={
        <>
          <Line
            {...of}
            name="cron"
            hint="Minute, hour, day of the month, month, day of the week. 0 6 * * 1-5 is 6:00 from Monday to Friday."
          />
          <Line
            {...of}
            name="at"
            hint="Instead of the cron expression: a time in the time zone below, such as 2030-03-01T06:00."
          />
          <Line
            {...of}
            name="time_zone"
            hint="Such as Europe/Berlin, America/New_York or UTC. When its clock jumps, fixed times still fire once."
            required
            data-zones
          />
          <SchedulePreview values={values} wording={WORDING} />
          <script type="module" src={`${ASSETS}/schedule.js`} />
        </>
      }
      more={<MoreFields {...of} />}
    />
  );
};

type FieldsProps = { values: Values; failure: Failure };

/** A field of one line. */
const Line = (props: FieldsProps & { name: (typeof NAMES)[number]; hint: string } & JSX.IntrinsicElements["input"]) => {
  const { values, failure, name, hint, ...input } = props;
  return (
    <Field
      name={name}
      path={`schedule.${name}`}
      label={LABELS[`schedule.${name}`]}
      failure={failure}
      hint={hint}
      control={(a) => (
        <input {...a} type="text" value={values[name]} autocomplete="off" spellcheck={false} {...input} />
      )}
    />
  );
};

const Minute = ({ values, failure, name, hint }: FieldsProps & { name: "starts_at" | "ends_at"; hint: string }) => (
  <MinuteField
    name={name}
    path={`schedule.${name}`}
    label={LABELS[`schedule.${name}`]}
    value={values[name] ?? ""}
    failure={failure}
    hint={hint}
  />
);

const MoreFields = (of: FieldsProps) => (
  <>
    <Minute {...of} name="starts_at" hint="It does not fire for instants before this one." />
    <Minute {...of} name="ends_at" hint="All its instants are before this one." />
    <Line
      {...of}
      name="jitter_seconds"
      hint="0 to 3600. Each firing is up to this much later, so that many triggers do not fire at the same moment."
      inputmode="numeric"
    />
    <Field
      name="catch_up"
      path="schedule.catch_up"
      label={LABELS["schedule.catch_up"]}
      failure={of.failure}
      control={(a) => (
        <Choices attributes={a} choices={choicesOf(CATCH_UPS, CATCH_UP_WORDS)} chosen={of.values.catch_up} />
      )}
    />
    <Line {...of} name="catch_up_window_seconds" hint="0 to 2592000. 86400 is a day." inputmode="numeric" />
  </>
);

export const scheduleForm: KindForm = {
  hasFixedInput: true,
  titles: { create: "New schedule", change: "Change the schedule" },
  initial: INITIAL,
  read,
  toBody,
  valuesOf: (trigger) => trigger.schedule && valuesOf(trigger, trigger.schedule),
  wording: WORDING,
  Form: ScheduleForm,
};
