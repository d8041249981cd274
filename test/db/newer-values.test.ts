/** After a migration, the functions may answer values that only the Worker of the next release knows. They are passed on. */
import { describe, expect, it } from "vitest";
import { PAGE_SETTINGS, signIn } from "../support/browser.ts";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { invoke } from "../support/lifecycle.ts";
import { readFeed } from "../support/read-feed.ts";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";

const service = await startService({ settings: PAGE_SETTINGS });
const { sql } = service.database;
const tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
const runId = await invoke(service, tenant);
const owner = await signIn(service, tenant.owner.key);
await sql`alter function event_name(text) rename to event_name_of_this_release`;
await sql`
  create function event_name(p_type text) returns text language sql immutable
  return case p_type when 'MERGED' then 'workflow_run.merged' else public.event_name_of_this_release(p_type) end`;
await sql`alter table workflow_runs drop constraint workflow_runs_check`;
await sql`
  update workflow_runs
  set status = 'FAILED', failure_code = 'MERGED', completed_at = statement_timestamp(), slot_no = null, next_dispatch_at = null
  where id = ${runId}`;
await sql`
  insert into workflow_run_events (tenant_id, run_id, attempt, type, at)
  values (${tenant.id}, ${runId}, 1, 'MERGED', statement_timestamp())`;

const get = async (path: string) => {
  const response = await service.get(path, tenant.owner.key);
  expect(response.status).toBe(200);
  return response.text();
};

describe("a value of the next release", () => {
  it("is passed on: the type of an event", async () => {
    expect((await readFeed(service, tenant.owner.key)).items.map(({ type }) => type)).toContain("workflow_run.merged");
    expect(await get(`/v1/workflow-runs/${runId}/events`)).toContain('"MERGED"');
    expect(await get(`/v1/workflow-runs/${runId}/stream`)).toContain('"MERGED"');
  });

  it.each(["result", "details", "explain"])("is passed on: the failure code, in …/%s", async (part) => {
    expect(await get(`/v1/workflow-runs/${runId}/${part}`)).toContain('"failure_code":"MERGED"');
  });

  it("is shown as it is on the page of the run", async () => {
    const html = await owner.read(`/app/runs/${runId}`);
    expect(html).toContain("<bdi>MERGED</bdi>");
    expect(html).not.toContain("What to do");
  });
});
