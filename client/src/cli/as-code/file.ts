/** Reads the file of `apply`, and finds all that is wrong with it, each with its line and column. */
import { type Document, isMap, isSeq, LineCounter, type Node, type Pair, parseDocument } from "yaml";
import { CliError, EXIT } from "../exit.ts";
import { isId } from "../names.ts";
import { isBelow, keyOf, pathOfName } from "./names.ts";
import {
  defaultOf,
  type Fields,
  faultsOf,
  filled,
  isFields,
  type KeyPath,
  type Schema,
  type SchemaFault,
} from "./schema.ts";

/** A trigger as the file has it. `id` is null unless it stands under its id, and `secret` is the name of a variable. */
export type WantedTrigger = { id: string | null; name: string; fields: Fields; secret: string | null; at: KeyPath };

/** A workflow as the file has it, in the same way. Its `fields` have all defaults, and neither its policy nor its triggers. */
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
  /** Null when the file does not say it. */
  givenRoot: string | null;
  root: string;
  workflows: WantedWorkflow[];
  /** Throws all these faults of the file, in the order of their lines. Does nothing when there are none. */
  refuse(faults: readonly SchemaFault[]): void;
  /** Where something is in the file: `workflows.yaml:12:5`. */
  placeOf(path: KeyPath, isKey?: boolean): string;
};

/** The schemas of the parts of a file. */
export function schemasIn(schema: Schema): { workflow: Schema; policy: Schema; trigger: Schema } {
  const workflow = schema.properties?.workflows?.additionalProperties;
  const policy = typeof workflow === "object" ? workflow.properties?.policy : undefined;
  const triggers = typeof workflow === "object" ? workflow.properties?.triggers?.additionalProperties : undefined;
  if (typeof workflow === "object" && policy && typeof triggers === "object")
    return { workflow, policy, trigger: triggers };
  throw new TypeError("This is not the schema of the file.");
}

/**
 * Reads a file. `name` is what its faults call it.
 * @throws CliError with all faults
 */
export function readFile(name: string, text: string, schema: Schema): WorkflowsFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false });
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

  // A warning is about a tag that this file cannot have.
  const broken = [...document.errors, ...document.warnings];
  if (broken.length > 0) {
    throw new CliError(broken.map(({ pos, message }) => `${placeAt(pos[0])}: ${message}`).join("\n"), EXIT.invalid);
  }
  const value = valueOfDocument(document, name);
  const { root, workflows } = fieldsOf(filled(schema, value));
  const schemas = schemasIn(schema);
  const wanted = Object.entries(fieldsOf(workflows)).map(([path, one]) => workflowOf(path, one, schemas));
  const faults = faultsOf(schema, value);
  const isKnown = !faults.some(({ path }) => path[0] === "root");
  refuse([
    ...faults,
    ...wanted.flatMap((workflow) => faultsOfWorkflow(workflow, isKnown ? String(root) : null, schemas)),
  ]);
  const isGiven = isFields(value) && "root" in value;
  return { givenRoot: isGiven ? String(root) : null, root: String(root), workflows: wanted, refuse, placeOf };
}

function valueOfDocument(document: Document.Parsed, name: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // It has so many aliases that its content would be huge.
    throw new CliError(`${name}: ${error instanceof Error ? error.message : error}`, EXIT.invalid);
  }
}

/** What a fault is about: a field of a workflow, which its place shows, or the workflow itself. */
function label(path: KeyPath): string {
  const [first, workflow, ...field] = path;
  const named = field.length > 0 ? field.join(".") : (workflow ?? first);
  return named === undefined ? "" : `${named}: `;
}

/** Where the value at this path begins or, if the file does not have it, the nearest value around it. */
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
/** True for a value that is not written, which is null. */
const isEmpty = (node: unknown): boolean => hasRange(node) && node.range[0] === node.range[1];
const nameOf = (key: unknown): string =>
  String(typeof key === "object" && key !== null && "value" in key ? key.value : key);

type Schemas = ReturnType<typeof schemasIn>;

function workflowOf(path: string, given: unknown, schemas: Schemas): WantedWorkflow {
  const at = ["workflows", path];
  const { name: givenName, policy, triggers, ...rest } = isFields(given) ? given : {};
  const all = filled({ ...schemas.workflow, properties: without(schemas.workflow, NOT_FIELDS) }, rest);
  const { runner_config: runner, ...others } = isFields(all) ? all : {};
  const { webhook_secret: secret, ...runnerFields } = isFields(runner) ? runner : {};
  const key = keyOf(path);
  const id = isId(key) ? key : null;
  const ofTriggers = Object.entries(isFields(triggers) ? triggers : {});
  return {
    ...{ id, path, at, name: typeof givenName === "string" ? givenName : key },
    fields: { ...others, runner_config: isFields(runner) ? runnerFields : null },
    policy: fieldsOf(filled(schemas.policy, policy ?? defaultOf(schemas.policy))),
    secret: variableOf(secret),
    triggers: ofTriggers.map(([name, one]) => triggerOf(name, one, schemas.trigger, [...at, "triggers", name])),
  };
}

/** What a workflow or a trigger has beside its fields. */
export const NOT_FIELDS: readonly string[] = ["name", "policy", "triggers", "secret"];

function without({ properties = {} }: Schema, names: readonly string[]): Record<string, Schema> {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !names.includes(name)));
}

function triggerOf(key: string, given: unknown, schema: Schema, at: KeyPath): WantedTrigger {
  const { name, secret, ...rest } = isFields(given) ? given : {};
  const fields = fieldsOf(filled({ ...schema, properties: without(schema, NOT_FIELDS) }, rest));
  const id = isId(key) ? key : null;
  // An invoke without labels is the same as one with none.
  const labels = isFields(fields.labels) && Object.keys(fields.labels).length > 0 ? fields.labels : null;
  const all = { ...fields, labels };
  return { id, name: typeof name === "string" ? name : key, fields: all, secret: variableOf(secret), at };
}

const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

/** The name of the variable in `${env:NAME}`. */
const variableOf = (secret: unknown): string | null =>
  (typeof secret === "string" ? /^\$\{env:(\w+)\}$/.exec(secret)?.[1] : undefined) ?? null;

/** What the schema cannot say. A root that is null has a fault of its own. */
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
