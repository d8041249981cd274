import { Validator } from "@cfworker/json-schema";
import { describe, expect, it } from "vitest";
import { NOTIFIED_EVENTS } from "../../src/db/enums.ts";
import contractJson from "../contract/workflow-api.openapi.json";
import type { Json } from "../support/contract.ts";
import { at, isObject, normalise, resolve, schemaFaults } from "../support/contract.ts";
import { document, responsesOf } from "../support/document.ts";

const contract: Json = JSON.parse(JSON.stringify(contractJson));

const operationsOf = (openapi: Json) =>
  Object.entries(at(openapi, "paths")).flatMap(([path, methods]) =>
    Object.entries(at(methods)).map(([method, operation]) => ({ path, method, operation: at(operation) })),
  );

const contractOperations = operationsOf(contract);

const FILES = ["source_path_part_ids", "instruction_path_part_ids", "output_path_part_ids"];
const MAY_BE_EMPTY = FILES.map((field) => `body.${field}.minItems: undefined, not 1`);
const NEEDED = ["name", "runner_type"];

/** The exceptions: where a request may have less than the contract asks for. A workflow needs no files. */
const WIDER: Record<string, string[]> = {
  create_workflow_definition: [
    ...MAY_BE_EMPTY,
    `body.required: ${JSON.stringify(NEEDED)}, not ${JSON.stringify([...NEEDED, ...FILES].toSorted())}`,
  ],
  update_workflow_definition: MAY_BE_EMPTY,
};

describe("the OpenAPI document", () => {
  it.each(contractOperations.map((entry) => [String(entry.operation.operationId), entry] as const))(
    "has %s as the contract has it: nothing missing, nothing narrower",
    (_, { path, method, operation }) => {
      const ours = at(document, "paths", path, method);
      expect(ours.operationId).toBe(operation.operationId);
      expect([
        ...parameterFaults(operation, ours),
        ...bodyFaults(operation, ours),
        ...responseFaults(operation, ours),
      ]).toEqual(WIDER[String(operation.operationId)] ?? []);
    },
  );

  it("describes every operation: a summary, a tag, who may call it, and what can go wrong", () => {
    for (const { path, method, operation } of operationsOf(document)) {
      const where = `${method} ${path}`;
      expect([where, typeof operation.summary, typeof operation.operationId]).toEqual([where, "string", "string"]);
      expect([where, Array.isArray(operation.tags), Array.isArray(operation.security)]).toEqual([where, true, true]);
      // What proves a message that cannot be signed is in its path, for which OpenAPI has no security.
      const isSecured =
        (Array.isArray(operation.security) && operation.security.length > 0) || path.endsWith("/{token}");
      expect([where, "401" in at(operation.responses)]).toEqual([where, isSecured]);
    }
  });

  it("has no field of an operation that OpenAPI does not know", () => {
    const known = [
      "description",
      "operationId",
      "parameters",
      "requestBody",
      "responses",
      "security",
      "summary",
      "tags",
      // An extension, which OpenAPI lets a document have.
      "x-scopes",
    ];
    const fields = operationsOf(document).flatMap(({ operation }) => Object.keys(operation));
    expect([...new Set(fields)].filter((field) => !known.includes(field))).toEqual([]);
  });

  it("says what each tag is about", () => {
    const webhooks = Object.values(at(document, "webhooks")).map((webhook) => at(webhook, "post").tags);
    const used = [...operationsOf(document).map(({ operation }) => operation.tags), ...webhooks].flat();
    const { tags } = at(document);
    const described = Array.isArray(tags) ? tags.map((tag) => at(tag).name) : [];
    expect(described.toSorted()).toEqual([...new Set(used)].toSorted());
  });

  it("says what is in each list", () => {
    const lists = (json: Json, where: string): string[] => {
      if (!isObject(json)) return Array.isArray(json) ? json.flatMap((one, n) => lists(one, `${where}/${n}`)) : [];
      const isList = json.type === "array" || (Array.isArray(json.type) && json.type.includes("array"));
      const inside = Object.entries(json).flatMap(([key, value]) => lists(value, `${where}/${key}`));
      return isList && !("items" in json) ? [where, ...inside] : inside;
    };
    expect(lists(document, "")).toEqual([]);
  });

  it("describes what a request may be answered before it reaches its route", () => {
    for (const { method, operation } of operationsOf(document)) {
      const statuses = Object.keys(at(operation.responses));
      expect(statuses).toEqual(expect.arrayContaining(["429", "431"]));
      const isOfCaller = JSON.stringify(operation.security).includes("SessionCookie");
      if (isOfCaller) expect(statuses).toEqual(expect.arrayContaining(["503", ...(method === "get" ? [] : ["403"])]));
    }
  });

  it("describes each error once, and operations refer to it", () => {
    const inline = operationsOf(document).flatMap(({ path, method, operation }) =>
      Object.entries(at(operation.responses))
        .filter(([status, response]) => Number(status) >= 400 && !("$ref" in at(response)))
        .map(([status]) => `${method} ${path} ${status}`),
    );
    expect(inline).toEqual([]);
    const bodies = Object.values(at(document, "components", "responses")).map((response) => JSON.stringify(response));
    expect(bodies.toSorted()).toEqual([...new Set(bodies)].toSorted());
  });

  it("gives an example for every answer and body, and each is valid by its own schema", () => {
    const { responses: shared, schemas = {} } = at(document, "components");
    const described = operationsOf(document).flatMap(({ path, method, operation }) =>
      [operation.requestBody, ...Object.values(at(operation.responses))].map(
        (body) => [`${method} ${path}`, body] as const,
      ),
    );
    for (const [where, body] of [...described, ...Object.entries(at(shared))]) {
      for (const media of Object.values(at(body, "content"))) {
        const examples = examplesOf(media);
        expect([where, examples.length > 0]).toEqual([where, true]);
        for (const example of examples) {
          // Without the examples inside: the validator takes an example's `id` for a schema's.
          const root = JSON.parse(JSON.stringify({ ...at(media, "schema"), components: { schemas } }), (key, value) =>
            key === "example" ? undefined : value,
          );
          expect(new Validator(root, "2020-12", false).validate(example).errors).toEqual([]);
        }
      }
    }
  });

  it("describes every webhook that is sent, with an example that is valid by its schema", () => {
    const webhooks = at(document, "webhooks");
    expect(Object.keys(webhooks).toSorted()).toEqual(
      [
        ...["dispatched", "stopping", "stopped"].map((name) => `workflow_run.${name}`),
        "runner.test",
        ...NOTIFIED_EVENTS,
        "notification_endpoint.test",
      ].toSorted(),
    );
    const schemas = at(document, "components", "schemas");
    for (const [type, webhook] of Object.entries(webhooks)) {
      const schema = at(webhook, "post", "requestBody", "content", "application/json", "schema");
      const root = JSON.parse(JSON.stringify({ ...schema, components: { schemas } }), (key, value) =>
        key === "example" ? undefined : value,
      );
      const { example = null } = schema;
      expect([type, new Validator(root, "2020-12", false).validate(example).errors]).toEqual([type, []]);
    }
  });
});

