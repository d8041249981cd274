/** What the verbs tell whose changes have no event: see `p_told` of `answer_with` in SQL. */
import { v4 as uuid } from "uuid";
import { beforeEach, expect, it } from "vitest";
import { createPathPart, deletePathPart, movePathPart } from "../../src/files/path-part-verbs.ts";
import { hashApiKey } from "../../src/http/credentials/api-key.ts";
import { resendDelivery, sendTestNotification } from "../../src/notify/endpoints/deliveries.ts";
import { changeEndpoint, createEndpoint, deleteEndpoint, rotateSecret } from "../../src/notify/endpoints/endpoints.ts";
import { openSession } from "../../src/runs/leases/open-session.ts";
import { NO_RUN, type TenantEffects } from "../../src/verbs/effects.ts";
import { perform } from "../../src/verbs/perform.ts";
import type { VerbServices } from "../../src/verbs/services.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { insertParts } from "../support/path-parts.ts";
import { startService } from "../support/service.ts";
import { verbServices } from "../support/verb-services.ts";

const service = await startService();
const tenant = tenantOfEachTest(service);
let announced: TenantEffects[];
let working: Promise<unknown>[];
let services: VerbServices;

beforeEach(async () => {
  [announced, working] = [[], []];
  services = {
    ...verbServices(service, announced),
    proof: { caller: { apiKeyHash: await hashApiKey(tenant.owner.key) } },
    afterwards: (work) => void working.push(work()),
  };
});

/** Makes a change, and returns what was announced of it. */
async function announcedOf(change: () => Promise<unknown>): Promise<TenantEffects[]> {
  announced.length = 0;
  await change();
  await Promise.all(working);
  return [...announced];
}

const HOOK = {
  format: "standard" as const,
  labels: null,
  turns: null,
  url: "https://hook.example/events",
  description: null,
  eventTypes: [],
  definitionIds: null,
};

it("tells the open pages of each change of an endpoint, and sends a test and a repetition at once", async () => {
  const [id, deliveryId] = [uuid(), uuid()];
  const told = { tenant_id: tenant.id, runs: [NO_RUN], work: [] };
  expect(await announcedOf(() => createEndpoint(services, id, HOOK))).toEqual([{ ...told, due_in_ms: null }]);
  const changes: (() => Promise<unknown>)[] = [
    () => changeEndpoint(services, id, { description: "Mine" }),
    () => rotateSecret(services, id),
  ];
  for (const change of changes) expect(await announcedOf(change)).toEqual([{ ...told, due_in_ms: null }]);
  for (const verb of [sendTestNotification, resendDelivery]) {
    const sent = await announcedOf(() => perform(services, verb, { endpointId: id, deliveryId }));
    // If the Worker that sends it dies, the alarm of the hub sends it.
    expect(sent).toEqual([{ ...told, endpoint_ids: [id], due_in_ms: expect.closeTo(5_000, -4) }]);
  }
  expect(await announcedOf(() => perform(services, deleteEndpoint, id))).toEqual([{ ...told, due_in_ms: null }]);
});

it("tells the open pages of a runner's new session, and of each change of the tree", async () => {
  const tree = await insertParts(service.database, tenant, ["/a"]);
  const part = { id: uuid(), name: "b", partType: "FOLDER", parentId: tree.idOf("/a") } as const;
  const changes: (() => Promise<unknown>)[] = [
    () => openSession(services, { id: uuid(), name: "office", definitionIds: null, capacity: 1, tags: [] }),
    () => perform(services, createPathPart, part),
    () => perform(services, movePathPart, { id: part.id, parentId: null }),
    () => perform(services, deletePathPart, { id: part.id }),
  ];
  for (const change of changes) {
    expect(await announcedOf(change)).toEqual([{ tenant_id: tenant.id, runs: [NO_RUN], work: [], due_in_ms: null }]);
  }
});

it("tells nobody of what was refused", async () => {
  const refused: (() => Promise<unknown>)[] = [
    () => changeEndpoint(services, uuid(), { description: "Mine" }),
    () => openSession(services, { id: uuid(), name: "office", definitionIds: [uuid()], capacity: 1, tags: [] }),
    () => perform(services, movePathPart, { id: tenant.sourcesId, name: "outputs" }),
    () => perform(services, deletePathPart, { id: tenant.sourcesId }),
  ];
  for (const change of refused) {
    expect(await announcedOf(() => expect(change()).rejects.toThrow())).toEqual([]);
  }
});

it("numbers what waiting runners are told, so that of two messages without an event the newer one is known", async () => {
  const replace = async () => {
    const context = { caller: { api_key_hash: await hashApiKey(tenant.owner.key) }, slack_seconds: 0, sends: true };
    const [row] = await service.database.sql`
      select replace_policy(${JSON.stringify(context)}, ${tenant.definitionId}, p_handover => 'lease',
        p_lease_seconds => 60, p_max_attempts => 1, p_retry_on => '{}') #> '{effects,tenants,0,work,0,event_id}' as number`;
    return Number(row?.number);
  };
  const [older, newer] = [await replace(), await replace()];
  expect(older).toBeLessThan(newer);
});
