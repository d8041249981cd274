import { v7 as uuid } from "uuid";
import { describe, expect, it } from "vitest";
import { batchPath, invokeBatch, readBatch } from "../../support/batches.ts";
import { BUSY_RUNNER } from "../../support/fake-runner.ts";
import { callBack, eventTypes, inSeconds, invoke, readEvents, readRun } from "../../support/lifecycle.ts";
import { tenantOfEachTest } from "../../support/of-each-test.ts";
import { startService } from "../../support/service.ts";
import { createTenant } from "../../support/tenant.ts";

const service = await startService();
const tenant = tenantOfEachTest(service, { runnerUrl: BUSY_RUNNER });

const send = (body: unknown, key = tenant.owner.key, headers: Record<string, string> = {}) =>
  service.send("POST", batchPath(tenant), key, body, headers);

type Fault = { loc: (string | number)[]; type: string; msg: string };

const faultsOf = async (response: Response) => {
  const { detail } = await response.json<{ detail: Fault[] }>();
  return [response.status, ...detail.map(({ loc, type }) => [loc, type])];
};

const setPolicy = (policy: object) =>
  service.send("PUT", `/v1/workflow-definitions/${tenant.definitionId}/policy`, tenant.owner.key, policy);

const countRuns = async () => {
  const [row] = await service.database.sql`
    select count(*)::int as runs, count(distinct batch_id)::int as batches from workflow_runs where tenant_id = ${tenant.id}`;
  return row;
};

const get = async <Body>(path: string, key = tenant.owner.key) => (await service.get(path, key)).json<Body>();

