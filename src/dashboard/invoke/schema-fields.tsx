/** The fields of a form that is made of an input schema, when all of its values are simple: texts, numbers, booleans and choices. */
import { isChanged } from "../../http/json/changed-numbers.ts";
import { isObject } from "../../inputs/keywords.ts";
import { Choices, choicesOf, type Failure, Field, type Values } from "../forms.tsx";
import { readJson } from "./json-text.ts";

const TYPES = ["string", "number", "integer", "boolean"] as const;
type SimpleType = (typeof TYPES)[number];

export type SimpleField = {
  key: string;
  label: string;
  hint: string | undefined;
  isRequired: boolean;
  type: SimpleType;
  /** The JSON of each value that can be chosen; null when any value can be typed. */
  choices: string[] | null;
  isDate: boolean;
};

/** The keywords that the whole schema may have. With others, such as `anyOf`, the input may need more than fields can say. */
const WHOLE = new Set([
  "$schema",
  "$id",
  "$comment",
  "title",
  "description",
  "type",
  "properties",
  "required",
  "additionalProperties",
]);
const MAX_FIELDS = 30;
const KEY = /^[A-Za-z0-9_-]{1,64}$/;

/** Where the form has the value of a field. */
const nameOf = (key: string) => `input.${key}`;

/** The fields for a schema; null when its inputs have to be written as JSON. */
export function fieldsOf(schema: unknown): SimpleField[] | null {
  if (!isObject(schema) || !isObject(schema.properties) || Object.keys(schema).some((name) => !WHOLE.has(name))) {
    return null;
  }
  const required = Array.isArray(schema.required) ? schema.required : [];
  const entries = Object.entries(schema.properties);
  const fields = entries.map(([key, value]) => fieldOf(key, value, required.includes(key)));
  const isComplete = required.every((key) => entries.some(([name]) => name === key));
  if (!isComplete || fields.length === 0 || fields.length > MAX_FIELDS) return null;
  return fields.every((field) => field !== null) ? fields : null;
}

function fieldOf(key: string, schema: unknown, isRequired: boolean): SimpleField | null {
  if (!isObject(schema) || !KEY.test(key)) return null;
  const choices = Array.isArray(schema.enum) ? schema.enum.map((value) => JSON.stringify(value)) : null;
  const type = TYPES.find((name) => name === (schema.type ?? (choices !== null && "string")));
  if (type === undefined) return null;
  return {
    ...{ key, isRequired, type, choices },
    label: typeof schema.title === "string" && schema.title !== "" ? schema.title : key,
    hint: typeof schema.description === "string" && schema.description !== "" ? schema.description : undefined,
    isDate: schema.format === "date",
  };
}

/** The input that the fields of a form say, as the text of JSON. Fields that were left empty are left out. */
export function inputOfFields(fields: readonly SimpleField[], values: Values): string {
  const given = fields.flatMap(({ key, type, choices }): [string, unknown][] => {
    const text = values[nameOf(key)] ?? "";
    if (text === "") return [];
    if (choices !== null) return [[key, choices.includes(text) ? JSON.parse(text) : text]];
    if (type === "boolean") return [[key, text === "true" ? true : text === "false" ? false : text]];
    if (type === "string") return [[key, text]];
    // A text that is not a number is sent as it is, so that the fault says what it must be. So is a number that would be changed.
    const number = Number(text.trim());
    const isKept = Number.isFinite(number) && text.trim() !== "" && !isChanged(text.trim());
    return [[key, isKept ? number : text]];
  });
  return given.length === 0 ? "" : JSON.stringify(Object.fromEntries(given), null, 2);
}

/** The values with which the fields begin, from the text of an input; null when the fields cannot show all of it. */
export function valuesOfInput(fields: readonly SimpleField[], input: string): Record<string, unknown> | null {
  const read = input.trim() === "" ? { value: {} } : readJson(input);
  if (!("value" in read) || !isObject(read.value)) return null;
  const isShown = ([key, value]: [string, unknown]) =>
    fields.some((field) => field.key === key) && ["string", "number", "boolean"].includes(typeof value);
  return Object.entries(read.value).every(isShown) ? read.value : null;
}

/** The labels of the fields, by the API's paths. */
export const labelsOfFields = (fields: readonly SimpleField[]): Record<string, string> =>
  Object.fromEntries(fields.map(({ key, label }) => [nameOf(key), label]));

type FieldsProps = { fields: readonly SimpleField[]; values: Record<string, unknown>; failure: Failure };

export const SchemaFields = ({ fields, values, failure }: FieldsProps) => (
  <>
    {fields.map(({ key, label, hint, isRequired, type, choices, isDate }) => (
      <Field
        name={nameOf(key)}
        label={isRequired ? label : `${label} (optional)`}
        failure={failure}
        hint={hint}
        control={(a) => {
          // A field may be called `constructor`, which each object has by inheritance.
          const value = Object.hasOwn(values, key) ? values[key] : undefined;
          const attributes = { ...a, ...(isRequired && { required: true }) };
          const list = choices?.map((id) => ({ id, name: wordOf(id) })) ?? (type === "boolean" ? YES_OR_NO : null);
          if (list !== null) {
            const chosen = value === undefined ? "" : JSON.stringify(value);
            return <Choices attributes={attributes} choices={list} chosen={chosen} none="–" nameOf={wordOf} />;
          }
          const shown = value === undefined ? "" : String(value);
          if (isDate) return <input {...attributes} type="date" value={shown} />;
          return (
            <input
              {...attributes}
              type="text"
              value={shown}
              autocomplete="off"
              {...(type !== "string" && { inputmode: type === "integer" ? "numeric" : "decimal" })}
            />
          );
        }}
      />
    ))}
  </>
);

const YES_OR_NO = choicesOf(["true", "false"], { true: "yes", false: "no" });

/** A JSON value as a person reads it in a list. */
function wordOf(json: string): string {
  const value: unknown = JSON.parse(json);
  return typeof value === "string" ? value : json;
}
