import { afterEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { claimDispatches } from "../../src/dispatches/dispatch-verbs.ts";
import { sendDispatches, sendStopped } from "../../src/dispatches/send-dispatches.ts";
import { sendStops } from "../../src/dispatches/stop-dispatch.ts";
import { claimNotifications } from "../../src/notify/sending/notification.ts";
import { sendNotifications } from "../../src/notify/sending/send-notifications.ts";
import { perform } from "../../src/verbs/perform.ts";
import { insertDefinitions, insertRuns } from "../support/backlog.ts";
import { answeringRunner, BUSY_RUNNER } from "../support/fake-runner.ts";
import { callBack, invoke } from "../support/lifecycle.ts";
import { createEndpoint } from "../support/notification-endpoint.ts";
import { startService } from "../support/service.ts";
import { createTenant, encryptSecret, type TestTenant } from "../support/tenant.ts";
import { verbServices } from "../support/verb-services.ts";

const service = await startService();
const services = verbServices(service);

let fetching: MockInstance<typeof fetch> | undefined;

afterEach(() => fetching?.mockRestore());

const claim = async (tenant: TestTenant, quick: string[] = []) =>
  (await perform(services, claimDispatches, { tenantId: tenant.id, limit: 8, quick, busy: [] })).result.dispatches;

/** In how many seconds the first of these is due again. */
async function dueInSeconds(column: string, table: string, tenant: TestTenant): Promise<number> {
  const [row] = await service.database.sql.query(
    `select extract(epoch from min(${column}) - clock_timestamp())::float8 as seconds from ${table} where tenant_id = $1`,
    [tenant.id],
  );
  return row?.seconds;
}

const aMinute = (seconds: number) => seconds > 40 && seconds <= 60;

describe("a claim lasts a minute, longer than sending and recording may take:", () => {
  it("that of the dispatch of a run that a request has started", async () => {
    const tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
    await service.fetchAndDie(`/v1/workflow-definitions/${tenant.definitionId}/invoke`, {
      method: "POST",
      headers: { Authorization: `Bearer ${tenant.owner.key}` },
    });
    expect(await dueInSeconds("next_dispatch_at", "workflow_runs", tenant)).toSatisfy(aMinute);
  });

  it("that of a dispatch that a sweep sends", async () => {
    const tenant = await createTenant(service.database);
    const [id = ""] = await insertDefinitions(service.database, tenant, 1, BUSY_RUNNER);
    await insertRuns(service.database, tenant, [id], { dueSeconds: 5 });
    expect(await claim(tenant)).toHaveLength(1);
    expect(await dueInSeconds("next_dispatch_at", "workflow_runs", tenant)).toSatisfy(aMinute);
  });

  it("that of a notification", async () => {
    const tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
    const endpoint = await createEndpoint(service, tenant, answeringRunner(500));
    await callBack(service, tenant, await invoke(service, tenant), { status: "COMPLETED" });
    await service.database.sql`
      update notifications set next_try_at = statement_timestamp() - interval '1 second' where tenant_id = ${tenant.id}`;
    const { result } = await perform(services, claimNotifications, { endpointId: endpoint.id, limit: 5 });
    expect(result.notifications).toHaveLength(1);
    expect(await dueInSeconds("next_try_at", "notifications", tenant)).toSatisfy(aMinute);
  });
});

describe("of the six connections of an invocation, the database always has one:", () => {
  /** Counts the webhooks to a receiver that never answers. All other requests are sent. */
  function holdWebhooks() {
    const send = globalThis.fetch;
    const held: string[] = [];
    fetching = vi.spyOn(globalThis, "fetch").mockImplementation((url, init) => {
      if (!String(url).startsWith("http://127.0.0.1:9/")) return send(url, init);
      held.push(String(url));
      return new Promise<Response>(() => {});
    });
    return held;
  }

  it("five dispatches of eight are sent at once", async () => {
    const tenant = await createTenant(service.database);
    const ids = await insertDefinitions(service.database, tenant, 8, "http://127.0.0.1:9/run");
    await insertRuns(service.database, tenant, ids, { dueSeconds: 5 });
    // An unknown runner gets one dispatch, and the others once it is known to be quick.
    const first = await claim(tenant);
    const dispatches = [...first, ...(await claim(tenant, [first[0]?.runner ?? ""]))];
    expect(dispatches).toHaveLength(8);
    const held = holdWebhooks();
    void sendDispatches(services, dispatches);
    await vi.waitFor(() => expect(held.length).toBeGreaterThanOrEqual(5), 20_000);
    // A request to the database comes and goes meanwhile.
    await service.database.sql`select 1`;
    expect(held).toHaveLength(5);
  });

  it("of ten notifications for two endpoints, no more than five are sent at once", async () => {
    const tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
    const event_types = ["workflow_run.late_result"];
    const endpointIds: string[] = [];
    for (const url of ["http://127.0.0.1:9/one", "http://127.0.0.1:9/other"]) {
      endpointIds.push((await createEndpoint(service, tenant, url, { event_types })).id);
    }
    const runId = await invoke(service, tenant);
    await service.database.sql`
      insert into workflow_run_events (tenant_id, run_id, attempt, type)
      select ${tenant.id}, ${runId}, 1, 'LATE_RESULT' from generate_series(1, 5)`;
    const held = holdWebhooks();
    void sendNotifications(services, endpointIds);
    await vi.waitFor(() => expect(new Set(held).size).toBe(2), 20_000);
    await service.database.sql`select 1`;
    expect(held.length).toBeLessThanOrEqual(5);
  });

  describe("of eight stopped runs, five", () => {
    const stoppedRuns = () =>
      Promise.all(
        Array.from({ length: 8 }, async () => {
          const id = crypto.randomUUID();
          return {
            ...{ run_id: id, attempt: 1, workflow_definition_id: id, runner_url: "http://127.0.0.1:9/run" },
            ...{ webhook_secret_encrypted: await encryptSecret(id), reason: null },
          };
        }),
      );

    it("runners are told at once that their runs were stopped", async () => {
      const held = holdWebhooks();
      const stopped = (await stoppedRuns()).map((run) => ({ ...run, stopped_at: new Date().toISOString() }));
      void sendStopped(services, stopped);
      await vi.waitFor(() => expect(held.length).toBeGreaterThanOrEqual(5), 20_000);
      await service.database.sql`select 1`;
      expect(held).toHaveLength(5);
    });

    it("runners are asked at once to stop within the grace", async () => {
      const held = holdWebhooks();
      const at = new Date().toISOString();
      const stops = (await stoppedRuns()).map((run) => ({
        ...run,
        ...{ tenant_id: run.run_id, ends_at: at, claimed_at: at, stop_dispatch_count: 1 },
      }));
      void sendStops(services, stops);
      await vi.waitFor(() => expect(held.length).toBeGreaterThanOrEqual(5), 20_000);
      await service.database.sql`select 1`;
      expect(held).toHaveLength(5);
    });
  });
});
