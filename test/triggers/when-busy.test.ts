/** What a trigger does when its workflow is busy: its own `when_busy`, or else that of the policy. */
import { beforeEach, describe, expect, it } from "vitest";
import { BUSY_RUNNER, createTenantWithRunner } from "../support/fake-runner.ts";
import { readRun } from "../support/lifecycle.ts";
import { startService } from "../support/service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";
import { backdate, bodyOf, createTrigger, type Firing, HOURLY, readFirings, send, thisMinute } from "./support.ts";

const service = await startService();
let tenant: TestTenant;

beforeEach(async () => {
  tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
});

const setPolicy = (policy: object) =>
  send(service, "PUT", `/v1/workflow-definitions/${tenant.definitionId}/policy`, tenant.owner.key, policy);

const fire = (id: string) => send<Firing>(service, "POST", `/v1/triggers/${id}/fire`, tenant.owner.key);

/** A new trigger, which fires at once by hand. Returns its firing, and how to fire it again. */
const trigger = async (more: object = {}) => {
  const { id } = await createTrigger(service, tenant, HOURLY, more);
  return { id, first: await fire(id), fire: () => fire(id) };
};

/** Of each firing's run: its state, and why it FAILED. */
async function stands(...firings: Firing[]): Promise<string[]> {
  const rows = await service.database.sql`
    select concat_ws(' ', status, failure_code) as stand
    from unnest(${firings.map(({ run_id }) => run_id)}::uuid[]) with ordinality given (id, place)
    join workflow_runs using (id) order by place`;
  return rows.map(({ stand }) => String(stand));
}

describe("a trigger of a busy workflow", () => {
  it("does what the policy says, unless it has a word of its own", async () => {
    await setPolicy({ when_busy: "skip" });
    const { first, fire: again } = await trigger();
    expect(await again()).toMatchObject({ outcome: "SKIPPED", run_id: first.run_id, reason: null, detail: null });
    const queueing = await trigger({ when_busy: "queue" });
    expect(queueing.first).toMatchObject({ outcome: "FIRED" });
    expect(await stands(first, queueing.first)).toEqual(["RUNNING", "PENDING"]);
  });

  it("is skipped only when as many runs are unfinished as may be RUNNING", async () => {
    await setPolicy({ max_running: 2 });
    const { first, fire: again } = await trigger({ when_busy: "skip" });
    expect(await again()).toMatchObject({ outcome: "FIRED" });
    expect(await again()).toMatchObject({ outcome: "SKIPPED", run_id: first.run_id });
  });

  it("lets its run take the place of those that wait", async () => {
    const { first, fire: again } = await trigger({ when_busy: "replace_queued" });
    const [second, third] = [await again(), await again()];
    expect(await stands(first, second, third)).toEqual(["RUNNING", "FAILED SUPERSEDED", "PENDING"]);
  });

  it("is refused when as many runs wait as may, also by a backfill", async () => {
    await setPolicy({ max_queued: 1 });
    const { id, fire: again } = await trigger();
    await again();
    const full = { outcome: "REFUSED", reason: "queue_full", run_id: null, detail: { max_queued: 1 } };
    expect(await again()).toMatchObject(full);
    const from = new Date(Date.now() - 7_200_000).toISOString();
    const to = new Date(Date.now() - 60_000).toISOString();
    const done = await send(service, "POST", `/v1/triggers/${id}/backfill`, tenant.owner.key, { from, to });
    expect(done).toMatchObject({ fired: 0, refused: full });
  });
});

describe("a trigger that replaces the RUNNING run", () => {
  it("stops it by hand and by its schedule, tells its runner, and starts in its place", async () => {
    const { tenant: own, runner } = await createTenantWithRunner(service.database);
    tenant = own;
    const { id } = await createTrigger(service, tenant, thisMinute(), { when_busy: "replace_running" });
    const [first, second] = [await fire(id), await fire(id)];
    expect(await stands(first, second)).toEqual(["FAILED STOPPED", "RUNNING"]);
    await backdate(service, id, 30);
    await service.sweep();
    const [third] = await readFirings(service, tenant, id);
    if (third === undefined) throw new Error("The schedule has not fired.");
    expect(third).toMatchObject({ outcome: "FIRED", cause: "schedule" });
    expect(await stands(second, third)).toEqual(["FAILED STOPPED", "RUNNING"]);
    expect((await readRun(service, tenant, second.run_id ?? "")).error).toBe(
      `Stopped: superseded by run ${third.run_id}.`,
    );
    const told = (await runner.requests(5)).map(({ body }) => JSON.parse(body));
    expect(told.map(({ type, data }) => `${type} ${data.run_id}`)).toEqual(
      expect.arrayContaining([
        `workflow_run.stopped ${first.run_id}`,
        `workflow_run.stopped ${second.run_id}`,
        `workflow_run.dispatched ${third.run_id}`,
      ]),
    );
  });

  it("is refused where several runs could be meant: when it is made, and when the policy has changed since", async () => {
    const { id, fire: again } = await trigger({ when_busy: "replace_running" });
    await setPolicy({ max_running: 2 });
    expect(await again()).toMatchObject({ outcome: "REFUSED", reason: "several_slots", run_id: null });
    const body = bodyOf(HOURLY, { when_busy: "replace_running" });
    for (const [method, path] of [
      ["POST", `/v1/workflow-definitions/${tenant.definitionId}/triggers`],
      ["PUT", `/v1/triggers/${id}`],
    ] as const) {
      const response = await service.send(method, path, tenant.owner.key, body);
      expect(response.status).toBe(422);
      expect(await response.json()).toMatchObject({ detail: [{ loc: ["body", "when_busy"], type: "value_error" }] });
    }
    // One slot for each key is enough.
    await setPolicy({ max_running: 2, max_running_per_key: 1, key_from: "/customer" });
    const keyed = await trigger({ when_busy: "replace_running", input: { customer: "a" } });
    const newer = await keyed.fire();
    expect(await stands(keyed.first, newer)).toEqual(["FAILED STOPPED", "RUNNING"]);
  });
});
