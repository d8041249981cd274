import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { invoke } from "../support/lifecycle.ts";
import { insertSessions, startRunner, useLeases } from "../support/runners.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";
import { type LiveService, socketsOf, startLiveService } from "./live-service.ts";

let service: LiveService;
let tenant: TestTenant;

beforeAll(async () => {
  service = await startLiveService();
});

beforeEach(async () => {
  tenant = await createTenant(service.database);
  await useLeases(service, tenant);
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

type Runner = Awaited<ReturnType<typeof startRunner>>;

/** What a runner that waits gets while something is done, and after how many milliseconds since that. */
async function waitWhile(runner: Runner, action: () => Promise<unknown>) {
  const waiting = runner.lease({ wait_seconds: 10 });
  await pause(300);
  const began = Date.now();
  await action();
  const { leases } = await waiting;
  return { runIds: leases.map(({ run_id }) => run_id), ms: Date.now() - began };
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

/** What else is true of them takes seconds, and is in test/deep/hub/leases.test.ts. */
describe("a runner that waits", () => {
  it("gets a run as soon as it is triggered, with one database request before and one after", async () => {
    const runner = await startRunner(service, tenant);
    const [{ runIds, ms }, requests] = await service.counted(() => waitWhile(runner, () => invoke(service, tenant)));
    expect(runIds).toHaveLength(1);
    expect(ms).toBeLessThan(2_000);
    // The invoke's own, too.
    expect(requests).toBe(3);
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
});