describe("a batch", () => {
  it("triggers its runs in their order, with their own input, labels and key, in one database request", async () => {
    const before = await invoke(service, tenant);
    const given = [
      { input: { n: 1, big: 1e308 }, labels: { customer: "4711" }, concurrency_key: "a" },
      {},
      { input: null, labels: null, concurrency_key: null },
      { input: { n: 2 }, labels: {} },
    ];
    const [response, requests] = await service.counted(() => send({ runs: given }));
    expect([response.status, requests]).toEqual([202, 1]);
    const { id, run_ids: runIds } = await response.json<{ id: string; run_ids: string[] }>();
    expect(response.headers.get("Location")).toBe(`/v1/run-batches/${id}`);
    expect(response.headers.has("Idempotency-Replayed")).toBe(false);
    expect(runIds).toHaveLength(4);

    const runs = await Promise.all(
      runIds.map(async (runId) => [
        await get(`/v1/workflow-runs/${runId}/input`),
        await get(`/v1/workflow-runs/${runId}/details`),
        await eventTypes(service, tenant, runId),
      ]),
    );
    const waits = (place: number, more: object) => ({
      ...{ status: "PENDING", queue_position: place, concurrency_key: null, labels: {}, batch_id: id },
      ...more,
    });
    const queued = ["TRIGGERED", "QUEUED"];
    expect(runs).toEqual([
      [
        { input: given[0]?.input },
        expect.objectContaining(waits(1, { concurrency_key: "a", labels: { customer: "4711" } })),
        queued,
      ],
      [{ input: null }, expect.objectContaining(waits(2, {})), queued],
      [{ input: null }, expect.objectContaining(waits(3, {})), queued],
      [{ input: { n: 2 } }, expect.objectContaining(waits(4, {})), queued],
    ]);
    const [triggered] = await readEvents(service, tenant, String(runIds[0]));
    expect(triggered?.detail).toEqual({ batch_id: id, labels: { customer: "4711" } });

    await callBack(service, tenant, before, { status: "COMPLETED" });
    expect((await readRun(service, tenant, String(runIds[0]))).status).toBe("RUNNING");
  });

  it("starts as many runs as there are slots, each with its dispatch, and the others wait", async () => {
    await setPolicy({ max_running: 3 });
    const { run_ids: runIds } = await invokeBatch(service, tenant, 5);
    const stands = await Promise.all(
      runIds.map(async (id) => [
        (await readRun(service, tenant, id)).status,
        (await eventTypes(service, tenant, id))[1],
      ]),
    );
    expect(stands).toEqual([
      ...Array.from({ length: 3 }, () => ["RUNNING", "STARTED"]),
      ...Array.from({ length: 2 }, () => ["PENDING", "QUEUED"]),
    ]);
  });

  it("lets keys take turns", async () => {
    await setPolicy({ max_running: 2, max_running_per_key: 1, key_from: "/customer" });
    const customers = ["a", "a", "b", "b"];
    const { run_ids: runIds } = await invokeBatch(
      service,
      tenant,
      customers.map((customer) => ({ input: { customer } })),
    );
    const statuses = await Promise.all(runIds.map(async (id) => (await readRun(service, tenant, id)).status));
    expect(statuses).toEqual(["RUNNING", "PENDING", "RUNNING", "PENDING"]);
  });

  it("has a first run that waits only for a runner, when its runs are leased", async () => {
    await setPolicy({ handover: "lease" });
    const { run_ids: runIds } = await invokeBatch(service, tenant, 2);
    expect(await eventTypes(service, tenant, String(runIds[0]))).toEqual(["TRIGGERED"]);
    expect(await eventTypes(service, tenant, String(runIds[1]))).toEqual(["TRIGGERED", "QUEUED"]);
  });

  it("does so also when the first of its runs is delayed, which is in nobody's way", async () => {
    await setPolicy({ handover: "lease" });
    const { run_ids: runIds } = await invokeBatch(service, tenant, [{ start_after: inSeconds(60) }, {}, {}]);
    const types = await Promise.all(runIds.map(async (id) => (await eventTypes(service, tenant, id)).join(" ")));
    expect(types).toEqual(["TRIGGERED", "TRIGGERED", "TRIGGERED QUEUED"]);
  });

  it("has the same snapshot and trace for all runs", async () => {
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    await send({ runs: [{}, {}] }, tenant.owner.key, { traceparent });
    const rows = await service.database.sql`
      select distinct run_snapshot::text, traceparent from workflow_runs where tenant_id = ${tenant.id}`;
    expect(rows).toHaveLength(1);
    expect(rows[0]?.traceparent).toBe(traceparent);
  });

  it("may have 500 runs and a body of 1 MiB, and no more", async () => {
    const pad = (bytes: number) => `{"runs":[{"input":{"a":"b"}}]}`.padEnd(bytes, " ");
    const post = (body: string) =>
      service.fetch(batchPath(tenant), {
        method: "POST",
        headers: { Authorization: `Bearer ${tenant.owner.key}`, "Content-Type": "application/json" },
        body,
      });
    expect((await post(pad(1024 * 1024))).status).toBe(202);
    const tooLarge = await post(pad(1024 * 1024 + 1));
    expect(tooLarge.status).toBe(413);
    expect(await tooLarge.json()).toMatchObject({ detail: "Send a body of at most 1048576 bytes." });
    const { id, run_ids: runIds } = await invokeBatch(service, tenant, 500);
    expect([runIds.length, (await readBatch(service, tenant, id)).run_count]).toEqual([500, 500]);
    expect(runIds).toEqual(runIds.toSorted());
    expect(await faultsOf(await send({ runs: Array(501).fill({}) }))).toEqual([422, [["body", "runs"], "too_long"]]);
    expect(await faultsOf(await send({ runs: [] }))).toEqual([422, [["body", "runs"], "too_short"]]);
  });
});

