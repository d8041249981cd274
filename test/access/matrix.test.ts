import { beforeAll, describe, expect, it } from "vitest";
import { openApiDocument } from "../../src/http/openapi.ts";
import { createService } from "../../src/routes.ts";
import { type Caller, knownCallers, SESSION_SETTINGS, unknownCallers } from "../support/callers.ts";
import { at } from "../support/compare-contract.ts";
import type { Json } from "../support/contract.ts";
import { CALLS, type Call, callOf, requestOf } from "../support/operations.ts";
import { type Service, startService } from "../support/service.ts";
import { createStage, type Stage } from "../support/stage.ts";

/** What each operation answers to a USER without grants, with read, with write, an ADMIN, the OWNER, another tenant's. */
const EXPECTED: Record<string, readonly [number, number, number, number, number, number] | "anybody" | "runner"> = {
  list_workflow_definitions: [200, 200, 200, 200, 200, 200],
  create_workflow_definition: [403, 403, 403, 201, 201, 422],
  get_workflow_definition: [404, 200, 200, 200, 200, 404],
  update_workflow_definition: [404, 403, 200, 200, 200, 404],
  delete_workflow_definition: [404, 403, 403, 204, 204, 404],
  invoke_workflow: [404, 403, 202, 202, 202, 404],
  list_workflow_runs: [404, 200, 200, 200, 200, 404],
  list_tenant_workflow_runs: [200, 200, 200, 200, 200, 200],
  summarise_workflow_runs: [200, 200, 200, 200, 200, 200],
  get_workflow_run: [404, 200, 200, 200, 200, 404],
  delete_workflow_run: [404, 403, 403, 204, 204, 404],
  list_workflow_run_events: [404, 200, 200, 200, 200, 404],
  stop_workflow_run: [404, 403, 403, 200, 200, 404],
  retry_workflow_run: [404, 403, 403, 202, 202, 404],
  workflow_run_callback: "runner",
  list_path_parts: [404, 200, 200, 200, 200, 404],
  create_path_part: [422, 403, 201, 201, 201, 422],
  get_path_part: [404, 200, 200, 200, 200, 404],
  update_path_part: [404, 403, 200, 200, 200, 404],
  delete_path_part: [404, 403, 204, 204, 204, 404],
  get_me: [200, 200, 200, 200, 200, 200],
  list_tenant_users: [403, 403, 403, 200, 200, 404],
  create_tenant_user: [403, 403, 403, 201, 201, 404],
  update_tenant_user: [403, 403, 403, 200, 200, 404],
  deactivate_tenant_user: [403, 403, 403, 200, 200, 404],
  activate_tenant_user: [403, 403, 403, 200, 200, 404],
  list_user_permissions: [404, 404, 404, 200, 200, 404],
  create_user_permission: [403, 403, 403, 201, 201, 404],
  update_user_permission: [404, 404, 404, 200, 200, 404],
  delete_user_permission: [404, 404, 404, 204, 204, 404],
  create_api_key: [201, 201, 201, 201, 201, 201],
  list_api_keys: [200, 200, 200, 200, 200, 200],
  get_api_key: [404, 404, 404, 200, 200, 404],
  delete_api_key: [404, 404, 404, 204, 204, 404],
  health_check: "anybody",
  readiness_check: "anybody",
  get_service: "anybody",
};

const document: Json = JSON.parse(JSON.stringify(openApiDocument(createService())));
const operations = Object.values(at(document, "paths"))
  .flatMap((methods) => Object.values(at(methods)))
  .map((operation) => ({ id: String(at(operation).operationId), responses: Object.keys(at(operation, "responses")) }));

let service: Service;
let stage: Stage;
let known: Awaited<ReturnType<typeof knownCallers>>;
let unknown: Record<string, Caller>;

beforeAll(async () => {
  service = await startService({ settings: SESSION_SETTINGS });
  await service.sweep();
  stage = await createStage(service, "matrix");
  const other = await createStage(service, "another");
  known = await knownCallers(stage, other);
  unknown = await unknownCallers(stage, other);
});

/** Sends a call as a caller would, and counts what it costs. */
async function send(call: Call, caller: Caller) {
  const token = await caller(call);
  const [response, databaseRequests] = await service.counted(() => service.fetch(call.path, requestOf(call, token)));
  return { status: response.status, body: await response.text(), databaseRequests };
}

describe("the matrix", () => {
  it("has every operation of the OpenAPI document, and no other", () => {
    const ids = operations.map(({ id }) => id).sort();
    expect(Object.keys(EXPECTED).sort()).toEqual(ids);
    expect(Object.keys(CALLS).sort()).toEqual(ids);
  });
});

describe.each(operations)("$id", ({ id, responses }) => {
  const expected = EXPECTED[id];

  it("answers each known caller as they may, in one database request", async () => {
    if (!Array.isArray(expected)) return;
    const [bare, reader, writer, admin, owner, stranger] = expected;
    const statuses = { bare, reader, writer, admin, owner, ownerBySession: owner, stranger };
    const answers = new Map<string, Awaited<ReturnType<typeof send>>>();
    for (const [name, caller] of Object.entries(known)) answers.set(name, await send(await callOf(id, stage), caller));

    expect(Object.fromEntries([...answers].map(([name, { status }]) => [name, status]))).toEqual(statuses);
    for (const { status, body, databaseRequests } of answers.values()) {
      // A run that starts is handed to its runner as well, which comes after the answer.
      if (status !== 202) expect(databaseRequests).toBe(1);
      expect(responses).toContain(String(status));
      // The right that is missing.
      if (status === 403) expect(JSON.parse(body).detail).toMatch(/\b(OWNER|ADMIN|read|write)\b/);
    }
  });

  it("lets nobody in with a credential that is none", async () => {
    const call = await callOf(id, stage);
    const answers: [string, number][] = [];
    for (const [name, caller] of Object.entries(unknown)) {
      const { status, databaseRequests } = await send(call, caller);
      answers.push([name, status]);
      expect(databaseRequests).toBeLessThanOrEqual(1);
    }
    const status = (name: string) => {
      if (expected === "anybody") return 200;
      return expected === "runner" && name === "a run's token" ? 200 : 401;
    };
    expect(answers).toEqual(Object.keys(unknown).map((name) => [name, status(name)]));
    // None of them has done it: it is still there to be done.
    if (Array.isArray(expected)) expect((await send(call, known.owner)).status).toBe(expected[4]);
  });

  it("lets a known caller say what only a run's runner may", async () => {
    if (expected !== "runner") return;
    const call = await callOf(id, stage);
    for (const caller of Object.values(known)) expect((await send(call, caller)).status).toBe(401);
  });
});
