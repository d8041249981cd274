import { Webhook } from "standardwebhooks";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { answeringRunner, BUSY_RUNNER, type FakeRunner, startFakeRunner } from "../support/fake-runner.ts";
import { callBack, invoke, readRun } from "../support/lifecycle.ts";
import { createEndpoint, makeAllDue, readDeliveries, readEndpoint } from "../support/notification-endpoint.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { readFeed } from "../support/read-feed.ts";
import { startService } from "../support/service.ts";
import { callSqlFunction } from "../support/sql-function.ts";
import { addDefinition, createStage } from "../support/stage.ts";
import { createTenant } from "../support/tenant.ts";

const claimedSchema = z.object({ notifications: z.array(z.looseObject({})) });

const service = await startService();
const tenant = tenantOfEachTest(service, { runnerUrl: BUSY_RUNNER });

type Body = { type: string; timestamp: string; data: Record<string, unknown> };

const bodiesOf = async (hook: FakeRunner, count = 0): Promise<Body[]> =>
  (await hook.requests(count)).map(({ body }) => JSON.parse(body));

/** A run that has ended so. */
async function endRun(result: object = { status: "COMPLETED" }): Promise<string> {
  const runId = await invoke(service, tenant);
  await callBack(service, tenant, runId, result);
  return runId;
}

/** Moves the time back at which the Worker that has made a notification would have sent it. */
const passFirstTry = () => service.database.sql`
  update notifications set next_try_at = next_try_at - interval '5 seconds' where tenant_id = ${tenant.id}`;

/** Claims the notifications of an endpoint, all of which are due then. Returns the first one. */
async function claimAll(endpointId: string) {
  await service.database.sql`
    update notifications set next_try_at = statement_timestamp() where endpoint_id = ${endpointId}`;
  const args = { endpoint_id: endpointId, limit: 5 };
  return claimedSchema.parse(await callSqlFunction(service.database, "claim_notifications", args)).notifications[0];
}

const record = (endpointId: string, result: object) =>
  callSqlFunction(service.database, "record_notifications", {
    ...{ endpoint_id: endpointId, url: BUSY_RUNNER, is_probe: false, is_asked: false },
    results: JSON.stringify([result]),
  });

