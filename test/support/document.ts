import { type Schema, Validator } from "@cfworker/json-schema";
import { openApiDocument } from "../../src/http/openapi.ts";
import { createService } from "../../src/routes.ts";
import type { Json } from "./contract.ts";
import { at, isObject } from "./contract.ts";

/** The service's own OpenAPI document. */
export const document: Json = JSON.parse(JSON.stringify(openApiDocument(createService())));

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

/** Headers that tell a client what to do next. Others, such as those of security, come with every answer. */
const TELLING_HEADERS = [
  "ETag",
  "Idempotency-Replayed",
  "Location",
  "Retry-After",
  "WWW-Authenticate",
  "X-Blocked-By-Run",
  "X-Queue-Position",
];

const validators = new Map<string, Validator>();

/** What a schema of the document, which is known by `key`, has against a value. */
export function schemaErrors(key: string, schema: Json, value: unknown): string[] {
  const validator = validators.get(key) ?? createValidator(schema);
  validators.set(key, validator);
  return validator.validate(value).errors.map((e) => `${e.instanceLocation}: ${e.error}`);
}

/** The document's examples are left out: an example's `id` would pass for a schema's. */
function createValidator(schema: Json): Validator {
  const components = { schemas: at(document, "components", "schemas") };
  const root: Schema = JSON.parse(JSON.stringify({ ...at(schema), components }), (name, value) =>
    name === "example" ? undefined : value,
  );
  return new Validator(root, "2020-12", false);
}

/** The differences between an operation's answer and the document. Empty for a correct answer. Reads the body of `response`. */
export async function documentFaults({ operationId, responses }: Operation, response: Response): Promise<string[]> {
  const { status } = response;
  const answer = `${operationId} ${status}`;
  const text = await response.text();
  const described = responses[status];
  if (described === undefined) return [`${operationId} answers ${status}, which is not described: ${text}`];
  const faults = headerFaults(answer, at(described, "headers"), response.headers);
  const content = at(described, "content");
  const type = response.headers.get("content-type")?.split(";")[0] ?? "";
  if (Object.keys(content).length === 0) return text === "" ? faults : [...faults, `${answer} has a body: ${text}`];
  const schema = at(content, type).schema;
  if (schema === undefined) return [...faults, `${answer} is ${type}, not ${Object.keys(content).join(" or ")}`];
  const value: Json = type.endsWith("json") ? JSON.parse(text) : text;
  return [...faults, ...schemaErrors(answer, schema, value).map((error) => `${answer} ${error}`)];
}

function headerFaults(answer: string, described: { [name: string]: Json }, headers: Headers): string[] {
  const undescribed = TELLING_HEADERS.filter((name) => headers.has(name) && !(name in described));
  const wrong = Object.entries(described).flatMap(([name, header]) => {
    const { required, schema = {} } = at(header);
    const value = headers.get(name);
    if (value === null) return required === true ? [`${answer} lacks the header ${name}`] : [];
    const typed = at(schema).type === "integer" ? Number(value) : value;
    return schemaErrors(`${answer} ${name}`, schema, typed).map((error) => `${answer} ${name}${error}`);
  });
  return [...undescribed.map((name) => `${answer} has the header ${name}, which is not described`), ...wrong];
}
