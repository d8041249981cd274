import { describe, expect, it } from "vitest";
import { type Browser, PAGE_SETTINGS } from "../support/browser.ts";
import { insertRun } from "../support/lifecycle.ts";
import { openedTenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";
import { settle } from "../support/settle.ts";
import { addWorkflow } from "../triggers/second-workflow.ts";

const service = await startService({ settings: PAGE_SETTINGS });
const { tenant, owner, user } = openedTenantOfEachTest(service);

/** A run that was triggered so many hours ago, waited for a second and took one minute. */
const ended = (hoursAgo: number, status: "COMPLETED" | "FAILED" = "COMPLETED") =>
  insertRun(service.database, tenant, { status, overdueSeconds: hoursAgo * 3600 - 301 });

/** Inserts the events of the ended runs, which the sweep adds to its sums. */
async function tellEnds(): Promise<void> {
  await service.database.sql`
    insert into workflow_run_events (tenant_id, run_id, attempt, type, at)
    select tenant_id, id, attempt, happened.* from workflow_runs, lateral (values ('TRIGGERED', created_at), ('STARTED', started_at),
      (status, completed_at)) happened (type, at) where tenant_id = ${tenant.id} and completed_at is not null`;
  await settle(service, tenant);
}

/** The steps with runs in the chart of outcomes: their words and links. */
const stepsIn = (html: string) =>
  [
    ...html.matchAll(
      /<a href="([^"]+)"><span class="tip[^>]*>[^:]*(?:<[^>]*>[^<]*){4}: ([\d,]+ completed, [\d,]+ failed)</g,
    ),
  ].map(([, href = "", words = ""]) => ({ href: href.replaceAll("&amp;", "&"), words }));

const idsIn = (html: string) => [...html.matchAll(/<tr id="run-([0-9a-f-]{36})"/g)].map(([, id]) => id);

describe.each(["/app/health", "/app/workflows/"])("the charts of %s", (page) => {
  const path = () => (page.endsWith("/") ? page + tenant.definitionId : page);

  it("link from each step to exactly its runs, in one database request", async () => {
    const [two, one] = [[await ended(2.1, "FAILED"), await ended(2.1)], [await ended(9.1)]];
    await ended(30);
    const [response, requests] = await service.counted(() => owner.get(path()));
    const html = await response.text();
    expect([requests, html.includes("2 completed, 1 failed</small>")]).toEqual([1, true]);
    const steps = stepsIn(html);
    expect(steps.map(({ words }) => words)).toEqual(["1 completed, 0 failed", "1 completed, 1 failed"]);
    const lists = [];
    for (const { href } of steps) lists.push(idsIn(await owner.read(href)).toSorted());
    expect(lists).toEqual([one, two.toSorted()]);
  });

  it("have gaps where no run was, and say how long half of the runs and 95 % of them waited and took", async () => {
    for (const hours of [1.1, 2.1, 6.1, 7.1]) await ended(hours);
    const html = await owner.read(path());
    const line = /<g class="line run"><path d="([^"]+)"/.exec(html)?.[1];
    // Two lines of two points each.
    expect(line).toMatch(/^M[\d.,]+L[\d.,]+M[\d.,]+L[\d.,]+$/);
    expect(html).toMatch(/Wait, median<\/dt><dd>1 s.*Run time, p95<\/dt><dd>1 min/s);
    expect(html).toMatch(/<\/time>: wait 1 s, p95 1 s; run time 1 min/);
    // Nothing is drawn where nothing ran, and there is nothing to press either.
    expect([html.match(/<rect class="(up|down)"/g)?.length, stepsIn(html).length]).toEqual([4, 4]);
  });

  it("show an hour, a day, a week, a month or three, and how many runs there were before", async () => {
    for (const hours of [0.2, 20, 30, 100]) await ended(hours);
    // Runs of long ago that were deleted have left sums.
    const at = (days: number) => [tenant.definitionId, tenant.id].map((id) => [id, days]);
    const sums = [...at(20), ...at(50), ...at(170)];
    await tellEnds();
    await service.sweep();
    await service.database.sql`
      insert into run_sums (of_id, per, begins_at, tenant_id, completed, failed, waits, run_times)
      select of_id, 'day', date_trunc('day', statement_timestamp(), 'UTC') - make_interval(days => days), ${tenant.id}, 10, 4, 14 * histogram_of(1),
        10 * histogram_of(60)
      from jsonb_to_recordset(${JSON.stringify(sums.map(([of_id, days]) => ({ of_id, days })))}) given (of_id uuid, days int)`;
    const totals = [];
    for (const period of ["1h", "24h", "7d", "30d", "90d", "nonsense"]) {
      const [html, requests] = await service.counted(() => owner.read(`${path()}?period=${period}`));
      expect([period, requests]).toEqual([period, 1]);
      const [, now] = /ed in the last ([^<]+? <small class="muted">\d+ completed, \d+ failed)/.exec(html) ?? [];
      const [, before] = /<p class="before muted">In the ([^<]*?)\s*</.exec(html) ?? [];
      totals.push([now?.replace(/<[^>]+>/g, ""), before]);
    }
    expect(totals).toEqual([
      ["1 h 1 completed, 0 failed", "1 h before: no run has ended"],
      ["24 h 2 completed, 0 failed", "24 h before: 1 completed, 0 failed"],
      ["7 d 4 completed, 0 failed", "7 d before: no run has ended"],
      ["30 d 14 completed, 4 failed", "30 d before: 10 completed, 4 failed"],
      ["90 d 24 completed, 8 failed", "90 d before: 10 completed, 4 failed"],
      ["24 h 2 completed, 0 failed", "24 h before: 1 completed, 0 failed"],
    ]);
    const month = await owner.read(`${path()}?period=30d`);
    expect(month).toMatch(/<p class="before muted">[^<]*<span class="trend better">▼ better<\/span>/);
    expect(month).toMatch(/Run time, p95<\/dt><dd>[^<]*<small class="muted"> before 1 min/);
    expect(stepsIn(month).map(({ words }) => words)).toContain("10 completed, 4 failed");
  });
});

