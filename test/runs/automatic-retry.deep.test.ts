import { runDurableObjectAlarm } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { answeringRunner, BUSY_RUNNER } from "../support/fake-runner.ts";
import { callBack, eventTypes, invoke, makeDue, makeOverdue, readEvents, readRun } from "../support/lifecycle.ts";
import { startLiveService } from "../support/live-service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

const service = await startLiveService();
let tenant: TestTenant;

async function usePolicy(retryOn: readonly string[], maxAttempts: number, runnerUrl = answeringRunner(202)) {
  tenant = await createTenant(service.database, { runnerUrl });
  await service.database.sql`
    update workflow_definitions set retry_on = ${[...retryOn]}::text[], max_attempts = ${maxAttempts}
    where id = ${tenant.definitionId}`;
}

beforeEach(() => usePolicy(["LOST", "UNREACHED", "DEADLINE"], 3));

/** The back-off of the run is over, unless the run has started already. */
const passBackOff = (runId: string) => service.database.sql`
  update workflow_runs set not_before = statement_timestamp() - interval '1 second' where id = ${runId} and status = 'PENDING'`;

const loseLease = (runId: string) => service.database.sql`
  insert into running_attempts (run_id, tenant_id, attempt, lease_seconds, lease_expires_at)
  select id, tenant_id, attempt, 60, statement_timestamp() - interval '1 second' from workflow_runs where id = ${runId}`;

const statusOf = async (runId: string) => (await readRun(service, tenant, runId)).status;
const attemptsOf = async (runId: string) =>
  (await readEvents(service, tenant, runId)).map(({ type, attempt }) => `${type}.${attempt}`);

/** By the hub's alarm, or by cron. */
const SWEEPS: [string, () => Promise<unknown>][] = [
  ["cron", () => service.sweep()],
  ["the alarm of the tenant", () => runDurableObjectAlarm(service.hubOf(tenant.id))],
];

describe.each(SWEEPS)("a run whose policy retries it, swept by %s", (_, sweep) => {
  it("is put back with events of its end and its retry, and starts when the back-off has ended", async () => {
    const runId = await invoke(service, tenant);
    await makeOverdue(service, runId);
    await sweep();
    expect((await attemptsOf(runId)).slice(-2)).toEqual(["TIMED_OUT.1", "RETRIED.2"]);
    const retried = (await readEvents(service, tenant, runId)).at(-1);
    const seconds = (Date.parse(String(retried?.detail?.not_before)) - Date.parse(retried?.at ?? "")) / 1000;
    expect(retried?.detail).toMatchObject({ automatic: true });
    expect(Math.abs(seconds - 5)).toBeLessThan(1.01);
    expect(await readRun(service, tenant, runId)).toMatchObject({ status: "PENDING", error: null, completed_at: null });

    await sweep();
    expect(await statusOf(runId)).toBe("PENDING");
    await passBackOff(runId);
    await sweep();
    expect(await statusOf(runId)).toBe("RUNNING");
    const [row] = await service.database.sql`select not_before from workflow_runs where id = ${runId}`;
    expect(row?.not_before).toBeNull();
  });
});

/** Sweeps, and once more when the alarm of the hub was at work with the same workflow, which a sweep then passes over. */
const sweepUntil = (isDone: () => Promise<void>) =>
  vi.waitFor(
    async () => {
      await service.sweep();
      await isDone();
    },
    { timeout: 20_000 },
  );

