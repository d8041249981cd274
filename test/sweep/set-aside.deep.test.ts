/** A row that fails in a sweep, and a step that fails as a whole: what becomes of the others, and of what has failed. */
import { NeonDbError } from "@neondatabase/serverless";
import { v7 as uuid } from "uuid";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { judge } from "../../scripts/local/findings.ts";
import { claimNotifications } from "../../src/notify/sending/notification.ts";
import { diagnose } from "../../src/sweep/diagnosis.ts";
import { sweepTenant } from "../../src/sweep/sweep-tenant.ts";
import { sweepDueOfTenant } from "../../src/sweep/sweep-verbs.ts";
import type { TenantEffects } from "../../src/verbs/effects.ts";
import { inParts } from "../../src/verbs/in-parts.ts";
import { perform } from "../../src/verbs/perform.ts";
import { type SweepStep, WHOLE_STEP } from "../../src/verbs/sweep-steps.ts";
import { insertDefinitions, insertRuns } from "../support/backlog.ts";
import { PAGE_SETTINGS, signIn } from "../support/browser.ts";
import { answeringRunner } from "../support/fake-runner.ts";
import { inTurn } from "../support/in-turn.ts";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";
import { verbServices } from "../support/verb-services.ts";
import { arrangeTenants, preparePoison, WORK } from "./set-aside-support.ts";

const service = await startService({
  settings: { ...PAGE_SETTINGS, RETENTION_DAYS: "30", AUDIT_RETENTION_DAYS: "365" },
});
await preparePoison(service);
/** What the sweep has named in the log. */
let named: { step: string; row_id: string | null; what: string; error: string }[];

beforeEach(async () => {
  await service.database.sql`delete from poison`;
  await service.database.sql`delete from set_aside`;
  named = [];
  vi.spyOn(console, "error").mockImplementation((line) => {
    const { event, ...fields } = JSON.parse(line);
    if (event === "set aside") named.push(fields);
  });
});

const steps = Object.entries(WORK).map(([step, work]) => [step as SweepStep, work] as const);

const readSetAside = () =>
  service.database.sql`
    select step, row_id, tenant_id, failures, sqlstate, message, until > statement_timestamp() as waits from set_aside order by step`;

/** As the driver throws it when the database has not answered in time. */
function timedOut(): NeonDbError {
  const error = new NeonDbError("This takes too long.");
  error.sourceError = new DOMException("The operation was aborted due to timeout", "TimeoutError");
  return error;
}

/** Does what Neon's proxy does: it cancels a statement once the client has stopped waiting. The service of this test waits for two seconds. */
const cancelLikeNeon = () =>
  service.database.sql`
    select pg_cancel_backend(pid) from pg_stat_activity
    where datname = current_database() and wait_event = 'PgSleep' and query_start < clock_timestamp() - interval '2 seconds'`.catch(
    () => null,
  );

/** The back-off of everything is over. */
const passBackOff = () =>
  service.database.sql`update set_aside set until = statement_timestamp() - interval '1 second'`;

const poison = (step: string, id: string) =>
  service.database.sql`insert into poison (step, id) values (${step}, ${id})`;

async function leftOf(step: SweepStep, things: readonly { id: string }[]): Promise<string[]> {
  const rows = await service.database.sql.query(WORK[step].left, [things.map(({ id }) => id)]);
  return [...new Set(rows.map(({ id }) => String(id)))];
}