describe("a notification", () => {
  it("is sent right after the end of a run, signed, thin, and with the id of the event", async () => {
    const hook = await startFakeRunner();
    const { secret } = await createEndpoint(service, tenant, hook.url);
    const runId = await endRun({ status: "FAILED", error: "No paper.", output: "secret stuff" });
    const [request] = await hook.requests(1);
    // The feed has the event when no transaction is open that began before it, also of another file's tests.
    const items = await vi.waitFor(async () => {
      const page = await readFeed(service, tenant.owner.key, ["types=workflow_run.failed"]);
      expect(page.items).toHaveLength(1);
      return page.items;
    }, 20_000);
    expect(request?.headers["webhook-id"]).toBe(items[0]?.id);
    expect(() => new Webhook(secret).verify(request?.body ?? "", request?.headers ?? {})).not.toThrow();
    const run = await readRun(service, tenant, runId);
    expect(JSON.parse(request?.body ?? "")).toEqual({
      type: "workflow_run.failed",
      timestamp: items[0]?.at,
      data: {
        event_id: items[0]?.id,
        run_id: runId,
        workflow_definition_id: tenant.definitionId,
        workflow_name: "Test",
        attempt: 1,
        status: "FAILED",
        failure_code: "REPORTED",
        error: "No paper.",
        created_at: run.created_at,
        started_at: run.started_at,
        completed_at: run.completed_at,
        labels: {},
        url: expect.stringMatching(new RegExp(`^https://.*/v1/workflow-runs/${runId}$`)),
        dashboard_url: expect.stringMatching(new RegExp(`^https://.*/app/runs/${runId}$`)),
      },
    });
  });

  it("has the first 2,000 characters of the error of a run", async () => {
    const hook = await startFakeRunner();
    await createEndpoint(service, tenant, hook.url);
    const error = "It broke. ".repeat(250);
    await endRun({ status: "FAILED", error });
    expect(await bodiesOf(hook, 1)).toMatchObject([{ data: { error: error.slice(0, 2_000) } }]);
  });

  it("is sent only for the subscribed types and workflows", async () => {
    const [some, none] = [await startFakeRunner(), await startFakeRunner()];
    const event_types = ["workflow_run.started", "workflow_run.late_result"];
    const workflow_definition_ids = [tenant.definitionId];
    await createEndpoint(service, tenant, some.url, { event_types, workflow_definition_ids });
    const runId = await endRun();
    await callBack(service, tenant, runId, { status: "FAILED", error: "After all." });
    const bodies = await bodiesOf(some, 2);
    expect(bodies.map(({ type }) => type)).toEqual(["workflow_run.started", "workflow_run.late_result"]);
    expect(bodies[1]?.data).toMatchObject({ status: "COMPLETED", reported_status: "FAILED" });
    const stage = await createStage(service, "another", BUSY_RUNNER);
    const theirs = { event_types, workflow_definition_ids: [await addDefinition(stage)] };
    await createEndpoint(service, stage.tenant, none.url, theirs);
    await invoke(service, stage.tenant);
    expect(await none.requests()).toEqual([]);
  });

  it("is sent when a workflow was paused because its runner is gone", async () => {
    const hook = await startFakeRunner();
    const gone = await createTenant(service.database, { runnerUrl: answeringRunner(410) });
    await createEndpoint(service, gone, hook.url, { event_types: ["workflow_definition.paused"] });
    const runId = await invoke(service, gone);
    expect((await bodiesOf(hook, 1))[0]).toMatchObject({
      type: "workflow_definition.paused",
      data: {
        workflow_definition_id: gone.definitionId,
        workflow_name: expect.any(String),
        run_id: runId,
        dashboard_url: expect.stringContaining(`/app/runs/${runId}`),
      },
    });
  });

  it("adds no round trip to the request that causes it, and costs two database requests for each try", async () => {
    const hook = await startFakeRunner();
    await createEndpoint(service, tenant, hook.url);
    const runId = await invoke(service, tenant);
    const [, requests] = await service.counted(() => callBack(service, tenant, runId, { status: "COMPLETED" }));
    expect(requests).toBe(1 + 2);
  });

  it("is sent by the sweep when the Worker that caused it has died", async () => {
    const hook = await startFakeRunner();
    await createEndpoint(service, tenant, hook.url);
    const runId = await invoke(service, tenant);
    await service.fetchAndDie(`/v1/workflow-runs/${runId}/stop`, {
      method: "POST",
      headers: { Authorization: `Bearer ${tenant.owner.key}` },
    });
    expect(await hook.requests()).toEqual([]);
    await passFirstTry();
    await service.sweep();
    expect(await bodiesOf(hook)).toMatchObject([{ data: { run_id: runId } }]);
  });
});