describe("a run whose policy retries it", () => {
  it("is retried until it has had all of its attempts", async () => {
    const runId = await invoke(service, tenant);
    for (const attempt of [1, 2, 3]) {
      await makeOverdue(service, runId);
      await sweepUntil(async () => expect(await attemptsOf(runId)).toContain(`TIMED_OUT.${attempt}`));
      if (attempt === 3) break;
      await passBackOff(runId);
      await sweepUntil(async () => expect(await statusOf(runId)).toBe("RUNNING"));
    }
    expect(await statusOf(runId)).toBe("FAILED");
    expect((await attemptsOf(runId)).filter((name) => /TIMED_OUT|RETRIED/.test(name))).toEqual([
      ...["TIMED_OUT.1", "RETRIED.2", "TIMED_OUT.2", "RETRIED.3", "TIMED_OUT.3"],
    ]);
  });

  it("is retried when it is lost, and when no runner accepted it in time", async () => {
    const lost = await invoke(service, tenant);
    await loseLease(lost);
    await service.sweep();
    expect((await attemptsOf(lost)).slice(-2)).toEqual(["LOST.1", "RETRIED.2"]);

    await usePolicy(["UNREACHED"], 2, BUSY_RUNNER);
    const unreached = await invoke(service, tenant);
    await makeOverdue(service, unreached);
    await service.sweep();
    expect((await attemptsOf(unreached)).slice(-2)).toEqual(["TIMED_OUT.1", "RETRIED.2"]);
  });

  it("is retried when it cannot be sent to any runner, and then waits for a runner", async () => {
    await usePolicy(["UNREACHED"], 2, BUSY_RUNNER);
    const runId = await invoke(service, tenant);
    await service.database.sql`
      update workflow_definitions set runner_url = null, webhook_secret_encrypted = null where id = ${tenant.definitionId}`;
    await makeDue(service, runId);
    await service.sweep();
    expect((await attemptsOf(runId)).slice(-3)).toEqual(["DISPATCH_FAILED.1", "FAILED.1", "RETRIED.2"]);
    await passBackOff(runId);
    await service.sweep();
    expect(await statusOf(runId)).toBe("PENDING");
  });

  it("starts after the runs that were queued behind it", async () => {
    const [first, second, third] = [
      await invoke(service, tenant),
      await invoke(service, tenant),
      await invoke(service, tenant),
    ];
    await makeOverdue(service, first);
    await service.sweep();
    expect(await statusOf(second)).toBe("RUNNING");
    await passBackOff(first);
    await callBack(service, tenant, second, { status: "COMPLETED" });
    expect([await statusOf(third), await statusOf(first)]).toEqual(["RUNNING", "PENDING"]);
    await callBack(service, tenant, third, { status: "COMPLETED" });
    expect(await statusOf(first)).toBe("RUNNING");
  });

  it("can be stopped and deleted while it waits, and keeps its idempotency key", async () => {
    const path = `/v1/workflow-definitions/${tenant.definitionId}/invoke`;
    const trigger = () => service.send("POST", path, tenant.owner.key, { idempotency_key: "k" });
    const { id } = await (await trigger()).json<{ id: string }>();
    await makeOverdue(service, id);
    // The invoke itself records the end, puts the run back, and answers it.
    expect(await (await trigger()).json()).toMatchObject({ id, status: "PENDING" });
    const send = (method: string, action: string) =>
      service.send(method, `/v1/workflow-runs/${id}${action}`, tenant.owner.key);
    expect((await send("POST", "/stop")).status).toBe(200);
    expect((await attemptsOf(id)).slice(-2)).toEqual(["RETRIED.2", "STOPPED.2"]);
    expect((await send("DELETE", "")).status).toBe(204);
  });

  it("waits in its queue while its workflow is paused", async () => {
    const runId = await invoke(service, tenant);
    await service.database.sql`update workflow_definitions set is_active = false where id = ${tenant.definitionId}`;
    await makeOverdue(service, runId);
    await service.sweep();
    await passBackOff(runId);
    await service.sweep();
    expect(await statusOf(runId)).toBe("PENDING");
  });
});