describe("a chart", () => {
  /** Adds ended runs that were triggered one second apart, the last of them so many seconds ago, or so many before another instant. */
  const insertMany = (count: number, secondsAgo: number, status: "COMPLETED" | "FAILED", before = "now") => service
    .database.sql`
    insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot,
      created_at, started_at, deadline_at, completed_at, updated_at, ended_by, error, failure_code)
    select gen_random_uuid(), ${tenant.id}, ${tenant.definitionId}, ${tenant.owner.id}, 'SELF_HOSTED', ${status}, '{}',
      made.at, made.at + interval '2 seconds', made.at + interval '1 hour', made.at + interval '12 seconds', made.at, 'CALLBACK',
      case when ${status} = 'FAILED' then 'no' end, case when ${status} = 'FAILED' then 'REPORTED' end
    from generate_series(1, ${count}::int) n,
      lateral (select ${before}::timestamptz - (${secondsAgo}::int + n) * interval '1 second' as at) made`;

  it("counts every run, however many there are in a step", async () => {
    await insertMany(1_862, 60, "COMPLETED");
    await insertMany(601, 60, "FAILED");
    for (const path of ["/app/health?period=24h", `/app/workflows/${tenant.definitionId}?period=1h`]) {
      const [html, requests] = await service.counted(() => owner.read(path));
      const sums = /<small class="muted">([\d,]+ completed, [\d,]+ failed)/.exec(html)?.[1];
      expect([path, sums, requests]).toEqual([path, "1,862 completed, 601 failed", 1]);
      expect(html).not.toContain("Only the steps");
    }
  });

  it("says that nothing ran, and draws only the axes, and how much it shows", async () => {
    for (const [path, most] of [
      ["/app/health?period=100d", "90 days"],
      ["/app/health?from=2020-01-01&to=2020-02-01", "7 days"],
    ] as const) {
      const html = await owner.read(path);
      expect(html).toContain(`Charts show up to ${most}, so these are the last ${most} of that time.`);
      expect(html).toContain("no run has ended");
      expect(html).toContain('<path class="axis zero"');
      expect(html).not.toMatch(/<rect class="(up|down)"/);
    }
  });

  it("covers exactly the minutes by which the list is filtered, the first instant included, and the list links to it", async () => {
    const minute = (secondsAgo: number) => `${new Date(Date.now() - secondsAgo * 1000).toISOString().slice(0, 16)}Z`;
    const from = minute(3_600);
    await insertMany(1, 1_000, "COMPLETED");
    await insertMany(1, 3_000, "COMPLETED");
    await insertMany(1, 5_000, "COMPLETED");
    await insertMany(1, -1, "COMPLETED", from);
    const time = new URLSearchParams({ from, to: minute(2_000) }).toString();
    const list = await owner.read(`/app/runs?${time}`);
    expect(list).toContain(`<a href="/app/health?${time.replace("&", "&amp;")}">Chart of this time</a>`);
    const html = await owner.read(`/app/health?${time}`);
    const one = "1 completed, 0 failed";
    expect([idsIn(list).length, stepsIn(html).map(({ words }) => words)]).toEqual([2, [one, one]]);
    const [atFirst, later] = stepsIn(html);
    for (const [place, step] of [later, atFirst].entries()) {
      expect(idsIn(await owner.read(step?.href ?? ""))).toEqual([idsIn(list)[place]]);
    }
    const ofWorkflow = await owner.read(`/app/runs?workflow=${tenant.definitionId}&range=1h`);
    expect(ofWorkflow).toContain(`<a href="/app/workflows/${tenant.definitionId}?period=1h">Chart of this time</a>`);
  });

  it("has above it the percentiles of all its runs, and not those of most of them", async () => {
    for (let n = 0; n < 3; n++) await ended(2.1);
    // The other one is of another workflow, state and hour, and has waited for a minute.
    const other = { ...tenant, definitionId: await addWorkflow(service.database, tenant) };
    const slow = await insertRun(service.database, other, { status: "FAILED", overdueSeconds: 9 * 3600 });
    await service.database.sql`
      update workflow_runs set created_at = started_at - interval '1 minute' where id = ${slow}`;
    expect(await owner.read("/app/health")).toMatch(/Wait, median<\/dt><dd>1 s<.*Wait, p95<\/dt><dd>51 s</s);
  });

  it("has beside it how long the runs of each workflow waited and took", async () => {
    await insertMany(3, 60, "COMPLETED");
    const row =
      /<table class="list by-workflow">.*<tbody>(.*?)<\/tbody>/s.exec(await owner.read("/app/health"))?.[1] ?? "";
    expect(
      row
        .replaceAll(/<[^>]+>/g, "|")
        .split(/\|+/)
        .filter(Boolean),
    ).toEqual(["Test", "3 runs", "0", "2 s", "2 s", "10 s", "10 s"]);
    expect(row).toContain(`href="/app/workflows/${tenant.definitionId}?period=24h"`);
    // The runs of the OWNER are of a workflow that the USER may not see.
    expect(await user.read("/app/health")).not.toContain("by-workflow");
  });
});

