/** What happens to an endpoint while a notification is being sent to it, and when two Workers want to send one. */
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { Notifier } from "../../src/worker.ts";
import { BUSY_RUNNER, type FakeRunner, startFakeRunner } from "../support/fake-runner.ts";
import { holdTransaction } from "../support/held-transaction.ts";
import { callBack, invoke } from "../support/lifecycle.ts";
import { type CreatedEndpoint, createEndpoint, readEndpoint } from "../support/notification-endpoint.ts";
import { type Service, startService } from "../support/service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

let service: Service;
let tenant: TestTenant;

beforeAll(async () => {
  service = await startService();
});

beforeEach(async () => {
  tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
});

describe("an endpoint that is changed while a notification is sent to it", () => {
  /** Changes the endpoint after the server has answered the notification, and before the Worker has its answer. */
  async function changeWhileSending(hook: FakeRunner, endpoint: CreatedEndpoint, changes: object): Promise<void> {
    const runId = await invoke(service, tenant);
    const realFetch = globalThis.fetch;
    const spy = vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      const response = await realFetch(input, init);
      if (input === hook.url) await service.send("PATCH", endpoint.path, tenant.owner.key, changes);
      return response;
    });
    await callBack(service, tenant, runId, { status: "COMPLETED" });
    spy.mockRestore();
    expect(await hook.requests()).toHaveLength(1);
  }

  it("is not blamed for what the server at its previous URL answered", async () => {
    const hook = await startFakeRunner([{ status: 410 }]);
    const endpoint = await createEndpoint(service, tenant, hook.url);
    await changeWhileSending(hook, endpoint, { url: BUSY_RUNNER });
    expect(await readEndpoint(service, tenant, endpoint)).toMatchObject({ is_active: true, failures: 0 });
  });
});

describe("the probe of a failing endpoint", () => {
  /** An endpoint whose next probe is due, and perhaps a notification that waits for it. */
  async function failingEndpoint(hook: FakeRunner, { hasWaiting }: { hasWaiting: boolean }): Promise<CreatedEndpoint> {
    const endpoint = await createEndpoint(service, tenant, hook.url);
    await service.database.sql`
      update notification_endpoints set failures = 5, failing_since = statement_timestamp(),
        probe_at = statement_timestamp() - interval '1 second' where id = ${endpoint.id}`;
    await service.database.sql`
      insert into notifications (tenant_id, endpoint_id, event_id, event_name, event_at, data, next_try_at)
      select ${tenant.id}, ${endpoint.id}, '7', 'workflow_run.failed', statement_timestamp(), '{}',
        statement_timestamp() - interval '1 minute'
      where ${hasWaiting}`;
    return endpoint;
  }
  /** A Worker sends what is due for the endpoint. */
  const notify = ({ id }: CreatedEndpoint) => Notifier.prototype.notify.call(Notifier.prototype, [id]);

  it("is sent by one of two Workers that want to send it at the same instant", async () => {
    const hook = await startFakeRunner();
    const endpoint = await failingEndpoint(hook, { hasWaiting: true });
    const claim = service.database.sql`
      update notification_endpoints set probe_at = statement_timestamp() + interval '1 hour' where id = ${endpoint.id}`;
    const { committed } = await holdTransaction(service.database, [claim], "when it is waited for");
    await notify(endpoint);
    await committed;
    expect(await hook.requests()).toEqual([]);
  });

  it("keeps its time while there is nothing to send", async () => {
    const hook = await startFakeRunner();
    const endpoint = await failingEndpoint(hook, { hasWaiting: false });
    const { next_probe_at } = await readEndpoint(service, tenant, endpoint);
    await notify(endpoint);
    expect(await readEndpoint(service, tenant, endpoint)).toMatchObject({ next_probe_at });
  });
});
