/** What differs between what there is and what the file wants, field by field. */
import { type Fields, isFields, isSame, type Schema } from "./schema.ts";

/** `before` or `after` is undefined when there is nothing. */
export type Difference = { field: string; before: unknown; after: unknown };

/** The form in which values are compared: paths of folders without the `/` at their end, and sets in one order. */
function comparable(schema: Schema | undefined, value: unknown): unknown {
  if (schema?.uniqueItems && Array.isArray(value)) return value.map(String).sort();
  return value;
}

const PATHS = new Set(["sources", "instructions", "outputs", "template"]);
const withoutSlashes = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(withoutSlashes) : typeof value === "string" ? value.replace(/\/+$/, "") : value;

/** The differences of two values with fields, each by the path of its field, such as `policy.max_running`. */
export function differencesOf(schema: Schema, before: Fields, after: Fields, prefix = ""): Difference[] {
  const { properties = schema.anyOf?.find((one) => one.properties)?.properties ?? {} } = schema;
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name) => {
    const [of, one, other] = [properties[name], before[name], after[name]];
    const field = `${prefix}${name}`;
    if (isFields(one) && isFields(other)) return differencesOf(of ?? {}, one, other, `${field}.`);
    const form = (value: unknown) => (PATHS.has(field) ? withoutSlashes(value) : comparable(of, value));
    return isSame(form(one), form(other)) ? [] : [{ field, before: one, after: other }];
  });
}

/** All that new fields say, as differences to nothing. */
export function additionsOf(fields: Fields, prefix = ""): Difference[] {
  return Object.entries(fields).flatMap(([name, value]) =>
    isFields(value) && Object.keys(value).length > 0
      ? additionsOf(value, `${prefix}${name}.`)
      : [{ field: `${prefix}${name}`, before: undefined, after: value }],
  );
}
