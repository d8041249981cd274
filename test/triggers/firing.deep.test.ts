/** What becomes of each occasion: firings by hand and by the schedule, with their events and notifications. */
import { beforeEach, describe, expect, it } from "vitest";
import { fireDue } from "../../src/triggers/fire-due.ts";
import { BUSY_RUNNER, startFakeRunner } from "../support/fake-runner.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { permit } from "../support/path-parts.ts";
import { readFeed } from "../support/read-feed.ts";
import { startService } from "../support/service.ts";
import { addUser, createTenant, type TestUser } from "../support/tenant.ts";
import { verbServices } from "../support/verb-services.ts";
import {
  backdate,
  createTrigger,
  type Firing,
  HOURLY,
  MINUTELY,
  readFirings,
  readTrigger,
  send,
  thisMinute,
} from "./support.ts";

const service = await startService();
const tenant = tenantOfEachTest(service, { runnerUrl: BUSY_RUNNER });

const fire = (id: string, key = tenant.owner.key) => send<Firing>(service, "POST", `/v1/triggers/${id}/fire`, key);
const setTrigger = (id: string) => ({
  pause: (note: string) => send(service, "POST", `/v1/triggers/${id}/pause`, tenant.owner.key, { note }),
  resume: (body: object = {}) => send(service, "POST", `/v1/triggers/${id}/resume`, tenant.owner.key, body),
});

/** The events of the tenant's triggers. */
async function readEvents(types = "trigger.skipped trigger.missed trigger.refused trigger.paused") {
  const query = types.split(" ").map((type) => `types=${type}`);
  return (await readFeed(service, tenant.owner.key, query)).items;
}

/** Lets the definition have several slots, so that runs do not wait for each other. */
const widen = () => service.database.sql`
  update workflow_definitions set max_running = 50 where id = ${tenant.definitionId}`;

const readRun = async (runId: string | null) => {
  const [row] = await service.database.sql`
    select r.status, r.dispatch_count, r.user_id, r.input, r.concurrency_key, labels_of(r.id) as labels, r.triggered_by,
      (select e.detail -> 'trigger' from workflow_run_events e where e.run_id = r.id and e.type = 'TRIGGERED') as event
    from workflow_runs r where r.id = ${runId}`;
  return row;
};

describe("a trigger that is fired by hand", () => {
  it("triggers a run of its user, with its input, labels and key, and goes on as planned", async () => {
    const more = { input: { a: 1 }, labels: { customer: "x" }, concurrency_key: "k" };
    const { id, next_at } = await createTrigger(service, tenant, HOURLY, more, tenant.admin.key);
    const firing = await fire(id);
    expect(firing).toMatchObject({
      ...{ outcome: "FIRED", cause: "hand", scheduled_at: null, late_ms: null, reason: null, user_id: tenant.owner.id },
    });
    const run = await readRun(firing.run_id);
    expect(run).toMatchObject({
      user_id: tenant.admin.id,
      input: { a: 1 },
      concurrency_key: "k",
      labels: { customer: "x" },
    });
    expect(run?.event).toEqual({ trigger_id: id, trigger_name: "Test", firing_id: firing.id, cause: "hand" });
    expect(await readTrigger(service, tenant, id)).toMatchObject({ next_at });
    expect(await readFirings(service, tenant, id)).toEqual([firing]);
  });

  it("fires also while it is paused, and stays paused", async () => {
    const { id } = await createTrigger(service, tenant, HOURLY, { is_active: false });
    expect(await fire(id)).toMatchObject({ outcome: "FIRED" });
    expect(await readTrigger(service, tenant, id)).toMatchObject({ is_active: false });
  });

  it("is refused while the workflow is paused, which is an event and pauses nothing else", async () => {
    const { id } = await createTrigger(service, tenant, HOURLY);
    await service.database.sql`update workflow_definitions set is_active = false where id = ${tenant.definitionId}`;
    const firing = await fire(id);
    expect(firing).toMatchObject({ outcome: "REFUSED", reason: "paused", run_id: null, detail: null });
    expect(await readTrigger(service, tenant, id)).toMatchObject({ is_active: true });
    expect(await readEvents()).toMatchObject([
      {
        type: "trigger.refused",
        run_id: null,
        workflow_definition_id: tenant.definitionId,
        detail: { trigger_id: id, trigger_name: "Test", firing_id: firing.id, reason: "paused", cause: "hand" },
      },
    ]);
  });

  it("is skipped when a run is in the way, if it shall be", async () => {
    const { id } = await createTrigger(service, tenant, HOURLY, { when_busy: "skip" });
    const first = await fire(id);
    expect(await fire(id)).toMatchObject({ outcome: "SKIPPED", run_id: first.run_id, reason: null });
    expect(await readEvents()).toMatchObject([{ type: "trigger.skipped", detail: { run_id: first.run_id } }]);
    const queueing = await createTrigger(service, tenant, HOURLY, { when_busy: "queue" });
    expect(await fire(queueing.id)).toMatchObject({ outcome: "FIRED" });
  });

  it("is skipped only because of runs with the same key, where keys have limits", async () => {
    await service.database.sql`
      update workflow_definitions set max_running = 5, max_running_per_key = 1, key_from = '/customer'
      where id = ${tenant.definitionId}`;
    const of = (customer: string) => createTrigger(service, tenant, HOURLY, { when_busy: "skip", input: { customer } });
    const [one, two] = [await of("one"), await of("two")];
    const first = await fire(one.id);
    expect(await fire(two.id)).toMatchObject({ outcome: "FIRED" });
    expect(await fire(one.id)).toMatchObject({ outcome: "SKIPPED", run_id: first.run_id });
  });
});

