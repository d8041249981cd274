import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Browser, openTenant, PAGE_SETTINGS } from "../support/browser.ts";
import { insertRun } from "../support/lifecycle.ts";
import { type Service, startService } from "../support/service.ts";
import type { TestTenant } from "../support/tenant.ts";

let service: Service;
let tenant: TestTenant;
let owner: Browser;
let user: Browser;

beforeAll(async () => {
  service = await startService({ settings: PAGE_SETTINGS });
});

beforeEach(async () => {
  ({ tenant, owner, user } = await openTenant(service));
});

/** A run that was triggered so many hours ago, waited for a second and took one minute. */
const ended = (hoursAgo: number, status: "COMPLETED" | "FAILED" = "COMPLETED") =>
  insertRun(service.database, tenant, { status, overdueSeconds: hoursAgo * 3600 - 301 });

/** The steps with runs in the chart of outcomes: their labels and links. */
const stepsIn = (html: string) =>
  [...html.matchAll(/<a href="([^"]+)" class="step" aria-label="[^"]*?: (\d+ completed, \d+ failed)"/g)].map(
    ([, href = "", words = ""]) => ({ href: href.replaceAll("&amp;", "&"), words }),
  );

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
    expect(html).toMatch(/Wait, median<\/dt><dd>1 s.*Run time, 95 % within<\/dt><dd>1 min/s);
    expect(html).toMatch(/aria-label="[^"]*: wait 1 s, 95 % within 1 s; run time 1 min/);
    expect(html).toContain(": nothing to measure");
  });

  it("show an hour, a day or a week", async () => {
    for (const hours of [0.2, 20, 100]) await ended(hours);
    const totals = [];
    for (const period of ["1h", "24h", "7d", "nonsense"]) {
      const html = await owner.read(`${path()}?period=${period}`);
      totals.push(/Triggered in the last ([^<]+?) <small class="muted">(\d+)/.exec(html)?.slice(1).join(": "));
    }
    expect(totals).toEqual(["1 h: 1", "24 h: 2", "7 d: 3", "24 h: 2"]);
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
  expect(await overdueOn(owner)).toEqual(["0", "none waits for the sweep"]);
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