describe.each(steps)("in the step %s", (step, work) => {
  it("a row that fails is set aside, all others are done in the same sweep, and it is tried again later", async () => {
    for (const place of inTurn([0, 1, 2, 3, 4, 5], 2, step)) {
      named = [];
      const things = await arrangeTenants(service, work);
      const { id = "", tenant } = things[place % things.length] ?? {};
      await poison(step, id);
      await service.sweep();
      // The sweep does not wait for notifications.
      await vi.waitFor(async () => expect(await leftOf(step, things)).toEqual([id]), 20_000);
      const row = { step, row_id: id, tenant_id: tenant?.id, sqlstate: "P0001", message: 'this is "…"' };
      await vi.waitFor(
        async () => expect(await readSetAside()).toEqual([{ ...row, failures: 1, waits: true }]),
        20_000,
      );
      expect(named.map(({ row_id }) => row_id)).toEqual([id]);
      expect(named[0]?.what).toContain(id);

      // Until its time has come, it is left alone.
      await service.sweep();
      expect(await readSetAside()).toMatchObject([{ failures: 1 }]);

      await passBackOff();
      await makeDueAgain(step, things);
      await service.sweep();
      await vi.waitFor(async () => expect(await readSetAside()).toMatchObject([{ failures: 2, waits: true }]), 20_000);
      expect(await leftOf(step, things)).toEqual([id]);

      await service.database.sql`delete from poison`;
      await passBackOff();
      await makeDueAgain(step, things);
      await service.sweep();
      await vi.waitFor(async () => expect(await leftOf(step, things)).toEqual([]), 20_000);
      expect(await readSetAside()).toEqual([]);
    }
  });

  it("a failure of the whole step is set aside, and the other steps go on", async () => {
    const other: SweepStep = step === "old_notifications" ? "ends" : "old_notifications";
    const things = await arrangeTenants(service, work);
    const others = await arrangeTenants(service, WORK[other]);
    await service.database.sql.query(`alter function ${work.verb} rename to is_gone`);
    await service.sweep();
    await service.database.sql.query(`alter function is_gone rename to ${work.verb}`);
    expect((await leftOf(step, things)).toSorted()).toEqual(things.map(({ id }) => id).toSorted());
    expect(await leftOf(other, others)).toEqual([]);
    const row = { step, row_id: WHOLE_STEP, tenant_id: null, sqlstate: "42883", failures: 1, waits: true };
    expect(await readSetAside()).toMatchObject([row]);

    await passBackOff();
    await service.sweep();
    await vi.waitFor(async () => expect(await leftOf(step, things)).toEqual([]), 20_000);
    expect(await readSetAside()).toEqual([]);
  });
});

/** A row that was locked or claimed for a moment is due at once. */
async function makeDueAgain(step: SweepStep, things: readonly { id: string }[]): Promise<void> {
  if (step !== "notifications") return;
  await service.database.sql`
    update notifications set next_try_at = statement_timestamp() - interval '1 second'
    where id = any (${things.map(({ id }) => id)}) and next_try_at is not null and id not in (select id from poison)`;
}

