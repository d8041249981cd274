import { decode, verify } from "hono/jwt";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SESSION_KEYS, SESSION_SECRET, signSymmetric } from "../support/callers.ts";
import { CLOCKS, calling, expectNear, MINUTE, readNow, shiftClock, toInstant, toSeconds } from "../support/clock.ts";
import { createTenantWithRunner, type FakeRunner, startFakeRunner } from "../support/fake-runner.ts";
import { createIssuer } from "../support/issuer.ts";
import {
  callBack,
  insertRun,
  invoke,
  invokePath,
  makeDue,
  makeOverdue,
  readEvents,
  readRun,
} from "../support/lifecycle.ts";
import { type Service, startService } from "../support/service.ts";
import { createTenant, type TestTenant, WEBHOOK_SECRET } from "../support/tenant.ts";

const DAY = 24 * 60 * MINUTE;

/** The default time limit of definitions. It is shorter than the error of the clocks. */
const RUN_SECONDS = 5 * MINUTE;

const issuer = await createIssuer("first");
const body = JSON.stringify({ keys: [issuer.publicKey] });
const keyServer = await startFakeRunner([{ status: 200, headers: { "content-type": "application/json" }, body }]);
const settings = {
  SESSION_SECRET,
  SESSION_JWKS_URL: keyServer.url,
  SESSION_ISSUER: "https://login.test/",
  SESSION_AUDIENCE: "workflow-runs",
  RETENTION_DAYS: "1",
};
const started = await startService({ settings });
let service: Service;
let tenant: TestTenant;
let runner: FakeRunner;

afterEach(() => {
  vi.unstubAllGlobals();
});

const now = () => readNow(service.database);

/** The last message that the runner received about a run. */
async function readMessage(runId: string) {
  const requests = (await runner.requests()).map(({ headers, body }) => ({ headers, body, message: JSON.parse(body) }));
  const found = requests.findLast(({ message }) => message.data.run_id === runId);
  if (!found) throw new Error(`The runner was told nothing of ${runId}.`);
  return found;
}

const sayCompleted = (runId: string, token: string) =>
  service.send("POST", `/v1/workflow-runs/${runId}/callback`, token, { status: "COMPLETED" });

