import { Webhook } from "standardwebhooks";
import { describe, expect, it, vi } from "vitest";
import page from "../../docs/runner-protocol.md?raw";
import { parseKeyRing } from "../../src/base/key-ring.ts";
import { encryptWebhookSecret } from "../../src/webhooks/secret-box.ts";
import { exampleRequest, shapeOf } from "../support/example-request.ts";
import { BUSY_RUNNER, createTenantWithRunner } from "../support/fake-runner.ts";
import type { ScriptedAnswer } from "../support/harness-protocol.ts";
import { callBack, eventTypes, invoke, invokePath, makeDue, readEvents, readRun } from "../support/lifecycle.ts";
import { startService } from "../support/service.ts";
import { type TestTenant, WEBHOOK_SECRET } from "../support/tenant.ts";

const service = await startService();

const newTenant = (answers: ScriptedAnswer[] = []) => createTenantWithRunner(service.database, answers);

/** A RUNNING run that is still to be dispatched, and one that waits behind it. */
async function newQueue(answers: ScriptedAnswer[]) {
  const { tenant, runner } = await newTenant([{ status: 503 }]);
  const [first, second] = [await invoke(service, tenant), await invoke(service, tenant)];
  await runner.script(answers);
  await makeDue(service, first);
  return { tenant, runner, first, second };
}

const statusesOf = (tenant: TestTenant, ...runIds: string[]) =>
  Promise.all(runIds.map(async (id) => (await readRun(service, tenant, id)).status));

describe("a run that starts", () => {
  it("is sent to its runner as in docs/runner-protocol.md, with a token that can complete it", async () => {
    const { tenant, runner } = await newTenant();
    const input = { quarter: "2026-Q1" };
    const labels = { customer: "4711" };
    const invoked = await service.send("POST", invokePath(tenant), tenant.owner.key, { input, labels });
    const { id: runId } = await invoked.json<{ id: string }>();
    const [request, ...others] = await runner.requests();
    if (!request) throw new Error("Nothing came.");
    expect(others).toEqual([]);

    const example = exampleRequest(page);
    for (const name of Object.keys(example.headers)) expect(request.headers).toHaveProperty(name.toLowerCase());
    expect(request.headers["webhook-id"]).toBe(`${runId}.1`);
    new Webhook(WEBHOOK_SECRET).verify(request.body, request.headers);
    const message = JSON.parse(request.body);
    expect(shapeOf(message)).toEqual(shapeOf(JSON.parse(example.body)));
    const { run_snapshot } = await readRun(service, tenant, runId);
    expect(message.data).toMatchObject({ run_id: runId, attempt: 1, run_snapshot, input, labels });

    const { callback_url: url, callback_token: token } = message.data;
    expect(url).toBe(`https://service.test/v1/workflow-runs/${runId}/callback`);
    const response = await service.send("POST", new URL(url).pathname, token, { status: "COMPLETED" });
    expect([response.status, await response.json()]).toEqual([200, { status: "COMPLETED" }]);
    expect((await readRun(service, tenant, runId)).status).toBe("COMPLETED");
    expect(await eventTypes(service, tenant, runId)).toEqual(["TRIGGERED", "STARTED", "DISPATCHED", "COMPLETED"]);
  });

  it.each([200, 202, 204])("is DISPATCHED once its runner answers %i, and is not sent again", async (status) => {
    const { tenant, runner } = await newTenant([{ status }]);
    const runId = await invoke(service, tenant);
    const [dispatched, ...others] = (await readEvents(service, tenant, runId)).slice(2);
    expect(dispatched).toMatchObject({ type: "DISPATCHED", attempt: 1, detail: { status, tries: 1 } });
    expect(others).toEqual([]);

    await makeDue(service, runId);
    await service.sweep();
    expect(await runner.requests()).toHaveLength(1);
    expect((await readRun(service, tenant, runId)).status).toBe("RUNNING");
  });

  it("is dispatched when a callback frees its slot and when it is retried, with the attempt in the message id", async () => {
    const { tenant, runner } = await newTenant();
    const [first, second] = [await invoke(service, tenant), await invoke(service, tenant)];
    await callBack(service, tenant, first, { status: "FAILED" });
    await service.send("POST", `/v1/workflow-runs/${first}/retry`, tenant.owner.key);
    await callBack(service, tenant, second, { status: "COMPLETED" });
    const ids = (await runner.requests()).map(({ headers }) => headers["webhook-id"]);
    expect(ids).toEqual([`${first}.1`, `${second}.1`, `${first}.2`]);
  });
});

