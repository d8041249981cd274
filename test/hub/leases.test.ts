import { beforeEach, describe, expect, it, vi } from "vitest";
import { parseKeyRing } from "../../src/base/key-ring.ts";
import { signRunnerToken } from "../../src/http/credentials/runner-token.ts";
import { insertRun, invoke, readRun } from "../support/lifecycle.ts";
import { socketsOf, startLiveService } from "../support/live-service.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { startRunner, useLeases } from "../support/runners.ts";
import { pause, WOKEN_MS, waitWhile } from "../support/waiting.ts";

const service = await startLiveService();
const tenant = tenantOfEachTest(service);

beforeEach(async () => {
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

/** What else is true of them takes seconds, and is in test/hub/leases.deep.test.ts. */
describe("a runner that waits", () => {
  it("gets a run as soon as it is triggered, with one database request before and one after", async () => {
    const runner = await startRunner(service, tenant);
    const [{ runIds, ms }, requests] = await service.counted(() =>
      waitWhile(service, runner, () => invoke(service, tenant)),
    );
    expect(runIds).toHaveLength(1);
    expect(ms).toBeLessThan(WOKEN_MS);
    // The invoke's own, too.
    expect(requests).toBe(3);
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
    const before = await service.database.countAnswers();
    const waiting = service.fetch("/v1/leases", {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: JSON.stringify({ request_id: crypto.randomUUID(), wait_seconds: 20 }),
      signal: client.signal,
    });
    await expect.poll(() => socketsOf(service, tenant)).toBe(1);
    // It asks once it listens.
    await expect.poll(() => service.database.countAnswers()).toBeGreaterThan(before);
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
