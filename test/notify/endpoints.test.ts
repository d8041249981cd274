import { describe, expect, it } from "vitest";
import { finishDeletions } from "../../src/sweep/sweep-verbs.ts";
import { perform } from "../../src/verbs/perform.ts";
import { BUSY_RUNNER, startFakeRunner } from "../support/fake-runner.ts";
import { callBack, invoke } from "../support/lifecycle.ts";
import { createEndpoint, readDeliveries, readEndpoint } from "../support/notification-endpoint.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";
import { verbServices } from "../support/verb-services.ts";

const service = await startService();
const tenant = tenantOfEachTest(service, { runnerUrl: BUSY_RUNNER });

const PATH = "/v1/notification-endpoints";
const post = (path: string, body?: object, key = tenant.owner.key) => service.send("POST", path, key, body);

describe("notification endpoints", () => {
  it("are created with a secret that is never shown again, nor stored as it is", async () => {
    const { secret, path, id } = await createEndpoint(service, tenant, BUSY_RUNNER);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const answers = [
      await service.get(path, tenant.owner.key),
      await service.get(PATH, tenant.admin.key),
      await service.send("PATCH", path, tenant.admin.key, { description: "Mine" }),
      await service.get(`${path}/deliveries`, tenant.owner.key),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(200);
      expect(await answer.text()).not.toContain(secret.slice("whsec_".length));
    }
    const [row] = await service.database.sql`select notification_endpoints::text as row from notification_endpoints
      where id = ${id}`;
    expect(row?.row).not.toContain(secret.slice("whsec_".length));
  });

  it.each([
    ["a URL of this network", { url: "https://10.0.0.1/hook" }, "body.url"],
    ["a URL of the service itself", { url: "https://service.test/hook" }, "body.url"],
    ["an event that there is not", { event_types: ["workflow_run.eaten"] }, "body.event_types.0"],
    ["no event at all", { event_types: [] }, "body.event_types"],
    ["a workflow that there is not", { workflow_definition_ids: ["01920000-0000-7000-8000-000000000999"] }, "body"],
    ["a field that there is not", { secret: "whsec_mine" }, "body"],
  ])("refuse %s, also when they are changed", async (_, fault, loc) => {
    const { path } = await createEndpoint(service, tenant, BUSY_RUNNER);
    const body = { url: BUSY_RUNNER, event_types: ["workflow_run.failed"], ...fault };
    for (const response of [await post(PATH, body), await service.send("PATCH", path, tenant.owner.key, fault)]) {
      expect(response.status).toBe(422);
      const { detail } = await response.json<{ detail: { loc: (string | number)[] }[] }>();
      expect(detail[0]?.loc.join(".")).toContain(loc);
    }
  });

  it("are limited to 50 for each tenant, even when two are created at once", async () => {
    await service.database.sql`
      insert into notification_endpoints (id, tenant_id, url, event_types, secret_encrypted)
      select gen_random_uuid(), ${tenant.id}, 'https://hook.example', '{}', 'x' from generate_series(1, 49)`;
    const body = { url: BUSY_RUNNER, event_types: ["workflow_run.failed"] };
    const answers = await Promise.all([post(PATH, body), post(PATH, body)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409]);
    const { total, items } = await (await service.get(`${PATH}?limit=20&offset=40`, tenant.owner.key)).json<{
      total: number;
      items: unknown[];
    }>();
    expect([total, items.length]).toEqual([50, 10]);
  });

  it("are changed only in the given fields", async () => {
    const endpoint = await createEndpoint(service, tenant, BUSY_RUNNER, { description: "Old" });
    const before = await readEndpoint(service, tenant, endpoint);
    const changes = { workflow_definition_ids: [tenant.definitionId], description: null };
    const changed = await service.send("PATCH", endpoint.path, tenant.owner.key, changes);
    expect(await changed.json()).toEqual({ ...before, ...changes, updated_at: expect.any(String) });
    await service.send("PATCH", endpoint.path, tenant.owner.key, { workflow_definition_ids: null, is_active: false });
    expect(await readEndpoint(service, tenant, endpoint)).toMatchObject({
      workflow_definition_ids: null,
      is_active: false,
      disabled_reason: "Somebody has disabled it.",
    });
  });

  it("get nothing more after they are deleted, not even what was waiting", async () => {
    const hook = await startFakeRunner([{ status: 500 }]);
    const endpoint = await createEndpoint(service, tenant, hook.url);
    const runId = await invoke(service, tenant);
    await callBack(service, tenant, runId, { status: "COMPLETED" });
    expect((await service.send("DELETE", endpoint.path, tenant.owner.key)).status).toBe(204);
    expect((await service.get(endpoint.path, tenant.owner.key)).status).toBe(404);
    await callBack(service, tenant, await invoke(service, tenant), { status: "COMPLETED" });
    await perform(verbServices(service), finishDeletions, 500);
    expect(await hook.requests()).toHaveLength(1);
    expect(await service.database.sql`select from notifications where endpoint_id = ${endpoint.id}`).toEqual([]);
  });
});

