import { type Schema, Validator } from "@cfworker/json-schema";
import contract from "../contract/workflow-api.openapi.json";

/** Any JSON value. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

type Operation = { operationId: string; responses: Record<string, { content?: Record<string, { schema: Json }> }> };

/** The contract's operations by `operationId`. */
const operations = new Map<string, Operation>(
  Object.values<Record<string, Operation>>(JSON.parse(JSON.stringify(contract.paths)))
    .flatMap((methods) => Object.values(methods))
    .map((operation) => [operation.operationId, operation]),
);

/** Converts OpenAPI 3.0's `nullable` to JSON Schema's `null` type. */
function toJsonSchema(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(toJsonSchema);
  if (typeof schema !== "object" || schema === null) return schema;
  const { nullable, ...rest } = schema;
  const converted = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, toJsonSchema(value)]));
  return nullable === true ? { anyOf: [converted, { type: "null" }] } : converted;
}

/** The ids of the contract's operations. */
export const contractOperations: ReadonlySet<string> = new Set(operations.keys());

const validators = new Map<string, Validator>();

const components: Json = toJsonSchema(JSON.parse(JSON.stringify(contract.components)));

/** The differences between an operation's answer and the contract. Empty for a correct answer. */
export function contractFaults(operationId: string, status: number, body: unknown): string[] {
  const operation = operations.get(operationId);
  if (!operation) return [`The contract has no operation ${operationId}.`];
  const response = operation.responses[status];
  if (!response) return [`The contract has no status ${status} for ${operationId}.`];
  const schema = response.content?.["application/json"]?.schema;
  if (schema === undefined) return body === undefined ? [] : ["The contract has no body here."];
  const answer = `${operationId} ${status}`;
  const validator = validators.get(answer) ?? createValidator(schema);
  validators.set(answer, validator);
  return validator.validate(body).errors.map((e) => `${e.instanceLocation}: ${e.error}`);
}

function createValidator(schema: Json): Validator {
  const root: Schema = JSON.parse(JSON.stringify({ components, allOf: [toJsonSchema(schema)] }));
  return new Validator(root, "2019-09", false);
}

/*
 * Compares two OpenAPI schemas: the contract's (3.0) and ours (3.1). Both are first converted to one form: references are
 *  * resolved, "or null" becomes `nullable: true`, and texts for people are left out.
 */

type JsonObject = { [key: string]: Json };

const FOR_PEOPLE = new Set(["description", "example", "examples", "title"]);

export const isObject = (json: Json | undefined): json is JsonObject =>
  typeof json === "object" && json !== null && !Array.isArray(json);

/** The value at a path of keys; an empty object where there is none. */
export function at(json: Json | undefined, ...keys: string[]): JsonObject {
  let value = json;
  for (const key of keys) value = isObject(value) ? value[key] : undefined;
  return isObject(value) ? value : {};
}

/** What a reference of the document refers to; a value that is no reference as it is. */
export function resolve(value: Json | undefined, document: Json): JsonObject {
  const { $ref, ...siblings } = at(value);
  return typeof $ref === "string" ? { ...at(document, ...$ref.slice(2).split("/")), ...siblings } : siblings;
}

export function normalise(schema: Json, document: Json): Json {
  if (Array.isArray(schema)) return schema.map((item) => normalise(item, document));
  if (!isObject(schema)) return schema;
  if (typeof schema.$ref === "string") return normalise(resolve(schema, document), document);
  if (Array.isArray(schema.anyOf) && schema.anyOf.some((option) => at(option).type === "null")) {
    const [option = {}] = schema.anyOf.filter((candidate) => at(candidate).type !== "null");
    const { anyOf: _, ...siblings } = schema;
    return normalise({ ...siblings, ...at(option), nullable: true }, document);
  }
  const entries = Object.entries(schema).filter(([key]) => !FOR_PEOPLE.has(key));
  const result: JsonObject = {};
  for (const [key, value] of entries) {
    result[key] =
      key === "properties" && isObject(value)
        ? Object.fromEntries(Object.entries(value).map(([name, property]) => [name, normalise(property, document)]))
        : normalise(value, document);
  }
  if (Array.isArray(result.type) && result.type.includes("null")) {
    result.type = result.type.find((type) => type !== "null") ?? "null";
    result.nullable = true;
  }
  if (Array.isArray(result.enum)) result.enum = result.enum.filter((value) => value !== null).sort();
  if (Array.isArray(result.required)) result.required = result.required.toSorted();
  return result;
}

/**
 * What our schema lacks or narrows. A request may have optional fields that the contract does not have; an answer has exactly
 * the contract's fields.
 */
export function schemaFaults(where: string, theirs: Json, ours: Json | undefined, isRequest: boolean): string[] {
  if (ours === undefined) return [`${where} is missing`];
  if (!isObject(theirs) || !isObject(ours)) {
    return JSON.stringify(theirs) === JSON.stringify(ours)
      ? []
      : [`${where}: ${JSON.stringify(ours)}, not ${JSON.stringify(theirs)}`];
  }
  const keys = new Set([...Object.keys(theirs), ...Object.keys(ours)]);
  return [...keys].flatMap((key) => {
    const [their, our] = [theirs[key], ours[key]];
    if (key === "properties") return propertyFaults(where, at(their), at(our), isRequest);
    if (key === "items" && their !== undefined) return schemaFaults(`${where}[]`, their, our, isRequest);
    return JSON.stringify(their) === JSON.stringify(our)
      ? []
      : [`${where}.${key}: ${JSON.stringify(our)}, not ${JSON.stringify(their)}`];
  });
}

function propertyFaults(where: string, theirs: JsonObject, ours: JsonObject, isRequest: boolean): string[] {
  const missing = Object.entries(theirs).flatMap(([name, their]) =>
    schemaFaults(`${where}.${name}`, their, ours[name], isRequest),
  );
  const extra = isRequest ? [] : Object.keys(ours).filter((name) => !(name in theirs));
  return [...missing, ...extra.map((name) => `${where}.${name} is not in the contract`)];
}
