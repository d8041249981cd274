import { beforeEach, describe, expect, it } from "vitest";
import { invokeBatch } from "../support/batches.ts";
import { invoke } from "../support/lifecycle.ts";
import { emptyHubs, socketsOf, startLiveService } from "../support/live-service.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { insertSessions, passLease, startRunner, useLeases } from "../support/runners.ts";
import { pause, WOKEN_MS, waitWhile } from "../support/waiting.ts";

const service = await startLiveService();
const tenant = tenantOfEachTest(service);

beforeEach(async () => {
  await useLeases(service, tenant);
});

const definitionPath = () => `/v1/workflow-definitions/${tenant.definitionId}`;
const put = (path: string, body: unknown) => service.send("PUT", `${definitionPath()}${path}`, tenant.owner.key, body);

describe("a runner that waits", () => {
  it("asks the database again after a change, and when the hub has lost its storage", async () => {
    const runner = await startRunner(service, tenant, { capacity: 2 });
    const { after } = await runner.lease({ wait_seconds: 1 });
    const runId = await invoke(service, tenant);
    expect((await runner.lease({ wait_seconds: 20, after })).leases).toMatchObject([{ run_id: runId }]);
    const again = await runner.lease({ wait_seconds: 1 });
    expect(again.leases).toEqual([]);
    await emptyHubs();
    const [answer, requests] = await service.counted(() => runner.lease({ wait_seconds: 1, after: again.after }));
    expect([answer.leases, requests]).toEqual([[], 1]);
  });

  it("is woken one at a time: a run wakes one of many, and the next one after a second", async () => {
    // The first one that waits never asks, as one whose Worker has died.
    const response = await service.hubOf(tenant.id).fetch("https://hub/?lease=", { headers: { Upgrade: "websocket" } });
    response.webSocket?.accept();
    const runners = await Promise.all([1, 2, 3].map(() => startRunner(service, tenant)));
    const began = { at: 0 };
    const answered = await service.database.countAnswers();
    const waiting = runners.map(async (runner) => {
      const { leases } = await runner.lease({ wait_seconds: 6 });
      return leases.map(() => Date.now() - began.at);
    });
    await expect.poll(() => socketsOf(service, tenant)).toBe(4);
    // Each asks once when it listens.
    await expect.poll(() => service.database.countAnswers()).toBe(answered + runners.length);
    const before = await service.database.countRequests();
    began.at = Date.now();
    await invoke(service, tenant);
    const leasedAfterMs = (await Promise.all(waiting)).flat();
    expect(leasedAfterMs).toEqual([expect.toSatisfy((ms: number) => ms >= 900)]);
    // The invoke and the one runner that was woken after a second; the others went on waiting.
    expect((await service.database.countRequests()) - before).toBe(2);
    response.webSocket?.close();
  });

  it.each<[string, () => Promise<() => Promise<unknown>>]>([
    [
      "a retry",
      async () => {
        const runId = await invoke(service, tenant);
        await service.send("POST", `/v1/workflow-runs/${runId}/stop`, tenant.owner.key);
        return () => service.send("POST", `/v1/workflow-runs/${runId}/retry`, tenant.owner.key);
      },
    ],
    [
      "a callback that frees the slot",
      async () => {
        const other = await startRunner(service, tenant);
        await invoke(service, tenant);
        await invoke(service, tenant);
        const [lease] = (await other.lease()).leases;
        return async () => lease && other.callBack(lease, { status: "COMPLETED" });
      },
    ],
    [
      "a release",
      async () => {
        const other = await startRunner(service, tenant);
        await invoke(service, tenant);
        const [lease] = (await other.lease()).leases;
        return async () => lease && other.release(lease);
      },
    ],
    [
      "a lease that has ended",
      async () => {
        const other = await startRunner(service, tenant);
        await useLeases(service, tenant, { leaseSeconds: 1 });
        await invoke(service, tenant);
        await invoke(service, tenant);
        await other.lease();
        return async () => {};
      },
    ],
    [
      "resuming the workflow",
      async () => {
        await invoke(service, tenant);
        await service.database.sql`update workflow_definitions set is_active = false where id = ${tenant.definitionId}`;
        const read = await service.get(definitionPath(), tenant.owner.key);
        const { id: _, created_at: __, updated_at: ___, ...content } = await read.json<Record<string, unknown>>();
        return () => put("", { ...content, is_active: true });
      },
    ],
    [
      "a policy that hands over by leases",
      async () => {
        await service.database
          .sql`update workflow_definitions set handover = 'webhook' where id = ${tenant.definitionId}`;
        await service.database
          .sql`update workflow_definitions set handover = 'lease' where id = ${tenant.definitionId}`;
        await invoke(service, tenant);
        await service.database
          .sql`update workflow_definitions set handover = 'webhook' where id = ${tenant.definitionId}`;
        return () => put("/policy", { handover: "lease" });
      },
    ],
  ])("is woken by %s", async (_, prepare) => {
    const action = await prepare();
    const runner = await startRunner(service, tenant);
    const { runIds, ms } = await waitWhile(service, runner, action);
    expect(runIds).toHaveLength(1);
    expect(ms).toBeLessThan(WOKEN_MS);
  });

  it("is woken when the back-off of a run is over", async () => {
    const runId = await invoke(service, tenant);
    const other = await startRunner(service, tenant);
    await put("/policy", { handover: "lease", max_attempts: 2, retry_on: ["LOST"] });
    await other.lease();
    await passLease(service, runId);
    // The back-off of the first retry is about five seconds.
    const runner = await startRunner(service, tenant);
    const { runIds } = await waitWhile(service, runner, () => service.sweep());
    expect(runIds).toEqual([runId]);
  });

  it("gets no run of a workflow that its session does not take, and is not woken for it", async () => {
    const runner = await startRunner(service, tenant);
    const other = await startRunner(service, tenant, { definitionIds: [tenant.definitionId] });
    await service.database.sql`
      update runner_sessions set workflow_definition_ids = ${[tenant.id]}::uuid[] where id = ${other.id}`;
    const [answer] = await Promise.all([
      other.lease({ wait_seconds: 2 }),
      waitWhile(service, runner, () => invoke(service, tenant)),
    ]);
    expect(answer.leases).toEqual([]);
  });

  it("gets 401 as soon as its key is revoked", async () => {
    const made = await service.send("POST", "/v1/runner-keys", tenant.owner.key, { name: "Office" });
    const { id, key } = await made.json<{ id: string; key: string }>();
    const runner = await startRunner(service, tenant, { key });
    const { after } = await runner.lease({ wait_seconds: 1 });
    const waiting = runner.ask({ wait_seconds: 20, after });
    await pause(300);
    const began = Date.now();
    expect((await service.send("DELETE", `/v1/api-keys/${id}`, tenant.owner.key)).status).toBe(204);
    expect((await waiting).status).toBe(401);
    expect(Date.now() - began).toBeLessThan(WOKEN_MS);
  });

  it("gets another run when it was at its capacity and has ended one", async () => {
    const runner = await startRunner(service, tenant);
    await invoke(service, tenant);
    const [lease] = (await runner.lease()).leases;
    await invoke(service, tenant);
    const { runIds } = await waitWhile(
      service,
      runner,
      async () => lease && runner.callBack(lease, { status: "COMPLETED" }),
    );
    expect(runIds).toHaveLength(1);
  });

  it("is answered when its time is up, and does not ask the database again while nothing has changed", async () => {
    const runners = await Promise.all(Array.from({ length: 5 }, () => startRunner(service, tenant)));
    const first = await Promise.all(runners.map((runner) => runner.lease({ wait_seconds: 1 })));
    const [answers, requests] = await service.counted(() =>
      Promise.all(runners.map((runner, i) => runner.lease({ wait_seconds: 1, after: first[i]?.after ?? null }))),
    );
    expect([requests, answers]).toEqual([0, first]);
  });

  it("may have 20 requests at a time, and a further one is refused until one of them has ended", async () => {
    const runner = await startRunner(service, tenant, { key: tenant.admin.key });
    const waiting = Array.from({ length: 20 }, () => runner.ask({ wait_seconds: 60 }));
    await expect.poll(() => socketsOf(service, tenant), { timeout: 20_000 }).toBe(20);

    const refused = await runner.ask({ wait_seconds: 60 });
    expect([refused.status, refused.headers.get("Retry-After")]).toEqual([429, expect.stringMatching(/^1[0-5]$/)]);
    expect(await refused.json()).toMatchObject({
      detail: expect.stringMatching(/^20 requests of this session wait for runs, and more are not allowed\./),
    });
    expect((await runner.ask({ wait_seconds: 0 })).status).toBe(200);
    const other = await startRunner(service, tenant);
    expect((await other.ask({ wait_seconds: 1 })).status).toBe(200);

    await invoke(service, tenant);
    expect((await Promise.race(waiting)).status).toBe(200);
    waiting.push(runner.ask({ wait_seconds: 60 }));
    await expect.poll(() => socketsOf(service, tenant), { timeout: 20_000 }).toBe(20);
    // The end of the key wakes them all.
    const [key] = await (await service.get("/v1/api-keys", tenant.admin.key)).json<{ id: string }[]>();
    await service.send("DELETE", `/v1/api-keys/${key?.id}`, tenant.admin.key);
    const statuses = (await Promise.all(waiting)).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([200, ...Array(20).fill(401)]);
  });

  it("works at once, as do nine others, when ten runs are triggered together", async () => {
    await service.database.sql`update workflow_definitions set max_running = 10 where id = ${tenant.definitionId}`;
    const runners = await Promise.all(Array.from({ length: 10 }, () => startRunner(service, tenant)));
    const waiting = Promise.all(runners.map((runner) => runner.lease({ wait_seconds: 20 })));
    await expect.poll(() => socketsOf(service, tenant)).toBe(10);
    const began = Date.now();
    const { run_ids: runIds } = await invokeBatch(service, tenant, 10);
    const leased = (await waiting).map(({ leases }) => leases.map(({ run_id }) => run_id));
    expect(leased.map((ids) => ids.length)).toEqual(Array(10).fill(1));
    expect(leased.flat().toSorted()).toEqual(runIds);
    // If each were woken a second after the other, the last would wait for nine seconds.
    expect(Date.now() - began).toBeLessThan(9_000);
  });

  it("is woken by the sweep when the Worker of the invoke has died before announcing the run", async () => {
    const runner = await startRunner(service, tenant);
    const { runIds } = await waitWhile(service, runner, async () => {
      await service.fetchAndDie(`/v1/workflow-definitions/${tenant.definitionId}/invoke`, {
        method: "POST",
        headers: { Authorization: `Bearer ${tenant.owner.key}`, "Content-Type": "application/json" },
        body: "{}",
      });
      await service.sweep();
    });
    expect(runIds).toHaveLength(1);
  });
});

