/** Examples of requests and answers, generated from the OpenAPI document. The pages and `/llms-full.txt` show them for each operation. */
import type { Document } from "../http/openapi.ts";

type Reference = { $ref: string };
type Given = NonNullable<NonNullable<Document["components"]>["schemas"]>[string] | Reference | undefined;
type Schema = Exclude<NonNullable<Given>, Reference>;
type Response = Exclude<NonNullable<NonNullable<Document["components"]>["responses"]>[string], Reference>;

/** A parameter of the path, the query or the headers. `isList`: it may be given several times. */
export type Parameter = {
  name: string;
  in: string;
  isRequired: boolean;
  isList: boolean;
  type: string;
  description: string;
  example: string;
};

/** A field of a JSON body. */
export type Field = { name: string; isRequired: boolean; type: string; description: string };

/** What an operation answers with a status. `codes` are those of its problems; an answer without a body has no example. */
export type Answer = {
  status: string;
  description: string;
  codes: string[];
  example: { mediaType: string; value: unknown } | null;
};

export type Operation = {
  id: string;
  method: string;
  path: string;
  tag: string;
  summary: string;
  description: string;
  /** The credential that the operation needs: an API key (or a session), the token of a run or of a runner session, a code, or none. */
  credential: "key" | "run token" | "runner session" | "code" | "none";
  isStream: boolean;
  /** True for a read that a browser can make as who is signed in: it changes nothing and ends. */
  mayTry: boolean;
  parameters: Parameter[];
  fields: Field[];
  /** An example of the JSON body; undefined when there is no body. */
  body: unknown;
  /** The path with example values, and with the required query parameters. */
  examplePath: string;
  /** Ordered by status. */
  answers: Answer[];
};

/** An id for schemas without an example of their own. Examples have the ids of the demo tenant (`scripts/local/demo.ts`). */
const EXAMPLE_ID = "01920000-0000-7000-8000-000000000402";
const METHODS = ["get", "post", "put", "patch", "delete"] as const;
/** No schema nests this deeply. The bound stops the recursion for a schema that refers to itself. */
const MAX_DEPTH = 8;

/** All operations of the document, in its order. */
export function operationsOf(document: Document): Operation[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [describeOperation(document, method, path, operation)];
    }),
  );
}

type Item = NonNullable<Document["paths"]>[string];
type OperationObject = NonNullable<Item["get"]>;

function describeOperation(document: Document, method: string, path: string, operation: OperationObject): Operation {
  const given = (operation.parameters ?? []).flatMap((parameter) => ("$ref" in parameter ? [] : [parameter]));
  const parameters = given.map(({ name, in: place, required = false, schema, description = "" }) => ({
    name,
    in: place,
    isRequired: required,
    isList: typeOf(document, schema).startsWith("array"),
    type: typeOf(document, schema),
    description: description || describe(document, schema),
    example: String(exampleOf(document, schema)),
  }));
  const bodies = operation.requestBody && "content" in operation.requestBody ? operation.requestBody.content : {};
  const schema = bodies["application/json"]?.schema;
  const body: unknown = schema && exampleOf(document, schema);
  const exampleText = ({ schema: of }: (typeof given)[number]) => encodeURIComponent(String(exampleOf(document, of)));
  const examplePath = given
    .filter((parameter) => parameter.in === "path")
    .reduce((known, parameter) => known.replace(`{${parameter.name}}`, exampleText(parameter)), path);
  const query = given
    .filter((parameter) => parameter.in === "query" && parameter.required)
    .map((parameter) => `${parameter.name}=${exampleText(parameter)}`);
  const responses = Object.entries(operation.responses ?? {}).map(
    ([status, response]) => [status, resolveResponse(document, response)] as const,
  );
  const isStream = responses.some(([, response]) => response.content?.["text/event-stream"]);
  const credential = credentialOf(operation);
  return {
    id: operation.operationId ?? `${method} ${path}`,
    method: method.toUpperCase(),
    path,
    tag: operation.tags?.[0] ?? "Other",
    summary: operation.summary ?? "",
    description: operation.description ?? "",
    credential,
    isStream,
    mayTry: method === "get" && !isStream && (credential === "none" || schemesOf(operation).includes("SessionCookie")),
    parameters,
    fields: fieldsOf(document, schema),
    body,
    examplePath: examplePath + (query.length > 0 ? `?${query.join("&")}` : ""),
    answers: responses
      .map(([status, response]) => describeAnswer(document, status, response))
      .map((answer) => (answer.status.startsWith("2") ? answering(answer, parameters, body) : answer))
      .sort((a, b) => a.status.localeCompare(b.status)),
  };
}