describe("a run whose runner is being deployed", () => {
  it.each([401, 403, 404, 405, 407])("waits for the next try with its queue behind it: %i", async (status) => {
    const { tenant, runner, first, second } = await newQueue([{ status }, { status: 202 }]);
    await service.sweep();
    expect(await statusesOf(tenant, first, second)).toEqual(["RUNNING", "PENDING"]);
    expect((await readEvents(service, tenant, first)).at(-1)).toMatchObject({
      type: "DISPATCH_FAILED",
      detail: { reason: `The runner answered ${status}.`, tries: 2 },
    });
    await makeDue(service, first);
    await service.sweep();
    expect((await eventTypes(service, tenant, first)).at(-1)).toBe("DISPATCHED");
    expect(await runner.requests()).toHaveLength(3);
  });
});

describe("a run that its runner refuses", () => {
  it.each([400, 409, 422])("is FAILED with the status: %i", async (status) => {
    const { tenant, runner } = await newTenant([{ status }]);
    const runId = await invoke(service, tenant);
    expect(await readRun(service, tenant, runId)).toMatchObject({
      status: "FAILED",
      error: `The runner answered ${status}.`,
      completed_at: expect.any(String),
    });
    const detail = { reason: `The runner answered ${status}.`, tries: 1 };
    expect((await readEvents(service, tenant, runId)).slice(2)).toMatchObject([
      { type: "DISPATCH_FAILED", detail },
      { type: "FAILED", detail },
    ]);
    await makeDue(service, runId);
    await service.sweep();
    expect(await runner.requests()).toHaveLength(1);
  });

  it("frees the slot for the next one, which is dispatched at once", async () => {
    const { tenant, runner, first, second } = await newQueue([{ status: 422 }, { status: 202 }]);
    await service.sweep();
    expect(await statusesOf(tenant, first, second)).toEqual(["FAILED", "RUNNING"]);
    const ids = (await runner.requests()).map(({ headers }) => headers["webhook-id"]);
    expect(ids).toEqual([`${first}.1`, `${first}.1`, `${second}.1`]);
    expect((await eventTypes(service, tenant, second)).at(-1)).toBe("DISPATCHED");
  });

  it("pauses the definition when the runner is gone: PENDING runs stay PENDING", async () => {
    const { tenant, runner, first, second } = await newQueue([{ status: 410 }]);
    await service.sweep();
    expect(await statusesOf(tenant, first, second)).toEqual(["FAILED", "PENDING"]);
    expect((await readRun(service, tenant, first)).error).toContain("410");
    const [definition] = await service.database.sql`
      select is_active from workflow_definitions where id = ${tenant.definitionId}`;
    expect(definition).toEqual({ is_active: false });
    await service.sweep();
    expect(await runner.requests()).toHaveLength(2);
  });

  it("pauses nothing when the definition has another runner by then", async () => {
    const { tenant, second } = await newQueue([{ status: 410 }]);
    const { sql } = service.database;
    const realFetch = globalThis.fetch;
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      const response = await realFetch(input, init);
      if (response.status === 410) {
        await sql`update workflow_definitions set runner_url = ${BUSY_RUNNER} where id = ${tenant.definitionId}`;
      }
      return response;
    });
    await service.sweep();
    vi.restoreAllMocks();
    expect((await readRun(service, tenant, second)).status).toBe("RUNNING");
  });

  it("does not keep a Worker busy for long: the sweep sends the rest of a queue", async () => {
    const { tenant, runner, first, second } = await newQueue([{ status: 422 }]);
    const third = await invoke(service, tenant);
    // Each dispatch takes 13 seconds, by the Worker's clock.
    const [realFetch, realNow] = [globalThis.fetch, Date.now];
    let elapsedMs = 0;
    vi.spyOn(Date, "now").mockImplementation(() => realNow() + elapsedMs);
    vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => {
      if (input === runner.url) elapsedMs += 13_000;
      return realFetch(input, init);
    });
    await callBack(service, tenant, first, { status: "COMPLETED" });
    vi.restoreAllMocks();
    expect(await statusesOf(tenant, second, third)).toEqual(["FAILED", "RUNNING"]);
    expect(await runner.requests()).toHaveLength(2);

    await makeDue(service, third);
    await service.sweep();
    expect(await statusesOf(tenant, third)).toEqual(["FAILED"]);
  });

  it("is FAILED when its runner's URL is no longer allowed, or the definition has no runner any more", async () => {
    const { sql } = service.database;
    for (const [url, reason] of [
      ["https://169.254.169.254/", "The runner's URL is refused"],
      [null, "The workflow has lost its runner."],
    ] as const) {
      const { tenant, runner, first } = await newQueue([]);
      await sql`
        update workflow_definitions
        set runner_url = ${url}, webhook_secret_encrypted = case when ${url}::text is not null then webhook_secret_encrypted end
        where id = ${tenant.definitionId}`;
      await service.sweep();
      expect((await readRun(service, tenant, first)).error).toContain(reason);
      expect(await runner.requests()).toHaveLength(1);
    }
  });
});