describe("what is set aside", () => {
  it("waits twice as long each time, up to an hour", async () => {
    const waits: number[] = [];
    for (let tries = 0; tries < 9; tries++) {
      await service.database.sql`
        select set_aside_failures('{}', 'ends', ${JSON.stringify([{ row_id: "01900000-0000-7000-8000-000000000000", tenant_id: null, message: "x" }])})`;
      const [row] = await service.database.sql`
        select round(extract(epoch from until - statement_timestamp()) / 60)::int as minutes from set_aside`;
      waits.push(row?.minutes);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it("of a tenant with many failing rows takes few calls, and keeps no other tenant waiting", async () => {
    const { ends } = WORK;
    const many = await createTenant(service.database);
    const bad: string[] = [];
    for (let pair = 0; pair < 20; pair++) bad.push(...(await ends.arrange(service, many)));
    for (const id of bad) await poison("ends", id);
    const others = await arrangeTenants(service, ends);
    const [, requests] = await service.counted(() => service.sweep());
    expect(await leftOf("ends", others)).toEqual([]);
    expect(
      await leftOf(
        "ends",
        bad.map((id) => ({ id })),
      ),
    ).toHaveLength(40);
    expect(await readSetAside()).toHaveLength(40);
    expect(requests).toBeLessThan(80);
    await service.database.sql`delete from workflow_runs where tenant_id = ${many.id}`;
  });

  it("is nothing when a chunk fails only as a whole: its rows are done in parts", async () => {
    const things = await arrangeTenants(service, WORK.dispatches);
    await service.database.sql`
      create function refuse_many() returns trigger language plpgsql as $$ begin
        if (select count(*) from changed) > 2 then raise exception 'these are too many'; end if;
        return null;
      end $$`;
    await service.database.sql`
      create trigger refuse_many after update on workflow_runs referencing new table as changed
      for each statement execute function refuse_many()`;
    await service.sweep();
    await service.database.sql`drop trigger refuse_many on workflow_runs`;
    expect(await readSetAside()).toEqual([]);
    // What a part has claimed is sent: no runner answers, and that is recorded.
    const rows = await service.database.sql`
      select id from workflow_runs where id = any (${things.map(({ id }) => id)}) and dispatch_error is not null`;
    expect(rows).toHaveLength(things.length);
  });

  it("is looked for only as long as the step has room", async () => {
    const parts: number[] = [];
    const work = async (part: readonly unknown[]) => {
      parts.push(part.length);
      if (part.length > 0) throw new Error("This fails.");
    };
    const items = [1, 2, 3, 4].map((n) => ({ id: `01900000-0000-7000-8000-00000000000${n}`, tenant_id: null }));
    // After the chunk and the part of none, it halves them twice.
    await inParts(verbServices(service), "ends", items, work, () => parts.length < 5);
    expect(parts).toEqual([4, 0, 4, 2, 1]);
    expect(await readSetAside()).toMatchObject([{ row_id: items[0]?.id }]);
  });

  it("is found among what takes too long, and all others are done first, also when the step has no room any more", async () => {
    const items = Array.from({ length: 40 }, (_, n) => ({ id: uuid(), tenant_id: null, n }));
    const parts: string[] = [];
    const work = async (part: readonly { n: number }[]) => {
      parts.push(part.map(({ n }) => n).join());
      if (part.some(({ n }) => n === 7)) throw timedOut();
    };
    await inParts(verbServices(service), "ends", items, work, () => false);
    // The chunk, none, 14 parts, and those of the part that took too long again.
    expect(parts).toHaveLength(2 + 14 + 3);
    expect(parts.slice(-3)).toEqual(["6", "7", "8"]);
    expect(await readSetAside()).toMatchObject([{ row_id: items[7]?.id, failures: 1, sqlstate: null }]);
  });

  it("is nothing when the database answers nothing: then the sweep ends", async () => {
    const work = async () => {
      throw timedOut();
    };
    const items = [{ id: uuid(), tenant_id: null }];
    await expect(inParts(verbServices(service), "ends", items, work)).rejects.toThrow("too long");
    expect(await readSetAside()).toEqual([]);
  });

  it.each(["ends", "firings", "deletions"] as const)(
    "is a row of the step %s that takes longer than the service waits, and the others are done",
    async (step) => {
      const things = await arrangeTenants(service, WORK[step]);
      const later = await arrangeTenants(service, WORK.old_audit_events);
      const { id = "", tenant } = things[1] ?? {};
      await service.database.sql`insert into poison (step, id, seconds) values (${step}, ${id}, 8)`;
      const hurried = await startService({
        database: service.database,
        settings: { ...PAGE_SETTINGS, AUDIT_RETENTION_DAYS: "365", DATABASE_TIMEOUT_SECONDS: "2" },
      });
      const cancelling = setInterval(cancelLikeNeon, 100);
      // On a busy machine, other statements may take as long.
      await vi
        .waitFor(
          async () => {
            await hurried.sweep();
            expect(await leftOf(step, things)).toEqual([id]);
            expect(await leftOf("old_audit_events", later)).toEqual([]);
            expect(await readSetAside()).toMatchObject([{ step, row_id: id, tenant_id: tenant?.id }]);
          },
          { timeout: 90_000, interval: 500 },
        )
        .finally(() => clearInterval(cancelling));
    },
  );

  it("with many others of its tenant waits for a minute when it was not tried, and is then tried without them", async () => {
    const { id: tenantId } = await createTenant(service.database);
    const items = Array.from({ length: 6 }, (_, n) => ({ id: uuid(), tenant_id: tenantId, n }));
    const tried: number[] = [];
    const work = async (part: readonly { n: number }[]) => {
      if (part.length === 1) tried.push(part[0]?.n ?? -1);
      if (part.some(({ n }) => n < 5)) throw new Error("This fails.");
    };
    const rows = () => service.database.sql`
      select failures, round(extract(epoch from until - statement_timestamp()) / 60)::int as minutes
      from set_aside order by array_position(${items.map(({ id }) => id)}::uuid[], row_id)`;
    await inParts(verbServices(service), "ends", items, work);
    expect(tried).toEqual([0, 1, 2, 3, 4]);
    const untried = { failures: 0, minutes: 1 };
    expect(await rows()).toEqual([...Array(5).fill({ failures: 1, minutes: 1 }), untried]);
    const [named] = judge(await diagnose(verbServices(service).db), undefined).filter(
      ({ subject, text }) => subject === "set aside" && text.includes("not tried alone for"),
    );
    expect(named?.text).toContain(`${items[5]?.id}`);
    await inParts(verbServices(service), "ends", items, work);
    expect(await rows()).toEqual([...Array(5).fill({ failures: 2, minutes: 2 }), untried]);
  });

  it("keeps no acceptance from being recorded but its own", async () => {
    const tenant = await createTenant(service.database, { runnerUrl: answeringRunner(202) });
    const definitionIds = await insertDefinitions(service.database, tenant, 4, answeringRunner(202));
    await insertRuns(service.database, tenant, definitionIds, { dueSeconds: 1 });
    const runs = await service.database.sql`select id from workflow_runs where tenant_id = ${tenant.id}`;
    const { id } = runs[0] ?? {};
    await poison("acceptances", id);
    await service.sweep();
    const unaccepted = await service.database.sql`
      select id from workflow_runs where tenant_id = ${tenant.id} and dispatched_at is null`;
    expect(unaccepted).toEqual([{ id }]);
    expect(await readSetAside()).toMatchObject([{ step: "dispatches", row_id: id, tenant_id: tenant.id }]);
  });

  it("is left out by the sweep of its tenant by an alarm, which does the others", async () => {
    const things = await arrangeTenants(service, WORK.ends);
    const [{ id = "", tenant } = {}] = things;
    const ofTenant = things.filter((thing) => thing.tenant === tenant);
    await poison("ends", id);
    await sweepTenant(verbServices(service), tenant?.id ?? "");
    expect(await leftOf("ends", ofTenant)).toEqual([id]);
    expect(await readSetAside()).toMatchObject([{ step: "ends", row_id: id, tenant_id: tenant?.id }]);
    const [, requests] = await service.counted(() => sweepTenant(verbServices(service), tenant?.id ?? ""));
    expect(requests).toBe(1);
  });

  it.each(["ends", "dispatches", "stops", "firings", "notifications"] as const)(
    "in the step %s has no alarm fire before the end of its back-off",
    async (step) => {
      const things = await arrangeTenants(service, WORK[step]);
      for (const { id } of things) await poison(step, id);
      // A sweep looks for the rows that fail only as long as it has room. The next one goes on.
      await vi.waitFor(
        async () => {
          await service.sweep();
          expect(await readSetAside()).toHaveLength(things.length);
        },
        { timeout: 60_000, interval: 500 },
      );
      const tenantId = things[0]?.tenant.id ?? "";
      const told: TenantEffects[] = [];
      const { dueInMs, hasMoved } = await sweepTenant(verbServices(service, told), tenantId);
      expect(hasMoved).toBe(false);
      for (const due of [dueInMs, ...told.map(({ due_in_ms }) => due_in_ms)]) {
        if (due !== null) expect(due).toBeGreaterThan(20_000);
      }
      expect(dueInMs).not.toBeNull();
    },
  );

  it("is a tenant whose own sweep fails as a whole: its alarm waits for the end of the back-off", async () => {
    const [{ id = "", tenant } = {}] = await arrangeTenants(service, WORK.ends);
    const tenantId = tenant?.id ?? "";
    const { sql } = service.database;
    const failure = (row: string) => JSON.stringify([{ row_id: row, tenant_id: tenantId, message: "x" }]);
    await sql`select set_aside_failures('{}', 'ends', ${failure(tenantId)})`;
    const { dueInMs, hasMoved } = await sweepTenant(verbServices(service), tenantId);
    expect(hasMoved).toBe(false);
    expect(dueInMs).toBeGreaterThan(20_000);
    expect(await leftOf("ends", [{ id }])).toEqual([id]);
  });

  it("is an endpoint by its own id: nothing is claimed for it", async () => {
    const [{ id = "" } = {}] = await arrangeTenants(service, WORK.notifications);
    const { sql } = service.database;
    const [row] = await sql`select endpoint_id from notifications where id = ${id}`;
    const failure = JSON.stringify([{ row_id: row?.endpoint_id, tenant_id: null, message: "x" }]);
    await sql`select set_aside_failures('{}', 'notifications', ${failure})`;
    const claim = { endpointId: row?.endpoint_id, limit: 10 };
    expect((await perform(verbServices(service), claimNotifications, claim)).result.notifications).toEqual([]);
  });

  it("is a signal that is not kept any more, of its tenant", async () => {
    const { id: tenantId, definitionId, owner } = await createTenant(service.database);
    const { sql } = service.database;
    const [signal] = await sql`
      insert into kept_signals (tenant_id, workflow_definition_id, signal_id, name, correlation, hash, user_id, received_at)
      values (${tenantId}, ${definitionId}, 'a', 'paid', 'a', sha256('x'), ${owner.id}, statement_timestamp() - interval '8 days')
      returning id`;
    const [row] =
      await sql`select finish_deletions('{}', 10, ${[signal?.id]}, true) #> '{result,candidates}' as listed`;
    expect(row?.listed).toEqual([{ id: signal?.id, tenant_id: tenantId }]);
  });

  it("takes no place in the chunk of an alarm from what is overdue for a shorter time", async () => {
    const things = await arrangeTenants(service, WORK.ends);
    const tenantId = things[0]?.tenant.id ?? "";
    const [first = "", second = ""] = things.filter(({ tenant }) => tenant.id === tenantId).map(({ id }) => id);
    const { sql } = service.database;
    await sql`
      update workflow_runs set deadline_at = deadline_at - interval '1 second' where workflow_definition_id = ${first}`;
    await sql`
      select set_aside_failures('{}', 'ends', ${JSON.stringify([{ row_id: first, tenant_id: tenantId, message: "x" }])})`;
    await perform(verbServices(service), sweepDueOfTenant, { tenantId, limit: 1 });
    expect(await leftOf("ends", [{ id: first }, { id: second }])).toEqual([first]);
  });

  it("is named by the doctor and on Health to its own tenant only, and counted by /readyz", async () => {
    const things = await arrangeTenants(service, WORK.promotions);
    const [{ id = "", tenant } = {}] = things;
    const other = things.find((thing) => thing.tenant !== tenant)?.tenant;
    await poison("promotions", id);
    await service.sweep();
    const name = `starting runs that wait: workflow ${id} of tenant ${tenant?.id}`;

    const findings = judge(await diagnose(verbServices(service).db), undefined);
    expect(findings.filter(({ subject }) => subject === "set aside")).toMatchObject([
      { mark: "bad", text: expect.stringContaining(`${name}: failed once`) },
    ]);
    const ready = await service.fetch("/readyz");
    expect(ready.status).toBe(200);
    const counted = { step: "promotions", does: "starting runs that wait", failing: 1 };
    expect(await ready.json()).toMatchObject({
      set_aside: [{ ...counted, seconds_since_first: expect.any(Number) }],
    });
    expect(await healthOf(tenant?.owner.key ?? "")).toContain(name);
    expect(await healthOf(other?.owner.key ?? "")).not.toContain(id);
    expect(await healthOf(tenant?.user.key ?? "")).not.toContain(name);
  });

  it("as a whole step makes the service not ready", async () => {
    await service.database.sql`alter function fire_due rename to is_gone`;
    await service.sweep();
    await service.database.sql`alter function is_gone rename to fire_due`;
    // Nothing was due, so it was not called.
    expect((await service.fetch("/readyz")).status).toBe(200);
    await service.database.sql`
      select set_aside_failures('{}', 'firings', '[{"row_id": null, "tenant_id": null, "message": "x"}]')`;
    const answer = await service.fetch("/readyz");
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain("The sweep has not succeeded in firing triggers as a whole");
  });
});

const healthOf = async (key: string) => (await signIn(service, key)).read("/app/health");
