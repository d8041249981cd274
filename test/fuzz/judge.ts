/** What an answer has against the document, and the document against an answer. */

import type { Json } from "../support/contract.ts";
import { at, contractOperations, normalise } from "../support/contract.ts";
import { document, documentFaults, type Operation, operations, schemaErrors } from "../support/document.ts";
import type { Plan } from "./plan.ts";
import { type Draft, readPath, type Sent } from "./request.ts";

/** The kinds of faults that the document shows: who keeps to it is not told of any. */
const FORMAL = new Set([
  "missing",
  "extra_forbidden",
  "uuid_parsing",
  "string_too_long",
  "string_too_short",
  "string_type",
  "int_type",
  "int_parsing",
  "greater_than_equal",
  "less_than_equal",
  "enum",
  "bool_parsing",
  "datetime_parsing",
  "too_short",
  "too_long",
  "json_invalid",
]);

/** Which operation a request is of: what stands in the path may have made it another one, or none. */
function operationAt({ path: target, init: { method } }: Sent): Operation | undefined {
  const { pathname } = new URL(target, "https://service.test");
  const candidates = operations.filter(
    (candidate) => candidate.method === method && readPath(candidate.path, pathname) !== null,
  );
  return candidates.find(({ path }) => path === pathname) ?? candidates[0];
}

/** Where there is no operation. */
const NOWHERE: Operation = {
  operationId: "nowhere",
  method: "",
  path: "",
  parameters: [],
  bodySchema: undefined,
  // A path that takes other methods is answered as one that is not there is, with another status.
  responses: {
    ...pickResponses(["400", "404", "413", "414", "422", "431"]),
    405: pickResponses(["404"])["404"] ?? null,
  },
};

/** As the operation that has most of them describes them. */
function pickResponses(statuses: string[]): Operation["responses"] {
  const all = Object.assign({}, ...operations.map(({ responses }) => responses));
  return Object.fromEntries(statuses.map((status) => [status, all[status]]));
}

/** What is wrong with the answer to a request: nothing, it is hoped. */
export async function faultsOf(plan: Plan, draft: Draft, sent: Sent, response: Response): Promise<string[]> {
  const operation = operationAt(sent) ?? NOWHERE;
  const { status } = response;
  const json = await response.clone().text();
  const faults = await documentFaults(operation, response);
  // The service of these tests has no hub, so it can neither stream nor have a runner wait for runs.
  const needsHub = operation.operationId.startsWith("stream_") || json.includes("problem:streams_unavailable");
  const mayBeAway = operation.operationId === "readiness_check" || needsHub;
  if (status >= 500 && !(mayBeAway && status === 503)) {
    faults.push(`${operation.operationId} answers ${status}: ${json}`);
  }
  if (operation !== draft.operation) return faults;
  if (response.ok && draft.wire === undefined && isForbidden(draft)) {
    faults.push(`${operation.operationId} answers ${status} to what the document forbids`);
  }
  if (plan.isTame && status === 422) {
    const { detail = [] }: { detail?: { type: string }[] } = JSON.parse(json);
    if (detail.some(({ type }) => FORMAL.has(type))) {
      faults.push(`${operation.operationId} refuses what the document allows: ${json}`);
    }
  }
  return faults;
}

const isValid = (key: string, schema: Json, value: unknown) => schemaErrors(key, schema, value).length === 0;

/** True for a request with a value that the document does not allow, or with a query parameter that it does not have. */
function isForbidden(draft: Draft): boolean {
  const { operation, path, query, headers, body } = draft;
  const { operationId, bodySchema, parameters } = operation;
  if (hasUnknownQuery(draft)) return true;
  if (bodySchema !== undefined && body !== undefined && !isValid(`${operationId} body`, bodySchema, body)) return true;
  const sentAs: Record<string, (name: string) => string[]> = {
    path: (name) => [decodeURIComponent(path.get(name) ?? "")],
    query: (name) => query.get(name) ?? [],
    header: (name) => headers.flatMap(([key, value]) => (key === name ? [value] : [])),
  };
  return parameters.some(({ in: place, name, schema = {}, required }) => {
    const values = sentAs[String(place)]?.(String(name)) ?? [];
    return values.length === 0 ? required === true : !mayBe(`${operationId} ${name}`, schema, values);
  });
}

/** The contract's operations, and those without a credential, ignore what they do not know. */
function hasUnknownQuery({ operation, query, rawQuery }: Draft): boolean {
  if (contractOperations.has(operation.operationId) || !("401" in operation.responses)) return false;
  const known = new Set(operation.parameters.filter(({ in: place }) => place === "query").map(({ name }) => name));
  // Names that Hono does not read as parameters: an empty one, and one that no object can have.
  const unread = ["", "__proto__"];
  const names = [...query.keys(), ...new URLSearchParams(rawQuery).keys()];
  return names.some((name) => !known.has(name) && !unread.includes(name));
}

/** False for texts that no reading of them turns into what the schema allows. */
function mayBe(key: string, schema: Json, values: string[]): boolean {
  const { type, nullable } = at(normalise(schema, document));
  if (type === "array") return isValid(key, schema, values);
  const [value = ""] = values;
  if (values.length > 1) return false;
  if (nullable === true && (value === "" || value === "null")) return true;
  return isValid(key, schema, type === "integer" ? Number(value) : value);
}
