/** Labels of runs: `{ "key": "value" }` in an invoke and in answers, and `key:value` in a filter. */
import { z } from "@hono/zod-openapi";
import { repeated, text } from "../http/schemas.ts";
import { isStorable } from "../http/text.ts";

export const MAX_LABELS = 10;
export const MAX_LABEL_VALUE = 128;
const KEY = "[a-z][a-z0-9_.-]{0,39}";
export const LABEL_KEY = `^${KEY}$`;
const IS_KEY = new RegExp(LABEL_KEY);
const IS_LABEL = new RegExp(`^${KEY}:.{1,${MAX_LABEL_VALUE}}$`, "su");

export type Labels = Readonly<Record<string, string>>;

/** Labels as a SQL function answers them. The functions of an older release do not know them. */
export const labelsField = z.record(z.string(), z.string()).default({});

/** The labels of a run in an answer. */
export const labelsOfRun = () =>
  z
    .record(z.string(), z.string())
    .openapi({ description: "The labels of the invoke, by their keys; `{}` when it gave none.", example: EXAMPLE });

const EXAMPLE = { customer: "4711" };

/** The labels of an invoke. */
export const givenLabels = () => byLabel(text({ min: 1, max: MAX_LABEL_VALUE }));

/** A value for each key of a label. The keys are checked before zod makes the record, since it leaves out a key `__proto__`. */
export const byLabel = <Value extends z.ZodType>(value: Value) =>
  z
    .unknown()
    .superRefine((given, context) => {
      const keys = typeof given === "object" && given !== null && !Array.isArray(given) ? Object.keys(given) : [];
      if (keys.length > MAX_LABELS) {
        context.addIssue({ code: "custom", message: `Must be at most ${MAX_LABELS} labels.` });
      }
      for (const key of keys.filter((name) => !IS_KEY.test(name))) {
        const message = "A key has up to 40 small letters, digits, `_`, `.` and `-`, and begins with a letter.";
        context.addIssue({ code: "custom", path: [key], message });
      }
    })
    .pipe(z.record(z.string(), value));

/** How the document describes {@link givenLabels}. */
export const LABELS_OBJECT = {
  additionalProperties: { type: "string", minLength: 1, maxLength: MAX_LABEL_VALUE },
  propertyNames: { pattern: LABEL_KEY },
  maxProperties: MAX_LABELS,
  example: EXAMPLE,
} as const;

/** True for a text that can be a label of a run, such as `customer:4711`. */
export const isLabel = (label: string): boolean => IS_LABEL.test(label) && isStorable(label);

/** A label in a filter. */
const label = () =>
  z
    .string()
    .refine(isLabel, { message: "Must be `key:value`, such as `customer:4711`." })
    .openapi({ pattern: `^${KEY}:`, maxLength: 41 + MAX_LABEL_VALUE, example: "customer:4711" });

/** The labels of a filter in a body: only runs that have all of them. */
export const labelList = () => z.array(label()).max(MAX_LABELS);

/** The query parameter `label` of a filter. */
export const labelQuery = () =>
  repeated(labelList()).openapi({
    description: "Only runs with this label: `key:value`. Repeat it for runs that have several.",
  });