describe("a batch that is refused", () => {
  it("triggers nothing, and names the place of each fault", async () => {
    const runs = [
      {},
      { input: [] },
      { labels: { UP: "x" } },
      { idempotency_key: "k" },
      { input: { a: "x".repeat(33_000) } },
    ];
    expect(await faultsOf(await send({ runs, colour: 1 }))).toEqual([
      422,
      [["body", "runs", 1, "input"], "value_error"],
      [["body", "runs", 2, "labels", "UP"], "value_error"],
      [["body", "runs", 3, "idempotency_key"], "extra_forbidden"],
      [["body", "runs", 4, "input"], "value_error"],
      [["body", "colour"], "extra_forbidden"],
    ]);
    expect(await countRuns()).toEqual({ runs: 0, batches: 0 });
  });

  it("names each run whose input has no key where the policy says", async () => {
    await setPolicy({ max_running: 2, max_running_per_key: 1, key_from: "/of/customer" });
    const runs = [
      { input: { of: { customer: 1 } } },
      {},
      { concurrency_key: "a" },
      { input: { of: { customer: [] } } },
    ];
    expect(await faultsOf(await send({ runs }))).toEqual([
      422,
      [["body", "runs", 1, "input", "of", "customer"], "value_error"],
      [["body", "runs", 3, "input", "of", "customer"], "value_error"],
    ]);
    expect(await countRuns()).toEqual({ runs: 0, batches: 0 });
  });

  it("delays runs, and lets them expire, and names each whose instants are wrong", async () => {
    const soon = inSeconds(3_600);
    const response = await send({ runs: [{ start_after: soon }, { must_start_by: soon }, {}] });
    const { run_ids: runIds } = await response.json<{ run_ids: string[] }>();
    const details = await Promise.all(runIds.map((id) => get(`/v1/workflow-runs/${id}/details`)));
    expect(details).toMatchObject([
      { status: "PENDING", start_after: soon, queue_position: null },
      { status: "RUNNING", must_start_by: null },
      { status: "PENDING", start_after: null, queue_position: 1 },
    ]);
    const wrong = [{}, { start_after: inSeconds(91 * 86_400) }, { start_after: soon, must_start_by: soon }];
    expect(await faultsOf(await send({ runs: wrong }))).toEqual([
      422,
      [["body", "runs", 1, "start_after"], "value_error"],
    ]);
    expect(await faultsOf(await send({ runs: wrong.toSpliced(1, 1) }))).toEqual([
      422,
      [["body", "runs", 1, "must_start_by"], "value_error"],
    ]);
    expect(await countRuns()).toEqual({ runs: 3, batches: 1 });
  });

  it("is 409 when the queue has no room for all of it, except for delayed runs", async () => {
    await setPolicy({ max_queued: 2, when_busy: "skip" });
    const full = await send({ runs: [{}, {}, {}] });
    expect([full.status, (await full.json<{ detail: string }>()).detail]).toEqual([
      409,
      "The queue has no room for all runs of the batch: the workflow's policy lets at most 2 of its runs wait. Send fewer runs, or " +
        "send them again when others have started.",
    ]);
    expect(await countRuns()).toEqual({ runs: 0, batches: 0 });
    expect((await send({ runs: [{}, {}, { start_after: inSeconds(60) }] })).status).toBe(202);
    expect((await send({ runs: [{}, {}] })).status).toBe(409);
  });

  it("is 409 for a paused workflow and one without a runner, and 404 for one that the caller may not see", async () => {
    expect((await send({ runs: [{}] }, tenant.user.key)).status).toBe(404);
    await service.send("POST", `/v1/workflow-definitions/${tenant.definitionId}/pause`, tenant.owner.key);
    expect((await send({ runs: [{}] })).status).toBe(409);
    await service.database.sql`
      update workflow_definitions set is_active = true, runner_url = null, webhook_secret_encrypted = null
      where id = ${tenant.definitionId}`;
    expect((await send({ runs: [{}] })).status).toBe(409);
  });
});