function describeAnswer(document: Document, status: string, { description, content = {} }: Response): Answer {
  const [first] = Object.entries(content);
  if (first === undefined) return { status, description, codes: [], example: null };
  const [mediaType, { schema, example, examples = {} }] = first;
  const given = Object.values(examples).flatMap((one) => ("value" in one ? [one.value] : []));
  return {
    status,
    description,
    codes: mediaType === "application/problem+json" ? Object.keys(examples) : [],
    example: { mediaType, value: example ?? given[0] ?? exampleOf(document, schema) },
  };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A value in which each field that `given` has, too, is as it is there. What is a list only in one of them is left alone. */
function asGiven(value: unknown, given: unknown): unknown {
  if (value !== null && Array.isArray(value) !== Array.isArray(given)) return value;
  if (!isObject(value) || !isObject(given)) return given;
  const fields = Object.entries(value);
  return Object.fromEntries(fields.map(([name, field]) => [name, name in given ? asGiven(field, given[name]) : field]));
}

/** The answer to the example of the request, with the values of its path and its body: a renamed folder has its new name. */
function answering(answer: Answer, parameters: readonly Parameter[], body: unknown): Answer {
  const { example } = answer;
  if (example === null || !isObject(example.value)) return answer;
  const ids = parameters.filter((parameter) => parameter.in === "path").map(({ name, example: id }) => [name, id]);
  const given = { ...Object.fromEntries(ids), ...(isObject(body) && body) };
  return { ...answer, example: { ...example, value: asGiven(example.value, given) } };
}

const schemesOf = ({ security = [] }: OperationObject) => security.flatMap((requirement) => Object.keys(requirement));

function credentialOf(operation: OperationObject): Operation["credential"] {
  const schemes = schemesOf(operation);
  if (schemes.length === 0) return "none";
  if (schemes.includes("ApiKey")) return "key";
  if (schemes.includes("CommandLineCode")) return "code";
  return schemes.includes("RunnerSession") ? "runner session" : "run token";
}

function resolve(document: Document, schema: Given): Schema {
  if (schema === undefined) return {};
  if (!("$ref" in schema)) return schema;
  return resolve(document, document.components?.schemas?.[nameOf(schema.$ref)]);
}

function resolveResponse(document: Document, response: Response | Reference): Response {
  if (!("$ref" in response)) return response;
  const shared = document.components?.responses?.[nameOf(response.$ref)];
  if (shared === undefined) throw new Error(`The document has no ${response.$ref}.`);
  return resolveResponse(document, shared);
}

/** The name of the component that a reference refers to. */
const nameOf = (reference: string): string => reference.slice(reference.lastIndexOf("/") + 1);

/** Of the schemas in `anyOf`, `oneOf` or `allOf`, the first one that is not `null`. */
function firstOf(document: Document, schema: Schema): Schema {
  const [first] = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])]
    .map((one) => resolve(document, one))
    .filter((one) => one.type !== "null");
  return first ?? schema;
}

/** A value that a schema allows: its own example, or one that is composed from its parts. */
function exampleOf(document: Document, given: Given, depth = 0): unknown {
  const schema = resolve(document, given);
  if (schema.example !== undefined) return schema.example;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum !== undefined) return schema.enum[0];
  const chosen = firstOf(document, schema);
  if (chosen !== schema) return exampleOf(document, chosen, depth);
  const type = Array.isArray(schema.type) ? schema.type.find((one) => one !== "null") : schema.type;
  if (type === "object" && depth < MAX_DEPTH) {
    const required = new Set(schema.required ?? []);
    const fields = Object.entries(schema.properties ?? {}).filter(([name]) => required.has(name));
    return Object.fromEntries(fields.map(([name, field]) => [name, exampleOf(document, field, depth + 1)]));
  }
  if (type === "array") return depth < MAX_DEPTH && schema.items ? [exampleOf(document, schema.items, depth + 1)] : [];
  if (type === "integer" || type === "number") return schema.minimum ?? 1;
  if (type === "boolean") return true;
  if (schema.format === "uuid") return EXAMPLE_ID;
  if (schema.format === "date-time") return "2026-01-31T12:00:00Z";
  return "text";
}

/** The type of a schema in a word or two, such as `string (uuid)` or `array of string`. */
function typeOf(document: Document, given: Given): string {
  const schema = resolve(document, given);
  if (schema.enum !== undefined) return schema.enum.map((value: unknown) => JSON.stringify(value)).join(" | ");
  const chosen = firstOf(document, schema);
  if (chosen !== schema) return typeOf(document, chosen);
  const types = [schema.type ?? "any"].flat().filter((type) => type !== "null");
  if (types[0] === "array") return `array of ${typeOf(document, schema.items)}`;
  return schema.format === undefined ? types.join(" | ") : `${types.join(" | ")} (${schema.format})`;
}

function describe(document: Document, given: Given): string {
  const schema = resolve(document, given);
  return schema.description ?? firstOf(document, schema).description ?? "";
}

function fieldsOf(document: Document, given: Given): Field[] {
  const schema = firstOf(document, resolve(document, given));
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).map(([name, field]) => ({
    name,
    isRequired: required.has(name),
    type: typeOf(document, field),
    description: describe(document, field),
  }));
}