function parameterFaults(theirs: Json, ours: Json): string[] {
  const list = (operation: Json) => {
    const parameters = at(operation).parameters;
    return Array.isArray(parameters) ? parameters.filter(isObject) : [];
  };
  const known = list(ours);
  const missing = list(theirs).flatMap((parameter) => {
    const where = `${parameter.in} ${parameter.name}`;
    const own = known.find((candidate) => candidate.in === parameter.in && candidate.name === parameter.name);
    if (!own) return [`${where} is missing`];
    const required = own.required === true && parameter.required !== true ? [`${where} is required`] : [];
    const [their, our] = [normalise(parameter.schema ?? {}, contract), normalise(own.schema ?? {}, document)];
    return [...required, ...schemaFaults(where, their, our, true)];
  });
  const narrower = known.filter(
    (own) => own.required === true && !list(theirs).some((p) => p.in === own.in && p.name === own.name),
  );
  return [...missing, ...narrower.map((own) => `${own.in} ${own.name} is required and not in the contract`)];
}

function bodyFaults(theirs: Json, ours: Json): string[] {
  const schemaOf = (operation: Json) => at(operation, "requestBody", "content", "application/json").schema;
  const their = schemaOf(theirs);
  if (their === undefined) return schemaOf(ours) === undefined ? [] : bodyRequiredFaults(ours);
  return schemaFaults("body", normalise(their, contract), normalise(schemaOf(ours) ?? null, document), true);
}

const bodyRequiredFaults = (ours: Json) =>
  at(ours, "requestBody").required === true ? ["the body is required and not in the contract"] : [];

function responseFaults(theirs: Json, ours: Json): string[] {
  return Object.entries(at(theirs, "responses")).flatMap(([status, response]) => {
    const own = responsesOf(ours)[status];
    if (own === undefined) return [`response ${status} is missing`];
    const their = at(response, "content", "application/json").schema;
    const our = at(own, "content", "application/json").schema;
    if (their === undefined) return our === undefined ? [] : [`response ${status} has a body`];
    return schemaFaults(
      `response ${status}`,
      normalise(their, contract),
      our === undefined ? undefined : normalise(our, document),
      false,
    );
  });
}

/** A media type's own examples, or that of its schema, or of the items of a list. */
function examplesOf(media: Json): Json[] {
  const { examples } = at(media);
  if (isObject(examples)) return Object.values(examples).map((example) => at(example).value ?? null);
  const { example } = resolve(at(media).schema, document);
  return example === undefined ? [] : [example];
}
