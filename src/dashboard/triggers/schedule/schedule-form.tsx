import { ASSETS } from "../../../http/assets/folder.ts";
import { CATCH_UPS, type Schedule } from "../../../triggers/schedule/schedule.ts";
import {
  bodyOf,
  type Control,
  type FormField,
  FormFields,
  labelsOf,
  line,
  oneOf,
  textsOf,
  wholeNumber,
} from "../../form-fields.tsx";
import { choicesOf, type Failure, faultsAt, NO_FAILURE, type Values } from "../../forms.tsx";
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

const minute: Control = {
  show: (a, value) => (
    <>
      <input {...a} type="datetime-local" value={value} data-utc />
      <noscript>In UTC.</noscript>
    </>
  ),
  read: readMinute,
  // `2026-01-31T12:00`, and its seconds when it has some.
  write: (at) => (typeof at === "string" ? at.replace(/(:00)?(\.000)?Z$/, "") : ""),
};

const FIRST: readonly FormField[] = [
  {
    ...{ name: "cron", label: "Cron expression" },
    hint: "Minute, hour, day of the month, month, day of the week. 0 6 * * 1-5 is 6:00 from Monday to Friday.",
    control: line(),
  },
  {
    ...{ name: "at", label: "Or once, at" },
    hint: "Instead of the cron expression: a time in the time zone below, such as 2030-03-01T06:00.",
    control: line(),
  },
  {
    ...{ name: "time_zone", label: "Time zone" },
    hint: "Such as Europe/Berlin, America/New_York or UTC. When its clock jumps, fixed times still fire once.",
    control: line({ required: true, "data-zones": true }, (text) => text),
  },
];

const OTHERS: readonly FormField[] = [
  {
    ...{ name: "starts_at", label: "Not before", note: "optional" },
    hint: "It does not fire for instants before this one.",
    control: minute,
  },
  {
    ...{ name: "ends_at", label: "Only before", note: "optional" },
    hint: "All its instants are before this one.",
    control: minute,
  },
  {
    ...{ name: "jitter_seconds", label: "Jitter in seconds" },
    hint: "0 to 3600. Each firing is up to this much later, so that many triggers do not fire at the same moment.",
    control: wholeNumber(0),
  },
  {
    name: "catch_up",
    label: "What becomes of instants that an outage has missed",
    control: oneOf(choicesOf(CATCH_UPS, CATCH_UP_WORDS)),
  },
  {
    ...{ name: "catch_up_window_seconds", label: "Seconds after which nothing is caught up" },
    hint: "0 to 2592000. 86400 is a day.",
    control: wholeNumber(),
  },
];

const FIELDS = [...FIRST, ...OTHERS];

/** The labels of the form's fields, by their API names. */
const LABELS: Record<string, string> = { ...COMMON_LABELS, ...labelsOf(FIELDS, "schedule.") };

const WORDING: Wording = {
  labels: {
    ...LABELS,
    // The API's messages call these fields by their own names only.
    ...labelsOf(FIELDS.filter(({ name }) => ["cron", "at", "starts_at"].includes(name))),
  },
  sentences: {
    ...COMMON_SENTENCES,
    "schedule.time_zone string_too_short": "Fill in a time zone, such as Europe/Berlin.",
  },
};

const INITIAL: Values = {
  ...{ jitter_seconds: "0", catch_up: "last", catch_up_window_seconds: "86400", is_active: "true" },
};

function toBody(values: Values) {
  const { body, faults } = toCommonBody(values);
  return { body: { ...body, kind: "schedule", schedule: bodyOf(FIELDS, values) }, faults };
}

/** A part of the form is folded unless something in it differs from a new trigger. */
const isUnfolded = (values: Values, failure: Failure) =>
  OTHERS.some(
    ({ name }) => (values[name] ?? "") !== (INITIAL[name] ?? "") || faultsAt(failure, `schedule.${name}`).length > 0,
  );

const ScheduleForm = ({ failure = NO_FAILURE, ...props }: FormProps) => {
  const { values } = props;
  const of = { at: "schedule.", values, failure };
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
          <FormFields of={FIRST} {...of} />
          <SchedulePreview values={values} wording={WORDING} />
          <script type="module" src={`${ASSETS}/schedule.js`} />
        </>
      }
      more={<FormFields of={OTHERS} {...of} />}
    />
  );
};

export const scheduleForm: KindForm = {
  hasFixedInput: true,
  titles: { create: "New schedule", change: "Change the schedule" },
  initial: INITIAL,
  read: (values) => readCommon(values, FIELDS),
  toBody,
  valuesOf: (trigger) => trigger.schedule && { ...commonValuesOf(trigger), ...textsOf(FIELDS, trigger.schedule) },
  wording: WORDING,
  Form: ScheduleForm,
};