it("counts for a USER only the runs that they see, and a run whose deadline has passed as FAILED", async () => {
  await ended(2.1);
  await insertRun(service.database, tenant, { status: "RUNNING", userId: tenant.user.id, overdueSeconds: 60 });
  expect(stepsIn(await user.read("/app/health")).map(({ words }) => words)).toEqual(["0 completed, 1 failed"]);
  expect(stepsIn(await owner.read("/app/health"))).toHaveLength(2);
});

it("counts the runs that no sweep has ended yet: overdue ones, and those that have expired", async () => {
  const tile = /aria-label="Overdue now">.*?<p class="big">(\d+)<\/p><p class="muted">([^<]+)</s;
  const overdueOn = async (reader: Browser) => tile.exec(await reader.read("/app/health"))?.slice(1);
  expect(await overdueOn(owner)).toEqual(["0", "none is beyond its deadline"]);
  await insertRun(service.database, tenant, { status: "RUNNING", overdueSeconds: 60 });
  const expired = [await insertRun(service.database, tenant, { status: "PENDING", userId: tenant.user.id })];
  expired.push(await insertRun(service.database, tenant, { status: "PENDING" }));
  await service.database.sql`
    update workflow_runs set deadline_at = statement_timestamp() - interval '5 minutes' where id = any (${expired}::uuid[])`;
  expect(await overdueOn(owner)).toEqual(["3", "the oldest for 5 min"]);
  expect(await overdueOn(user)).toEqual(["1", "the oldest for 5 min"]);
});

