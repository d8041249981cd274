import { dereference, type Schema, validate } from "@cfworker/json-schema";
import { describeService } from "../../src/routes.ts";
import type { Json } from "./contract.ts";
import { at, isObject, resolve } from "./contract.ts";

/** The service's own OpenAPI document. */
export const document: Json = JSON.parse(JSON.stringify(await describeService()));

export type Operation = {
  operationId: string;
  /** In upper case. */
  method: string;
  /** With its parameters in braces. */
  path: string;
  parameters: { [key: string]: Json }[];
  /** The schema of the JSON body, if there is one. */
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
      responses: responsesOf(operation),
    };
  }),
);

/** The responses of an operation, without references to those that operations share. */
export function responsesOf(operation: Json): { [status: string]: Json } {
  const described = Object.entries(at(operation, "responses"));
  return Object.fromEntries(described.map(([status, response]) => [status, resolve(response, document)]));
}

export function findOperation(operationId: string): Operation {
  const operation = operations.find((candidate) => candidate.operationId === operationId);
  if (!operation) throw new Error(`The document has no operation ${operationId}.`);
  return operation;
}

/** Headers that tell a client what to do next. Other headers, such as those for security, are in every answer. */
const TELLING_HEADERS = [
  "ETag",
  "Idempotency-Replayed",
  "Location",
  "Retry-After",
  "WWW-Authenticate",
  "X-Blocked-By-Run",
  "X-Queue-Position",
];

const BASE = new URL("https://service.test/");

/** The schemas of the document that others refer to, and those that were passed to `schemaErrors`, by their URIs. */
const schemasByUri = dereference(
  withoutExamples({ components: { schemas: at(document, "components", "schemas") } }),
  Object.create(null),
  BASE,
);

const schemasByKey = new Map<string, Schema>();

/** The errors of a value by a schema of the document. `key` identifies the schema. */
export function schemaErrors(key: string, schema: Json, value: unknown): string[] {
  const prepared = schemasByKey.get(key) ?? prepare(key, schema);
  return validate(value, prepared, "2020-12", schemasByUri, false).errors.map(
    ({ instanceLocation, error }) => `${instanceLocation}: ${error}`,
  );
}

/** All prepared schemas share the schemas that they refer to: copies for each answer would need a gigabyte. */
function prepare(key: string, schema: Json): Schema {
  const prepared = withoutExamples(at(schema));
  dereference(prepared, schemasByUri, BASE, `/asked/${encodeURIComponent(key)}`);
  schemasByKey.set(key, prepared);
  return prepared;
}

/** A copy without examples, since the validator would take an example's `id` for that of a schema. */
function withoutExamples(schema: { [key: string]: Json }): Schema {
  return JSON.parse(JSON.stringify(schema), (name, value) => (name === "example" ? undefined : value));
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
  const schema = at(content, "*/*" in content ? "*/*" : type).schema;
  if (schema === undefined) return [...faults, `${answer} is ${type}, not ${Object.keys(content).join(" or ")}`];
  const value: Json = type.endsWith("json") ? JSON.parse(text) : text;
  return [...faults, ...schemaErrors(answer, schema, value).map((error) => `${answer} ${error}`)];
}

/** The differences between the body of a webhook that the service has sent and the document. Empty for a correct one. */
export function webhookFaults(body: string): string[] {
  const message: Json = JSON.parse(body);
  const type = String(at(message).type);
  const { schema } = at(document, "webhooks", type, "post", "requestBody", "content", "application/json");
  if (schema === undefined) return [`The webhook ${type} is not described.`];
  return schemaErrors(`webhook ${type}`, schema, message).map((error) => `${type} ${error}`);
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