describe("the rights of a trigger", () => {
  let maker: TestUser;
  let triggerId: string;
  const parts = () => [tenant.sourcesId, tenant.instructionsId, tenant.outputsId];

  beforeEach(async () => {
    maker = await addUser(service.database, tenant);
    const [row] = await service.database.sql`
      select path_part_id from workflow_definitions where id = ${tenant.definitionId}`;
    for (const part of [String(row?.path_part_id), ...parts()]) {
      await permit(service.database, tenant, part, "READ_WRITE", maker);
    }
    triggerId = (await createTrigger(service, tenant, thisMinute(), {}, maker.key)).id;
  });

  const lose = async (part: string) => {
    await service.database.sql`delete from user_permissions where user_id = ${maker.id} and path_part_id = ${part}`;
  };

  it.each([
    [
      "is deactivated",
      "user_deactivated",
      () => service.database.sql`
      update users set deactivated_at = statement_timestamp() where id = ${maker.id}`,
    ],
    [
      "loses the workflow",
      "rights",
      () => service.database.sql`
      delete from user_permissions where user_id = ${maker.id}`,
    ],
    ["loses the folder of the sources", "rights", () => lose(tenant.sourcesId)],
    ["loses the folder of the outputs", "rights", () => lose(tenant.outputsId)],
  ])("end with those of its user: who %s is refused by %s, and the trigger pauses itself", async (_, reason, take) => {
    await backdate(service, triggerId, 30);
    await service.sweep();
    expect(await readFirings(service, tenant, triggerId)).toMatchObject([{ outcome: "FIRED" }]);
    await take();
    // An instant that has fired does not fire again, and there is only this one.
    await service.database.sql`delete from trigger_firings where trigger_id = ${triggerId}`;
    await backdate(service, triggerId, 30);
    await service.sweep();
    const [firing] = await readFirings(service, tenant, triggerId);
    expect(firing).toMatchObject({ outcome: "REFUSED", reason, run_id: null });
    expect(JSON.stringify(firing)).not.toContain("/outputs");
    const paused = await readTrigger(service, tenant, triggerId);
    expect(paused).toMatchObject({ is_active: false, next_at: null });
    expect(paused.pause_note).toMatch(/^It has paused itself: /);
    expect((await readEvents()).map(({ type }) => type)).toEqual(["trigger.refused", "trigger.paused"]);

    // Whoever resumes it takes over.
    await setTrigger(triggerId).resume();
    expect(await readTrigger(service, tenant, triggerId)).toMatchObject({ is_active: true, user_id: tenant.owner.id });
    expect(await fire(triggerId)).toMatchObject({ outcome: "FIRED" });
  });

  it("end when an administrator becomes a USER", async () => {
    const { id } = await createTrigger(service, tenant, HOURLY, {}, tenant.admin.key);
    await service.database.sql`update users set role = 'USER' where id = ${tenant.admin.id}`;
    expect(await fire(id)).toMatchObject({ outcome: "REFUSED", reason: "rights" });
  });
});