it("tells an OWNER the kind and the age of an old snapshot of the database, and nothing else of it", async () => {
  const { sql } = service.database;
  expect(await owner.read("/app/health")).not.toContain("Old snapshots");
  // Sessions cannot be back-dated, so the threshold is none.
  const [definition] = await sql`select pg_get_functiondef('public.old_snapshots'::regproc) as text`;
  await sql.query(String(definition?.text).replace("DEFAULT 60", "DEFAULT 0"));
  const open = sql`select pg_sleep(600), 'of another tenant'`.catch(() => {});
  await expect.poll(() => owner.read("/app/health")).toContain("Old snapshots");
  const ofOwner = await owner.read("/app/health");
  const ofUser = await user.read("/app/health");
  expect(ofOwner).toMatch(/<p>A transaction has kept one open for less than a minute\.<\/p>/);
  expect(ofOwner).not.toMatch(/pg_sleep|of another tenant|postgres|harness/);
  expect(ofUser).not.toContain("Old snapshots");
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(600)%' and pid <> pg_backend_pid()`;
  await open;
  await sql.query(String(definition?.text));
});

it("says how late at most the sweep recorded a time-out", async () => {
  for (const lagMs of [30_000, 4_000]) {
    const runId = await ended(1, "FAILED");
    await service.database.sql`
      insert into workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
      values (${tenant.id}, ${runId}, 1, 'TIMED_OUT', statement_timestamp(), ${JSON.stringify({ lag_ms: lagMs })}::jsonb)`;
  }
  expect(await owner.read("/app/health")).toMatch(/2 runs timed out\..*at most 30 s later/s);
});

describe("what waits", () => {
  const setHandover = (handover: "lease" | "webhook") =>
    service.database.sql`update workflow_definitions set handover = ${handover} where id = ${tenant.definitionId}`;

  /** A run that has waited in the queue for so long. */
  const waiting = async (seconds: number) => {
    const id = await insertRun(service.database, tenant, { status: "PENDING" });
    await service.database.sql`
      insert into workflow_run_events (tenant_id, run_id, attempt, type, at)
      values (${tenant.id}, ${id}, 1, 'TRIGGERED', statement_timestamp() - ${seconds}::int * interval '1 second')`;
    return id;
  };

  const tile = (html: string) =>
    /class="card tile (good|bad)" aria-label="Waiting runs">.*?<p class="big">([^<]+)<\/p><p class="muted">([^<]+)</s
      .exec(html)
      ?.slice(1);
  const card = (html: string) =>
    /aria-label="What waits">(.*?)<\/section>/s
      .exec(html)?.[1]
      ?.replaceAll(/<[^>]+>/g, " ")
      .replaceAll(/\s+/g, " ")
      .trim();

  it("is nothing at first", async () => {
    const html = await owner.read("/app/health");
    expect([tile(html), card(html)]).toEqual([["good", "0", "none is in a queue"], "What waits No run waits."]);
  });

  it("is red when a slot is free and nobody asks, and not when a runner does", async () => {
    await setHandover("lease");
    await waiting(130);
    await waiting(60);
    const [dead, requests] = await service.counted(() => owner.read("/app/health"));
    expect([tile(dead), card(dead), requests]).toEqual([
      ["bad", "2", "the oldest for 2 min; 1 workflow does not move: see below"],
      "What waits Test does not move 2 runs, the first for 2 min No runner asks for them.",
      1,
    ]);
    expect(dead).not.toContain("Runners with a URL");
    await service.database.sql`
      insert into runner_sessions (id, tenant_id, api_key_id, name, capacity, expires_at)
      select gen_random_uuid(), tenant_id, id, 'Attic', 1, statement_timestamp() + interval '1 hour'
      from api_keys where user_id = ${tenant.owner.id}`;
    expect(tile(await owner.read("/app/health"))?.[0]).toBe("good");
    // The runner was last heard of two minutes ago, so it may be dead.
    await service.database.sql`
      update runner_sessions set last_seen_at = statement_timestamp() - interval '2 minutes' where tenant_id = ${tenant.id}`;
    expect(tile(await owner.read("/app/health"))?.[0]).toBe("bad");
    // Of a workflow that the USER may not see, they are told nothing.
    expect(tile(await user.read("/app/health"))).toEqual(["good", "0", "none is in a queue"]);
    await setHandover("webhook");
  });

  it("says why: no slot, paused, without a runner, later", async () => {
    await insertRun(service.database, tenant, { status: "RUNNING" });
    await waiting(60);
    const later = await insertRun(service.database, tenant, { status: "PENDING" });
    await service.database.sql`
      update workflow_runs set queue_position = null, not_before = statement_timestamp() + interval '1 hour' where id = ${later}`;
    const reads = [card(await owner.read("/app/health"))];
    for (const change of [
      "is_active = false",
      "is_active = true, runner_url = null, webhook_secret_encrypted = null",
    ]) {
      await service.database.sql.query(`update workflow_definitions set ${change} where id = '${tenant.definitionId}'`);
      reads.push(card(await owner.read("/app/health")));
    }
    expect(reads).toEqual([
      "What waits Test 1 run, the first for 1 min; 1 run later They start when a slot is free.",
      "What waits Test 1 run, the first for 1 min; 1 run later The workflow is paused.",
      "What waits Test does not move 1 run, the first for 1 min; 1 run later The workflow has no runner.",
    ]);
  });
});

