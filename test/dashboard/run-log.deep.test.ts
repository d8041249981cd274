import { describe, expect, it } from "vitest";
import { openTenant, PAGE_SETTINGS } from "../support/browser.ts";
import { answeringRunner } from "../support/fake-runner.ts";
import { callBack, invoke } from "../support/lifecycle.ts";
import { startService } from "../support/service.ts";
import { runToken } from "../support/tenant.ts";

const service = await startService({ settings: PAGE_SETTINGS });
const { tenant, owner, user } = await openTenant(service);
await service.database.sql`
  update workflow_definitions set runner_url = ${answeringRunner(202)} where id = ${tenant.definitionId}`;
const runId = await invoke(service, tenant);

const append = async (sequence: number, text: string) =>
  service.send("POST", `/v1/workflow-runs/${runId}/log`, await runToken(tenant, runId), { sequence, text });

const setProgress = (percent: number | null, message: string | null) => service.database.sql`
  insert into running_attempts (run_id, tenant_id, attempt, progress_percent, progress_message, heartbeat_at)
  values (${runId}, ${tenant.id}, 1, ${percent}, ${message}, statement_timestamp())
  on conflict (run_id) do update set progress_percent = ${percent}, progress_message = ${message}`;

describe("the log on the page of a run", () => {
  it("is followed from an entry on, with the progress, by one request to the database", async () => {
    const path = `/app/runs/${runId}/follow-log`;
    expect(await owner.read(`/app/runs/${runId}`)).toContain(`data-log="${path}"`);
    const follow = async (query: string) => {
      const [response, requests] = await service.counted(() => owner.get(`${path}${query}`));
      expect([response.status, requests]).toEqual([200, 1]);
      return response.json();
    };
    const nothing = { attempt: 1, entries: [], cut: null, after: null, has_more: false, is_complete: false };
    expect(await follow("")).toEqual({ ...nothing, progress: null, heartbeat_at: null });
    await append(0, "One\n");
    await append(2, "\u001b[31mThree\u001b[0m\n");
    await setProgress(40, "Half of it");
    await service.database
      .sql`update workflow_run_log_entries set at = at - interval '1 minute' where run_id = ${runId}`;
    const known = { progress: { percent: 40, message: "Half of it" }, heartbeat_at: expect.stringMatching(/^20.*Z$/) };
    const one = { at: expect.any(String), text: "One\n" };
    const three = { at: expect.any(String), text: "\u001b[31mThree\u001b[0m\n", mark: "1 entry is missing here." };
    expect(await follow("")).toEqual({ ...nothing, ...known, entries: [one, three], after: 2 });
    expect(await follow("?attempt=1&after=0")).toEqual({ ...nothing, ...known, entries: [three], after: 2 });
    expect((await user.get(path)).status).toBe(404);
  });

  it("has a line for the place where it was cut", async () => {
    const cut = (isCut: boolean) => service.database.sql`
      update workflow_run_logs set is_cut = ${isCut} where run_id = ${runId}`;
    await cut(true);
    const page = await (await owner.get(`/app/runs/${runId}/follow-log?after=2`)).json();
    await cut(false);
    expect(page).toMatchObject({ entries: [], cut: expect.stringContaining("The log was cut here") });
  });

  it("is below the progress and a requested stop", async () => {
    await setProgress(null, "<b>Reading</b>");
    const stop = { reason: "Wrong folder", grace_seconds: 60 };
    await service.send("POST", `/v1/workflow-runs/${runId}/stop`, tenant.owner.key, stop);
    const page = await owner.read(`/app/runs/${runId}`);
    expect(page).toContain("&lt;b&gt;Reading&lt;/b&gt;");
    expect(page).toMatch(/A stop was requested.*Wrong folder.*Its runner knows of it, and has until/s);
    expect(page).toContain("The runner knows of the stop");
    await callBack(service, tenant, runId, { status: "COMPLETED" });
    const ended = await owner.read(`/app/runs/${runId}`);
    expect(ended).not.toMatch(/A stop was requested|id="progress"/);
    expect(await (await owner.get(`/app/runs/${runId}/follow-log?after=1`)).json()).toMatchObject({
      ...{ is_complete: true, progress: null },
    });
  });

  it("is that of an earlier attempt on request, which then is not followed by the next one's", async () => {
    const id = await invoke(service, tenant);
    await callBack(service, tenant, id, { status: "FAILED", error: "No." });
    await owner.post(`/app/runs/${id}/retry`);
    const [page, requests] = await service.counted(() => owner.get(`/app/runs/${id}?attempt=1`));
    const html = await page.text();
    expect([page.status, requests]).toEqual([200, 1]);
    expect(html).toContain("Log of attempt 1");
    expect(html).toContain(`href="/app/runs/${id}/log?attempt=1"`);
    for (const query of ["", "?attempt=2", "?attempt=7", "?attempt=x"]) {
      expect(await owner.read(`/app/runs/${id}${query}`)).not.toContain("Log of attempt");
    }
    // No attempt can have this number, so it is left out like any other that is none.
    expect((await owner.get(`/app/runs/${id}/log?attempt=${2 ** 31}`)).status).toBe(200);
    await service.database.sql`delete from workflow_runs where id = ${id}`;
  });

  it("shows when an automatically retried run may start, and that its workflow is paused", async () => {
    const waiting = await invoke(service, tenant);
    await service.database.sql`
      update workflow_runs set status = 'PENDING', attempt = 2, slot_no = null, started_at = null, deadline_at = null, next_dispatch_at = null,
        not_before = statement_timestamp() + interval '1 minute', queue_position = null where id = ${waiting}`;
    expect(await owner.read(`/app/runs/${waiting}`)).toMatch(/It is tried again automatically, not before\s*<time/);
    await service.database.sql`update workflow_definitions set is_active = false where id = ${tenant.definitionId}`;
    const paused = await owner.read(`/app/runs/${waiting}`);
    expect([paused.includes("The workflow is paused."), paused.includes("not before")]).toEqual([true, true]);
    await service.database.sql`update workflow_definitions set is_active = true where id = ${tenant.definitionId}`;
  });
});

describe("the form that stops a run", () => {
  it("gives the runner the typed time, and shows the faults of an invalid one", async () => {
    await service.database.sql`delete from workflow_runs where workflow_definition_id = ${tenant.definitionId}`;
    const stopped = await invoke(service, tenant);
    const refused = await owner.post(`/app/runs/${stopped}/stop`, { grace_seconds: "soon" });
    expect(refused.status).toBe(422);
    expect(await refused.text()).toContain('value="soon"');
    expect((await owner.post(`/app/runs/${stopped}/stop`, { grace_seconds: "30" })).status).toBe(303);
    expect(await owner.read(`/app/runs/${stopped}`)).toContain("A stop was requested");
  });
});
