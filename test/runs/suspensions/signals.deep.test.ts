import { beforeEach, describe, expect, it } from "vitest";
import { createRunner } from "../../../client/src/runner/index.ts";
import page from "../../../docs/suspend.md?raw";
import { startFakeRunner } from "../../support/fake-runner.ts";
import { brokenInvariants } from "../../support/invariants.ts";
import { callBack, eventTypes, invoke, passInstants, readRun } from "../../support/lifecycle.ts";
import { useLeases } from "../../support/runners.ts";
import { startService } from "../../support/service.ts";
import { type Suspension, sendSignal, signal, suspend } from "../../support/suspensions.ts";
import { createTenant, runToken, type TestTenant } from "../../support/tenant.ts";

const DAY = 86_400;

const service = await startService();
let tenant: TestTenant;
let runner: Awaited<ReturnType<typeof startFakeRunner>>;

beforeEach(async () => {
  runner = await startFakeRunner();
  tenant = await createTenant(service.database, { runnerUrl: runner.url });
});

type Receipt = { id: string; run_id: string | null; kept_until: string | null };

/** Sends a signal that is taken. */
async function send(sent: Parameters<typeof sendSignal>[2]): Promise<Receipt> {
  const response = await sendSignal(service, tenant, sent);
  expect(response.status).toBe(200);
  return response.json<Receipt>();
}
const suspended = async (...waits: object[]) => {
  const runId = await invoke(service, tenant);
  const response = await suspend(service, tenant, runId, waits);
  expect([response.status, await response.json()]).toEqual([200, { suspended: true, outcomes: null }]);
  return runId;
};
/** What a new run gets that asks. It completes then. */
const ask = async (...waits: object[]) => {
  const runId = await invoke(service, tenant);
  const { outcomes } = await (await suspend(service, tenant, runId, waits)).json<Suspension>();
  if (outcomes !== null) await callBack(service, tenant, runId, { status: "COMPLETED" });
  return { runId, outcomes };
};
const statusOf = async (runId: string) => (await readRun(service, tenant, runId)).status;
const resumeOf = async (requests: number) => {
  const { body } = (await runner.requests(requests)).at(-1) ?? {};
  return (JSON.parse(String(body)) as { data: { attempt: number; resume?: unknown } }).data;
};
/** Lets the signals be so much older. */
const pass = (seconds: number) => service.database.sql`
  update kept_signals set received_at = received_at - make_interval(secs => ${seconds}) where tenant_id = ${tenant.id}`;
const keptSignals = async () =>
  (await service.database.sql`select signal_id from kept_signals where tenant_id = ${tenant.id} order by 1`).map(
    ({ signal_id: id }) => id,
  );
const intact = async () =>
  expect(await brokenInvariants(service.database.sql.query, { tenantId: tenant.id })).toEqual([]);

/** An example of docs/suspend.md. */
const example = (name: string) =>
  JSON.parse(new RegExp(`^\`\`\`json ${name}\n(.*?)\n\`\`\``, "ms").exec(page)?.[1] ?? "null");