describe("a run whose webhook secret cannot be read", () => {
  it("stays due until the key is in the key ring again", async () => {
    const { tenant, runner } = await newTenant();
    const { sql } = service.database;
    const lost = parseKeyRing(`lost:${btoa("fedcba9876543210fedcba9876543210")}`);
    if (!lost) throw new Error("The key of the test is not a key ring.");
    const [before] = await sql`
      select webhook_secret_encrypted as secret from workflow_definitions where id = ${tenant.definitionId}`;
    const put = (secret: string) => sql`
      update workflow_definitions set webhook_secret_encrypted = ${secret} where id = ${tenant.definitionId}`;
    await put(await encryptWebhookSecret(lost, tenant.definitionId, WEBHOOK_SECRET));

    const runId = await invoke(service, tenant);
    await makeDue(service, runId);
    await service.sweep();
    expect(await runner.requests()).toEqual([]);
    expect((await readRun(service, tenant, runId)).status).toBe("RUNNING");

    await put(before?.secret);
    await makeDue(service, runId);
    await service.sweep();
    expect(await runner.requests()).toHaveLength(1);
    expect((await readEvents(service, tenant, runId)).at(-1)).toMatchObject({
      type: "DISPATCHED",
      detail: { tries: 3 },
    });
  });
});

describe("a run that is stopped", () => {
  const stop = (tenant: TestTenant, runId: string, body?: object) =>
    service.send("POST", `/v1/workflow-runs/${runId}/stop`, tenant.owner.key, body);

  it.each([
    [{ reason: "Wrong folder" }, "Wrong folder"],
    [undefined, null],
  ])("while RUNNING: its runner gets a message, signed in the same way (%j)", async (body, reason) => {
    const { tenant, runner } = await newTenant();
    const runId = await invoke(service, tenant);
    expect((await stop(tenant, runId, body)).status).toBe(200);
    const request = (await runner.requests())[1];
    if (!request) throw new Error("The runner got no message.");
    expect(request.headers["webhook-id"]).toBe(`${runId}.1.stopped`);
    expect(new Webhook(WEBHOOK_SECRET).verify(request.body, request.headers)).toEqual({
      type: "workflow_run.stopped",
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      data: { run_id: runId, attempt: 1, reason },
    });
  });

  it("gets no message while PENDING", async () => {
    const { tenant, runner } = await newTenant();
    await invoke(service, tenant);
    expect((await stop(tenant, await invoke(service, tenant))).status).toBe(200);
    expect(await runner.requests()).toHaveLength(1);
  });

  it("is stopped even when its runner does not answer; the message is not retried, and the next run starts", async () => {
    const { tenant, runner, first, second } = await newQueue([]);
    await runner.close();
    expect((await stop(tenant, first)).status).toBe(200);
    await makeDue(service, first);
    await service.sweep();
    expect(await statusesOf(tenant, first, second)).toEqual(["FAILED", "RUNNING"]);
    expect((await eventTypes(service, tenant, first)).at(-1)).toBe("STOPPED");
  });
});