describe("a run whose policy does not retry it", () => {
  it.each<[string, () => Promise<void>, (runId: string) => Promise<unknown>]>([
    [
      "its runner reported the failure",
      async () => {},
      (runId) => callBack(service, tenant, runId, { status: "FAILED" }),
    ],
    ["it failed for another reason", () => usePolicy(["LOST"], 3), (runId) => makeOverdue(service, runId)],
    ["it has had all of its attempts", () => usePolicy(["DEADLINE"], 1), (runId) => makeOverdue(service, runId)],
    [
      "somebody had asked to stop it",
      async () => {},
      async (runId) => {
        const body = { grace_seconds: 60 };
        await service.send("POST", `/v1/workflow-runs/${runId}/stop`, tenant.owner.key, body);
        await makeOverdue(service, runId);
      },
    ],
    [
      "somebody had asked to stop it, before it could be sent to no runner any more",
      () => usePolicy(["UNREACHED"], 3, BUSY_RUNNER),
      async (runId) => {
        await service.send("POST", `/v1/workflow-runs/${runId}/stop`, tenant.owner.key, { grace_seconds: 60 });
        await service.database.sql`
          update workflow_definitions set runner_url = null, webhook_secret_encrypted = null
          where id = ${tenant.definitionId}`;
        await makeDue(service, runId);
      },
    ],
  ])("stays FAILED: %s", async (_, prepare, fail) => {
    await prepare();
    const runId = await invoke(service, tenant);
    await fail(runId);
    await service.sweep();
    expect(await statusOf(runId)).toBe("FAILED");
    expect(await eventTypes(service, tenant, runId)).not.toContain("RETRIED");
  });
});

describe("a run that has ended, before that is recorded and it is put back", () => {
  it("is FAILED for a reader, while requests that wait for its end continue to wait", async () => {
    const runId = await invoke(service, tenant);
    await makeOverdue(service, runId);
    expect(await readRun(service, tenant, runId)).toMatchObject({ status: "FAILED" });
    const waiting = service.get(`/v1/workflow-runs/${runId}`, tenant.owner.key, { Prefer: "wait=20" });
    await service.sweep();
    await passBackOff(runId);
    await service.sweep();
    expect((await callBack(service, tenant, runId, { status: "COMPLETED" }, 2)).status).toBe(200);
    expect(await (await waiting).json()).toMatchObject({ status: "COMPLETED" });
  });

  it("is not waited for when somebody had asked to stop it, since it will not be retried", async () => {
    const runId = await invoke(service, tenant);
    await service.send("POST", `/v1/workflow-runs/${runId}/stop`, tenant.owner.key, { grace_seconds: 60 });
    await makeOverdue(service, runId);
    const read = () => service.get(`/v1/workflow-runs/${runId}`, tenant.owner.key, { Prefer: "wait=1" });
    const [response, requests] = await service.counted(read);
    expect([requests, (await response.json<{ status: string }>()).status]).toEqual([1, "FAILED"]);
  });

  it("is not waited for when its end is recorded, even if the policy has changed so that it would retry it now", async () => {
    await usePolicy(["LOST"], 3);
    const runId = await invoke(service, tenant);
    await makeOverdue(service, runId);
    await service.sweep();
    await service.database
      .sql`update workflow_definitions set retry_on = '{DEADLINE}' where id = ${tenant.definitionId}`;
    const [row] = await service.database.sql`select will_be_retried(${runId}::uuid, clock_timestamp()) as is_expected`;
    expect([await statusOf(runId), row?.is_expected]).toEqual(["FAILED", false]);
  });

  it("does not end its stream", async () => {
    const runId = await invoke(service, tenant);
    await makeOverdue(service, runId);
    const streaming = service.get(`/v1/workflow-runs/${runId}/stream`, tenant.owner.key);
    await service.sweep();
    await passBackOff(runId);
    await service.sweep();
    await callBack(service, tenant, runId, { status: "COMPLETED" }, 2);
    const text = await (await streaming).text();
    const types = [...text.matchAll(/^event: (\w+)$/gm)].map(([, type]) => type);
    expect(types.filter((type) => type === "TIMED_OUT" || type === "RETRIED" || type === "COMPLETED")).toEqual([
      ...["TIMED_OUT", "RETRIED", "COMPLETED"],
    ]);
  });
});

