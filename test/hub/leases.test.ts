import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { signRunnerToken } from "../../src/http/credentials/runner-token.ts";
import { parseKeyRing } from "../../src/key-ring.ts";
import { invokeBatch } from "../support/batches.ts";
import { insertRun, invoke, readRun } from "../support/lifecycle.ts";
import { type LiveService, socketsOf, startLiveService } from "../support/live-service.ts";
import { insertSessions, startRunner, useLeases } from "../support/runners.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";
import { pause, waitWhile } from "../support/waiting.ts";

let service: LiveService;
let tenant: TestTenant;

beforeAll(async () => {
  service = await startLiveService();
});

beforeEach(async () => {
  tenant = await createTenant(service.database);
  await useLeases(service, tenant);
});

type Runner = Awaited<ReturnType<typeof startRunner>>;

/**
 * A request that wants to wait, and whose time is up, by the Worker's clock, when the database has answered. `meanwhile` is done
 * after that, and before the Worker has the answer.
 */
async function askOnce(
  runner: Runner,
  meanwhile = async (): Promise<unknown> => undefined,
  after: string | null = null,
) {
  const [realFetch, realNow] = [globalThis.fetch, Date.now];
  let elapsedMs = 0;
  const clock = vi.spyOn(Date, "now").mockImplementation(() => realNow() + elapsedMs);
  const requests = vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const response = await realFetch(input, init);
    if (elapsedMs === 0 && String(init?.body).includes("lease_runs")) {
      await meanwhile();
      elapsedMs = 60_000;
    }
    return response;
  });
  const answer = await runner.lease({ wait_seconds: 1, after });
  clock.mockRestore();
  requests.mockRestore();
  return answer;
}

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

/** What else is true of them takes seconds, and is in test/hub/leases.deep.test.ts. */
describe("a runner that waits", () => {
  it("gets a run as soon as it is triggered, with one database request before and one after", async () => {
    const runner = await startRunner(service, tenant);
    const [{ runIds, ms }, requests] = await service.counted(() => waitWhile(runner, () => invoke(service, tenant)));
    expect(runIds).toHaveLength(1);
    expect(ms).toBeLessThan(2_000);
    // The invoke's own, too.
    expect(requests).toBe(3);
  });

  it("works at once, as do nine others, when ten runs are triggered together", async () => {
    await service.database.sql`update workflow_definitions set max_running = 10 where id = ${tenant.definitionId}`;
    const runners = await Promise.all(Array.from({ length: 10 }, () => startRunner(service, tenant)));
    const waiting = Promise.all(runners.map((runner) => runner.lease({ wait_seconds: 10 })));
    await pause(500);
    const began = Date.now();
    const { run_ids: runIds } = await invokeBatch(service, tenant, 10);
    const leased = (await waiting).map(({ leases }) => leases.map(({ run_id }) => run_id));
    expect(leased.map((ids) => ids.length)).toEqual(Array(10).fill(1));
    expect(leased.flat().toSorted()).toEqual(runIds);
    // If each were woken a second after the other, the last would wait for nine seconds.
    expect(Date.now() - began).toBeLessThan(5_000);
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
    expect([refused.status, refused.headers.get("Retry-After")]).toEqual([429, "10"]);
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

  it("is woken by the sweep when the Worker of the invoke has died before announcing the run", async () => {
    const runner = await startRunner(service, tenant);
    const { runIds } = await waitWhile(runner, async () => {
      await service.fetchAndDie(`/v1/workflow-definitions/${tenant.definitionId}/invoke`, {
        method: "POST",
        headers: { Authorization: `Bearer ${tenant.owner.key}`, "Content-Type": "application/json" },
        body: "{}",
      });
      await service.sweep();
    });
    expect(runIds).toHaveLength(1);
  });

  it("asks the database the next time when there was a change while it was asking", async () => {
    const runner = await startRunner(service, tenant);
    const { after } = await askOnce(runner, async () => {
      const hub = service.hubOf(tenant.id);
      const { webSocket: other } = await hub.fetch("https://hub/?lease=", { headers: { Upgrade: "websocket" } });
      let messages = 0;
      other?.addEventListener("message", () => {
        messages += 1;
      });
      other?.accept();
      await hub.endStreams(tenant.user.id);
      // It is told the version, and then the next one, which the runner is told before it.
      await expect.poll(() => messages).toBe(2);
      await pause(50);
      other?.close();
    });
    const [, requests] = await service.counted(() => askOnce(runner, undefined, after));
    expect(requests).toBe(1);
  });

  it("asks the database the next time when it was at its capacity, since no change says that it has ended a run", async () => {
    const runner = await startRunner(service, tenant);
    await invoke(service, tenant);
    await runner.lease();
    expect(await askOnce(runner)).toEqual({ leases: [], after: null });
  });

  it("is 401 when its session has expired, even when nothing has changed", async () => {
    const runner = await startRunner(service, tenant);
    const { after } = await askOnce(runner);
    await service.database.sql`
      update runner_sessions set expires_at = statement_timestamp() - interval '1 second' where id = ${runner.id}`;
    const keys = parseKeyRing("k1:run-token-secret-of-the-tests-0123456789");
    if (!keys) throw new Error("It is a key ring.");
    const session = { sessionId: runner.id, tenantId: tenant.id, definitionIds: null };
    const token = await signRunnerToken(keys, {
      ...session,
      cell: "one",
      expiresAt: new Date(Date.now() - 1_000).toISOString(),
    });
    const question = { request_id: crypto.randomUUID(), wait_seconds: 1, after };
    expect((await service.send("POST", "/v1/leases", token, question)).status).toBe(401);
  });

  it("gets no run, and asks for none, after its client has left", async () => {
    const { token } = await startRunner(service, tenant);
    const client = new AbortController();
    const waiting = service.fetch("/v1/leases", {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: JSON.stringify({ request_id: crypto.randomUUID(), wait_seconds: 10 }),
      signal: client.signal,
    });
    await pause(300);
    // Nobody announces it.
    const runId = await insertRun(service.database, tenant, { status: "PENDING" });
    const [, requests] = await service.counted(async () => {
      client.abort();
      await waiting;
    });
    expect(requests).toBe(0);
    expect((await readRun(service, tenant, runId)).status).toBe("PENDING");
  });
});
