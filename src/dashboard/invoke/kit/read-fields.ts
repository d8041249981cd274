/** Reads the fields of a form that says what a run gets: the input, the labels, and instants. */
import { z } from "zod";
import { type Fault, ValidationFailed } from "../../../http/problems.ts";
import { checkBody, findFaults } from "../../../http/validation.ts";
import { isLabel, type Labels, labelsField } from "../../../runs/labels.ts";
import type { Values } from "../../forms.tsx";
import { textsOf } from "../../runs/kit/run-labels.tsx";
import { readJson } from "../json-text.ts";

/** The text of a field with several lines. A form sends line breaks as CR and LF. */
export const linesOf = (values: Values, name: string): string => (values[name] ?? "").replaceAll("\r\n", "\n");

/** The lines of a text that have something in them, without the blanks around it. */
export const textsIn = (lines = ""): string[] =>
  lines
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

/** The JSON in the field of this name, null for an empty text; or what is wrong with it. */
export function readJsonField(name: string, text: string): { value: unknown; faults: Fault[] } {
  const read = text.trim() === "" ? { value: null } : readJson(text);
  if ("value" in read) return { value: read.value, faults: [] };
  return { value: null, faults: [{ loc: ["body", name], type: "json_invalid", msg: read.fault.msg }] };
}

/**
 * What a form began with. Its values may have blanks at their ends, which are left out of what somebody types, and line breaks, which a field
 * of one line loses.
 */
const beforeSchema = z.object({ labels: labelsField, concurrency_key: z.string().nullable() });

/**
 * The text of the hidden field `before`: the labels and the concurrency key that the form began with. {@link readLabelsAndKey} keeps those that
 * nobody has changed exactly as they were, with blanks and line breaks.
 */
export const textOfBefore = ({ labels, concurrency_key }: z.input<typeof beforeSchema>): string =>
  JSON.stringify({ labels, concurrency_key });

const onOneLine = (text: string) => text.replaceAll(/[\r\n]/g, "");

/** The labels and the concurrency key as typed: what is not changed stays exactly as it was `before`. */
export function readLabelsAndKey(typed: { labels: string; concurrencyKey: string; before: string }) {
  const { data: before } = beforeSchema.safeParse(readJsonField("before", typed.before).value);
  const known = before?.concurrency_key;
  const key = known && onOneLine(known) === typed.concurrencyKey ? known : typed.concurrencyKey.trim() || null;
  return { ...readLabels(typed.labels, before?.labels), key };
}

/**
 * The labels of some lines, and a fault for each line that is none. Blanks around a line and beside its colon are left out, unless it is that of
 * a label in `before`, whose value may have such blanks.
 */
function readLabels(lines: string, before: Labels = {}): { labels: Labels; faults: Fault[] } {
  const known = textsOf(before);
  // A value may have line breaks, which all come back as LF. So what nobody has changed is not read by lines.
  if (lines === known.join("\n").replaceAll(/\r\n?/g, "\n")) return { labels: before, faults: [] };
  const texts = lines.split("\n").flatMap((line) => (known.includes(line) ? [line] : textsIn(line).map(withoutBlanks)));
  return {
    labels: Object.fromEntries(texts.filter(isLabel).map((text) => text.split(/:(.*)/s, 2))),
    faults: texts
      .filter((text) => !isLabel(text))
      .map((text) => ({
        loc: ["body", "labels"],
        type: "value_error",
        msg: `Write “${text.slice(0, 40)}” as key:value, such as customer:4711. A key has small letters, digits, _ . and -.`,
      })),
  };
}

function withoutBlanks(text: string): string {
  const at = text.indexOf(":");
  return at === -1 ? text : `${text.slice(0, at).trimEnd()}:${text.slice(at + 1).trimStart()}`;
}

/**
 * The time of a `MinuteField`, with or without seconds, as an instant; null for an empty one. Any other text is returned as it is, so that
 * the API's check reports the fault.
 */
export function readMinute(text: string): string | null {
  if (text === "") return null;
  const [, seconds] = /^\d{4,}-\d\d-\d\dT\d\d:\d\d(:\d\d(?:\.\d{1,3})?)?$/.exec(text) ?? [null, "none"];
  if (seconds === "none") return text;
  return seconds === undefined ? `${text}:00Z` : `${text}Z`;
}

/** A form as the body of the API's request, and what is wrong with the texts that the API would not get. */
export type FormBody = { body: object; faults: readonly Fault[] };

/**
 * Checks what a form says like the request of the API.
 * @throws ValidationFailed with all faults at once
 */
export function checkForm<Schema extends z.ZodType>(schema: Schema, { body, faults }: FormBody): z.output<Schema> {
  if (faults.length > 0) throw new ValidationFailed([...faults, ...findFaults(schema, body)]);
  return checkBody(schema, body);
}
