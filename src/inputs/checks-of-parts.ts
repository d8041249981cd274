/** Keywords that check the parts of an object or of an array. Each gives a check, or null when the schema does not have the keyword. */
import type { JsonObject } from "../http/json-value.ts";
import { counted } from "../http/text.ts";
import type { Check, CheckRun, Place } from "./check-run.ts";
import { isObject } from "./keywords.ts";
import type { Pattern } from "./patterns.ts";

/** Compiles a schema within a schema. */
type Inner = (schema: unknown) => Check;

const forObjects =
  (check: (value: JsonObject, place: Place, run: CheckRun) => boolean): Check =>
  (value, place, run) =>
    !isObject(value) || check(value, place, run);

const forArrays =
  (check: (value: unknown[], place: Place, run: CheckRun) => boolean): Check =>
  (value, place, run) =>
    !Array.isArray(value) || check(value, place, run);

const below = (parent: Place, name: string | number): Place => ({ parent, name });

export const ofNames = [
  ({ required }: JsonObject): Check | null => {
    if (!Array.isArray(required)) return null;
    const names = required.map(String);
    return forObjects((value, place, run) => {
      run.spend(names.length / 4);
      return run.all(names, (name) => Object.hasOwn(value, name) || run.fail(place, "Is missing.", name));
    });
  },
  ({ dependentRequired }: JsonObject): Check | null => {
    if (!isObject(dependentRequired)) return null;
    const entries = Object.entries(dependentRequired).map(
      ([given, names]) => [given, [names].flat().map(String)] as const,
    );
    return forObjects((value, place, run) => {
      run.spend(entries.length / 4);
      return run.all(entries, ([given, names]) => {
        if (!Object.hasOwn(value, given)) return true;
        run.spend(names.length / 4);
        const msg = `Is missing: it is needed beside “${given}”.`;
        return run.all(names, (name) => Object.hasOwn(value, name) || run.fail(place, msg, name));
      });
    });
  },
  ({ minProperties }: JsonObject): Check | null => {
    if (typeof minProperties !== "number") return null;
    const msg = `Must have at least ${counted(minProperties, "field")}.`;
    return forObjects((value, place, run) => run.namesIn(value).length >= minProperties || run.fail(place, msg));
  },
  ({ maxProperties }: JsonObject): Check | null => {
    if (typeof maxProperties !== "number") return null;
    const msg = `Must have at most ${counted(maxProperties, "field")}.`;
    return forObjects((value, place, run) => run.namesIn(value).length <= maxProperties || run.fail(place, msg));
  },
  ({ propertyNames }: JsonObject, inner: Inner): Check | null => {
    if (propertyNames === undefined) return null;
    const check = inner(propertyNames);
    const msg = "The schema does not allow this name.";
    return forObjects((value, place, run) =>
      run.all(run.namesIn(value), (name) => run.quietly(check, name, place) || run.fail(place, msg, name)),
    );
  },
];

export function ofDependentSchemas({ dependentSchemas }: JsonObject, inner: Inner): Check | null {
  if (!isObject(dependentSchemas)) return null;
  const entries = Object.entries(dependentSchemas).map(([given, schema]) => [given, inner(schema)] as const);
  return forObjects((value, place, run) => {
    run.spend(entries.length / 4);
    return run.all(entries, ([given, check]) => !Object.hasOwn(value, given) || check(value, place, run));
  });
}

/** `properties`, `patternProperties`, and `additionalProperties`, which is for the names that the other two do not have. */
export const ofProperties =
  (compilePattern: (source: string) => Pattern) =>
  (schema: JsonObject, inner: Inner): Check | null => {
    const checksOf = (map: unknown) =>
      Object.entries(isObject(map) ? map : {}).map(([name, s]) => [name, inner(s)] as const);
    const own = new Map(checksOf(schema.properties));
    const patterns = checksOf(schema.patternProperties).map(
      ([source, check]) => [compilePattern(source), check] as const,
    );
    const rest = schema.additionalProperties === undefined ? null : inner(schema.additionalProperties);
    if (own.size === 0 && patterns.length === 0 && rest === null) return null;
    return forObjects((value, place, run) => {
      const checkPart = (name: string, check: Check) => check(Reflect.get(value, name), below(place, name), run);
      run.spend(own.size / 4);
      const fitsOwn = run.all(own, ([name, check]) => !Object.hasOwn(value, name) || checkPart(name, check));
      if (patterns.length === 0 && rest === null) return fitsOwn;
      const fitsRest = run.all(fitsOwn || run.goesOn ? run.namesIn(value) : [], (name) => {
        const matching = patterns.filter(([pattern]) => run.matches(pattern, name));
        const fits = run.all(matching, ([, check]) => checkPart(name, check));
        return rest === null || own.has(name) || matching.length > 0 ? fits : checkPart(name, rest);
      });
      return fitsOwn && fitsRest;
    });
  };

export const ofItems = [
  ({ minItems }: JsonObject): Check | null => {
    if (typeof minItems !== "number") return null;
    const least = counted(minItems, "item");
    return forArrays(
      ({ length }, place, run) =>
        length >= minItems || run.fail(place, `Must have at least ${least}, and has ${length}.`),
    );
  },
  ({ maxItems }: JsonObject): Check | null => {
    if (typeof maxItems !== "number") return null;
    const most = counted(maxItems, "item");
    return forArrays(
      ({ length }, place, run) =>
        length <= maxItems || run.fail(place, `Must have at most ${most}, and has ${length}.`),
    );
  },
  ({ prefixItems, items }: JsonObject, inner: Inner): Check | null => {
    const first = Array.isArray(prefixItems) ? prefixItems.map(inner) : [];
    const rest = items === undefined ? undefined : inner(items);
    if (first.length === 0 && rest === undefined) return null;
    return forArrays((value, place, run) =>
      run.all((rest ? value : value.slice(0, first.length)).entries(), ([index, item]) => {
        const check = first[index] ?? rest;
        return check === undefined || check(item, below(place, index), run);
      }),
    );
  },
];