describe("a run that waits for a signal", () => {
  it("gets it as docs/suspend.md says", async () => {
    const runId = await suspended(...example("signal-wait").waits);
    expect(await send(example("signal"))).toMatchObject({ id: "payment-815", run_id: runId });
    const outcomes = example("signal-outcome");
    expect((await resumeOf(2)).resume).toMatchObject({
      outcomes: { paid: { ...outcomes.paid, at: expect.any(String) } },
    });
  });

  it("by `run.signal` of the kit for TypeScript gets the payload in its next attempt", async () => {
    await useLeases(service, tenant);
    const runId = await invoke(service, tenant);
    const workOnce = () =>
      createRunner({
        lease: { url: "https://service.test", key: tenant.owner.key },
        work: async (run) => ({ output: (await run.signal("paid", { correlation: "4711" })).payload }),
        async fetch(input, init) {
          const request = new Request(input, init);
          const { url, method, headers } = request;
          const body = await request.text();
          return service.fetch(url, { method, headers, ...(body && { body }) });
        },
      }).run({ most: 1 });
    await workOnce();
    expect((await send({ correlation: "4711", payload: { amount: 1 } })).run_id).toBe(runId);
    await workOnce();
    const result = await service.get(`/v1/workflow-runs/${runId}/result`, tenant.owner.key);
    expect(await result.json()).toMatchObject({ status: "COMPLETED", output: { amount: 1 } });
  });

  it("goes on with its payload, as its next attempt", async () => {
    const runId = await suspended(signal("4711"));
    const payload = { b: 1, a: [0.1, null] };
    expect(await send({ correlation: "4711", id: "payment-1", payload })).toEqual({
      ...{ id: "payment-1", run_id: runId, kept_until: null },
    });
    expect(await statusOf(runId)).toBe("RUNNING");
    const outcome = { kind: "signal", outcome: "received", at: expect.any(String), signal_id: "payment-1", payload };
    const { attempt, resume } = await resumeOf(2);
    expect([attempt, resume]).toEqual([2, { outcomes: { paid: outcome }, checkpoints: 0 }]);
    const again = await suspend(service, tenant, runId, [signal("4711")], { attempt: 2 });
    expect(await again.json()).toEqual({ suspended: false, outcomes: { paid: outcome } });
    expect(await eventTypes(service, tenant, runId)).toEqual([
      ...["TRIGGERED", "STARTED", "DISPATCHED", "SUSPENDED", "SIGNALLED", "STARTED", "DISPATCHED"],
    ]);
    await intact();
  });

  it("gets one that was sent before, at once, and no other run gets it", async () => {
    const { id, run_id, kept_until } = await send({ correlation: "4711", payload: null });
    expect([run_id, Date.parse(kept_until ?? "") > Date.now() + 6 * DAY * 1000]).toEqual([null, true]);
    const first = await ask(signal("4711"));
    expect(first.outcomes).toMatchObject({ paid: { outcome: "received", signal_id: id, payload: null } });
    expect(await eventTypes(service, tenant, first.runId)).toContain("SIGNALLED");
    expect((await ask(signal("4711"))).outcomes).toBeNull();
    await intact();
  });

  it("gets only one of the same name and correlation, which is by default the id of the run", async () => {
    const runId = await suspended(signal());
    await send({ correlation: "4711" });
    await send({ name: "shipped", correlation: runId });
    expect(await statusOf(runId)).toBe("PENDING");
    expect((await send({ correlation: runId })).run_id).toBe(runId);
    expect(await statusOf(runId)).toBe("RUNNING");
  });

  it("gets it when it is the oldest of several, and each gets one", async () => {
    const [older, newer] = [await suspended(signal("4711")), await suspended(signal("4711"))];
    expect((await send({ correlation: "4711" })).run_id).toBe(older);
    expect([await statusOf(older), await statusOf(newer)]).toEqual(["RUNNING", "PENDING"]);
    expect((await send({ correlation: "4711" })).run_id).toBe(newer);
    expect((await send({ correlation: "4711" })).run_id).toBeNull();
    await intact();
  });

  it("and for another one gets both, in the order in which they were sent", async () => {
    await send({ correlation: "4711", payload: 1 });
    const runId = await suspended(signal("4711"), signal("4711", "again"));
    await send({ correlation: "4711", payload: 2 });
    const { resume } = await resumeOf(2);
    expect(resume).toMatchObject({ outcomes: { paid: { payload: 1 }, again: { payload: 2 } } });
    expect(await statusOf(runId)).toBe("RUNNING");
  });

  it("says which one it waits for, and until when", async () => {
    const runId = await suspended(signal("4711"));
    const response = await service.get(`/v1/workflow-runs/${runId}/explain`, tenant.owner.key);
    const { reason, message, suspension } = await response.json<Record<string, { ends_at: string }>>();
    expect(reason).toBe("suspended");
    expect(message).toBe(
      `It is suspended, and waits for the signal “paid” for “4711”; it fails at ${suspension?.ends_at} otherwise.`,
    );
    expect(suspension).toMatchObject({ waits: [{ key: "paid", kind: "signal", name: "paid", correlation: "4711" }] });
  });

  it("joins its queue while the workflow is paused, and starts when it is resumed", async () => {
    const runId = await suspended(signal("4711"));
    const path = `/v1/workflow-definitions/${tenant.definitionId}`;
    await service.send("POST", `${path}/pause`, tenant.owner.key);
    expect((await send({ correlation: "4711" })).run_id).toBe(runId);
    expect(await statusOf(runId)).toBe("PENDING");
    await service.send("POST", `${path}/resume`, tenant.owner.key);
    expect(await statusOf(runId)).toBe("RUNNING");
    await intact();
  });

  it("goes on without it when its time is over, and then the signal is kept", async () => {
    const runId = await invoke(service, tenant);
    await suspend(service, tenant, runId, [signal("4711")], { timeout_seconds: 60, on_timeout: "continue" });
    await passInstants(service, runId, 61);
    expect((await send({ correlation: "4711" })).run_id).toBeNull();
    expect(await statusOf(runId)).toBe("RUNNING");
    const again = await suspend(service, tenant, runId, [signal("4711")], { attempt: 2 });
    expect(await again.json()).toMatchObject({ suspended: false, outcomes: { paid: { outcome: "timed_out" } } });
    await intact();
  });

  it("keeps a signal that it got when a person retries it, and waits for the others again", async () => {
    const runId = await suspended(signal("4711"));
    await send({ correlation: "4711", payload: 1 });
    await suspend(service, tenant, runId, [signal("4712", "other")], { attempt: 2 });
    await service.send("POST", `/v1/workflow-runs/${runId}/stop`, tenant.owner.key);
    await send({ correlation: "4712", payload: 2 });
    await service.send("POST", `/v1/workflow-runs/${runId}/retry`, tenant.owner.key);
    const both = await suspend(service, tenant, runId, [signal("4711"), signal("4712", "other")], { attempt: 4 });
    expect(await both.json()).toMatchObject({
      ...{ suspended: false, outcomes: { paid: { payload: 1 }, other: { payload: 2 } } },
    });
    await intact();
  });

  it("asks for outcomes that are too large for a dispatch", async () => {
    const payload = "x".repeat(32 * 1024 - 2);
    const keys = Array.from({ length: 9 }, (_, n) => `paid-${n}`);
    const runId = await suspended(...keys.map((key) => signal("4711", key)));
    for (const _ of keys) await send({ correlation: "4711", payload });
    const data = await resumeOf(2);
    expect([data.attempt, "resume" in data]).toEqual([2, false]);
    const response = await service.get(`/v1/workflow-runs/${runId}/resume`, await runToken(tenant, runId, 2));
    const { outcomes } = await response.json<{ outcomes: Record<string, { payload: string }> }>();
    expect(Object.keys(outcomes)).toEqual(keys);
    for (const key of keys) expect(outcomes[key]?.payload).toBe(payload);
  });

  it("may have waited for 128 of them altogether", async () => {
    const runId = await suspended(signal("4711"));
    await service.database.sql`
      insert into run_waits (run_id, key, tenant_id, workflow_definition_id, kind, asked_at, name, correlation, is_open)
      select ${runId}, 'b' || n, ${tenant.id}, ${tenant.definitionId}, 'signal', now(), 'paid', '1', false from generate_series(1, 127) n`;
    await send({ correlation: "4711" });
    const refused = await suspend(service, tenant, runId, [signal("4711", "c")], { attempt: 2 });
    expect([refused.status, await refused.text()]).toEqual([409, expect.stringContaining("128 signals altogether")]);
    expect((await suspend(service, tenant, runId, [signal("4711", "b1")], { attempt: 2 })).status).toBe(200);
  });
});

