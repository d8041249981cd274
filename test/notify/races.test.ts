/** What happens to an endpoint while a notification is being sent to it, and when two Workers want to send one. */
import { describe, expect, it, vi } from "vitest";
import { hashApiKey } from "../../src/http/credentials/api-key.ts";
import { resendDelivery } from "../../src/notify/endpoints/deliveries.ts";
import { deleteOldNotifications } from "../../src/notify/sending/due.ts";
import { type Claim, claimNotifications, recordNotifications } from "../../src/notify/sending/notification.ts";
import { perform } from "../../src/verbs/perform.ts";
import { Notifier } from "../../src/worker.ts";
import { BUSY_RUNNER, type FakeRunner, startFakeRunner } from "../support/fake-runner.ts";
import { holdTransaction } from "../support/held-transaction.ts";
import { callBack, invoke } from "../support/lifecycle.ts";
import {
  type CreatedEndpoint,
  createEndpoint,
  readDeliveries,
  readEndpoint,
} from "../support/notification-endpoint.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";
import { verbServices } from "../support/verb-services.ts";

const service = await startService();
const tenant = tenantOfEachTest(service, { runnerUrl: BUSY_RUNNER });

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

describe("an endpoint that is disabled while an event is added", () => {
  it("is never sent that event, which counts as given up and is deleted after 30 days", async () => {
    const { sql } = service.database;
    const hook = await startFakeRunner();
    const endpoint = await createEndpoint(service, tenant, hook.url);
    const setActive = (isActive: boolean) =>
      service.send("PATCH", endpoint.path, tenant.owner.key, { is_active: isActive });
    const runId = await invoke(service, tenant);
    const { letGo } = await holdTransaction(service.database, [
      sql`insert into workflow_run_events (tenant_id, run_id, attempt, type) values (${tenant.id}, ${runId}, 1, 'COMPLETED')`,
    ]);
    await setActive(false);
    await letGo();
    expect(await readDeliveries(service, tenant, endpoint)).toMatchObject([{ state: "FAILED", next_try_at: null }]);
    await setActive(true);
    await Notifier.prototype.notify.call(Notifier.prototype, [endpoint.id]);
    expect(await readDeliveries(service, tenant, endpoint)).toMatchObject([{ state: "FAILED", next_try_at: null }]);
    expect(await hook.requests()).toEqual([]);

    await setActive(false);
    await sql`
      update notifications set next_try_at = statement_timestamp(), created_at = created_at - interval '31 days'
      where endpoint_id = ${endpoint.id}`;
    await perform(verbServices(service), deleteOldNotifications, 2_000);
    expect(await readDeliveries(service, tenant, endpoint)).toEqual([]);
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
    const { committed } = await holdTransaction(service.database, [claim]);
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

describe("a notification that a person asks for again while it is being sent", () => {
  it("is recorded by the try that they asked for, and not by the one from before", async () => {
    const endpoint = await createEndpoint(service, tenant, BUSY_RUNNER);
    const [row] = await service.database.sql`
      insert into notifications (tenant_id, endpoint_id, event_id, event_name, event_at, data, next_try_at)
      select ${tenant.id}, ${endpoint.id}, '7', 'workflow_run.failed', statement_timestamp(), '{}', statement_timestamp()
      returning id`;
    const services = verbServices(service);
    const claim = async () => {
      const { result } = await perform(services, claimNotifications, { endpointId: endpoint.id, limit: 5 });
      if (!("endpoint" in result)) throw new Error("Nothing was claimed.");
      return result;
    };
    /** Records that it was refused with this status. */
    const record = (from: Claim, status: number) => {
      const told = { outcome: "failed", duration_ms: 1, reason: "", answer: null, retry_after_seconds: null } as const;
      const results = from.notifications.map(({ id, try_count, claimed_until }) => ({
        ...{ id, try_count, claimed_until, status },
        ...told,
      }));
      return perform(services, recordNotifications, { claim: from, results });
    };
    const statuses = async () =>
      (await readDeliveries(service, tenant, endpoint))[0]?.tries.map(({ status }) => status);

    const before = await claim();
    const caller = { apiKeyHash: await hashApiKey(tenant.owner.key) };
    const ids = { endpointId: endpoint.id, deliveryId: String(row?.id) };
    await perform({ ...services, proof: { caller }, notifies: false }, resendDelivery, ids);
    const asked = await claim();
    expect([before, asked].map(({ notifications: [one] }) => one?.try_count)).toEqual([1, 1]);
    await record(before, 500);
    expect(await statuses()).toEqual([]);
    await record(asked, 503);
    await record(asked, 503);
    expect(await statuses()).toEqual([503]);
  });
});
