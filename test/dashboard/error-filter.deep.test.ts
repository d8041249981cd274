/** The list of runs, filtered by words of an error. */
import { describe, expect, it } from "vitest";
import { PAGE_SETTINGS } from "../support/browser.ts";
import { insertRun, makeOverdue } from "../support/lifecycle.ts";
import { openedTenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";

const service = await startService({ settings: PAGE_SETTINGS });
const { tenant, owner, user } = openedTenantOfEachTest(service);

const listed = (page: string) => [...page.matchAll(/<tr id="run-([0-9a-f-]{36})"/g)].map(([, id]) => id);

const linkIn = (page: string, text: string) =>
  new RegExp(`href="([^"]+)">${text}`).exec(page)?.[1]?.replaceAll("&amp;", "&") ?? "";

const fail = (error: string, userId = tenant.owner.id) =>
  insertRun(service.database, tenant, { status: "FAILED", error, userId });

describe("the list of runs, filtered by words of an error", () => {
  it("has the failed runs with them that the reader may see, in one database request, and counts them", async () => {
    const ids = [await fail("The disk of the archive is full."), await fail("Disk full.", tenant.user.id)];
    await fail("No such disk.");
    const completed = await insertRun(service.database, tenant, { status: "COMPLETED" });
    const [page, requests] = await service.counted(() => owner.read("/app/runs?error=disk+full"));
    expect([listed(page), requests]).toEqual([ids.toReversed(), 1]);
    expect(page).toMatch(/failed <span class="count">2</i);
    expect(page).toContain("All 2 that match");
    expect(listed(await user.read("/app/runs?error=disk+full"))).toEqual([ids[1]]);
    expect(listed(await owner.read(`/app/runs?error=disk+full&user=${tenant.user.id}`))).toEqual([ids[1]]);
    for (const query of ["error=disk&status=COMPLETED", "error=nothing", "error=disk&to=2020-01-01"]) {
      expect([query, await owner.read(`/app/runs?${query}`)]).toEqual([
        query,
        expect.stringContaining("No runs match."),
      ]);
    }
    expect(listed(await owner.read("/app/runs"))).toContain(completed);
  });

  it("finds the error of a deadline, before and after a sweep", async () => {
    const id = await insertRun(service.database, tenant, { status: "RUNNING" });
    await makeOverdue(service, id);
    expect(listed(await owner.read("/app/runs?error=timed+out"))).toEqual([id]);
    await service.sweep();
    expect(listed(await owner.read("/app/runs?error=timed+out"))).toEqual([id]);
  });

  it("is typed into the field for labels, and has a URL of its own", async () => {
    const sent = await owner.get("/app/runs?workflow=&find=disk+full&user=");
    expect([sent.status, sent.headers.get("Location")]).toEqual([303, "/app/runs?error=disk+full"]);
    const label = await owner.get("/app/runs?find=customer%3A4711");
    expect(label.headers.get("Location")).toBe("/app/runs?label=customer%3A4711");
    const mine = await owner.get("/app/runs?user=me");
    expect(mine.headers.get("Location")).toBe("/app/runs?mine=1");
    expect(await owner.read("/app/runs?error=disk+full")).toContain("Error: disk full");
  });

  it("is paged, also for words that very many errors have", async () => {
    const rare = [];
    for (let n = 0; n < 27; n++) rare.unshift(await fail(`Broken pipe ${n}`));
    const first = await owner.read("/app/runs?error=broken+pipe");
    expect(listed(first)).toEqual(rare.slice(0, 25));
    const second = await owner.read(linkIn(first, "Next"));
    expect(listed(second)).toEqual(rare.slice(25));
    expect(listed(await owner.read(linkIn(second, "← Previous")))).toEqual(rare.slice(0, 25));

    await service.database.sql`
      insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot, error,
        created_at, started_at, deadline_at, completed_at, updated_at, ended_by, failure_code)
      select gen_random_uuid(), tenant_id, workflow_definition_id, user_id, runner_type, 'FAILED', run_snapshot,
        case when n % 700 = 0 then 'Broken often' else 'Often' end,
        made.at, made.at, made.at + interval '1 minute', made.at, made.at, 'CALLBACK', 'REPORTED'
      from workflow_runs, generate_series(1, 2100) n,
        lateral (select created_at - n * interval '1 second' as at) made
      where id = ${rare.at(-1)}`;
    const often = await owner.read("/app/runs?error=often");
    expect(listed(often)).toHaveLength(25);
    expect(listed(await owner.read(linkIn(often, "Next")))).toHaveLength(25);
    // Of words that go together rarely, each page looks at 500 runs.
    const both = await owner.read("/app/runs?error=often&status=FAILED&from=2020-01-01");
    expect(listed(both)).toHaveLength(25);
    expect(listed(await owner.read("/app/runs?error=broken+often"))).toHaveLength(3);
  });
});
