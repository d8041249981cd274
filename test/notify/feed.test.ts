import { describe, expect, it } from "vitest";
import { END_EVENT_TYPES, EVENT_NAMES, EVENT_TYPES } from "../../src/db/enums.ts";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { holdTransaction } from "../support/held-transaction.ts";
import { callBack, invoke, makeOverdue, readEvents, readRun } from "../support/lifecycle.ts";
import { permit } from "../support/path-parts.ts";
import { readFeed, readFeedPage } from "../support/read-feed.ts";
import { startService } from "../support/service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

const service = await startService();

const newTenant = () => createTenant(service.database, { runnerUrl: BUSY_RUNNER });
const feedOf = async (tenant: TestTenant, query: string[] = []) =>
  (await readFeed(service, tenant.owner.key, query)).items;

describe("the names of events", () => {
  it("are the same in SQL and in the table of the document", async () => {
    const rows = await service.database.sql`
      select type, public.event_name(type) as name from unnest(${[...EVENT_TYPES]}::text[]) type`;
    expect(Object.fromEntries(rows.map(({ type, name }) => [type, name]))).toEqual(EVENT_NAMES);
  });

  it("have one name for each end of an attempt, of which the database accepts one event", async () => {
    const [index] = await service.database.sql`
      select pg_get_indexdef('workflow_run_events_end_key'::regclass) as definition`;
    const named = String(index?.definition)
      .match(/'[A-Z_]+'/g)
      ?.map((name) => name.slice(1, -1));
    expect(named?.toSorted()).toEqual(END_EVENT_TYPES.toSorted());

    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    await callBack(service, tenant, runId, { status: "COMPLETED" });
    await expect(
      service.database.sql`
        insert into workflow_run_events (tenant_id, run_id, attempt, type) values (${tenant.id}, ${runId}, 1, 'STOPPED')`,
    ).rejects.toThrow("workflow_run_events_end_key");
  });
});

