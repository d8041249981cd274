import { describe, expect, it } from "vitest";
import { z } from "zod";
import { decide, dueTriggerSchema } from "../../src/triggers/schedule/decide.ts";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { insertParts, permit } from "../support/path-parts.ts";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";
import { backdate, createTrigger, type Firing, readFirings, send, thisMinute } from "./support.ts";

const service = await startService();
const tenant = tenantOfEachTest(service, { runnerUrl: BUSY_RUNNER });

const DAILY = { cron: "0 6 * * *", time_zone: "Europe/Berlin" };
const MARCH = { from: "2026-03-28T00:00:00Z", to: "2026-03-31T00:00:00Z" };
const INSTANTS = ["2026-03-28T05:00:00.000Z", "2026-03-29T04:00:00.000Z", "2026-03-30T04:00:00.000Z"];

type Backfill = { items: { at: string }[]; fired: number; refused: Firing | null };

const backfill = (id: string, body: object) =>
  send<Backfill>(service, "POST", `/v1/triggers/${id}/backfill`, tenant.owner.key, body);

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

/** Once an hour, last in the minute so many minutes ago. */
const ofMinuteBefore = (minutes: number) => ({
  cron: `${new Date(minutesAgo(minutes)).getUTCMinutes()} * * * *`,
  time_zone: "UTC",
});

/** The instant, the outcome and the count of each firing, in the order of the instants. */
const outcomesOf = async (id: string) =>
  (await readFirings(service, tenant, id))
    .map(({ scheduled_at, outcome, count }) => [scheduled_at, outcome, count] as const)
    .toSorted(([a], [b]) => ((a ?? "") < (b ?? "") ? -1 : 1));

