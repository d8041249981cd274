/** Creating, changing, pausing and reading triggers. */
import { v7 as uuid } from "uuid";
import { describe, expect, it } from "vitest";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { permit } from "../support/path-parts.ts";
import { startService } from "../support/service.ts";
import { backdate, bodyOf, createTrigger, MINUTELY, readFirings, readTrigger, send } from "./support.ts";

const service = await startService();
const tenant = tenantOfEachTest(service, { runnerUrl: BUSY_RUNNER });

const triggersPath = () => `/v1/workflow-definitions/${tenant.definitionId}/triggers`;

/** A schedule that fires once an hour, half an hour from now, so that it does not fire while a test runs. */
const MINUTE = (new Date().getUTCMinutes() + 30) % 60;
const HOURLY = { cron: `${MINUTE} * * * *`, time_zone: "Europe/Berlin" };

/** The next instant by the clock of the database, which is that of the tests. */
function nextHour(): string {
  const at = new Date();
  at.setUTCMinutes(MINUTE, 0, 0);
  if (at.getTime() <= Date.now()) at.setUTCHours(at.getUTCHours() + 1);
  return at.toISOString();
}

describe("a trigger", () => {
  it("is created with all that it has, and its next instant", async () => {
    const more = {
      input: { big: 1e308 },
      labels: { customer: "4711" },
      concurrency_key: "k",
      when_busy: "skip",
      name: "Every hour",
    };
    const created = await createTrigger(service, tenant, HOURLY, more);
    expect(created).toMatchObject({
      ...more,
      kind: "schedule",
      workflow_definition_id: tenant.definitionId,
      user_id: tenant.owner.id,
      is_active: true,
      next_at: nextHour(),
      paused_at: null,
      schedule: { ...HOURLY, at: null, jitter_seconds: 0, catch_up: "last", catch_up_window_seconds: 86_400 },
    });
    expect(await readTrigger(service, tenant, created.id)).toEqual(created);
    expect(await send(service, "GET", triggersPath(), tenant.owner.key)).toMatchObject({ items: [created], total: 1 });
  });

  it("has no next instant when it is created paused, or after its end", async () => {
    expect(await createTrigger(service, tenant, HOURLY, { is_active: false })).toMatchObject({
      ...{ is_active: false, next_at: null, pause_note: null },
      // So it has not paused itself.
      paused_by: { user_id: tenant.owner.id },
    });
    const ended = { ...HOURLY, ends_at: "2020-01-01T00:00:00Z" };
    expect(await createTrigger(service, tenant, ended)).toMatchObject({ is_active: true, next_at: null });
  });

  it("is planned by the database's clock, whatever that of the Worker says", async () => {
    const { id } = await createTrigger(service, tenant, HOURLY);
    const plan = (minutes: number) => {
      const from = Date.now() + minutes * 60_000;
      const instants = [10, 20].map((after) => {
        const at = new Date(from + after * 60_000).toISOString();
        return { at, due_at: at };
      });
      return JSON.stringify({ from: new Date(from).toISOString(), instants, is_complete: false });
    };
    const planned = async (minutes: number) => {
      await service.database.sql`select plan_trigger(${id}, ${plan(minutes)}::jsonb, statement_timestamp())`;
      const [row] = await service.database.sql`
        select next_at is null as is_unknown, due_at <= statement_timestamp() as is_due from triggers where id = ${id}`;
      return row;
    };
    expect(await planned(-2)).toEqual({ is_unknown: false, is_due: false });
    // A clock that is too fast, and one that is too slow.
    expect(await planned(60)).toEqual({ is_unknown: true, is_due: true });
    expect(await planned(-60)).toEqual({ is_unknown: true, is_due: true });
    // The sweep plans it.
    await service.sweep();
    expect(await readTrigger(service, tenant, id)).toMatchObject({ next_at: nextHour() });
    expect(await readFirings(service, tenant, id)).toEqual([]);
  });

  it.each([
    ["schedule.time_zone", bodyOf({ cron: "0 6 * * *" }), "missing"],
    ["schedule.time_zone", bodyOf({ ...HOURLY, time_zone: "Mars/Olympus" }), "value_error"],
    ["schedule.cron", bodyOf({ ...HOURLY, cron: "0 0 31 2 *" }), "value_error"],
    ["schedule.cron", bodyOf({ ...HOURLY, cron: "*/61 * * * *" }), "value_error"],
    ["schedule.at", bodyOf({ at: "2026-03-29T02:30", time_zone: "Europe/Berlin" }), "value_error"],
    ["schedule.at", bodyOf({ at: "2020-03-01T06:00", time_zone: "Europe/Berlin" }), "value_error"],
    ["schedule.jitter_seconds", bodyOf({ ...HOURLY, jitter_seconds: 3_601 }), "less_than_equal"],
    ["name", bodyOf(HOURLY, { name: "" }), "string_too_short"],
    ["kind", bodyOf(HOURLY, { kind: "sun" }), "enum"],
  ])("is refused because of %s: %#", async (field, body, type) => {
    const response = await service.send("POST", triggersPath(), tenant.owner.key, body);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ detail: [{ loc: ["body", ...field.split(".")], type }] });
  });

  it("is replaced, from now on and with the rights of who replaces it", async () => {
    const { id } = await createTrigger(service, tenant, MINUTELY);
    await backdate(service, id, 10);
    const body = bodyOf(HOURLY, { name: "Other" });
    const replaced = await send(service, "PUT", `/v1/triggers/${id}`, tenant.admin.key, body);
    expect(replaced).toMatchObject({ name: "Other", user_id: tenant.admin.id, next_at: nextHour(), schedule: HOURLY });
    await service.sweep();
    expect(await readFirings(service, tenant, id)).toEqual([]);
    const paused = await send(service, "PUT", `/v1/triggers/${id}`, tenant.admin.key, { ...body, is_active: false });
    expect(paused).toMatchObject({ is_active: false, next_at: null });
    await send(service, "PUT", `/v1/triggers/${id}`, tenant.admin.key, body);
    await service.sweep();
    expect(await readTrigger(service, tenant, id)).toMatchObject({ is_active: true, next_at: nextHour() });
  });

  it("with the same schedule keeps the instant that waits for its jitter, and what a pause has missed", async () => {
    const { sql } = service.database;
    const replace = (id: string, schedule: object, more: object) =>
      send(service, "PUT", `/v1/triggers/${id}`, tenant.owner.key, bodyOf(schedule, more));
    const jittered = { ...HOURLY, jitter_seconds: 3_600 };
    const { id: waiting } = await createTrigger(service, tenant, jittered);
    await sql`
      update triggers set next_at = statement_timestamp() - interval '1 minute', due_at = statement_timestamp() + interval '10 minutes'
      where id = ${waiting}`;
    const { next_at: kept } = await readTrigger(service, tenant, waiting);
    expect(await replace(waiting, jittered, { name: "Renamed" })).toMatchObject({ name: "Renamed", next_at: kept });
    expect(await replace(waiting, HOURLY, { name: "Renamed" })).toMatchObject({ next_at: nextHour() });

    const { id: paused } = await createTrigger(service, tenant, MINUTELY);
    await send(service, "POST", `/v1/triggers/${paused}/pause`, tenant.owner.key);
    await sql`update triggers set after_at = after_at - interval '10 minutes' where id = ${paused}`;
    await replace(paused, MINUTELY, { is_active: true });
    await service.sweep();
    expect(await readFirings(service, tenant, paused)).toMatchObject([{ outcome: "MISSED" }]);
  });

  it("that fires once can be changed when its instant has passed, in all but the schedule", async () => {
    const once = (at: string) => ({ at, time_zone: "UTC", jitter_seconds: 3_600 });
    const past = "2026-01-01T06:00";
    const { id } = await createTrigger(service, tenant, once("2030-01-01T06:00"));
    await service.database.sql`
      update triggers set config = jsonb_set(config, '{at}', to_jsonb(${past}::text)), next_at = '2026-01-01T06:00:00Z' where id = ${id}`;
    const replace = (at: string, more: object = {}) =>
      service.send("PUT", `/v1/triggers/${id}`, tenant.owner.key, bodyOf(once(at), { name: "Renamed", ...more }));
    expect((await replace(past)).status).toBe(200);
    // It waits for its jitter.
    expect(await readTrigger(service, tenant, id)).toMatchObject({
      name: "Renamed",
      next_at: "2026-01-01T06:00:00.000Z",
    });
    expect((await replace(past, { is_active: false })).status).toBe(200);
    expect((await replace("2026-01-01T07:00")).status).toBe(422);
  });

  it("is handled first when it has been due for longest, if not all can be handled at once", async () => {
    const [first, second, third] = await Promise.all([1, 2, 3].map(() => createTrigger(service, tenant, HOURLY)));
    await service.database.sql`
      update triggers set due_at = statement_timestamp() - made_due.ago
      from (values (${first?.id}::uuid, interval '1 second'), (${second?.id}, '1 hour'), (${third?.id}, '1 minute')) made_due (id, ago)
      where triggers.id = made_due.id`;
    const [found] = await service.database.sql`
      select list_due_triggers(${tenant.id}, 1) -> 'items' -> 0 ->> 'trigger_id' as first`;
    expect(found).toEqual({ first: second?.id });
  });

  it("is paused with a note, and resumed", async () => {
    const { id } = await createTrigger(service, tenant, HOURLY);
    const pause = (note?: string) => send(service, "POST", `/v1/triggers/${id}/pause`, tenant.owner.key, { note });
    expect(await pause("For now")).toMatchObject({ is_active: false, next_at: null, pause_note: "For now" });
    expect(await pause("Again")).toMatchObject({ pause_note: "For now" });
    const resume = () => send(service, "POST", `/v1/triggers/${id}/resume`, tenant.admin.key);
    expect(await resume()).toMatchObject({ is_active: true, pause_note: null, user_id: tenant.admin.id });
    // What follows the answer has planned it.
    expect(await readTrigger(service, tenant, id)).toMatchObject({ is_active: true, next_at: nextHour() });
    expect(await resume()).toMatchObject({ next_at: nextHour() });
  });

  it("is deleted by itself, and with its workflow, and the next sweep deletes its firings", async () => {
    const [one, two] = [await createTrigger(service, tenant, HOURLY), await createTrigger(service, tenant, HOURLY)];
    for (const { id } of [one, two]) await send(service, "POST", `/v1/triggers/${id}/fire`, tenant.owner.key);
    const remove = async (path: string) => (await service.send("DELETE", path, tenant.owner.key)).status;
    const count = async () => {
      const [row] = await service.database.sql`
        select (select count(*)::int from triggers where tenant_id = ${tenant.id}) as triggers,
          (select count(*)::int from trigger_firings where tenant_id = ${tenant.id}) as firings,
          (select count(*)::int from workflow_runs where tenant_id = ${tenant.id}) as runs`;
      return row;
    };
    expect(await count()).toEqual({ triggers: 2, firings: 2, runs: 2 });
    expect(await remove(`/v1/triggers/${one.id}`)).toBe(204);
    expect(await remove(`/v1/triggers/${one.id}`)).toBe(404);
    expect((await service.get(`/v1/triggers/${one.id}/firings`, tenant.owner.key)).status).toBe(404);
    expect(await count()).toEqual({ triggers: 1, firings: 2, runs: 2 });
    await service.database.sql`
      update workflow_runs set status = 'COMPLETED', completed_at = statement_timestamp(), ended_by = 'CALLBACK',
        slot_no = null, next_dispatch_at = null, started_at = coalesce(started_at, statement_timestamp())
      where tenant_id = ${tenant.id}`;
    expect(await remove(`/v1/workflow-definitions/${tenant.definitionId}`)).toBe(204);
    expect(await count()).toEqual({ triggers: 0, firings: 2, runs: 2 });
    await service.sweep();
    expect(await count()).toEqual({ triggers: 0, firings: 0, runs: 0 });
  });

  it("is one of at most 100", async () => {
    await service.database.sql`
      insert into triggers (id, tenant_id, workflow_definition_id, user_id, name, kind, config, after_at)
      select gen_random_uuid(), ${tenant.id}, ${tenant.definitionId}, ${tenant.owner.id}, 'Test', 'schedule', '{}', now()
      from generate_series(1, 99)`;
    await createTrigger(service, tenant, HOURLY);
    const response = await service.send("POST", triggersPath(), tenant.owner.key, bodyOf(HOURLY));
    expect([response.status, await response.text()]).toEqual([
      409,
      expect.stringContaining("has 100 triggers already"),
    ]);
  });

  it("belongs to whoever may change its workflow, and is seen by who may read that", async () => {
    const { id } = await createTrigger(service, tenant, HOURLY);
    const statuses = async () => {
      const ask = (method: string, path: string, body?: object) =>
        service.send(method, path, tenant.user.key, body).then(({ status }) => status);
      return [await ask("GET", `/v1/triggers/${id}`), await ask("POST", `/v1/triggers/${id}/pause`, {})];
    };
    const [row] = await service.database.sql`
      select path_part_id from workflow_definitions where id = ${tenant.definitionId}`;
    expect(await statuses()).toEqual([404, 404]);
    const permissionId = await permit(service.database, tenant, String(row?.path_part_id), "READ_ONLY");
    expect(await statuses()).toEqual([200, 403]);
    await service.database.sql`update user_permissions set capability = 'READ_WRITE' where id = ${permissionId}`;
    expect(await statuses()).toEqual([200, 200]);
  });

  it("tells its instants, of the past and of the future, also while it is paused", async () => {
    const { id } = await createTrigger(service, tenant, { ...HOURLY, jitter_seconds: 60 }, { is_active: false });
    const occurrences = (query: string) =>
      send<{ items: { at: string }[]; time_zone_data: string }>(
        service,
        "GET",
        `/v1/triggers/${id}/occurrences?${query}`,
        tenant.owner.key,
      );
    const { items } = await occurrences("from=2026-03-29T00:00:00Z&to=2026-03-29T03:00:00Z");
    const minute = String(MINUTE).padStart(2, "0");
    expect(items.map(({ at }) => at)).toEqual(["00", "01", "02"].map((hour) => `2026-03-29T${hour}:${minute}:00.000Z`));
    expect((await occurrences("limit=2")).items[0]).toEqual({ at: nextHour() });
    expect((await occurrences("limit=500")).items).toHaveLength(500);
    expect((await occurrences("from=9999-12-30T00:00:00Z")).items).toEqual([]);
    expect((await occurrences("limit=1")).time_zone_data).toMatch(/^20\d\d[a-z]$/);
    const unknown = await service.get(`/v1/triggers/${uuid()}/occurrences`, tenant.owner.key);
    expect(unknown.status).toBe(404);
  });
});