describe("a schedule", () => {
  it("fires in time, by one of two sweeps, and its run knows the instant and the one before", async () => {
    await widen();
    const { id } = await createTrigger(service, tenant, thisMinute());
    await backdate(service, id, 30);
    await Promise.all([service.sweep(), service.sweep()]);
    const [first, ...others] = await readFirings(service, tenant, id);
    expect(others).toEqual([]);
    expect(first).toMatchObject({ outcome: "FIRED", cause: "schedule", count: 1, reason: null });
    expect(first?.scheduled_at).toMatch(/:00\.000Z$/);
    expect(first?.late_ms).toBeGreaterThanOrEqual(0);
    const run = await readRun(first?.run_id ?? null);
    expect(run?.event).toEqual({
      ...{ trigger_id: id, trigger_name: "Test", firing_id: first?.id, cause: "schedule" },
      scheduled_at: first?.scheduled_at,
    });
    // A sweep sends what it has fired, once.
    expect(run?.dispatch_count).toBe(1);
    const next = await readTrigger(service, tenant, id);
    expect(Date.parse(next.next_at ?? "")).toBeGreaterThan(Date.now() - 1_000);

    // As if the first one had been a day ago.
    await service.database.sql`
      update trigger_firings set scheduled_at = scheduled_at - interval '1 day',
        occasion = wire_instant(scheduled_at - interval '1 day')
      where id = ${first?.id}`;
    await backdate(service, id, 30);
    await service.sweep();
    const [second] = await readFirings(service, tenant, id);
    const dayBefore = new Date(Date.parse(first?.scheduled_at ?? "") - 86_400_000).toISOString();
    expect((await readRun(second?.run_id ?? null))?.triggered_by).toMatchObject({
      ...{ scheduled_at: second?.scheduled_at, previous_scheduled_at: dayBefore },
    });
  });

  it("has an outage recorded as one row and one event", async () => {
    const { id } = await createTrigger(service, tenant, { ...MINUTELY, catch_up: "none" });
    await backdate(service, id, 30);
    await service.sweep();
    const firings = await readFirings(service, tenant, id);
    const missed = firings.filter(({ outcome }) => outcome === "MISSED");
    expect(missed).toMatchObject([{ cause: "schedule", reason: "late", run_id: null, late_ms: null }]);
    const [{ count = 0, scheduled_at: from, scheduled_until: to } = {}] = missed;
    expect(Date.parse(to ?? "") - Date.parse(from ?? "")).toBe((count - 1) * 60_000);
    // A minute may have begun meanwhile.
    expect([30, 31]).toContain(count + firings.filter(({ outcome }) => outcome === "FIRED").length);
    expect(await readEvents("trigger.missed")).toMatchObject([
      { detail: { count, scheduled_at: from, scheduled_until: to } },
    ]);
  });

  it("catches up the last instant of an outage, late", async () => {
    const minute = new Date(Date.now() - 600_000).getUTCMinutes();
    const { id } = await createTrigger(service, tenant, { cron: `${minute} * * * *`, time_zone: "UTC" });
    await backdate(service, id, 180);
    await service.sweep();
    const [last, missed] = (await readFirings(service, tenant, id)).toSorted((a, b) =>
      a.outcome < b.outcome ? -1 : 1,
    );
    expect(last).toMatchObject({ outcome: "FIRED" });
    expect(last?.late_ms).toBeGreaterThan(500_000);
    expect(missed).toMatchObject({ outcome: "MISSED", reason: "late", count: 2 });
  });

  it("has a pause of 90 days recorded as one row", async () => {
    const { id } = await createTrigger(service, tenant, MINUTELY);
    await setTrigger(id).pause("Holidays");
    await service.database.sql`update triggers set after_at = after_at - interval '90 days' where id = ${id}`;
    await service.sweep();
    expect(await readFirings(service, tenant, id)).toEqual([]);
    await setTrigger(id).resume();
    const firings = await readFirings(service, tenant, id);
    expect(firings.filter(({ outcome }) => outcome === "MISSED")).toMatchObject([{ reason: "paused" }]);
    expect(firings.find(({ outcome }) => outcome === "MISSED")?.count).toBeGreaterThanOrEqual(90 * 1440 - 1);
    expect(await readEvents("trigger.missed")).toHaveLength(1);
  });

  it("catches up a pause when it is asked to", async () => {
    const minute = new Date(Date.now() - 600_000).getUTCMinutes();
    const { id } = await createTrigger(service, tenant, { cron: `${minute} * * * *`, time_zone: "UTC" });
    await setTrigger(id).pause("Holidays");
    await service.database.sql`update triggers set after_at = after_at - interval '180 minutes' where id = ${id}`;
    await setTrigger(id).resume({ catch_up: true });
    const firings = (await readFirings(service, tenant, id)).toSorted((a, b) => (a.outcome < b.outcome ? -1 : 1));
    expect(firings).toMatchObject([{ outcome: "FIRED" }, { outcome: "MISSED", reason: "paused", count: 2 }]);
  });

  it("catches up a pause also when its schedule cannot be computed at first, and is named as silent until then", async () => {
    const { sql } = service.database;
    const minute = new Date(Date.now() - 600_000).getUTCMinutes();
    const { id } = await createTrigger(service, tenant, { cron: `${minute} * * * *`, time_zone: "UTC" });
    await setTrigger(id).pause("Holidays");
    await sql`
      update triggers set after_at = after_at - interval '180 minutes', config = jsonb_set(config, '{time_zone}', '"Mars/Olympus"')
      where id = ${id}`;
    await setTrigger(id).resume({ catch_up: true });
    const silent = () => sql`select silent.id from silent_triggers(${tenant.id}) silent`;
    expect([await silent(), await readFirings(service, tenant, id)]).toEqual([[{ id }], []]);
    await sql`
      update triggers set config = jsonb_set(config, '{time_zone}', '"UTC"'), due_at = statement_timestamp() where id = ${id}`;
    await service.sweep();
    expect(await silent()).toEqual([]);
    const firings = (await readFirings(service, tenant, id)).toSorted((a, b) => (a.outcome < b.outcome ? -1 : 1));
    expect(firings).toMatchObject([{ outcome: "FIRED" }, { outcome: "MISSED", reason: "paused", count: 2 }]);
  });

  it("fires nothing while an operator has paused the sweep", async () => {
    const { id } = await createTrigger(service, tenant, thisMinute());
    await backdate(service, id, 30);
    await service.database.sql`
      insert into sweep_state (id, paused_at) values (1, statement_timestamp())
      on conflict (id) do update set paused_at = excluded.paused_at`;
    expect(await fireDue(verbServices(service), tenant.id, () => true)).toBe(0);
    await service.database.sql`update sweep_state set paused_at = null`;
    expect(await fireDue(verbServices(service), tenant.id, () => true)).toBe(1);
  });

  it("fires those of many workflows, each once, by several calls at the same time", async () => {
    const many = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
    await service.database.sql`update workflow_definitions set max_running = 50 where id = ${many.definitionId}`;
    await service.database.sql`
      insert into triggers (id, tenant_id, workflow_definition_id, user_id, name, kind, config, after_at, due_at)
      select gen_random_uuid(), ${many.id}, ${many.definitionId}, ${many.owner.id}, 'Test', 'schedule',
        ${JSON.stringify({ ...thisMinute(), at: null, starts_at: null, ends_at: null, jitter_seconds: 0, catch_up: "last", catch_up_window_seconds: 60 })}::jsonb,
        statement_timestamp() - interval '30 minutes', statement_timestamp() - interval '1 second'
      from generate_series(1, 250)`;
    const services = verbServices(service);
    while ((await Promise.all([1, 2, 3].map(() => fireDue(services, null, () => true)))).some((count) => count > 0));
    const [row] = await service.database.sql`
      select count(*)::int as firings, count(distinct trigger_id)::int as triggers from trigger_firings where tenant_id = ${many.id}`;
    expect(row).toEqual({ firings: 250, triggers: 250 });
  });
});

