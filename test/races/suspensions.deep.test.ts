import { describe, expect, it } from "vitest";
import { answeringRunner } from "../support/fake-runner.ts";
import { extent } from "../support/in-turn.ts";
import { brokenInvariants } from "../support/invariants.ts";
import { callBack, eventTypes, invoke, readRun } from "../support/lifecycle.ts";
import { startService } from "../support/service.ts";
import { answer, endSoon, QUESTION, type Suspension, sendSignal, signal, suspend } from "../support/suspensions.ts";
import { createTenant } from "../support/tenant.ts";

const TIMES = extent(8, 1000);

const service = await startService();
const tenant = await createTenant(service.database, { runnerUrl: answeringRunner(202) });
await service.database.sql`update workflow_definitions set max_running = 50 where id = ${tenant.definitionId}`;

const count = (types: string[], type: string) => types.filter((one) => one === type).length;

/** Two requests at the same moment, in both orders in turn. */
const race = async (n: number, one: () => Promise<Response>, other: () => Promise<Response>) => {
  const [first, second] = n % 2 === 0 ? [one, other] : [other, one];
  const [a, b] = await Promise.all([first(), second()]);
  return (n % 2 === 0 ? [a.status, b.status] : [b.status, a.status]) as [number, number];
};

/** A suspended run, again and again, which completes when it has resumed. After all races, everything must be consistent. */
async function raceOften(act: (runId: string, n: number) => Promise<void>, more: object = {}): Promise<void> {
  for (let n = 0; n < TIMES; n++) {
    const runId = await invoke(service, tenant);
    expect((await suspend(service, tenant, runId, [QUESTION], more)).status).toBe(200);
    await act(runId, n);
    await callBack(service, tenant, runId, { status: "COMPLETED" }, 2);
  }
  expect(
    await brokenInvariants(service.database.sql.query, { tenantId: tenant.id, limited: [tenant.definitionId] }),
  ).toEqual([]);
}

describe(`of ${TIMES} suspended runs`, () => {
  it("two answers at the same moment resume each once, with the first of them", async () => {
    await raceOften(async (runId, n) => {
      const statuses = await race(
        n,
        () => answer(service, tenant.owner.key, runId, { value: "yes" }),
        () => answer(service, tenant.admin.key, runId, { value: "no" }),
      );
      expect(statuses.toSorted()).toEqual([200, 409]);
      const [wait] = await service.database.sql`select value from run_waits where run_id = ${runId}`;
      expect(wait?.value).toBe(statuses[0] === 200 ? "yes" : "no");
      const types = await eventTypes(service, tenant, runId);
      expect([count(types, "ANSWERED"), count(types, "STARTED")]).toEqual([1, 2]);
    });
  });

  it.each(["fail", "continue"])("an answer and the end of the time leave each one outcome (%s)", async (on_timeout) => {
    await raceOften(
      async (runId, n) => {
        await endSoon(service, runId, n);
        const sweep = async () => {
          await service.sweep();
          return new Response();
        };
        const [answered] = await race(n, () => answer(service, tenant.owner.key, runId), sweep);
        await service.sweep();
        const types = await eventTypes(service, tenant, runId);
        const isAnswered = answered === 200;
        expect(count(types, "ANSWERED")).toBe(isAnswered ? 1 : 0);
        const goesOn = isAnswered || on_timeout === "continue";
        expect([count(types, "STARTED"), count(types, "TIMED_OUT")]).toEqual(goesOn ? [2, 0] : [1, 1]);
      },
      { on_timeout, timeout_seconds: 3600 },
    );
  });

  it("an answer and a stop leave each stopped, whichever was first", async () => {
    await raceOften(async (runId, n) => {
      const [answered, stopped] = await race(
        n,
        () => answer(service, tenant.owner.key, runId),
        () => service.send("POST", `/v1/workflow-runs/${runId}/stop`, tenant.owner.key),
      );
      expect([200, 409]).toContain(answered);
      expect([stopped, (await readRun(service, tenant, runId)).status]).toEqual([200, "FAILED"]);
    });
  });

  it("a pause and an answer leave each waiting for its workflow, or RUNNING", async () => {
    await raceOften(async (runId, n) => {
      const path = `/v1/workflow-definitions/${tenant.definitionId}`;
      const statuses = await race(
        n,
        () => answer(service, tenant.owner.key, runId),
        () => service.send("POST", `${path}/pause`, tenant.owner.key),
      );
      expect(statuses).toEqual([200, 204]);
      await service.send("POST", `${path}/resume`, tenant.owner.key);
      expect((await readRun(service, tenant, runId)).status).toBe("RUNNING");
    });
  });
});

