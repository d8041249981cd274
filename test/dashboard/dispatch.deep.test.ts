/** What the pages say about a run whose runner does not accept it. */
import { beforeEach, describe, expect, it } from "vitest";
import { type Browser, PAGE_SETTINGS, signIn } from "../support/browser.ts";
import { BUSY_RUNNER, startFakeRunner } from "../support/fake-runner.ts";
import { invoke, makeOverdue } from "../support/lifecycle.ts";
import { permit } from "../support/path-parts.ts";
import { startService } from "../support/service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

const NAME = "Test";

const service = await startService({ settings: PAGE_SETTINGS });
let tenant: TestTenant;
let owner: Browser;
let user: Browser;

beforeEach(async () => {
  tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
  [owner, user] = await Promise.all([signIn(service, tenant.owner.key), signIn(service, tenant.user.key)]);
});

/** The phases of a run, as the label of its time bar lists them. */
const phasesIn = (html: string) => {
  const [, label = ""] = /<svg class="time-bar"[^>]* aria-label="([^"]*)"/.exec(html) ?? [];
  return label
    .replace(/^Attempt \d+: |;.*$/g, "")
    .split(", ")
    .map((phase) => phase.split(" ")[0]);
};

/** What the page Health shows about failing runners: the number of workflows, and the list. */
async function readFailing(browser: Browser): Promise<{ count: string | undefined; list: string }> {
  const html = await browser.read("/app/health");
  const tile = /aria-label="Failing runners">.*?<p class="big">(\d+)<\/p>/s.exec(html);
  return { count: tile?.[1], list: html.slice(html.lastIndexOf("<h2>Failing runners</h2>")) };
}

const linkToWorkflow = () => `<a href="/app/workflows/${tenant.definitionId}">`;

describe("a run that no runner has taken yet", () => {
  it("says so on its page, with the last answer and the time of the next try", async () => {
    const id = await invoke(service, tenant);
    const html = await owner.read(`/app/runs/${id}`);
    expect(phasesIn(html)).toEqual(["Dispatching"]);
    expect(html).toContain("No runner has taken it yet: 1 try, the last: The runner answered 503");
    expect(html).toContain("Dispatch failed");
    expect(html).toMatch(/Next try: <time datetime="\d{4}-/);
    await makeOverdue(service, id);
    expect(await owner.read(`/app/runs/${id}`)).toMatch(/>Last answer<.{1,60}>The runner answered 503/s);
  });

  it("is counted by Health, which names its workflow", async () => {
    expect(await readFailing(owner)).toMatchObject({
      count: "0",
      list: expect.stringContaining("Every runner accepts its runs."),
    });
    await invoke(service, tenant);
    const { count, list } = await readFailing(owner);
    expect([count, list.includes(linkToWorkflow())]).toEqual(["1", true]);
    expect(list).toContain("1 run being tried");
    expect(list).toContain("answered 503");
  });

  it("shows the new time when its dispatch is postponed, and is counted by Health", async () => {
    await service.database.sql`
      update workflow_definitions set runner_url = 'http://127.0.0.1:9/' where id = ${tenant.definitionId}`;
    const id = await invoke(service, tenant);
    await service.database.sql`delete from workflow_run_events where run_id = ${id} and type = 'DISPATCH_FAILED'`;
    await service.database.sql`
      insert into workflow_run_events (tenant_id, run_id, attempt, type, detail)
      values (${tenant.id}, ${id}, 1, 'DISPATCH_POSTPONED',
        '{"reason": "The runner did not answer another run.", "next_try_at": "2030-01-31T12:00:00.000Z"}')`;
    const html = await owner.read(`/app/runs/${id}`);
    expect(html).toContain("Dispatch postponed");
    expect(html).toContain("The runner did not answer another run.");
    expect(html).toContain('Next try: <time datetime="2030-01-31T12:00:00.000Z"');
    expect((await readFailing(owner)).list).toContain("1 run being tried");
  });
});

describe("a run that ended before any runner had accepted it", () => {
  it("says so with its error and its bar, and is counted by Health, before and after the sweep", async () => {
    const id = await invoke(service, tenant);
    await makeOverdue(service, id);
    for (const when of ["before", "after"]) {
      const html = await owner.read(`/app/runs/${id}`);
      expect([when, phasesIn(html)]).toEqual([when, ["Dispatching"]]);
      expect(html).toContain("The runner never took it: 1 try, the last: answered 503");
      const { count, list } = await readFailing(owner);
      expect([when, count, list.includes(linkToWorkflow())]).toEqual([when, "1", true]);
      expect(list).toContain("1 run never accepted");
      expect(list).toContain("The runner never took it");
      await service.sweep();
    }
  });

  it("is shown to the USER who triggered it, without a link to a workflow that they may not see", async () => {
    const { sql } = service.database;
    const [node] = await sql`select path_part_id as id from workflow_definitions where id = ${tenant.definitionId}`;
    const parts = [String(node?.id), tenant.sourcesId, tenant.instructionsId];
    await Promise.all(parts.map((part) => permit(service.database, tenant, part, "READ_ONLY")));
    await permit(service.database, tenant, tenant.outputsId, "READ_WRITE");
    await invoke(service, tenant, tenant.user.key);
    expect((await readFailing(user)).list).toContain(linkToWorkflow());
    await sql`delete from user_permissions where tenant_id = ${tenant.id}`;
    const { count, list } = await readFailing(user);
    expect([count, list.includes(`>${NAME}</bdi>`), list.includes(linkToWorkflow())]).toEqual(["1", true, false]);
  });
});

describe("a run that its runner took", () => {
  it("shows when that was, and after how many tries; Health finds no fault", async () => {
    const runner = await startFakeRunner([{ status: 503 }, { status: 202 }]);
    tenant = await createTenant(service.database, { runnerUrl: runner.url });
    owner = await signIn(service, tenant.owner.key);
    const id = await invoke(service, tenant);
    await service.database.sql`
      update workflow_runs set started_at = started_at - interval '1 minute', next_dispatch_at = statement_timestamp()
      where id = ${id}`;
    await service.sweep();
    await runner.close();
    const html = await owner.read(`/app/runs/${id}`);
    expect(phasesIn(html)).toEqual(["Dispatching", "Running"]);
    expect(html).toContain("Taken by the runner");
    expect(html).toContain("After 2 tries.");
    expect(html).not.toContain("No runner has taken it yet");
    expect((await readFailing(owner)).count).toBe("0");
  });
});
