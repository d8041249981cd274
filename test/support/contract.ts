import { type Schema, Validator } from "@cfworker/json-schema";
import contract from "../contract/workflow-api.openapi.json";

/** Any JSON value, as far as walking through it needs to know. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

type Operation = { operationId: string; responses: Record<string, { content?: Record<string, { schema: Json }> }> };

/** The contract's operations by `operationId`. */
const operations = new Map<string, Operation>(
  Object.values<Record<string, Operation>>(JSON.parse(JSON.stringify(contract.paths)))
    .flatMap((methods) => Object.values(methods))
    .map((operation) => [operation.operationId, operation]),
);

/** OpenAPI 3.0's `nullable` as JSON Schema's own `null` type. */
function toJsonSchema(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(toJsonSchema);
  if (typeof schema !== "object" || schema === null) return schema;
  const { nullable, ...rest } = schema;
  const converted = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, toJsonSchema(value)]));
  return nullable === true ? { anyOf: [converted, { type: "null" }] } : converted;
}

const components: Json = toJsonSchema(JSON.parse(JSON.stringify(contract.components)));

/** What the contract finds wrong with an operation's answer: nothing, it is hoped. */
export function contractFaults(operationId: string, status: number, body: unknown): string[] {
  const operation = operations.get(operationId);
  if (!operation) return [`The contract has no operation ${operationId}.`];
  const response = operation.responses[status];
  if (!response) return [`The contract has no status ${status} for ${operationId}.`];
  const schema = response.content?.["application/json"]?.schema;
  if (schema === undefined) return body === undefined ? [] : ["The contract has no body here."];
  const root: Schema = JSON.parse(JSON.stringify({ components, allOf: [toJsonSchema(schema)] }));
  return new Validator(root, "2019-09", false).validate(body).errors.map((e) => `${e.instanceLocation}: ${e.error}`);
}
