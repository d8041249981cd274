/**
 * A form as a list of its fields. From the list follow how the fields are shown with their faults, their labels in messages, the values of the
 * form as typed, and the body of the API's request.
 */
import { type Child, useContext } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import { DialogContext } from "./components.tsx";
import {
  type Choice,
  Choices,
  type Failure,
  Field,
  type FieldProps,
  faultsAt,
  fieldIdOf,
  toWholeNumber,
  type Values,
} from "./forms.tsx";

/** What a field is. Its value in the form is a text; one with several parts has a line for each. */
export type Control = {
  show: (attributes: Parameters<FieldProps["control"]>[0], value: string) => Child;
  /** The value in the API's request. Undefined leaves the field out of it. */
  read: (value: string) => unknown;
  /** The API's value as a text, where {@link textOf} does not say it. */
  write?: (value: unknown) => string;
  /** The boxes of a field of which several may be ticked. */
  boxes?: readonly Choice[];
};

export type FormField = {
  name: string;
  /** Its name in the API, behind the path of the list there, when it is another one. */
  path?: string;
  label: string;
  /** What is said behind the label, such as "optional". */
  note?: string;
  hint?: Child;
  control: Control;
};

type InputProps = JSX.IntrinsicElements["input"];

/** A text of one line; null when it is empty. */
export const line = (more: InputProps = {}, read: Control["read"] = (value) => value || null): Control => ({
  show: (a, value) => <input {...a} type="text" value={value} autocomplete="off" spellcheck={false} {...more} />,
  read,
});

/** A whole number. `empty` is what an empty field means; without it, the field must be filled in. */
export const wholeNumber = (empty?: number | null): Control =>
  line({ inputmode: "numeric", required: empty === undefined }, (value) =>
    value === "" && empty !== undefined ? empty : toWholeNumber(value),
  );

/** A text of several lines. */
export const lines = (read: Control["read"]): Control => ({
  show: (a, value) => (
    <textarea {...a} rows={2} spellcheck={false} autocomplete="off">
      {value}
    </textarea>
  ),
  read,
});

/** One thing of a list. `none` are the words for no choice. */
export const oneOf = (choices: readonly Choice[], none?: string): Control => ({
  show: (a, value) => <Choices attributes={a} choices={choices} chosen={value} {...(none !== undefined && { none })} />,
  read: (value) => value || (none === undefined ? undefined : null),
});

/** Things of a list, each with a box, in the order of the list. */
export const severalOf = (boxes: readonly Choice[], read: Control["read"] = listOf): Control => ({
  boxes,
  show: (a, value) =>
    boxes.map(({ id, name }) => (
      <label class="choice">
        <input type="checkbox" name={a.name} value={id} checked={listOf(value).includes(id)} /> {name}
      </label>
    )),
  read,
  write: (value) =>
    boxes
      .map(({ id }) => id)
      .filter((id) => Array.isArray(value) && value.includes(id))
      .join("\n"),
});

/** What is separated by spaces, lines or commas. */
export const listOf = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== "");

/** Null for a list without anything in it. */
export const someOf = <Item,>(list: readonly Item[]): readonly Item[] | null => (list.length === 0 ? null : list);

const textOf = (value: unknown): string => (Array.isArray(value) ? value.join("\n") : String(value ?? ""));

/** The texts of the fields for what the API has. */
export const textsOf = (fields: readonly FormField[], row: Readonly<Record<string, unknown>>): Values =>
  Object.fromEntries(fields.map(({ name, path = name, control: { write = textOf } }) => [name, write(row[path])]));

/** The values of a form, as typed. A form sends line breaks as CR and LF. */
export const readFields = (fields: readonly FormField[], all: (name: string) => string[]): Values =>
  Object.fromEntries(
    fields.map(({ name, control: { boxes } }) => {
      const given = boxes === undefined ? (all(name).at(-1) ?? "") : all(name).join("\n");
      return [name, given.replaceAll("\r\n", "\n").trim()];
    }),
  );

/** The fields as a part of the API's request. */
export const bodyOf = (fields: readonly FormField[], values: Values): Record<string, unknown> =>
  Object.fromEntries(fields.map(({ name, path = name, control }) => [path, control.read(values[name] ?? "")]));

/** The labels by the API's paths. `at` is the path of the list there, such as `schedule.`. */
export const labelsOf = (fields: readonly FormField[], at = ""): Record<string, string> =>
  Object.fromEntries(fields.map(({ name, path = name, label }) => [at + path, label]));

type FieldsProps = { of: readonly FormField[]; at?: string; values: Values; failure: Failure };

export const FormFields = ({ of, at = "", values, failure }: FieldsProps) => (
  <>
    {of.map(({ name, path = name, label, note, hint, control }) =>
      control.boxes === undefined ? (
        <Field
          name={name}
          path={at + path}
          label={note === undefined ? label : `${label} (${note})`}
          failure={failure}
          {...(hint !== undefined && { hint })}
          control={(a) => control.show(a, values[name] ?? "")}
        />
      ) : (
        <Boxes path={at + path} label={label} failure={failure}>
          {control.show({ id: "", name }, values[name] ?? "")}
        </Boxes>
      ),
    )}
  </>
);

const Boxes = (props: { path: string; label: string; failure: Failure; children: Child }) => {
  const messages = faultsAt(props.failure, props.path);
  const id = fieldIdOf(props.path, useContext(DialogContext));
  return (
    <fieldset id={id} tabindex={-1} {...(messages.length > 0 && { autofocus: true })}>
      <legend>{props.label}</legend>
      {props.children}
      {messages.map((message) => (
        <p class="fault">{message}</p>
      ))}
    </fieldset>
  );
};
