/** Reads the file of `apply`, and reports all its faults, each with its line and column. */
import { type Document, isMap, isSeq, LineCounter, type Node, type Pair, parseDocument, visit } from "yaml";
import { CliError, EXIT } from "../exit.ts";
import { isRounded, rounded } from "../json.ts";
import { isId } from "../names.ts";
import { isBelow, keyOf, pathOfName } from "./names.ts";
import {
  defaultOf,
  type Fields,
  faultsOf,
  fieldsIn,
  filled,
  isFields,
  type KeyPath,
  type Schema,
  type SchemaFault,
} from "./schema.ts";

/**
 * A trigger as the file describes it, with all defaults filled in. `id` is null when its key in the file is its name. `secret` is the name
 * of the environment variable that has the secret.
 */
export type WantedTrigger = { id: string | null; name: string; fields: Fields; secret: string | null; at: KeyPath };

/** The same for a workflow. `fields` has neither its policy nor its triggers, which are on their own. */
export type WantedWorkflow = {
  id: string | null;
  path: string;
  name: string;
  fields: Fields;
  policy: Fields;
  secret: string | null;
  triggers: WantedTrigger[];
  at: KeyPath;
};

export type WorkflowsFile = {
  /** The root that the file names. Null when it names none: then `root` is the default. */
  givenRoot: string | null;
  root: string;
  workflows: WantedWorkflow[];
  /** Throws these faults as one error, in the order of their lines. Does nothing when there are none. */
  refuse(faults: readonly SchemaFault[]): void;
  /** The line and column of a value or, with `isKey`, of its key: `workflows.yaml:12:5`. */
  placeOf(path: KeyPath, isKey?: boolean): string;
};

export type Schemas = { workflow: Schema; policy: Schema; trigger: Schema };

/** The schemas of a workflow, a policy and a trigger, out of the schema of the whole file. */
export function schemasIn(schema: Schema): Schemas {
  const workflow = schema.properties?.workflows?.additionalProperties;
  const policy = typeof workflow === "object" ? workflow.properties?.policy : undefined;
  const trigger = typeof workflow === "object" ? workflow.properties?.triggers?.additionalProperties : undefined;
  if (typeof workflow === "object" && policy && typeof trigger === "object") return { workflow, policy, trigger };
  throw new TypeError("This is not the schema of the file.");
}

const STACK_IS_FULL = /call stack|Stack overflow/;

const tooDeep = (name: string) => new CliError(`${name} is nested too deeply.`, EXIT.invalid);

/**
 * Reads a file. `name` is what its faults call it.
 * @throws CliError with all faults
 */
export function readFile(name: string, text: string, schema: Schema): WorkflowsFile {
  try {
    return readContent(name, text, schema);
  } catch (error) {
    if (error instanceof RangeError && STACK_IS_FULL.test(error.message)) throw tooDeep(name);
    throw error;
  }
}

function readContent(name: string, text: string, schema: Schema): WorkflowsFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false, intAsBigInt: true });
  const placeAt = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  const placeOf = (path: KeyPath, isKey = false) => placeAt(offsetOf(document.contents, path, isKey));
  const refuse = (faults: readonly SchemaFault[]) => {
    if (faults.length === 0) return;
    const placed = faults.map(({ path, text: told, isKey }) => ({
      offset: offsetOf(document.contents, path, isKey),
      told: `${label(path)}${told}`,
    }));
    placed.sort((one, other) => one.offset - other.offset);
    const told = placed.map((fault) => `${placeAt(fault.offset)}: ${fault.told}`);
    throw new CliError([...new Set(told)].join("\n"), EXIT.invalid);
  };

  // The only warnings are about tags, and the file may have none.
  const broken = [...document.errors, ...document.warnings];
  if (broken.length > 0) {
    // The parser calls itself for each level, and reports a full stack as a fault of the file.
    if (broken.some(({ message }) => STACK_IS_FULL.test(message))) throw tooDeep(name);
    const told = new Set(broken.map(({ pos, message }) => `${placeAt(pos[0])}: ${message}`));
    throw new CliError([...told].join("\n"), EXIT.invalid);
  }
  visit(document, {
    Scalar(_, node) {
      const { value, source = "", range } = node;
      if (typeof value !== "bigint" && typeof value !== "number") return;
      // A number with a point or an exponent was read as a double already, so its source is looked at. YAML 1.1 has `_` in numbers.
      const exact = typeof value === "bigint" ? String(value) : source.replace(/^\+|_/g, "");
      if (isRounded(exact))
        throw new CliError(`${placeAt(range?.[0] ?? 0)}: ${rounded(source).message}.`, EXIT.invalid);
      node.value = Number(value);
    },
  });
  const value = valueOfDocument(document, name);
  const { root, workflows } = fieldsIn(filled(schema, value));
  const schemas = schemasIn(schema);
  const wanted = Object.entries(fieldsIn(workflows)).map(([path, one]) => workflowOf(path, one, schemas));
  const faults = faultsOf(schema, value);
  const hasRoot = !faults.some(({ path }) => path[0] === "root");
  refuse([
    ...faults,
    ...wanted.flatMap((workflow) => faultsOfWorkflow(workflow, hasRoot ? String(root) : null, schemas)),
  ]);
  const isGiven = isFields(value) && "root" in value;
  return { givenRoot: isGiven ? String(root) : null, root: String(root), workflows: wanted, refuse, placeOf };
}

function valueOfDocument(document: Document.Parsed, name: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // The file repeats a value by aliases so often that the result would be huge.
    throw new CliError(`${name}: ${error instanceof Error ? error.message : error}`, EXIT.invalid);
  }
}