describe("what did not fire", () => {
  it("is notified to the endpoints of its workflow", async () => {
    const hook = await startFakeRunner();
    const subscribe = (definitionIds: string[] | null) =>
      send(service, "POST", "/v1/notification-endpoints", tenant.owner.key, {
        url: hook.url,
        event_types: ["trigger.refused"],
        workflow_definition_ids: definitionIds,
      });
    await subscribe([tenant.definitionId]);
    const { id } = await createTrigger(service, tenant, HOURLY);
    await service.database.sql`update workflow_definitions set is_active = false where id = ${tenant.definitionId}`;
    await fire(id);
    const bodies = (await hook.requests()).map(({ body }) => JSON.parse(body));
    expect(bodies).toMatchObject([
      {
        type: "trigger.refused",
        data: { trigger_id: id, workflow_definition_id: tenant.definitionId, workflow_name: "Test", reason: "paused" },
      },
    ]);
    // Another workflow's endpoint hears nothing of it.
    await service.database.sql`
      update notification_endpoints set workflow_definition_ids = array[gen_random_uuid()] where tenant_id = ${tenant.id}`;
    await fire(id);
    expect(await hook.requests()).toHaveLength(1);
  });

  it("is not notified to an endpoint that hears only of runs with labels", async () => {
    const [labelled, witness] = [await startFakeRunner(), await startFakeRunner()];
    for (const [hook, labels] of [
      [labelled, ["customer:4711"]],
      [witness, null],
    ] as const) {
      const body = { url: hook.url, event_types: ["trigger.refused"], labels };
      await send(service, "POST", "/v1/notification-endpoints", tenant.owner.key, body);
    }
    const { id } = await createTrigger(service, tenant, HOURLY, { labels: { customer: "4711" } });
    await service.database.sql`update workflow_definitions set is_active = false where id = ${tenant.definitionId}`;
    await fire(id);
    expect(await witness.requests(1)).toHaveLength(1);
    expect(await labelled.requests()).toEqual([]);
  });

  it("is seen by who may read the workflow, and by no other USER", async () => {
    const { id } = await createTrigger(service, tenant, HOURLY);
    await service.database.sql`update workflow_definitions set is_active = false where id = ${tenant.definitionId}`;
    await fire(id);
    const [row] = await service.database.sql`
      select path_part_id from workflow_definitions where id = ${tenant.definitionId}`;
    const count = async (...query: string[]) =>
      (await readFeed(service, tenant.user.key, ["types=trigger.refused", ...query])).items.length;
    expect(await count()).toBe(0);
    await permit(service.database, tenant, String(row?.path_part_id), "READ_ONLY");
    expect(await count()).toBe(1);
    expect(await count(`workflow_definition_id=${tenant.definitionId}`)).toBe(1);
    expect(await count("workflow_definition_id=01920000-0000-7000-8000-000000000301")).toBe(0);
  });
});