it("lists runners of both kinds with when they were last seen, and names one that is silent while it holds a run", async () => {
  const runId = await insertRun(service.database, tenant, { status: "RUNNING" });
  await service.database.sql`
    with session as (
      insert into runner_sessions (id, tenant_id, api_key_id, name, capacity, last_seen_at, expires_at)
      select gen_random_uuid(), tenant_id, id, 'Attic', 2, statement_timestamp() - interval '5 minutes', statement_timestamp() + interval '1 hour'
      from api_keys where user_id = ${tenant.owner.id}
      returning id, tenant_id
    )
    insert into running_attempts (run_id, tenant_id, attempt, session_id, lease_request_id, lease_seconds, lease_expires_at, heartbeat_at)
    select ${runId}, tenant_id, 1, id, id, 60, statement_timestamp() + interval '15 seconds', statement_timestamp() - interval '45 seconds' from session`;
  await service.database.sql`
    update workflow_runs set dispatched_at = statement_timestamp() - interval '3 minutes' where id = ${runId}`;
  const words = (html: string) => html.replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ");
  for (const path of ["/app/health", "/app/runners"]) {
    const page = words(await owner.read(path));
    expect(page).toMatch(/Attic holds 1 of 2 runs and is silent , last seen just now/);
    expect(page).toMatch(/https?:\/\/[^ ]+ for Test last seen 3 min ago/);
  }
  await service.database.sql`
    update running_attempts set lease_expires_at = statement_timestamp() + interval '60 seconds', heartbeat_at = statement_timestamp()
    where run_id = ${runId}`;
  expect(words(await owner.read("/app/health"))).toMatch(/Attic holds 1 of 2 runs, last seen/);
  expect(await user.read("/app/health")).not.toContain("Attic");
});

it("shows a USER sums of more than a day only of the workflows that they may read today", async () => {
  const { sql } = service.database;
  await insertRun(service.database, tenant, { status: "COMPLETED", userId: tenant.user.id });
  await tellEnds();
  await service.sweep();
  const of = async (path: string) => {
    const html = await user.read(`${path}?period=30d`);
    return [
      /<small class="muted">([^<]*)<\/small>/.exec(html.slice(html.indexOf("Ended in the last")))?.[1],
      html.includes("by-workflow"),
    ];
  };
  const sees = { "/app/health": ["1 completed, 0 failed", true], other: ["no run has ended", false] };
  expect(await of("/app/health")).toEqual(sees.other);
  const [permission] = await sql`
    insert into user_permissions (id, tenant_id, user_id, path_part_id, capability)
    select gen_random_uuid(), tenant_id, ${tenant.user.id}, path_part_id, 'READ_ONLY' from workflow_definitions where id = ${tenant.definitionId}
    returning id`;
  expect(await of("/app/health")).toEqual(sees["/app/health"]);
  expect((await of(`/app/workflows/${tenant.definitionId}`))[0]).toBe("1 completed, 0 failed");
  await sql`delete from user_permissions where id = ${permission?.id}`;
  expect(await of("/app/health")).toEqual(sees.other);
});