describe("a failure that a runner reports, when the policy retries REPORTED", () => {
  beforeEach(() => usePolicy(["REPORTED"], 2));

  const FAILED = { status: "FAILED", error: "Out of memory" };

  it("is retried until the run has had all of its attempts, and the same report gets the same answer each time", async () => {
    const runId = await invoke(service, tenant);
    expect((await callBack(service, tenant, runId, FAILED)).status).toBe(200);
    expect((await attemptsOf(runId)).slice(-2)).toEqual(["FAILED.1", "RETRIED.2"]);
    expect(await readRun(service, tenant, runId)).toMatchObject({ status: "PENDING", error: null });
    const again = await callBack(service, tenant, runId, FAILED);
    expect([again.status, await again.json()]).toEqual([200, { status: "FAILED" }]);
    // The runner has never said this of that attempt.
    expect((await callBack(service, tenant, runId, { status: "COMPLETED" })).status).toBe(409);

    await passBackOff(runId);
    await sweepUntil(async () => expect(await statusOf(runId)).toBe("RUNNING"));
    expect((await callBack(service, tenant, runId, FAILED)).status).toBe(200);
    expect(await statusOf(runId)).toBe("RUNNING");
    expect((await callBack(service, tenant, runId, FAILED, 2)).status).toBe(200);
    expect(await readRun(service, tenant, runId)).toMatchObject({ status: "FAILED", error: "Out of memory" });
    expect((await attemptsOf(runId)).filter((event) => event.startsWith("FAILED"))).toEqual(["FAILED.1", "FAILED.2"]);
  });

  it("is not retried when the result says so", async () => {
    const runId = await invoke(service, tenant);
    await callBack(service, tenant, runId, { ...FAILED, retry: false });
    expect([await statusOf(runId), await eventTypes(service, tenant, runId)]).toEqual([
      "FAILED",
      expect.not.arrayContaining(["RETRIED"]),
    ]);
  });

  it("waits as long as the result says, and up to a fifth more", async () => {
    const runId = await invoke(service, tenant);
    await callBack(service, tenant, runId, { ...FAILED, retry_after_seconds: 3600 });
    const retried = (await readEvents(service, tenant, runId)).at(-1);
    expect(retried?.detail).toMatchObject({ automatic: true, after_seconds: 3600 });
    const seconds = (Date.parse(String(retried?.detail?.not_before)) - Date.parse(retried?.at ?? "")) / 1000;
    expect(seconds).toBeGreaterThanOrEqual(3600);
    expect(seconds).toBeLessThanOrEqual(3600 * 1.2 + 1);
  });

  it("is not retried when somebody had asked the run to stop, nor when the policy does not name it", async () => {
    const stopped = await invoke(service, tenant);
    await service.send("POST", `/v1/workflow-runs/${stopped}/stop`, tenant.owner.key, { grace_seconds: 60 });
    await callBack(service, tenant, stopped, FAILED);
    expect(await readRun(service, tenant, stopped)).toMatchObject({ status: "FAILED" });
    await usePolicy(["LOST", "UNREACHED", "DEADLINE"], 3);
    const runId = await invoke(service, tenant);
    await callBack(service, tenant, runId, { ...FAILED, retry: true, retry_after_seconds: 1 });
    expect(await statusOf(runId)).toBe("FAILED");
  });

  it.each([{ retry_after_seconds: -1 }, { retry_after_seconds: 86_401 }, { retry: "no" }])(
    "is 422 for %j, and the run goes on",
    async (wrong) => {
      const runId = await invoke(service, tenant);
      expect((await callBack(service, tenant, runId, { ...FAILED, ...wrong })).status).toBe(422);
      expect(await statusOf(runId)).toBe("RUNNING");
    },
  );
});
