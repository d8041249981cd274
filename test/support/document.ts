import { type Schema, Validator } from "@cfworker/json-schema";
import { createApp } from "../../src/http/app.ts";
import { openApiDocument } from "../../src/http/openapi.ts";
import { at, isObject } from "./compare-contract.ts";
import type { Json } from "./contract.ts";

/** The service's own OpenAPI document. */
export const document: Json = JSON.parse(JSON.stringify(openApiDocument(createApp())));

export type Operation = {
  operationId: string;
  /** In capitals. */
  method: string;
  /** With its parameters in braces. */
  path: string;
  parameters: { [key: string]: Json }[];
  /** Of the JSON body, if it takes one. */
  bodySchema: Json | undefined;
  responses: { [status: string]: Json };
};

/** Every operation that the document describes. */
export const operations: Operation[] = Object.entries(at(document, "paths")).flatMap(([path, methods]) =>
  Object.entries(at(methods)).map(([method, operation]) => {
    const { operationId, parameters } = at(operation);
    return {
      operationId: String(operationId),
      method: method.toUpperCase(),
      path,
      parameters: Array.isArray(parameters) ? parameters.filter(isObject) : [],
      bodySchema: at(operation, "requestBody", "content", "application/json").schema,
      responses: at(operation, "responses"),
    };
  }),
);

export function findOperation(operationId: string): Operation {
  const operation = operations.find((candidate) => candidate.operationId === operationId);
  if (!operation) throw new Error(`The document has no operation ${operationId}.`);
  return operation;
}

const validators = new Map<string, Validator>();

/** A validator of one answer. The document's examples are left out: an example's `id` would pass for a schema's. */
function validatorOf(operationId: string, status: number, schema: Json): Validator {
  const key = `${operationId} ${status}`;
  const known = validators.get(key);
  if (known) return known;
  const components = { schemas: at(document, "components", "schemas") };
  const root: Schema = JSON.parse(JSON.stringify({ ...at(schema), components }), (name, value) =>
    name === "example" ? undefined : value,
  );
  const validator = new Validator(root, "2020-12", false);
  validators.set(key, validator);
  return validator;
}

/** What the document does not say of an operation's answer: nothing, it is hoped. Reads the body of `response`. */
export async function documentFaults({ operationId, responses }: Operation, response: Response): Promise<string[]> {
  const { status } = response;
  const text = await response.text();
  const described = responses[status];
  if (described === undefined) return [`${operationId} answers ${status}, which is not described: ${text}`];
  const content = at(described, "content");
  const type = response.headers.get("content-type")?.split(";")[0] ?? "";
  if (Object.keys(content).length === 0) return text === "" ? [] : [`${operationId} ${status} has a body: ${text}`];
  const schema = at(content, type).schema;
  if (schema === undefined) return [`${operationId} ${status} is ${type}, not ${Object.keys(content).join(" or ")}`];
  const { errors } = validatorOf(operationId, status, schema).validate(JSON.parse(text));
  return errors.map((e) => `${operationId} ${status} ${e.instanceLocation}: ${e.error}`);
}