describe("a notification that fails", () => {
  it("is tried eight times with longer and longer pauses, and then given up", async () => {
    const hook = await startFakeRunner([{ status: 500 }]);
    const endpoint = await createEndpoint(service, tenant, hook.url);
    await endRun();
    const pauses: number[] = [];
    for (let tries = 1; tries <= 8; tries++) {
      const [row] = await service.database.sql`
        select extract(epoch from next_try_at - (tries -> -1 ->> 'at')::timestamptz)::float8 as seconds, try_count
        from notifications where endpoint_id = ${endpoint.id}`;
      expect(row?.try_count).toBe(tries);
      if (tries < 8) pauses.push(row?.seconds);
      await makeAllDue(service, endpoint);
      await service.sweep();
    }
    const expected = [5, 300, 1800, 7200, 18_000, 36_000, 36_000];
    expect(pauses.every((seconds, i) => Math.abs(seconds / (expected[i] ?? 1) - 1) < 0.25)).toBe(true);
    const [delivery] = await readDeliveries(service, tenant, endpoint);
    expect(delivery).toMatchObject({ state: "FAILED", next_try_at: null });
    expect(delivery?.tries).toHaveLength(8);
    expect(delivery?.tries[0]).toMatchObject({ status: 500, reason: "It answered 500." });
    expect(await hook.requests()).toHaveLength(8);
  });

  it("is shown with the first 1 KiB of the answer, in which control characters are visible", async () => {
    const body = `unknown field "data"\u0000\u001b[2J\u009b\u202e\n${"é".repeat(600)}`;
    const hook = await startFakeRunner([
      { status: 400, body },
      { status: 200, body: "Thanks" },
    ]);
    const endpoint = await createEndpoint(service, tenant, hook.url);
    await endRun();
    await makeAllDue(service, endpoint);
    await service.sweep();
    const [delivery] = await readDeliveries(service, tenant, endpoint);
    expect(delivery?.tries.map(({ status }) => status)).toEqual([400, 200]);
    const [refused, taken] = delivery?.tries.map(({ answer }) => answer) ?? [];
    expect(refused).toMatch(/^unknown field "data"␀␛\[2J\\x9b\\u202e\né+$/);
    // The first 1,024 bytes of what was sent end in the middle of an é.
    const whole = new TextDecoder().decode(new TextEncoder().encode(body).subarray(0, 1_024), { stream: true });
    expect(refused?.match(/é/g)?.length).toBe(whole.match(/é/g)?.length);
    expect(taken).toBeNull();
  });

  it("is shown without the secret, in whatever form its endpoint sends them back", async () => {
    const hook = await startFakeRunner([{ status: 401 }]);
    const endpoint = await createEndpoint(service, tenant, hook.url);
    const { secret } = endpoint;
    const bare = secret.replace("whsec_", "");
    const forms = [secret, bare, bare.replaceAll("/", "\\/"), encodeURIComponent(secret)];
    const filler = "x".repeat(1_000 - forms.join(" ").length);
    // The last one begins within the part that is stored and ends behind it.
    await hook.script([{ status: 401, body: `${forms.join(" ")} ${filler} ${secret}` }]);
    await endRun();
    const [delivery] = await readDeliveries(service, tenant, endpoint);
    const answer = delivery?.tries[0]?.answer ?? "";
    expect(answer).toContain("x".repeat(500));
    for (const form of forms) {
      for (let at = 0; at + 10 <= form.length - 2; at += 10) {
        const part = form.slice(at, at + 10);
        if (!part.startsWith("whsec")) expect(answer).not.toContain(part);
      }
    }
  });

  it("counts as refused although the body of its answer never ends", async () => {
    const hook = await startFakeRunner([{ status: 400, ending: "endless" }]);
    const endpoint = await createEndpoint(service, tenant, hook.url);
    await endRun();
    const [delivery] = await readDeliveries(service, tenant, endpoint);
    expect(delivery?.tries).toMatchObject([{ status: 400, answer: "x".repeat(1_024) }]);
  });

  it("is not retried before the pause that the endpoint asked for", async () => {
    const hook = await startFakeRunner([{ status: 503, headers: { "retry-after": "120" } }]);
    const endpoint = await createEndpoint(service, tenant, hook.url);
    await endRun();
    const [row] = await service.database.sql`
      select extract(epoch from next_try_at - statement_timestamp())::float8 as seconds
      from notifications where endpoint_id = ${endpoint.id}`;
    expect(row?.seconds).toBeGreaterThan(110);
  });

  it("holds back all others of its endpoint after five failures, except one probe at a time", async () => {
    const hook = await startFakeRunner([{ status: 500 }]);
    const endpoint = await createEndpoint(service, tenant, hook.url);
    for (let i = 0; i < 7; i++) await endRun();
    expect(await hook.requests()).toHaveLength(5);
    expect(await readEndpoint(service, tenant, endpoint)).toMatchObject({
      failures: 5,
      is_active: true,
      next_probe_at: expect.any(String),
    });
    // All of them are due, and one is sent.
    await makeAllDue(service, endpoint);
    await Promise.all([service.sweep(), service.sweep()]);
    expect(await hook.requests()).toHaveLength(6);
    // Nothing else is due before the next probe.
    await service.database.sql`
      update notifications set next_try_at = statement_timestamp() - interval '1 hour' where endpoint_id = ${endpoint.id}`;
    const [due] = await service.database.sql`select public.due_endpoints(${tenant.id}) as now,
      extract(epoch from public.notifications_due_at(${tenant.id}) - statement_timestamp())::float8 as seconds`;
    expect(due?.now).toEqual([]);
    expect(due?.seconds).toBeGreaterThan(200);
    // It works again: the probe proves it, and all that waited follows.
    await hook.script([{ status: 200 }]);
    await makeAllDue(service, endpoint);
    await service.sweep();
    const deliveries = await readDeliveries(service, tenant, endpoint);
    expect(deliveries.map(({ state }) => state)).toEqual(Array(7).fill("DELIVERED"));
    expect(await readEndpoint(service, tenant, endpoint)).toMatchObject({ failures: 0, next_probe_at: null });
  });

  it.each([
    ["answers 410", 410, 0, "It answered 410: it is gone for good."],
    ["has failed for five days", 500, 5, "It has failed for five days. It answered 500."],
  ])("disables an endpoint that %s, with an event for other endpoints", async (_, status, days, reason) => {
    const [hook, witness] = [await startFakeRunner([{ status }]), await startFakeRunner()];
    const endpoint = await createEndpoint(service, tenant, hook.url);
    const toWitness = {
      event_types: ["notification_endpoint.disabled"],
      workflow_definition_ids: [tenant.definitionId],
      labels: ["customer:4711"],
    };
    await createEndpoint(service, tenant, witness.url, toWitness);
    await endRun();
    await service.database.sql`
      update notification_endpoints set failing_since = failing_since - make_interval(days => ${days}) where id = ${endpoint.id}`;
    await endRun();
    await endRun();
    const tries = days > 0 ? 2 : 1;
    expect(await hook.requests()).toHaveLength(tries);
    expect(await readEndpoint(service, tenant, endpoint)).toMatchObject({ is_active: false, disabled_reason: reason });
    const told = { endpoint_id: endpoint.id, server: new URL(hook.url).origin, reason };
    expect(await bodiesOf(witness, 1)).toMatchObject([{ type: "notification_endpoint.disabled", data: told }]);
    const disabled = ["types=notification_endpoint.disabled"];
    const { items } = await readFeed(service, tenant.admin.key, disabled);
    expect(items).toMatchObject([{ run_id: null, attempt: null, detail: told }]);
    expect((await readFeed(service, tenant.user.key, disabled)).items).toEqual([]);
    // Enabled again, it hears of what happens from then on.
    await hook.script([{ status: 200 }]);
    await service.send("PATCH", endpoint.path, tenant.owner.key, { is_active: true });
    await endRun();
    expect(await hook.requests()).toHaveLength(tries + 1);
  });

  it("does not disable an endpoint that has failed days ago, and to which nothing was sent since", async () => {
    const hook = await startFakeRunner([{ status: 503 }]);
    const endpoint = await createEndpoint(service, tenant, hook.url);
    await endRun();
    const { sql } = service.database;
    await sql`update notification_endpoints set failing_since = failing_since - interval '6 days' where id = ${endpoint.id}`;
    await sql`
      update notifications
      set tries = jsonb_set(tries, '{0,at}', to_jsonb(public.wire_instant(statement_timestamp() - interval '5 days'))), next_try_at = null
      where endpoint_id = ${endpoint.id}`;
    await endRun();
    expect(await hook.requests()).toHaveLength(2);
    expect(await readEndpoint(service, tenant, endpoint)).toMatchObject({ is_active: true, failures: 2 });
    const [latest] = await readDeliveries(service, tenant, endpoint);
    expect(latest).toMatchObject({ state: "WAITING", next_try_at: expect.any(String) });
  });

  it("does not disable an endpoint that has failed for a little less than five days", async () => {
    const hook = await startFakeRunner([{ status: 500 }]);
    const endpoint = await createEndpoint(service, tenant, hook.url);
    await service.database.sql`
      update notification_endpoints set failures = 1, failing_since = statement_timestamp() - interval '119 hours'
      where id = ${endpoint.id}`;
    await endRun();
    expect(await hook.requests()).toHaveLength(1);
    expect(await readEndpoint(service, tenant, endpoint)).toMatchObject({ is_active: true, failures: 2 });
  });

  it("is not sent elsewhere: an answer that points to another URL is a failed try", async () => {
    const other = await startFakeRunner();
    const hook = await startFakeRunner([{ status: 307, headers: { location: other.url } }]);
    const endpoint = await createEndpoint(service, tenant, hook.url);
    await endRun();
    const tries = [{ status: 307, reason: "It answered 307." }];
    expect(await readDeliveries(service, tenant, endpoint)).toMatchObject([{ state: "WAITING", tries }]);
    expect(await other.requests()).toEqual([]);
  });

  it("is not changed by the result of a Worker whose claim is over", async () => {
    const endpoint = await createEndpoint(service, tenant, BUSY_RUNNER);
    await endRun();
    const first = await claimAll(endpoint.id);
    await claimAll(endpoint.id);
    await record(endpoint.id, { ...first, outcome: "delivered", status: 200, duration_ms: 1, reason: null });
    expect((await readDeliveries(service, tenant, endpoint))[0]).toMatchObject({ state: "WAITING" });
  });

  it("is not tried again, and counts for nothing, when its endpoint was disabled while it was sent", async () => {
    const endpoint = await createEndpoint(service, tenant, BUSY_RUNNER);
    await endRun();
    const claimed = await claimAll(endpoint.id);
    const failures = async () => {
      const [row] = await service.database.sql`select failures from notification_endpoints where id = ${endpoint.id}`;
      return row?.failures;
    };
    const before = await failures();
    await service.database.sql`
      update notification_endpoints set disabled_at = statement_timestamp(), disabled_reason = 'Gone' where id = ${endpoint.id}`;
    await record(endpoint.id, {
      ...claimed,
      outcome: "failed",
      status: 500,
      duration_ms: 1,
      reason: "It answered 500.",
    });
    expect(await failures()).toBe(before);
    expect((await readDeliveries(service, tenant, endpoint))[0]).toMatchObject({ state: "FAILED" });
  });
});

/** True when the secret verifies a notification. */
function verifies(secret: string, { body, headers }: { body: string; headers: Record<string, string> }): boolean {
  try {
    return Boolean(new Webhook(secret).verify(body, headers));
  } catch {
    return false;
  }
}

describe("rotating the secret", () => {
  it("signs with both for a day, and then with the new one", async () => {
    const hook = await startFakeRunner();
    const endpoint = await createEndpoint(service, tenant, hook.url);
    const rotated = await service.send("POST", `${endpoint.path}/rotate-secret`, tenant.owner.key);
    const { secret } = await rotated.json<{ secret: string }>();
    for (const time of ["23 hours 50 minutes", "10 minutes"]) {
      await endRun();
      await service.database.sql`
        update notification_endpoints set previous_secret_until = previous_secret_until - ${time}::interval
        where id = ${endpoint.id}`;
    }
    await endRun();
    const signedWith = (await hook.requests(3)).map((sent) =>
      [endpoint.secret, secret].map((one) => verifies(one, sent)),
    );
    expect(signedWith).toEqual([
      [true, true],
      [true, true],
      [false, true],
    ]);
  });
});

describe("another URL of an endpoint", () => {
  const change = async (path: string, changes: object) => {
    const changed = await service.send("PATCH", path, tenant.admin.key, changes);
    return changed.json<{ secret?: string; old_secret_until: string | null }>();
  };

  it("gets a new secret, which is shown once, and no message to it is signed with an older one", async () => {
    const [hook, other] = [await startFakeRunner(), await startFakeRunner()];
    const endpoint = await createEndpoint(service, tenant, hook.url);
    await service.send("POST", `${endpoint.path}/rotate-secret`, tenant.owner.key);
    await endRun();
    const { secret = "", old_secret_until } = await change(endpoint.path, { url: other.url });
    expect(old_secret_until).toBeNull();
    const [delivery] = await readDeliveries(service, tenant, endpoint);
    await service.send("POST", `${endpoint.path}/deliveries/${delivery?.id}/resend`, tenant.owner.key);
    const [[before], [after]] = [await hook.requests(1), await other.requests(1)];
    if (!(before && after)) throw new Error("Both were notified.");
    expect([verifies(endpoint.secret, before), verifies(endpoint.secret, after)]).toEqual([true, false]);
    expect([verifies(secret, after), after.headers["webhook-signature"]?.split(" ").length]).toEqual([true, 1]);
  });

  it("is the only change that makes a new secret", async () => {
    const hook = await startFakeRunner();
    const endpoint = await createEndpoint(service, tenant, hook.url);
    for (const changes of [{ url: hook.url }, { description: "Mine" }, { is_active: true }]) {
      expect(await change(endpoint.path, changes)).not.toHaveProperty("secret");
    }
    await endRun();
    const [sent] = await hook.requests(1);
    expect(sent && verifies(endpoint.secret, sent)).toBe(true);
  });
});