describe("deliveries", () => {
  it("list the tries with their times, answers and durations, in pages", async () => {
    const hook = await startFakeRunner([{ status: 202 }, { ending: "cut" }]);
    const endpoint = await createEndpoint(service, tenant, hook.url);
    for (let i = 0; i < 2; i++) {
      await callBack(service, tenant, await invoke(service, tenant), { status: "COMPLETED" });
    }
    const [second, first] = await readDeliveries(service, tenant, endpoint);
    expect(first).toMatchObject({
      type: "workflow_run.completed",
      state: "DELIVERED",
      tries: [{ at: expect.any(String), status: 202, duration_ms: expect.any(Number), reason: null, answer: null }],
    });
    expect(second).toMatchObject({
      state: "WAITING",
      next_try_at: expect.any(String),
      tries: [{ status: null, reason: expect.stringMatching(/^No answer: /) }],
    });
    const page = await (await service.get(`${endpoint.path}/deliveries?limit=1`, tenant.owner.key)).json<{
      items: unknown[];
      next_cursor: string;
    }>();
    expect(page.items).toEqual([second]);
    const last = await service.get(`${endpoint.path}/deliveries?limit=1&cursor=${page.next_cursor}`, tenant.owner.key);
    expect(await last.json()).toEqual({ items: [first], next_cursor: null });
  });

  it("can be sent again with the same id, even when the run was deleted", async () => {
    const hook = await startFakeRunner();
    const endpoint = await createEndpoint(service, tenant, hook.url);
    const runId = await invoke(service, tenant);
    await callBack(service, tenant, runId, { status: "COMPLETED" });
    await service.send("DELETE", `/v1/workflow-runs/${runId}`, tenant.owner.key);
    const [delivery] = await readDeliveries(service, tenant, endpoint);
    const again = await post(`${endpoint.path}/deliveries/${delivery?.id}/resend`);
    expect(again.status).toBe(202);
    const [first, second] = await hook.requests(2);
    expect(second?.body).toBe(first?.body);
    expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
    expect((await readDeliveries(service, tenant, endpoint))[0]?.tries).toHaveLength(2);
  });

  it("include a test, which is sent at once, even where everything else waits", async () => {
    const hook = await startFakeRunner();
    const endpoint = await createEndpoint(service, tenant, hook.url);
    await service.database.sql`
      update notification_endpoints set failures = 9, failing_since = statement_timestamp(), failed_probes = 3,
        probe_at = statement_timestamp() + interval '2 hours' where id = ${endpoint.id}`;
    await service.database.sql`
      insert into notifications (tenant_id, endpoint_id, event_id, event_name, event_at, data, next_try_at)
      values (${tenant.id}, ${endpoint.id}, '7', 'workflow_run.failed', statement_timestamp(), '{}',
        statement_timestamp() - interval '1 minute')`;
    expect((await post(`${endpoint.path}/test`)).status).toBe(202);
    const types = (await hook.requests(2)).map(({ body }) => JSON.parse(body).type);
    expect(types).toEqual(["notification_endpoint.test", "workflow_run.failed"]);
    await service.send("PATCH", endpoint.path, tenant.owner.key, { is_active: false });
    expect((await post(`${endpoint.path}/test`)).status).toBe(409);
  });

  it("are not tried before the next probe of an endpoint that fails", async () => {
    const endpoint = await createEndpoint(service, tenant, BUSY_RUNNER);
    const [probe] = await service.database.sql`
      update notification_endpoints set failures = 9, failing_since = statement_timestamp(), failed_probes = 3,
        probe_at = statement_timestamp() + interval '2 hours' where id = ${endpoint.id}
      returning to_char(probe_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at`;
    await service.database.sql`
      insert into notifications (tenant_id, endpoint_id, event_id, event_name, event_at, data, next_try_at, created_at)
      select ${tenant.id}, ${endpoint.id}, minutes, 'workflow_run.failed', statement_timestamp(), '{}',
        case when minutes <> 1 then statement_timestamp() + make_interval(mins => minutes) end,
        statement_timestamp() - make_interval(mins => minutes) from unnest(array[-1, 1, 180]) minutes`;
    const [due, givenUp, later] = await readDeliveries(service, tenant, endpoint);
    expect([due?.next_try_at, givenUp?.next_try_at]).toEqual([probe?.at, null]);
    expect(Date.parse(later?.next_try_at ?? "")).toBeGreaterThan(Date.parse(probe?.at));
  });

  it("are kept for 30 days", async () => {
    const endpoint = await createEndpoint(service, tenant, BUSY_RUNNER);
    await service.database.sql`
      insert into notifications (tenant_id, endpoint_id, event_id, event_name, event_at, data, created_at)
      select ${tenant.id}, ${endpoint.id}, days, 'workflow_run.failed', statement_timestamp(), '{}',
        statement_timestamp() - make_interval(days => days) from unnest(array[29, 31]) days`;
    await service.sweep();
    expect((await readDeliveries(service, tenant, endpoint)).map(({ event_id }) => event_id)).toEqual(["29"]);
  });
});