describe("the idempotency key of a batch", () => {
  const runs = [{ input: { a: 1, b: 2 } }, {}];

  it("answers the same batch, in the body or the header, whatever the order of the fields", async () => {
    const first = await send({ runs, idempotency_key: "k" });
    const batch = await first.json();
    const again = await send({ runs: [{ input: { b: 2, a: 1 } }, { labels: null }] }, tenant.owner.key, {
      "Idempotency-Key": "k",
    });
    expect([again.status, again.headers.get("Idempotency-Replayed")]).toEqual([202, "true"]);
    expect(await again.json()).toEqual(batch);
    expect(await countRuns()).toEqual({ runs: 2, batches: 1 });
    const both = await send({ runs, idempotency_key: "k" }, tenant.owner.key, { "Idempotency-Key": "other" });
    expect(await faultsOf(both)).toEqual([422, [["header", "Idempotency-Key"], "value_error"]]);
  });

  it("is 422 with other runs, also with fewer or in another order", async () => {
    await send({ runs, idempotency_key: "k" });
    for (const other of [[{ input: { a: 1, b: 3 } }, {}], [{ input: { a: 1, b: 2 } }], runs.toReversed()]) {
      expect(await faultsOf(await send({ runs: other, idempotency_key: "k" }))).toEqual([
        422,
        [["body", "runs"], "value_error"],
      ]);
    }
  });

  it("belongs to a user and a workflow, is kept after the end, and has nothing to do with that of an invoke", async () => {
    const { id, run_ids: runIds } = await invokeBatch(service, tenant, runs, { idempotency_key: "k" });
    const other = await send({ runs, idempotency_key: "k" }, tenant.admin.key);
    expect([other.status, other.headers.has("Idempotency-Replayed")]).toEqual([202, false]);
    const single = await service.send(
      "POST",
      `/v1/workflow-definitions/${tenant.definitionId}/invoke`,
      tenant.owner.key,
      {
        idempotency_key: "k",
      },
    );
    expect(single.headers.has("Idempotency-Replayed")).toBe(false);
    await service.send("POST", "/v1/workflow-runs/bulk", tenant.owner.key, { action: "stop", run_ids: runIds });
    await service.send("DELETE", `/v1/workflow-runs/${runIds[0]}`, tenant.owner.key);
    const again = await send({ runs, idempotency_key: "k" });
    expect(again.headers.get("Idempotency-Replayed")).toBe("true");
    expect(await again.json()).toEqual({ id, run_ids: [runIds[1]] });
  });

  it("triggers one batch when the same is sent many times at once", async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => send({ runs, idempotency_key: "k" })));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(202));
    expect(answers.filter(({ headers }) => headers.has("Idempotency-Replayed"))).toHaveLength(7);
    const bodies = await Promise.all(answers.map((answer) => answer.text()));
    expect(new Set(bodies).size).toBe(1);
    expect(await countRuns()).toEqual({ runs: 2, batches: 1 });
  });

  it("triggers one of two batches that differ", async () => {
    const answers = await Promise.all(
      [[{ input: { n: 1 } }], [{ input: { n: 2 } }]].map((runs) => send({ runs, idempotency_key: "k" })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 422]);
    expect(await countRuns()).toEqual({ runs: 1, batches: 1 });
  });
});

it("a batch of 500 takes at most a fifth of the time of 500 invokes", async () => {
  const other = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
  // The functions are planned before they are measured.
  await invokeBatch(service, tenant, 2);
  await invoke(service, other);
  const measure = async (action: () => Promise<unknown>) => {
    const began = performance.now();
    await action();
    return performance.now() - began;
  };
  // The shortest of several counts, since disturbances only make them longer.
  let batch = Number.POSITIVE_INFINITY;
  let invokes = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5 && !(batch < invokes); round++) {
    batch = Math.min(batch, await measure(() => invokeBatch(service, tenant, 500)));
    invokes = Math.min(
      invokes,
      await measure(async () => {
        for (let n = 0; n < 100; n++) await invoke(service, other);
      }),
    );
  }
  expect(batch).toBeLessThan(invokes);
});

it("the other tenant neither sees nor repeats a batch", async () => {
  const other = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
  const { id } = await invokeBatch(service, tenant, 2, { idempotency_key: "k" });
  expect((await send({ runs: [{}] }, other.owner.key)).status).toBe(404);
  expect((await service.get(`/v1/run-batches/${id}`, other.owner.key)).status).toBe(404);
  expect(await get(`/v1/workflow-runs?batch=${id}`, other.owner.key)).toEqual({ items: [], next_cursor: null });
  expect((await service.get(`/v1/run-batches/${uuid()}`, tenant.owner.key)).status).toBe(404);
});