describe("the feed", () => {
  it("has every event of every run once, with the same ids as /events, in pages of any size", async () => {
    const tenant = await newTenant();
    const first = await invoke(service, tenant);
    const second = await invoke(service, tenant);
    await callBack(service, tenant, first, { status: "FAILED", error: "No paper." });
    await service.send("POST", `/v1/workflow-runs/${second}/stop`, tenant.owner.key);
    const all = await feedOf(tenant);
    for (const runId of [first, second]) {
      const events = await readEvents(service, tenant, runId);
      const mine = all.filter((event) => event.run_id === runId);
      expect(mine.map(({ id }) => id)).toEqual(events.map((event) => String((event as { id?: number }).id)));
      expect(mine.map(({ type }) => type)).toEqual(
        events.map(({ type }) => EVENT_NAMES[type as keyof typeof EVENT_NAMES]),
      );
    }
    expect(all.find(({ type }) => type === "workflow_run.failed")).toMatchObject({
      run_id: first,
      workflow_definition_id: tenant.definitionId,
      attempt: 1,
      detail: { failure_code: "REPORTED" },
    });
    for (const limit of [1, 3, 100]) expect(await feedOf(tenant, [`limit=${limit}`])).toEqual(all);
  });

  it("has the event of a deadline when it is recorded, with the instant at which the run ended", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    const { cursor } = await readFeed(service, tenant.owner.key);
    await makeOverdue(service, runId, 5);
    const ended = await readRun(service, tenant, runId);
    expect(ended.status).toBe("FAILED");
    expect((await readFeed(service, tenant.owner.key, [], cursor)).items).toEqual([]);
    await service.sweep();
    const { items } = await readFeed(service, tenant.owner.key, [], cursor);
    expect(items).toMatchObject([
      { type: "workflow_run.failed", at: ended.completed_at, detail: { failure_code: "UNREACHED" } },
    ]);
  });

  it("can be filtered by types and by workflow", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    await callBack(service, tenant, runId, { status: "COMPLETED" });
    const types = async (...query: string[]) => (await feedOf(tenant, query)).map(({ type }) => type);
    expect(await types("types=workflow_run.started", "types=workflow_run.completed")).toEqual([
      "workflow_run.started",
      "workflow_run.completed",
    ]);
    expect(await types(`workflow_definition_id=${tenant.definitionId}`)).toEqual(await types());
    expect(await types(`workflow_definition_id=${tenant.id}`)).toEqual([]);
    const refused = await service.get("/v1/events?types=COMPLETED&after=1.2", tenant.owner.key);
    expect(refused.status).toBe(422);
    const { detail } = await refused.json<{ detail: { loc: string[] }[] }>();
    expect(detail.map(({ loc }) => loc.slice(0, 2).join("."))).toEqual(["query.after", "query.types"]);
  });

  it.each(["2147483648.1.1", "1.18446744073709551616.1", "1.1.9223372036854775808", "1.-1.1", "1.1", "a.b.c"])(
    "refuses the position %s, which the database could not compare",
    async (after) => {
      const { owner } = await newTenant();
      expect((await service.get(`/v1/events?after=${after}`, owner.key)).status).toBe(422);
    },
  );

  it("shows a USER only events of the runs that they may see", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    const mine = async () => (await readFeed(service, tenant.user.key)).items;
    expect(await mine()).toEqual([]);
    const [part] = await service.database.sql`
      select path_part_id as id from workflow_definitions where id = ${tenant.definitionId}`;
    await permit(service.database, tenant, String(part?.id), "READ_ONLY");
    expect(await mine()).toEqual(await feedOf(tenant));
    expect((await mine()).every(({ run_id }) => run_id === runId)).toBe(true);
    expect(await feedOf(await newTenant())).toEqual([]);
  });

  it("continues although the caller may not see many events at its beginning", async () => {
    const tenant = await newTenant();
    const hidden = await invoke(service, tenant);
    await service.database.sql`
      insert into workflow_run_events (tenant_id, run_id, attempt, type)
      select ${tenant.id}, ${hidden}, 1, 'DISPATCH_FAILED' from generate_series(1, 1100)`;
    await service.database.sql`
      insert into workflow_run_events (tenant_id, run_id, attempt, type)
      select tenant_id, id, 1, 'LATE_RESULT' from workflow_runs where id = ${hidden}`;
    const types = ["types=workflow_run.late_result"];
    await feedOf(tenant);
    const page = await readFeedPage(service, tenant.owner.key, null, types);
    expect(page).toMatchObject({ items: [], has_more: true });
    expect(await feedOf(tenant, types)).toHaveLength(1);
  });

  it("does not have events of a deleted run, and a cursor at one of these stays valid", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    await callBack(service, tenant, runId, { status: "COMPLETED" });
    const { cursor } = await readFeed(service, tenant.owner.key);
    await service.send("DELETE", `/v1/workflow-runs/${runId}`, tenant.owner.key);
    expect(await feedOf(tenant)).toEqual([]);
    const next = await invoke(service, tenant);
    const { items } = await readFeed(service, tenant.owner.key, [], cursor);
    expect(new Set(items.map(({ run_id }) => run_id))).toEqual(new Set([next]));
  });

  it("holds back events that are younger than an open transaction, and then shows all in the order of the transactions", async () => {
    const tenant = await newTenant();
    const { sql } = service.database;
    const runId = await invoke(service, tenant);
    const { cursor } = await readFeed(service, tenant.owner.key);
    const slow = sql`
      insert into workflow_run_events (tenant_id, run_id, attempt, type, detail)
      values (${tenant.id}, ${runId}, 1, 'LATE_RESULT', '{"is": "slow"}')`;
    const { letGo } = await holdTransaction(service.database, [slow]);
    // A younger transaction commits before it.
    await sql`
      insert into workflow_run_events (tenant_id, run_id, attempt, type, detail)
      values (${tenant.id}, ${runId}, 1, 'LATE_RESULT', '{"is": "quick"}')`;
    expect(await readFeedPage(service, tenant.owner.key, cursor)).toMatchObject({ items: [], holds_back: true });
    await letGo();
    const { items } = await readFeed(service, tenant.owner.key, [], cursor);
    expect(items.map(({ detail }) => detail?.is)).toEqual(["slow", "quick"]);
  });

  it("puts new events after all restored ones once a new epoch has begun", async () => {
    const own = await startService();
    const tenant = await createTenant(own.database, { runnerUrl: BUSY_RUNNER });
    const before = await invoke(own, tenant);
    // As after a restore into a cluster whose transactions have lower numbers.
    await own.database.sql`
      update workflow_run_events set xid = (xid::text::numeric + 1000000000)::text::xid8 where tenant_id = ${tenant.id}`;
    expect(await readFeedPage(own, tenant.owner.key, null)).toMatchObject({ items: [], holds_back: true });
    expect(await own.database.sql`select public.raise_event_epoch() as epoch`).toEqual([{ epoch: 2 }]);
    expect(await readFeedPage(own, tenant.owner.key, null)).toMatchObject({ holds_back: false });
    const restored = await readFeed(own, tenant.owner.key);
    expect(new Set(restored.items.map(({ run_id }) => run_id))).toEqual(new Set([before]));
    const after = await invoke(own, tenant);
    const { items } = await readFeed(own, tenant.owner.key, [], restored.cursor);
    expect(Number(items[0]?.id)).toBeGreaterThan(1_000_000_000);
    expect(new Set(items.map(({ run_id }) => run_id))).toEqual(new Set([after]));
  });
});
