/** Query parameters that an operation does not have. */
import { describe, expect, it } from "vitest";
import { credentialFor, SESSION_SETTINGS } from "../support/callers.ts";
import { at, contractOperations } from "../support/contract.ts";
import { document } from "../support/document.ts";
import { callOf, OPERATIONS } from "../support/operations.ts";
import { requestOf, startService } from "../support/service.ts";
import { createStage } from "../support/stage.ts";

const hasCredential = (id: string) => OPERATIONS[id]?.answers !== "anybody";
const all = Object.keys(OPERATIONS);
const ours = all.filter((id) => !contractOperations.has(id) && hasCredential(id));
const others = all.filter((id) => contractOperations.has(id) || !hasCredential(id));

const service = await startService({ settings: SESSION_SETTINGS });
const stage = await createStage(service, "query");

/** The answer to a call that works, when `states=FAILED` is added to its query. */
async function ask(operationId: string) {
  const call = await callOf(operationId, stage);
  const path = `${call.path}${call.path.includes("?") ? "&" : "?"}states=FAILED`;
  const request = requestOf(call, await credentialFor(stage.tenant, call));
  const [response, requests] = await service.counted(() => service.fetch(path, request));
  return { status: response.status, body: await response.text(), requests };
}

describe("a query parameter that no operation has", () => {
  it.each(ours)("is refused by %s, which does nothing", async (operationId) => {
    const { status, body, requests } = await ask(operationId);
    const fault = { loc: ["query", "states"], type: "extra_forbidden", msg: "There is no such parameter." };
    expect([status, JSON.parse(body), requests]).toEqual([422, { detail: [fault] }, 0]);
  });

  it.each(others)("is ignored by %s, which is of the contract or has no caller", async (operationId) => {
    const { status, body } = await ask(operationId);
    // The sweep of this service has never run, so it is not ready.
    expect([operationId, status < 300 || operationId === "readiness_check"], body).toEqual([operationId, true]);
  });

  it("is described at the beginning of the document", () => {
    expect(at(document, "info").description).toContain("unknown query parameters");
  });
});
