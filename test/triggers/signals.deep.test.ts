/** Webhooks that signal suspended runs, instead of triggering runs. */
import { describe, expect, it } from "vitest";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { callBack, eventTypes, invoke, readRun } from "../support/lifecycle.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";
import { type Suspension, signal, suspend } from "../support/suspensions.ts";
import { createWebhook, post, type Webhook } from "./inbound-support.ts";
import { SIGNED } from "./signed-messages.ts";
import { readFirings, readTrigger } from "./support.ts";

const service = await startService();
const tenant = tenantOfEachTest(service, { runnerUrl: BUSY_RUNNER });

const SIGNAL = { name: "paid", correlation_from: "/invoice/number" };
const WEBHOOK = { scheme: "github", pick: { amount: "/amount" }, signal: SIGNAL };
const BODY = { invoice: { number: 4711 }, amount: 1200, secret: "not picked" };

/** Sends a message, with an id of its own unless it is given. */
const message = async ({ id, secret }: Webhook, body: object = BODY, delivery?: string) => {
  const text = JSON.stringify(body);
  const response = await post(
    service,
    id,
    text,
    SIGNED.github({ secret, body: text, ...(delivery && { id: delivery }) }),
  );
  return { status: response.status, ...(await response.json<{ outcome?: string; run_id?: string | null }>()) };
};
/** A new run that asks for the signal, and whether it got one at once. Then it completes. */
const ask = async () => {
  const runId = await invoke(service, tenant);
  const { suspended, outcomes } = await (await suspend(service, tenant, runId, [signal("4711")])).json<Suspension>();
  if (!suspended) await callBack(service, tenant, runId, { status: "COMPLETED" });
  return { runId, suspended, outcomes };
};
const timelineOf = async (runId: string) => {
  const response = await service.get(`/v1/workflow-runs/${runId}/events`, tenant.owner.key);
  return (await response.json<{ items: { type: string; detail: object }[] }>()).items;
};