describe.each(CLOCKS)("with the Worker's clock %s", (_, ahead) => {
  beforeEach(async () => {
    let request = 0;
    service = calling(() => request++, started);
    ({ tenant, runner } = await createTenantWithRunner(service.database));
    shiftClock(() => ahead(request));
  });

  it("a decision by that clock would be wrong by as much", async () => {
    expectNear(ahead(0), Date.now() / 1000 - (await now()), toSeconds(new Date().toISOString()) - (await now()));
    const token = await signSymmetric({ exp: Math.floor(await now()) + 5 * MINUTE }, "secret");
    const isBelieved = await verify(token, "secret", "HS256").then(
      () => true,
      () => false,
    );
    expect(isBelieved).toBe(ahead(0) <= 0);
  });

  it("the times of a run, its dispatch and its events are those of the database", async () => {
    const runId = await invoke(service, tenant);
    const run = await readRun(service, tenant, runId);
    const { headers, body, message } = await readMessage(runId);
    const events = await readEvents(service, tenant, runId);
    const at = await now();
    expectNear(at, toSeconds(run.created_at), toSeconds(run.started_at), toSeconds(message.timestamp));
    expectNear(at, Number(headers["webhook-timestamp"]), ...events.map((event) => toSeconds(event.at)));

    const deadline = toSeconds(message.data.deadline_at);
    expect(deadline - toSeconds(run.started_at)).toBeCloseTo(RUN_SECONDS, 1);
    expect(decode(message.data.callback_token).payload.exp).toBe(Math.floor(deadline));
    // The runner, whose clock is right, calls back.
    vi.unstubAllGlobals();
    new Webhook(WEBHOOK_SECRET).verify(body, headers);
  });

  it("a result is accepted until the deadline, and no later", async () => {
    const [first, second] = [await invoke(service, tenant), await invoke(service, tenant)];
    const tokenOf = async (runId: string) => (await readMessage(runId)).message.data.callback_token;
    expect((await sayCompleted(first, await tokenOf(first))).status).toBe(200);
    expectNear(await now(), toSeconds((await readRun(service, tenant, first)).completed_at));

    const token = await tokenOf(second);
    await makeOverdue(service, second);
    expect((await sayCompleted(second, token)).status).toBe(409);
    expect((await readEvents(service, tenant, second)).at(-1)?.type).toBe("LATE_RESULT");
  });

  it("a run is FAILED from its deadline on, to readers and to the sweep, and the next one gets its time", async () => {
    const other = await createTenant(service.database);
    const running = await insertRun(service.database, other, { overdueSeconds: -MINUTE });
    const [overdue, next] = [await invoke(service, tenant), await invoke(service, tenant)];
    await makeOverdue(service, overdue);
    const stand = async () => [
      (await readRun(service, tenant, overdue)).status,
      (await readRun(service, other, running)).status,
    ];
    expect(await stand()).toEqual(["FAILED", "RUNNING"]);
    await service.sweep();
    expect(await stand()).toEqual(["FAILED", "RUNNING"]);
    const rows = await service.database.sql`
      select r.status, r.ended_by, extract(epoch from r.deadline_at - statement_timestamp())::float8 as left
      from unnest(${[overdue, running, next]}::uuid[]) with ordinality given (id, place)
      join workflow_runs r using (id) order by place`;
    expect(rows.map((row) => [row.status, row.ended_by])).toEqual([
      ["FAILED", "DEADLINE"],
      ["RUNNING", null],
      ["RUNNING", null],
    ]);
    expectNear(RUN_SECONDS, Number(rows[2]?.left));
  });

  it("a dispatch that failed, or whose Worker died, is sent again when it is due, and not before", async () => {
    await runner.script([{ status: 503 }, { status: 202 }]);
    const failed = await invoke(service, tenant);
    const event = (await readEvents(service, tenant, failed)).at(-1);
    expect(event?.type).toBe("DISPATCH_FAILED");
    expect(Math.abs(toSeconds(event?.detail?.next_try_at) - toSeconds(event?.at) - 5)).toBeLessThan(1.01);
    const countAfterSweep = async () => {
      await service.sweep();
      return (await runner.requests()).length;
    };
    // Backdates by five seconds, which the backoff may take: the test is about an error of ten minutes.
    await service.database.sql`
      update workflow_runs set next_dispatch_at = next_dispatch_at + interval '1 minute' where id = ${failed}`;
    expect(await countAfterSweep()).toBe(1);
    await makeDue(service, failed);
    expect(await countAfterSweep()).toBe(2);
    await callBack(service, tenant, failed, { status: "COMPLETED" });

    const headers = { Authorization: `Bearer ${tenant.owner.key}` };
    await service.fetchAndDie(invokePath(tenant), { method: "POST", headers });
    const [claimed] = await service.database.sql`
      select id, extract(epoch from next_dispatch_at - statement_timestamp())::float8 as left
      from workflow_runs where tenant_id = ${tenant.id} and next_dispatch_at is not null`;
    expectNear(60, Number(claimed?.left));
    expect(await countAfterSweep()).toBe(2);
    await makeDue(service, String(claimed?.id));
    expect(await countAfterSweep()).toBe(3);
  });

  it("a runner gets the pause that it asks for, in seconds or until an instant", async () => {
    const until = new Date((await now()) * 1000 + RUN_SECONDS * 1000).toUTCString();
    for (const [retryAfter, seconds] of [
      ["120", 120],
      [until, RUN_SECONDS],
    ] as const) {
      // When the answer has no valid `Date`, the instant is compared with when the request was sent.
      await runner.script([{ status: 503, headers: { "Retry-After": retryAfter, Date: "unknown" } }]);
      const runId = await invoke(service, tenant);
      const event = (await readEvents(service, tenant, runId)).at(-1);
      expectNear(seconds, toSeconds(event?.detail?.next_try_at) - toSeconds(event?.at));
      await callBack(service, tenant, runId, { status: "COMPLETED" });
    }
  });

  it("an API key works until it expires", async () => {
    const create = async (expiresIn: number) => {
      const body = { name: "Brief", expires_at: toInstant((await now()) + expiresIn) };
      return service.send("POST", "/v1/api-keys", tenant.owner.key, body);
    };
    expect((await create(-5 * MINUTE)).status).toBe(422);
    const response = await create(5 * MINUTE);
    expect(response.status).toBe(201);
    const { id, key } = await response.json<{ id: string; key: string }>();
    expect((await service.get("/v1/users/me", key)).status).toBe(200);
    await service.database.sql`update api_keys set expires_at = statement_timestamp() where id = ${id}`;
    expect((await service.get("/v1/users/me", key)).status).toBe(401);
  });

  it("a session lasts until its expiry, with 30 seconds of leeway, as a header and as a cookie, from any issuer", async () => {
    const statuses = async (times: { exp?: number; nbf?: number; iat?: number }) => {
      const at = Math.floor(await now());
      const claims = {
        sub: tenant.owner.id,
        tenant_id: tenant.id,
        iss: "https://login.test/",
        aud: "workflow-runs",
        exp: at + 5 * MINUTE,
        ...Object.fromEntries(Object.entries(times).map(([name, seconds]) => [name, at + seconds])),
      };
      const token = await signSymmetric(claims, SESSION_KEYS.k2, "k2");
      const all = [
        { Authorization: `Bearer ${token}` },
        { Cookie: `ks_uat=${token}` },
        { Authorization: `Bearer ${await issuer.sign(claims)}` },
      ];
      return Promise.all(all.map(async (headers) => (await service.fetch("/v1/users/me", { headers })).status));
    };
    expect(await statuses({ exp: -20 })).toEqual([200, 200, 200]);
    expect(await statuses({ exp: -MINUTE })).toEqual([401, 401, 401]);
    expect(await statuses({ nbf: 20 })).toEqual([200, 200, 200]);
    expect(await statuses({ nbf: MINUTE })).toEqual([401, 401, 401]);
    expect(await statuses({ iat: 5 * MINUTE })).toEqual([200, 200, 200]);
  });

  it("an idempotency key is in use for 24 hours", async () => {
    const trigger = async () => {
      const response = await service.send("POST", invokePath(tenant), tenant.owner.key, { idempotency_key: "once" });
      const isReplay = response.headers.has("Idempotency-Replayed");
      return { isReplay, id: (await response.json<{ id: string }>()).id };
    };
    const age = (id: string, seconds: number) => service.database.sql`
      update workflow_runs set created_at = statement_timestamp() - make_interval(secs => ${seconds}) where id = ${id}`;
    const first = await trigger();
    await callBack(service, tenant, first.id, { status: "COMPLETED" });
    await age(first.id, DAY - 5 * MINUTE);
    expect(await trigger()).toEqual({ isReplay: true, id: first.id });
    await age(first.id, DAY + 5 * MINUTE);
    expect((await trigger()).isReplay).toBe(false);
  });

  it("lists and the summary go by the database's time", async () => {
    const runId = await insertRun(service.database, tenant, { status: "COMPLETED" });
    const moveBack = (seconds: number) => service.database.sql`
      update workflow_runs set created_at = statement_timestamp() - make_interval(secs => ${seconds + 1}),
        completed_at = statement_timestamp() - make_interval(secs => ${seconds}) where id = ${runId}`;
    await moveBack(5 * MINUTE);
    const count = async (query: Record<string, string>) => {
      const response = await service.get(`/v1/workflow-runs?${new URLSearchParams(query)}`, tenant.owner.key);
      return (await response.json<{ items: unknown[] }>()).items.length;
    };
    const at = await now();
    expect(await count({ created_after: toInstant(at - 6 * MINUTE) })).toBe(1);
    expect(await count({ created_after: toInstant(at - 4 * MINUTE) })).toBe(0);
    expect(await count({ created_before: toInstant(at - 4 * MINUTE) })).toBe(1);
    const completedWithin = async (seconds: number) => {
      const path = `/v1/workflow-runs/summary?window_seconds=${seconds}`;
      return (await (await service.get(path, tenant.owner.key)).json<{ completed: number }>()).completed;
    };
    expect([await completedWithin(6 * MINUTE), await completedWithin(4 * MINUTE)]).toEqual([1, 0]);
  });

  it("pause, resume, stop and retry have the same effect, at the database's times", async () => {
    const runId = await invoke(service, tenant);
    const replace = async (isActive: boolean) => {
      const path = `/v1/workflow-definitions/${tenant.definitionId}`;
      const body = {
        name: "Test",
        runner_type: "SELF_HOSTED",
        runner_config: { url: runner.url, webhook_secret: WEBHOOK_SECRET },
        source_path_part_ids: [tenant.sourcesId],
        instruction_path_part_ids: [tenant.instructionsId],
        output_path_part_ids: [tenant.outputsId],
        is_active: isActive,
      };
      const response = await service.send("PUT", path, tenant.owner.key, body);
      const { updated_at } = await response.json<{ updated_at: string }>();
      expectNear(await now(), toSeconds(updated_at));
    };
    const change = async (verb: "stop" | "retry") =>
      (await service.send("POST", `/v1/workflow-runs/${runId}/${verb}`, tenant.owner.key)).status;

    await replace(false);
    expect((await service.send("POST", invokePath(tenant), tenant.owner.key)).status).toBe(409);
    const { message: started } = await readMessage(runId);
    expect(await change("stop")).toBe(200);
    const { headers, message: stopped } = await readMessage(runId);
    expect(stopped.type).toBe("workflow_run.stopped");
    expectNear(await now(), toSeconds(stopped.timestamp), Number(headers["webhook-timestamp"]));
    expect(await change("retry")).toBe(409);
    await replace(true);

    expect(await change("retry")).toBe(202);
    const { message: again } = await readMessage(runId);
    expectNear((await now()) + RUN_SECONDS, toSeconds(again.data.deadline_at));
    expect((await sayCompleted(runId, started.data.callback_token)).status).toBe(409);
    expect((await sayCompleted(runId, again.data.callback_token)).status).toBe(200);
  });

  it("runs are deleted, and the service is ready, by the database's time", async () => {
    const { sql } = service.database;
    const insertEnded = async (seconds: number) => {
      const id = await insertRun(service.database, tenant, { status: "COMPLETED" });
      await sql`
        update workflow_runs set created_at = statement_timestamp() - interval '3 days',
          completed_at = statement_timestamp() - make_interval(secs => ${seconds}) where id = ${id}`;
      return id;
    };
    const young = await insertEnded(DAY - 5 * MINUTE);
    await insertEnded(DAY + 5 * MINUTE);
    await service.sweep();
    expect(await sql`select id from workflow_runs where tenant_id = ${tenant.id}`).toEqual([{ id: young }]);

    const readiness = async (secondsSinceSweep: number) => {
      await sql`update sweep_state set ended_at = statement_timestamp() - make_interval(secs => ${secondsSinceSweep})`;
      return (await service.fetch("/readyz")).status;
    };
    expect([await readiness(2 * MINUTE), await readiness(4 * MINUTE)]).toEqual([200, 503]);
  });
});