/** The start of the message of a fault: the field. The place shows of which workflow. Without a field, it is the path of the workflow. */
function label(path: KeyPath): string {
  const [first, workflow, ...field] = path;
  const named = field.length > 0 ? field.join(".") : (workflow ?? first);
  return named === undefined ? "" : `${named}: `;
}

/** Where the value at this path begins or, if the file does not have it, where the nearest value around it begins. */
function offsetOf(contents: unknown, path: KeyPath, isKey = false): number {
  let node = contents;
  let offset = startOf(node);
  for (const [index, key] of path.entries()) {
    const isLast = index === path.length - 1;
    const pair: Pair | undefined = isMap(node) ? node.items.find((one) => nameOf(one.key) === String(key)) : undefined;
    const next = pair ? pair.value : isSeq(node) ? node.items[Number(key)] : undefined;
    if (next === undefined) return offset;
    const ofKey = pair ? startOf(pair.key) : undefined;
    offset = (isKey && isLast ? ofKey : undefined) ?? (isEmpty(next) ? ofKey : undefined) ?? startOf(next) ?? offset;
    node = next;
  }
  return offset;
}

const hasRange = (node: unknown): node is Node & { range: NonNullable<Node["range"]> } =>
  typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range);
const startOf = (node: unknown): number => (hasRange(node) ? node.range[0] : 0);
/** True when nothing is written after a key, which means null. */
const isEmpty = (node: unknown): boolean => hasRange(node) && node.range[0] === node.range[1];
const nameOf = (key: unknown): string =>
  String(typeof key === "object" && key !== null && "value" in key ? key.value : key);

function workflowOf(path: string, given: unknown, schemas: Schemas): WantedWorkflow {
  const at = ["workflows", path];
  const { name: givenName, policy, triggers, ...rest } = fieldsIn(given);
  const { runner_config: runner, ...others } = fieldsIn(filled(schemaOfFields(schemas.workflow), rest));
  const { webhook_secret: secret, ...runnerFields } = fieldsIn(runner);
  const key = keyOf(path);
  const id = isId(key) ? key : null;
  return {
    ...{ id, path, at, name: typeof givenName === "string" ? givenName : key },
    fields: { ...others, runner_config: isFields(runner) ? runnerFields : null },
    policy: fieldsIn(filled(schemas.policy, policy ?? defaultOf(schemas.policy))),
    secret: variableOf(secret),
    triggers: Object.entries(fieldsIn(triggers)).map(([name, one]) =>
      triggerOf(name, one, schemas.trigger, [...at, "triggers", name]),
    ),
  };
}

/** What a workflow or a trigger has beside its `fields`. */
const NOT_FIELDS: readonly string[] = ["name", "policy", "triggers", "secret"];

/** The schema of the `fields` of a workflow or a trigger, without those named in `except`. */
export function schemaOfFields(schema: Schema, except: readonly string[] = []): Schema {
  const all = Object.entries(schema.properties ?? {});
  const kept = all.filter(([name]) => !NOT_FIELDS.includes(name) && !except.includes(name));
  return { ...schema, properties: Object.fromEntries(kept) };
}

/** A trigger without labels is the same as one with an empty set of labels: both become null. */
export const labelsOf = (labels: unknown): Fields | null =>
  isFields(labels) && Object.keys(labels).length > 0 ? labels : null;

function triggerOf(key: string, given: unknown, schema: Schema, at: KeyPath): WantedTrigger {
  const { name, secret, ...rest } = fieldsIn(given);
  const all = fieldsIn(filled(schemaOfFields(schema), rest));
  const fields = { ...all, labels: labelsOf(all.labels) };
  const id = isId(key) ? key : null;
  return { id, name: typeof name === "string" ? name : key, fields, secret: variableOf(secret), at };
}

/** The name of the variable in `${env:NAME}`. */
const variableOf = (secret: unknown): string | null =>
  (typeof secret === "string" ? /^\$\{env:(\w+)\}$/.exec(secret)?.[1] : undefined) ?? null;

/** The faults that the schema cannot find. `root` is null when the root itself is at fault. */
function faultsOfWorkflow(
  { id, path, name, at, triggers }: WantedWorkflow,
  root: string | null,
  schemas: Schemas,
): SchemaFault[] {
  const faults = faultsOfName("workflow", { id, key: keyOf(path), name, at }, schemas.workflow);
  if (root !== null && !isBelow(root, pathOfName(name))) {
    faults.push({
      path: at,
      text: `Is not below the root of the file, which is ${root}.`,
      isKey: true,
    });
  }
  for (const trigger of triggers) faults.push(...faultsOfTrigger(trigger, schemas));
  return faults;
}

type Named = { id: string | null; key: string; name: string; at: KeyPath };

function faultsOfName(kind: string, { id, key, name, at }: Named, { properties }: Schema): SchemaFault[] {
  const isKey = true;
  if (id !== null && name === key)
    return [{ path: at, text: `Lacks the name of the ${kind}, which stands under its id.`, isKey }];
  if (id === null && name !== key) {
    const text = `Does not belong here: the ${kind} has the name under which it stands.`;
    return [{ path: [...at, "name"], text, isKey }];
  }
  return faultsOf(properties?.name ?? {}, name, at).map((fault) => ({ ...fault, isKey }));
}

function faultsOfTrigger({ id, name, at, fields, secret }: WantedTrigger, schemas: Schemas): SchemaFault[] {
  const faults = faultsOfName("trigger", { id, key: String(at.at(-1)), name, at }, schemas.trigger);
  const { webhook } = fields;
  const fault = (text: string) => faults.push({ path: [...at, "secret"], text });
  if (secret !== null && !isFields(webhook)) fault("Only a webhook has a secret.");
  else if (secret !== null && isFields(webhook) && webhook.scheme === "token") {
    fault("The service itself makes the token, and shows it once.");
  }
  return faults;
}