describe("a webhook that signals", () => {
  it("lets the run go on that waits, once, also when the message is sent again, and triggers none", async () => {
    const hook = await createWebhook(service, tenant, WEBHOOK);
    const { runId } = await ask();
    expect(await message(hook, BODY, "1")).toMatchObject({ status: 202, outcome: "FIRED", run_id: runId });
    expect(await message(hook, BODY, "1")).toMatchObject({ status: 200, outcome: "FIRED", run_id: runId });
    expect((await readRun(service, tenant, runId)).status).toBe("RUNNING");
    const again = await suspend(service, tenant, runId, [signal("4711")], { attempt: 2 });
    expect(await again.json()).toMatchObject({
      outcomes: { paid: { outcome: "received", payload: { amount: 1200 } } },
    });
    const firings = await readFirings(service, tenant, hook.id);
    expect(firings).toMatchObject([
      { outcome: "FIRED", cause: "webhook", run_id: runId, detail: { signal: "paid", correlation: "4711" } },
    ]);
    const trigger = { trigger_id: hook.id, trigger_name: "Test", firing_id: firings[0]?.id, cause: "webhook" };
    expect((await timelineOf(runId)).filter(({ type }) => type === "SIGNALLED")).toEqual([
      expect.objectContaining({
        detail: expect.objectContaining({
          name: "paid",
          correlation: "4711",
          trigger: { ...trigger, delivery_id: "1" },
        }),
      }),
    ]);
    const [count] = await service.database
      .sql`select count(*)::int as runs from workflow_runs where tenant_id = ${tenant.id}`;
    expect(count).toEqual({ runs: 1 });
  });

  it("keeps the signal once while no run waits, and its firing then names the run that got it", async () => {
    const hook = await createWebhook(service, tenant, WEBHOOK);
    expect(await message(hook, BODY, "1")).toMatchObject({ status: 202, outcome: "FIRED", run_id: null });
    expect(await message(hook, BODY, "1")).toMatchObject({ status: 200, outcome: "FIRED", run_id: null });
    const { runId, suspended, outcomes } = await ask();
    expect([suspended, outcomes]).toMatchObject([false, { paid: { payload: { amount: 1200 } } }]);
    expect((await readFirings(service, tenant, hook.id)).map(({ run_id }) => run_id)).toEqual([runId]);
    expect(await message(hook, BODY, "1")).toMatchObject({ status: 200, run_id: runId });
    expect(await eventTypes(service, tenant, runId)).toContain("SIGNALLED");
    expect((await ask()).suspended).toBe(true);
  });

  it("signals while its workflow is paused, and the run goes on when that is resumed", async () => {
    const hook = await createWebhook(service, tenant, WEBHOOK);
    const { runId } = await ask();
    const path = `/v1/workflow-definitions/${tenant.definitionId}`;
    await service.send("POST", `${path}/pause`, tenant.owner.key);
    expect(await message(hook)).toMatchObject({ outcome: "FIRED", run_id: runId });
    await service.send("POST", `${path}/resume`, tenant.owner.key);
    expect((await readRun(service, tenant, runId)).status).toBe("RUNNING");
  });

  it.each([[undefined], [""], ["two\nlines"], ["x".repeat(256)], [{ of: 1 }]])(
    "is REFUSED without a correlation for which a run could wait: %#",
    async (number) => {
      const hook = await createWebhook(service, tenant, { ...WEBHOOK, pick: null });
      expect(await message(hook, { invoice: { number } })).toMatchObject({
        status: 202,
        outcome: "REFUSED",
        run_id: null,
      });
      expect(await readFirings(service, tenant, hook.id)).toMatchObject([
        { outcome: "REFUSED", reason: "no_correlation", detail: { pointer: "/invoice/number" } },
      ]);
    },
  );

  it("is REFUSED by hand, with 429 when 1,000 are kept, and when its user may not invoke the workflow", async () => {
    const hook = await createWebhook(service, tenant, WEBHOOK);
    await service.send("POST", `/v1/triggers/${hook.id}/fire`, tenant.owner.key);
    const { sql } = service.database;
    await sql`
      insert into kept_signals (tenant_id, workflow_definition_id, signal_id, name, correlation, hash, user_id, received_at)
      select ${tenant.id}, ${tenant.definitionId}, 's' || n, 'paid', 'other', sha256('x'), ${tenant.owner.id}, now()
      from generate_series(1, 1000) n`;
    expect(await message(hook, BODY, "1")).toMatchObject({
      status: 429,
      detail: expect.stringContaining("1000 are kept"),
    });
    // A run that waits gets it nevertheless, by the same message.
    const { runId } = await ask();
    expect(await message(hook, BODY, "1")).toMatchObject({ status: 202, run_id: runId });
    await sql`update triggers set user_id = ${tenant.user.id} where id = ${hook.id}`;
    expect(await message(hook)).toMatchObject({ status: 202, outcome: "REFUSED" });
    const reasons = (await readFirings(service, tenant, hook.id)).map(({ reason }) => reason);
    expect(reasons).toEqual(["rights", null, "too_many_signals", "no_correlation"]);
    expect(await readTrigger(service, tenant, hook.id)).toMatchObject({ is_active: false });
  });

  it("is shown as it was made, and has nothing that only a run has", async () => {
    const hook = await createWebhook(service, tenant, WEBHOOK);
    expect(await readTrigger(service, tenant, hook.id)).toMatchObject({ webhook: { signal: SIGNAL } });
    const faultsOf = async (more: object, webhook: object = {}) => {
      const body = { name: "Test", kind: "webhook", webhook: { ...WEBHOOK, ...webhook }, ...more };
      const path = `/v1/workflow-definitions/${tenant.definitionId}/triggers`;
      const response = await service.send("POST", path, tenant.owner.key, body);
      return (await response.json<{ detail: { loc: string[] }[] }>()).detail.map(({ loc }) => loc.join("."));
    };
    const ofRuns = { labels: { a: "b" }, concurrency_key: "c", priority: 1, when_busy: "skip" };
    const faults = await faultsOf(ofRuns, { key_from: "/a", labels_from: { a: "/a" } });
    expect(faults.toSorted()).toEqual(
      [...Object.keys(ofRuns), "webhook.key_from", "webhook.labels_from"].map((name) => `body.${name}`).toSorted(),
    );
    expect(await faultsOf({}, { signal: { name: "paid" } })).toEqual(["body.webhook.signal.correlation_from"]);
  });
});
