/** Judges a JSON Schema before it is saved as the input schema of a workflow. An isolate imports this file when it first needs it. */
import { type JsonObject, namesOf, valueAtPointer } from "../http/json-value.ts";
import { isObject, isSchema, KEYWORDS, type Path, REFUSED, type Schema, schemasIn } from "./keywords.ts";

/** What is wrong with a schema, at a path in it. */
export type SchemaFault = { path: Path; msg: string };

/** How many schemas it may have when each reference stands for what it refers to: an input is checked by so many at most. */
const MAX_SCHEMAS = 1000;

/** In characters, and in instructions of all patterns together: see `compilePattern`. */
const MAX_PATTERN_LENGTH = 512;
const MAX_PATTERN_SIZE = 5000;

/** Everything that is wrong with a schema; empty for one that can be saved. */
export async function judgeSchema(root: JsonObject): Promise<SchemaFault[]> {
  const known = new Set<unknown>();
  const faults: SchemaFault[] = [];
  const patterns: { path: Path; source: string }[] = [];
  const visit = (schema: unknown, path: Path): void => {
    if (!isSchema(schema)) faults.push({ path, msg: "Must be a schema: an object, true or false." });
    if (!isObject(schema)) return;
    known.add(schema);
    for (const [name, value] of Object.entries(schema)) {
      const msg = judgeKeyword(name, value, path);
      if (msg !== null) faults.push({ path: [...path, name], msg });
      else if (name === "pattern") patterns.push({ path: [...path, name], source: String(value) });
      else if (name === "patternProperties" && isObject(value)) {
        for (const source of Object.keys(value)) patterns.push({ path: [...path, name, source], source });
      }
    }
    for (const [step, inner] of schemasIn(schema)) visit(inner, [...path, ...step]);
  };
  visit(root, []);
  if (faults.length === 0) faults.push(...judgeReferences(root, known));
  if (patterns.length > 0) faults.push(...(await judgePatterns(patterns)));
  return faults;
}

function judgeKeyword(name: string, value: unknown, path: Path): string | null {
  const refused = REFUSED.get(name);
  if (refused !== undefined) return refused;
  if (name === "$id" && path.length > 0) return "Only the whole schema may have it.";
  const keyword = KEYWORDS.get(name);
  if (keyword !== undefined) return keyword.check(value);
  return name.startsWith("x-") ? null : "JSON Schema 2020-12 has no such keyword. Write notes of your own as `x-…`.";
}

/** The schema to which a checked `$ref` refers; undefined when there is none at this place. */
export function referred(root: JsonObject, ref: unknown): unknown {
  try {
    return valueAtPointer(root, decodeURIComponent(String(ref).slice(1)));
  } catch {
    return undefined;
  }
}

/** Finds references to nothing and in a circle. If there are none, it counts the schemas. */
function judgeReferences(root: JsonObject, known: ReadonlySet<unknown>): SchemaFault[] {
  const faults: SchemaFault[] = [];
  const sizes = new Map<unknown, number>();
  const open = new Set<unknown>();
  const sizeOf = (schema: Schema, path: Path): number => {
    const counted = sizes.get(schema);
    if (!isObject(schema)) return 1;
    if (counted !== undefined) return counted;
    open.add(schema);
    let size = 1;
    for (const [step, inner] of schemasIn(schema)) {
      // What only stands ready for references counts where it is referred to. It is visited for its faults.
      const within = isSchema(inner) ? sizeOf(inner, [...path, ...step]) : 0;
      if (step[0] !== "$defs" && step[0] !== "definitions") size += within;
    }
    if (schema.$ref !== undefined) {
      const target = referred(root, schema.$ref);
      const at = [...path, "$ref"];
      if (typeof target !== "boolean" && !known.has(target)) faults.push({ path: at, msg: "Refers to no schema." });
      else if (open.has(target)) faults.push({ path: at, msg: "Refers to itself in a circle." });
      else if (isSchema(target)) size += sizeOf(target, namesOf(String(schema.$ref)));
    }
    open.delete(schema);
    sizes.set(schema, size);
    return size;
  };
  const size = sizeOf(root, []);
  if (faults.length === 0 && size > MAX_SCHEMAS) {
    const msg = `Has more than ${MAX_SCHEMAS} schemas, when each \`$ref\` counts as what it refers to.`;
    faults.push({ path: [], msg });
  }
  return faults;
}

/** Once the patterns are too large together, no other is compiled. */
async function judgePatterns(patterns: readonly { path: Path; source: string }[]): Promise<SchemaFault[]> {
  const { compilePattern, leastSize } = await import("./patterns.ts");
  const faults: SchemaFault[] = [];
  let left = MAX_PATTERN_SIZE;
  for (const { path, source } of patterns) {
    if (source.length > MAX_PATTERN_LENGTH) {
      faults.push({ path, msg: `Must have at most ${MAX_PATTERN_LENGTH} characters.` });
      continue;
    }
    try {
      left -= leastSize(source) > left ? left + 1 : compilePattern(source).size;
    } catch (error) {
      const reason = error instanceof Error ? error.message : "";
      faults.push({ path, msg: `Not accepted by RE2, which checks patterns in linear time: ${reason}` });
    }
    if (left < 0) {
      faults.push({ path, msg: "Not accepted: the patterns of the schema are too large together." });
      break;
    }
  }
  return faults;
}