it(`a suspension and a stop at the same moment, ${TIMES} times, leave no run that could go on`, async () => {
  for (let n = 0; n < TIMES; n++) {
    const runId = await invoke(service, tenant);
    const [suspended, stopped] = await race(
      n,
      () => suspend(service, tenant, runId),
      () => service.send("POST", `/v1/workflow-runs/${runId}/stop`, tenant.owner.key),
    );
    expect([200, 409]).toContain(suspended);
    expect([stopped, (await readRun(service, tenant, runId)).status]).toEqual([200, "FAILED"]);
  }
  expect(
    await brokenInvariants(service.database.sql.query, { tenantId: tenant.id, limited: [tenant.definitionId] }),
  ).toEqual([]);
});

/** After so many races, everything must be consistent, and no signal is left. */
async function expectNoneLeft(): Promise<void> {
  const kept = await service.database.sql`select from kept_signals where tenant_id = ${tenant.id} and taken_at is null`;
  expect(kept).toEqual([]);
  expect(
    await brokenInvariants(service.database.sql.query, { tenantId: tenant.id, limited: [tenant.definitionId] }),
  ).toEqual([]);
}

/** How many attempts of a run have started, and how many signals it has got. The run completes. */
async function finish(runId: string): Promise<[number, number]> {
  const types = await eventTypes(service, tenant, runId);
  const started = count(types, "STARTED");
  expect((await callBack(service, tenant, runId, { status: "COMPLETED" }, started)).status).toBe(200);
  return [started, count(types, "SIGNALLED")];
}

it(`a signal and a suspension at the same moment, ${TIMES} times, meet in either order`, async () => {
  for (let n = 0; n < TIMES; n++) {
    const runId = await invoke(service, tenant);
    let isSuspended = false;
    const statuses = await race(
      n,
      async () => {
        const response = await suspend(service, tenant, runId, [signal()]);
        isSuspended = (await response.clone().json<Suspension>()).suspended;
        return response;
      },
      () => sendSignal(service, tenant, { correlation: runId }),
    );
    expect(statuses).toEqual([200, 200]);
    expect(await finish(runId)).toEqual([isSuspended ? 2 : 1, 1]);
  }
  await expectNoneLeft();
});

it(`a signal that is sent twice at the same moment, ${TIMES} times, goes to one of two runs, and both get the same answer`, async () => {
  for (let n = 0; n < TIMES; n++) {
    const runs = [await invoke(service, tenant), await invoke(service, tenant)];
    for (const runId of runs) await suspend(service, tenant, runId, [signal("same")]);
    const send = (id: string) => sendSignal(service, tenant, { correlation: "same", id: `${id} ${n}` });
    const [one, other] = await Promise.all([send("first"), send("first")]);
    expect(await one.json()).toEqual(await other.json());
    const resumed = await Promise.all(runs.map(async (runId) => (await readRun(service, tenant, runId)).status));
    expect(resumed).toEqual(["RUNNING", "PENDING"]);
    await send("second");
    for (const runId of runs) expect(await finish(runId)).toEqual([2, 1]);
  }
  await expectNoneLeft();
});

it(`a signal and the end of the time, ${TIMES} times, leave no signal lost`, async () => {
  for (let n = 0; n < TIMES; n++) {
    const runId = await invoke(service, tenant);
    await suspend(service, tenant, runId, [signal("late")], { on_timeout: "continue", timeout_seconds: 3600 });
    await endSoon(service, runId, n);
    const send = () => sendSignal(service, tenant, { correlation: "late", id: `late ${n}` });
    const sweep = () => service.sweep();
    await Promise.all((n % 2 === 0 ? [send, sweep] : [sweep, send]).map((act) => act()));
    await service.sweep();
    const { run_id: got } = await (await send()).json<{ run_id: string | null }>();
    expect(await finish(runId)).toEqual([2, got === null ? 0 : 1]);
    if (got !== null) continue;
    const next = await invoke(service, tenant);
    expect(await (await suspend(service, tenant, next, [signal("late")])).json()).toMatchObject({ suspended: false });
    expect(await finish(next)).toEqual([1, 1]);
  }
  await expectNoneLeft();
});
