/** What a firing costs a trigger with many firings, a claim, a change or the deletion an endpoint with many due notifications, and retention very many old children. */
import { expect, it } from "vitest";
import { claimNotifications } from "../../src/notify/sending/notification.ts";
import { deleteOldRuns, finishDeletions } from "../../src/sweep/sweep-verbs.ts";
import { perform } from "../../src/verbs/perform.ts";
import { Notifier } from "../../src/worker.ts";
import { writeUnchecked } from "../support/database.ts";
import { BUSY_RUNNER, startFakeRunner } from "../support/fake-runner.ts";
import { insertRun } from "../support/lifecycle.ts";
import { createEndpoint, readDeliveries } from "../support/notification-endpoint.ts";
import { startService } from "../support/service.ts";
import { callerOf, callSqlFunction } from "../support/sql-function.ts";
import { createTenant } from "../support/tenant.ts";
import { verbServices } from "../support/verb-services.ts";
import { createTrigger, HOURLY, send } from "../triggers/support.ts";
import { blocksRead, explained, rowsRead } from "./plans.ts";

const MANY = 40_000;

const service = await startService({ isNew: true });
await service.sweep();
const { sql } = service.database;
const tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });

it(`a firing reads few firings when none of its trigger is old, and otherwise at most 1,000, of ${MANY} in the last seven days`, async () => {
  const [few, many] = [await createTrigger(service, tenant, HOURLY), await createTrigger(service, tenant, HOURLY)];
  const insert = (triggerId: string, count: number, ago: string) => sql`
    insert into trigger_firings (id, tenant_id, trigger_id, at, outcome, cause, reason)
    select gen_random_uuid(), ${tenant.id}, ${triggerId}, statement_timestamp() - ${ago}::interval + n * interval '10 s', 'REFUSED', 'hand',
      'paused'
    from generate_series(1, ${count}::int) n`;
  const fire = async (triggerId: string) => {
    const [, statements] = await explained(service, () =>
      send(service, "POST", `/v1/triggers/${triggerId}/fire`, tenant.owner.key),
    );
    return blocksRead(statements);
  };
  await insert(many.id, MANY, "6 days");
  await insert(few.id, 20, "3 days");
  await sql`analyze trigger_firings`;
  // The first ones also read the catalog, to plan.
  for (const { id } of [few, many]) await fire(id);
  for (const { id } of [few, many]) expect(await fire(id)).toBeLessThan(350);
  for (const { id, most } of [
    { ...few, most: 350 },
    { ...many, most: 900 },
  ]) {
    await insert(id, 2, "8 days");
    await fire(id);
    await insert(id, 2, "8 days");
    expect(await fire(id)).toBeLessThan(most);
  }
  const [kept] = await sql`
    select (count(*) filter (where trigger_id = ${few.id}))::int as few, (count(*) filter (where trigger_id = ${many.id}))::int as many
    from trigger_firings where at < statement_timestamp() - interval '7 days'`;
  expect(kept).toEqual({ few: 4, many: 0 });
});

it(`a claim reads as few notifications as it takes, however many of an endpoint are due, and those first that a person asked for`, async () => {
  const [few, many] = [
    await createEndpoint(service, tenant, BUSY_RUNNER),
    await createEndpoint(service, tenant, BUSY_RUNNER),
  ];
  const insert = (endpointId: string, count: number) => sql`
    insert into notifications (tenant_id, endpoint_id, event_id, event_name, event_at, data, next_try_at)
    select ${tenant.id}, ${endpointId}, n, 'workflow_run.failed', statement_timestamp(), '{}',
      statement_timestamp() - interval '1 day' + n * interval '1 s'
    from generate_series(1, ${count}::int) n`;
  const claim = async (endpointId: string) => {
    const [{ result }, statements] = await explained(service, () =>
      perform(verbServices(service), claimNotifications, { endpointId, limit: 5 }),
    );
    return { claimed: result.notifications.map(({ event_id: id }) => id), blocks: blocksRead(statements) };
  };
  await insert(few.id, 30);
  await insert(many.id, MANY);
  await sql`update notifications set asked_at = statement_timestamp() where event_id = '20'`;
  await sql`analyze notifications`;
  for (const { id } of [few, many]) expect((await claim(id)).claimed).toEqual(["20", "1", "2", "3", "4"]);
  const ofFew = await claim(few.id);
  expect((await claim(many.id)).blocks).toBeLessThan(1.5 * ofFew.blocks);
});

it("retention reads no old children of runs that are still there, and once these were deleted, sweeps find them chunk by chunk", async () => {
  const id = await insertRun(service.database, tenant, { status: "COMPLETED" });
  const copied = "tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot, deadline_at, ended_by";
  await sql.query(
    `insert into workflow_runs (id, created_at, updated_at, started_at, completed_at, parent_run_id, ${copied})
     select md5(p || '/' || c)::uuid, ago.at, ago.at, ago.at, ago.at + c * interval '1 ms', case when c > 0 then md5(p || '/0')::uuid end, ${copied}
     from workflow_runs, generate_series(1, 20) p, generate_series(0, 500) c,
       lateral (select statement_timestamp() - case when c > 0 then 40 else 0 end * interval '1 day' as at) ago
     where id = $1`,
    [id],
  );
  await sql`
    insert into run_children (run_id, tenant_id, parent_run_id, workflow_definition_id, key, depth)
    select id, tenant_id, parent_run_id, workflow_definition_id, id, 1 from workflow_runs where parent_run_id is not null`;
  await sql`analyze workflow_runs, run_children`;
  const remove = () => explained(service, () => perform(verbServices(service), deleteOldRuns, { days: 30, limit: 10 }));
  await remove();
  const [none, before] = await remove();
  expect([none.result.deleted, rowsRead(before) < 100]).toEqual([0, true]);
  const released = async () => {
    const [row] = await sql`select count(*)::int as number from run_children where ended_after is not null`;
    return row?.number;
  };
  const release = (limit: number) => perform(verbServices(service), finishDeletions, limit);
  await sql`delete from workflow_runs where id = any (select md5(p || '/0')::uuid from generate_series(1, 20) p)`;
  expect(await released()).toBe(0);
  const [few, releasing] = await explained(service, () => release(10));
  expect([few.result.deleted, await released(), rowsRead(releasing) < 200]).toEqual([10, 10, true]);
  while ((await release(5_000)).result.deleted > 0);
  expect(await released()).toBe(10_000);
  const [some, after] = await remove();
  expect([some.result.deleted, rowsRead(after) < 200]).toEqual([10, true]);
});