describe("a backfill", () => {
  it("fires each instant of the range, in order, and none that has fired before", async () => {
    const { id } = await createTrigger(service, tenant, DAILY, { when_busy: "skip" });
    expect(await backfill(id, { ...MARCH, dry_run: true })).toEqual({
      ...{ items: INSTANTS.map((at) => ({ at })), fired: 0, refused: null },
    });
    expect(await readFirings(service, tenant, id)).toEqual([]);
    const first = { from: MARCH.from, to: "2026-03-29T00:00:00Z" };
    const [done, requests] = await service.counted(() => backfill(id, first));
    expect(done).toEqual({ items: [{ at: INSTANTS[0] }], fired: 1, refused: null });
    // The schedule, then the firings, and the dispatch of the run that has started.
    expect(requests).toBe(3);
    expect(await backfill(id, MARCH)).toMatchObject({ items: [{ at: INSTANTS[1] }, { at: INSTANTS[2] }], fired: 2 });
    expect(await backfill(id, MARCH)).toEqual({ items: [], fired: 0, refused: null });
    const runs = await service.database.sql`
      select triggered_by ->> 'scheduled_at' as at, triggered_by ->> 'previous_scheduled_at' as previous, triggered_by ->> 'cause' as cause
      from workflow_runs where tenant_id = ${tenant.id} order by queue_position`;
    expect(runs).toEqual(
      INSTANTS.map((at, index) => ({ at, previous: INSTANTS[index - 1] ?? null, cause: "backfill" })),
    );
    expect(
      (await readFirings(service, tenant, id)).map(({ outcome, cause, user_id }) => [outcome, cause, user_id]),
    ).toEqual(INSTANTS.map(() => ["FIRED", "backfill", tenant.owner.id]));
  });

  it("tells each run the instant before it for which a run was triggered", async () => {
    const { id } = await createTrigger(service, tenant, DAILY);
    const [saturday, sunday, monday] = ["2026-03-28", "2026-03-29", "2026-03-30"];
    const backfillDay = (day?: string) => backfill(id, { from: `${day}T00:00:00Z`, to: `${day}T12:00:00Z` });
    const setActive = (isActive: boolean) => service.database.sql`
      update workflow_definitions set is_active = ${isActive} where id = ${tenant.definitionId}`;
    await backfillDay(saturday);
    await setActive(false);
    expect(await backfillDay(sunday)).toMatchObject({ refused: { scheduled_at: INSTANTS[1] } });
    await setActive(true);
    await backfillDay(monday);
    const runs = await service.database.sql`
      select triggered_by ->> 'scheduled_at' as at, triggered_by ->> 'previous_scheduled_at' as previous
      from workflow_runs where tenant_id = ${tenant.id} order by queue_position`;
    expect(runs).toEqual([
      { at: INSTANTS[0], previous: null },
      { at: INSTANTS[2], previous: INSTANTS[0] },
    ]);
  });

  it("ends at the first firing that is refused", async () => {
    const { id } = await createTrigger(service, tenant, DAILY);
    await service.database.sql`update workflow_definitions set is_active = false where id = ${tenant.definitionId}`;
    expect(await backfill(id, MARCH)).toMatchObject({
      ...{ fired: 0, refused: { outcome: "REFUSED", reason: "paused", scheduled_at: INSTANTS[0] } },
    });
    expect(await readFirings(service, tenant, id)).toHaveLength(1);
  });

  it("and a firing by hand need the caller's own right to invoke, and are in the audit log", async () => {
    const { id } = await createTrigger(service, tenant, DAILY);
    const { sql } = service.database;
    const { idOf } = await insertParts(service.database, tenant, ["/secret.md", "/open"]);
    const [definition] = await sql`
      update workflow_definitions
      set source_path_part_ids = ${[idOf("/secret.md")]}::uuid[], instruction_path_part_ids = ${[idOf("/open")]}::uuid[],
        output_path_part_ids = ${[idOf("/open")]}::uuid[]
      where id = ${tenant.definitionId} returning path_part_id`;
    await permit(service.database, tenant, String(definition?.path_part_id), "READ_WRITE");
    await permit(service.database, tenant, idOf("/open"), "READ_WRITE");
    const letFire = async () => [
      await service.send("POST", `/v1/triggers/${id}/fire`, tenant.user.key),
      await service.send("POST", `/v1/triggers/${id}/backfill`, tenant.user.key, MARCH),
    ];
    // The right is judged also while the workflow is paused.
    const setActive = (isActive: boolean) => sql`
      update workflow_definitions set is_active = ${isActive} where id = ${tenant.definitionId}`;
    await setActive(false);
    const whilePaused = await letFire();
    await setActive(true);
    for (const refused of [...whilePaused, ...(await letFire())]) {
      expect([refused.status, await refused.text()]).toEqual([
        403,
        expect.stringContaining("To let this trigger fire you also need: read on a source"),
      ]);
    }
    expect(await readFirings(service, tenant, id)).toEqual([]);
    await permit(service.database, tenant, idOf("/secret.md"), "READ_ONLY");
    expect((await letFire()).map(({ status }) => status)).toEqual([202, 202]);
    const audited = await sql`
      select action, actor_id, object_id, detail - 'firing_id' as detail from audit_events
      where tenant_id = ${tenant.id} and action in ('trigger.fired', 'trigger.backfilled') order by at`;
    const [actor_id, object_id] = [tenant.user.id, id];
    expect(audited).toEqual([
      { action: "trigger.fired", actor_id, object_id, detail: { outcome: "FIRED" } },
      {
        ...{ action: "trigger.backfilled", actor_id, object_id },
        detail: { count: 3, from: INSTANTS[0], to: INSTANTS[2] },
      },
    ]);
  });

  it("of two at the same time fires each instant once", async () => {
    const { id } = await createTrigger(service, tenant, DAILY);
    const both = await Promise.all([backfill(id, MARCH), backfill(id, MARCH)]);
    expect(both.reduce((sum, { fired }) => sum + fired, 0)).toBe(3);
    expect(await readFirings(service, tenant, id)).toHaveLength(3);
  });

  it("gives each instant of a pause its only outcome, when the trigger then catches up", async () => {
    const { id } = await createTrigger(service, tenant, ofMinuteBefore(10));
    await send(service, "POST", `/v1/triggers/${id}/pause`, tenant.owner.key, {});
    await service.database.sql`update triggers set after_at = after_at - interval '180 minutes' where id = ${id}`;
    const past = { from: minutesAgo(180), to: minutesAgo(0) };
    const { items } = await backfill(id, { ...past, dry_run: true });
    expect(items).toHaveLength(3);
    expect(await backfill(id, { ...past, from: minutesAgo(100) })).toMatchObject({ fired: 2 });
    await send(service, "POST", `/v1/triggers/${id}/resume`, tenant.owner.key, { catch_up: true });
    await service.sweep();
    expect(await outcomesOf(id)).toEqual([
      [items[0]?.at, "MISSED", 1],
      [items[1]?.at, "FIRED", 1],
      [items[2]?.at, "FIRED", 1],
    ]);
  });

  it("is not forgotten while its trigger is paused, so that none of its instants fires again", async () => {
    const { sql } = service.database;
    const daysAgo = (days: number) => minutesAgo(days * 1_440);
    const monthly = { cron: `0 0 ${new Date(daysAgo(12)).getUTCDate()} * *`, time_zone: "UTC" };
    const { id } = await createTrigger(service, tenant, { ...monthly, catch_up_window_seconds: 30 * 86_400 });
    await send(service, "POST", `/v1/triggers/${id}/pause`, tenant.owner.key, {});
    await sql`update triggers set after_at = after_at - interval '20 days' where id = ${id}`;
    expect(await backfill(id, { from: daysAgo(14), to: daysAgo(10) })).toMatchObject({ fired: 1 });
    // The backfill was ten days ago, 1,000 firings are newer, and the operator keeps none for longer than a week.
    await sql`update trigger_firings set at = at - interval '10 days' where trigger_id = ${id}`;
    await sql`
      insert into trigger_firings (id, tenant_id, trigger_id, at, outcome, cause, reason)
      select gen_random_uuid(), ${tenant.id}, ${id}, clock_timestamp() - interval '8 days', 'REFUSED', 'hand', 'paused'
      from generate_series(1, 1000)`;
    await sql`select delete_firings_beyond(${id}, clock_timestamp())`;
    const deleteOld = () => sql`select delete_old_firings('{}', 7, 5000)`;
    await deleteOld();
    await send(service, "POST", `/v1/triggers/${id}/resume`, tenant.owner.key, { catch_up: true });
    await service.sweep();
    expect((await outcomesOf(id)).map(([, outcome]) => outcome)).toEqual(["FIRED"]);
    // Once the schedule has gone on, it is as old as any other.
    await deleteOld();
    expect(await readFirings(service, tenant, id)).toEqual([]);
  });

  it.each([
    ["is late", { catch_up: "last" }, 30],
    ["waits for its jitter", { jitter_seconds: 3600 }, 0],
  ])("gives an instant that %s its only outcome, and stops no other tenant", async (_, more, minutes) => {
    const { id } = await createTrigger(service, tenant, { ...ofMinuteBefore(minutes), ...more });
    const other = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
    const others = await createTrigger(service, other, thisMinute());
    await backdate(service, id, minutes + 2);
    expect(await backfill(id, { from: minutesAgo(minutes + 2), to: minutesAgo(0) })).toMatchObject({ fired: 1 });
    await backdate(service, others.id, 2);
    // A jitter is over at last.
    await service.database.sql`update triggers set config = config || '{"jitter_seconds": 0}' where id = ${id}`;
    await service.sweep();
    expect((await outcomesOf(id)).map(([, outcome]) => outcome)).toEqual(["FIRED"]);
    expect(await readFirings(service, other, others.id)).toMatchObject([{ outcome: "FIRED" }]);
  });

  it("is not contradicted by what a sweep has decided before it", async () => {
    const { id } = await createTrigger(service, tenant, { ...ofMinuteBefore(30), catch_up: "none" });
    await backdate(service, id, 31);
    const [found] = await service.database.sql`select list_due_triggers(${tenant.id}, 10) as due`;
    const { items, now } = z.object({ items: z.array(dueTriggerSchema), now: z.string() }).parse(found?.due);
    const decisions = JSON.stringify(items.map((due) => decide(due, now)));
    expect(await backfill(id, { from: minutesAgo(31), to: minutesAgo(0) })).toMatchObject({ fired: 1 });
    const context = JSON.stringify({ slack_seconds: 0, sends: false });
    const [fired] = await service.database.sql`
      select fire_due(${context}, ${decisions}) -> 'result' ->> 'handled' as handled`;
    expect(fired).toEqual({ handled: "0" });
    await service.sweep();
    expect((await outcomesOf(id)).map(([, outcome]) => outcome)).toEqual(["FIRED"]);
  });

  it.each([
    ["fire", {}, 0, []],
    ["count as missed", { catch_up: "none" }, 200, ["MISSED 3"]],
  ])("leaves its instants out of those that the Worker of 0.2.0 lets %s", async (_, more, minutes, others) => {
    const { id } = await createTrigger(service, tenant, { ...ofMinuteBefore(minutes), ...more });
    await backdate(service, id, minutes + 2);
    const past = { from: minutesAgo(minutes + 2), to: minutesAgo(Math.max(minutes - 2, 0)) };
    expect(await backfill(id, past)).toMatchObject({ fired: 1 });
    const [found] = await service.database.sql`select list_due_triggers(${tenant.id}, 10) as due`;
    const { items, now } = z.object({ items: z.array(dueTriggerSchema), now: z.string() }).parse(found?.due);
    const decisions = items.map((due) => ({ ...decide({ ...due, fired: [] }, now), fired: undefined }));
    const context = JSON.stringify({ slack_seconds: 0, sends: false });
    const [handled] = await service.database.sql`
      select fire_due(${context}, ${JSON.stringify(decisions)}) -> 'result' ->> 'handled' as handled`;
    expect(handled).toEqual({ handled: "1" });
    const outcomes = (await outcomesOf(id)).map(([, outcome, count]) => `${outcome} ${count}`);
    expect(outcomes.toSorted()).toEqual(["FIRED 1", ...others]);
  });

  it.each([
    ["a range that is empty", { from: MARCH.from, to: MARCH.from }, 422, "Must be after `from`."],
    [
      "a range that ends in the future",
      { from: MARCH.from, to: new Date(Date.now() + 86_400_000).toISOString() },
      422,
      "Must not be in the future.",
    ],
    [
      "a range of more than ten years, of which it would leave instants out",
      { from: "2016-01-01T00:00:00Z", to: "2026-01-01T00:00:01Z" },
      422,
      "Must be at most 10 years after `from`.",
    ],
    ["more than 500 instants", { from: "2020-01-01T00:00:00Z", to: MARCH.to }, 409, "more than 500 instants"],
  ])("is refused for %s", async (_, body, status, text) => {
    const { id } = await createTrigger(service, tenant, DAILY);
    const response = await service.send("POST", `/v1/triggers/${id}/backfill`, tenant.owner.key, body);
    expect([response.status, await response.text()]).toEqual([status, expect.stringContaining(text)]);
  });
});
