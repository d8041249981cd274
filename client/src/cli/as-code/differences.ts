/** Compares what the tenant has with what the file wants, field by field. */
import { withoutSlash } from "./names.ts";
import { PART_FIELDS } from "./present.ts";
import { type Fields, isFields, isSame, propertiesOf, type Schema } from "./schema.ts";

/** `before` or `after` is undefined when the field is missing there. */
export type Difference = { field: string; before: unknown; after: unknown };

/** The form in which values are compared: paths without the `/` at the end of a folder, and sorted lists if their order means nothing. */
function comparable(field: string, schema: Schema | undefined, value: unknown): unknown {
  if (PART_FIELDS.includes(field)) return withoutSlashes(value);
  if (schema?.uniqueItems && Array.isArray(value)) return value.map(String).sort();
  return value;
}

const withoutSlashes = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(withoutSlashes) : typeof value === "string" ? withoutSlash(value) : value;

/** The differences of two values with fields, each by the path of its field, such as `policy.max_running`. */
export function differencesOf(schema: Schema, before: Fields, after: Fields, prefix = ""): Difference[] {
  const properties = propertiesOf(schema) ?? {};
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name) => {
    const [of, one, other] = [properties[name], before[name], after[name]];
    const field = `${prefix}${name}`;
    if (isFields(one) && isFields(other)) return differencesOf(of ?? {}, one, other, `${field}.`);
    return isSame(comparable(field, of, one), comparable(field, of, other))
      ? []
      : [{ field, before: one, after: other }];
  });
}

/** The fields of something new, as differences without a `before`. */
export function additionsOf(fields: Fields, prefix = ""): Difference[] {
  return Object.entries(fields).flatMap(([name, value]) =>
    isFields(value) && Object.keys(value).length > 0
      ? additionsOf(value, `${prefix}${name}.`)
      : [{ field: `${prefix}${name}`, before: undefined, after: value }],
  );
}