const hook = await startFakeRunner();

/** An endpoint at the hook, with so many notifications that wait, most of which are due. */
async function endpointWith(waiting: number) {
  const endpoint = await createEndpoint(service, tenant, hook.url);
  await writeUnchecked(sql, [
    sql`
      insert into notifications (tenant_id, endpoint_id, event_id, event_name, event_at, data, next_try_at)
      select ${tenant.id}, ${endpoint.id}, n, 'workflow_run.failed', statement_timestamp(), '{}',
        statement_timestamp() + n * interval '1 s' - interval '3 hours'
      from generate_series(1, ${waiting}::int) n`,
  ]);
  return endpoint;
}

it("an endpoint is disabled at the same cost, however many notifications wait, and is not enabled before sweeps have given up all but a few", async () => {
  const endpoints = [await endpointWith(3_000), await endpointWith(20_000)] as const;
  const [, many] = endpoints;
  await sql`analyze notifications`;
  const change = async ({ path }: { path: string }, is_active: boolean) => {
    const [{ status }, statements] = await explained(service, () =>
      service.send("PATCH", path, tenant.owner.key, { is_active }),
    );
    return { status, blocks: blocksRead(statements) };
  };
  const waiting = async () => {
    const [row] = await sql`
      select count(*)::int as number from notifications where endpoint_id = ${many.id} and next_try_at is not null`;
    return row?.number;
  };
  // The first ones also read the catalog, to plan.
  for (const isActive of [false, true]) await change(await createEndpoint(service, tenant, hook.url), isActive);

  const [fewOff, manyOff] = [await change(endpoints[0], false), await change(many, false)];
  expect([fewOff.status, manyOff.status, await waiting()]).toEqual([200, 200, 20_000]);
  expect(manyOff.blocks).toBeLessThan(1.5 * fewOff.blocks);
  expect((await readDeliveries(service, tenant, many)).map(({ state }) => state)).not.toContain("WAITING");
  const [fewOn, manyOn] = [await change(endpoints[0], true), await change(many, true)];
  expect([fewOn.status, manyOn.status]).toEqual([409, 409]);
  expect(manyOn.blocks).toBeLessThan(1.5 * fewOn.blocks);

  while ((await waiting()) > 0) await service.sweep();
  expect((await change(many, true)).status).toBe(200);
  await Notifier.prototype.notify.call(Notifier.prototype, [many.id]);
  expect(await hook.requests()).toEqual([]);
});

it("an endpoint is deleted without a look at its notifications, is gone at once, and sweeps delete them in chunks", async () => {
  const [endpoint, unused] = [await endpointWith(20_000), await endpointWith(0)];
  await service.send("DELETE", unused.path, tenant.owner.key);
  await sql`analyze`;
  const [forgotten, looked] = await explained(service, () => perform(verbServices(service), finishDeletions, 500));
  expect([forgotten.result, rowsRead(looked, "notifications")]).toEqual([{ deleted: 0 }, 0]);

  const [{ status }, statements] = await explained(service, () =>
    service.send("DELETE", endpoint.path, tenant.owner.key),
  );
  // It also asks when the next notification of another endpoint is due.
  expect([status, rowsRead(statements, "notifications") < 100]).toEqual([204, true]);
  const answers = [
    await service.get(endpoint.path, tenant.owner.key),
    await service.get(`${endpoint.path}/deliveries`, tenant.owner.key),
    await service.send("PATCH", endpoint.path, tenant.owner.key, { is_active: true }),
    await service.send("DELETE", endpoint.path, tenant.owner.key),
  ];
  expect(answers.map((answer) => answer.status)).toEqual([404, 404, 404, 404]);
  const listed = await service.get("/v1/notification-endpoints", tenant.owner.key);
  expect(await listed.text()).not.toContain(endpoint.id);

  const again = { ...(await callerOf(tenant.owner)), endpoint_id: endpoint.id, content: "{}" };
  expect(await callSqlFunction(service.database, "create_notification_endpoint", again)).toMatchObject({
    refused: "id_taken",
  });

  const left = async () => {
    const [row] = await sql`
      select count(*)::int, exists (select from deleted_endpoints) as "isNoted" from notifications where endpoint_id = ${endpoint.id}`;
    return row;
  };
  expect(await left()).toEqual({ count: 20_000, isNoted: true });
  expect((await perform(verbServices(service), finishDeletions, 500)).result).toEqual({ deleted: 500 });
  expect(await left()).toEqual({ count: 19_500, isNoted: true });
  await Notifier.prototype.notify.call(Notifier.prototype, [endpoint.id]);
  while ((await left())?.isNoted) await service.sweep();
  expect([await left(), await hook.requests()]).toEqual([{ count: 0, isNoted: false }, []]);
});