describe("the firings of a trigger", () => {
  it("are paged, newest first", async () => {
    const { id } = await createTrigger(service, tenant, HOURLY);
    for (let i = 0; i < 5; i++) await fire(id);
    const page = (cursor: string | null) =>
      send<{ items: Firing[]; next_cursor: string | null }>(
        service,
        "GET",
        `/v1/triggers/${id}/firings?limit=2${cursor === null ? "" : `&cursor=${cursor}`}`,
        tenant.owner.key,
      );
    const [all, found] = [await readFirings(service, tenant, id), [] as Firing[]];
    let cursor: string | null = null;
    do {
      const { items, next_cursor }: { items: Firing[]; next_cursor: string | null } = await page(cursor);
      found.push(...items);
      cursor = next_cursor;
    } while (cursor !== null);
    expect(found).toEqual(all);
    expect(all).toHaveLength(5);
  });

  it("are kept: all of the last seven days, and otherwise the newest 1,000", async () => {
    const { id } = await createTrigger(service, tenant, HOURLY);
    const insert = (count: number, days: number) => service.database.sql`
      insert into trigger_firings (id, tenant_id, trigger_id, at, outcome, cause, run_id)
      select gen_random_uuid(), ${tenant.id}, ${id}, statement_timestamp() - make_interval(days => ${days}), 'FIRED', 'hand',
        gen_random_uuid()
      from generate_series(1, ${count})`;
    const count = async () => {
      const [row] = await service.database.sql`
        select count(*)::int as all, (count(*) filter (where at > statement_timestamp() - interval '7 days'))::int as young
        from trigger_firings where trigger_id = ${id}`;
      return row;
    };
    await insert(990, 6);
    await insert(15, 8);
    await fire(id);
    expect(await count()).toEqual({ all: 1000, young: 991 });
    await insert(20, 6);
    await fire(id);
    expect(await count()).toEqual({ all: 1012, young: 1012 });
  });
});