describe("whether a runner is there", () => {
  const connected = async () => {
    const metrics = await (await service.get("/v1/metrics", tenant.owner.key)).text();
    return Number(/^workflow_runners_connected (\d+)$/m.exec(metrics)?.[1]);
  };
  const forget = () => service.database.sql`
    update runner_sessions set last_seen_at = last_seen_at - interval '1 hour' where tenant_id = ${tenant.id}`;

  it("is known of one that waits without asking the database, and for a minute after that", async () => {
    const runner = await startRunner(service, tenant);
    const { after } = await runner.lease({ wait_seconds: 1 });
    await forget();
    const [, requests] = await service.counted(() => runner.lease({ wait_seconds: 1, after }));
    expect([requests, await connected()]).toEqual([0, 1]);
  });

  it("is not taken for granted of one that has a session and was not heard of for a minute", async () => {
    await startRunner(service, tenant);
    expect(await connected()).toBe(1);
    await forget();
    expect(await connected()).toBe(0);
    const runId = await invoke(service, tenant);
    const path = `/v1/workflow-runs/${runId}/explain`;
    const explanation = await (await service.get(path, tenant.owner.key)).json<Record<string, unknown>>();
    expect(explanation).toMatchObject({ reason: "no_runner_connected", runners_connected: 0 });
    expect(explanation.message).toMatch(
      /^It waits because no runner is connected that may lease it, the last was seen at /,
    );
  });
});

describe("a runner that has waited for an hour without asking the database", () => {
  it("keeps its session when its key opens more than 100, and a silent one is closed instead", async () => {
    const waiting = await startRunner(service, tenant);
    const { after } = await waiting.lease({ wait_seconds: 1 });
    const [silent] = await insertSessions(service, tenant, 99, 7_200);
    const { sql } = service.database;
    await sql`
      update runner_sessions set last_seen_at = last_seen_at - interval '1 hour', expires_at = statement_timestamp() + interval '10 minutes'
      where id = ${waiting.id}`;
    await waiting.lease({ wait_seconds: 1, after });
    const added = await startRunner(service, tenant);
    const rows = await sql`
      select id from runner_sessions where id = any (${[waiting.id, silent, added.id]}::uuid[])`;
    expect(rows.map(({ id }) => id).sort()).toEqual([waiting.id, added.id].sort());
  });
});