describe("a signal", () => {
  it("that is sent again is answered alike, also when a run has got it meanwhile, and nobody gets it again", async () => {
    const kept = { correlation: "4711", id: "1", payload: { amount: 1 } };
    const first = await send(kept);
    expect((await ask(signal("4711"))).outcomes).not.toBeNull();
    expect(await send(kept)).toEqual(first);
    const runId = await suspended(signal("4711"));
    expect(await send(kept)).toEqual(first);
    const second = await send({ ...kept, id: "2" });
    expect([second.run_id, await send({ ...kept, id: "2" })]).toEqual([runId, second]);
    const started = (await eventTypes(service, tenant, runId)).filter((type) => type === "STARTED");
    expect(started).toHaveLength(2);
  });

  it.each([{ correlation: "4712" }, { name: "shipped" }, { payload: 2 }, { payload: undefined }])(
    "with the id of another one is 409: %j",
    async (other) => {
      const sent = { correlation: "4711", id: "1", payload: 1 };
      await send(sent);
      expect((await sendSignal(service, tenant, { ...sent, ...other })).status).toBe(409);
    },
  );

  it("is kept and known for seven days, after which the sweep deletes it", async () => {
    await send({ correlation: "4711", id: "1" });
    const runId = await suspended(signal("4712"));
    await send({ correlation: "4712", id: "2" });
    await callBack(service, tenant, runId, { status: "COMPLETED" }, 2);
    await pass(7 * DAY - 60);
    await service.sweep();
    expect(await keptSignals()).toEqual(["1", "2"]);
    await pass(60);
    expect((await ask(signal("4711"))).outcomes).toBeNull();
    expect((await send({ correlation: "4713", id: "1" })).kept_until).not.toBeNull();
    await service.sweep();
    expect(await keptSignals()).toEqual(["1"]);
  });

  it("that no run waits for is 429 when 1,000 are kept, and otherwise goes to its run", async () => {
    await service.database.sql`
      insert into kept_signals (tenant_id, workflow_definition_id, signal_id, name, correlation, hash, user_id, received_at)
      select ${tenant.id}, ${tenant.definitionId}, 's' || n, 'paid', 'other', sha256('x'), ${tenant.owner.id}, now()
      from generate_series(1, 1000) n`;
    const refused = await sendSignal(service, tenant, { correlation: "4711" });
    expect([refused.status, refused.headers.has("retry-after")]).toEqual([429, true]);
    const runId = await suspended(signal("4711"));
    expect((await send({ correlation: "4711" })).run_id).toBe(runId);
    await callBack(service, tenant, runId, { status: "COMPLETED" }, 2);
    expect((await ask(signal("other"))).outcomes).not.toBeNull();
    expect((await send({ correlation: "4711" })).kept_until).not.toBeNull();
  });

  it.each([
    { correlation: "" },
    { correlation: "x".repeat(256) },
    { name: "" },
    { id: "" },
    { payload: "x".repeat(32 * 1024 - 1) },
    { payload: "\u0000" },
  ])("that cannot be kept is 422: %#", async (wrong) => {
    expect((await sendSignal(service, tenant, { correlation: "4711", ...wrong })).status).toBe(422);
  });

  it("is gone with its workflow", async () => {
    await send({ correlation: "4711" });
    const path = `/v1/workflow-definitions/${tenant.definitionId}`;
    expect((await service.send("DELETE", path, tenant.owner.key)).status).toBe(204);
    expect(await keptSignals()).toEqual([]);
    expect((await sendSignal(service, tenant, { correlation: "4711" })).status).toBe(404);
  });
});
