import { describe, expect, it } from "vitest";
import { openTenant, PAGE_SETTINGS } from "../support/browser.ts";
import { invoke } from "../support/lifecycle.ts";
import { permit } from "../support/path-parts.ts";
import { startService } from "../support/service.ts";

const service = await startService({ settings: PAGE_SETTINGS });
const { tenant, owner, user } = await openTenant(service);

const workflowPage = () => `/app/workflows/${tenant.definitionId}`;

const lines = (page: string) => page.replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ");

describe("the policy of a workflow, as a form", () => {
  it("is saved, shown on the page of the workflow, and filled in again", async () => {
    const path = `${workflowPage()}/policy`;
    expect(lines(await owner.read(workflowPage()))).toContain("Its runs are sent to its runner. They are not retried");
    expect(await owner.read(path)).toContain('<option value="webhook" selected');
    const limits = {
      ...{ max_running: "5", max_running_per_key: "1", key_from: "/customer/id" },
      ...{ when_busy: "replace_running", replace_grace_seconds: "90", max_queued: "7" },
      ...{ run_needs: "read", runner_tags: "gpu, eu", may_trigger: `${tenant.definitionId}\n` },
    };
    const policy = {
      handover: "lease",
      lease_seconds: "90",
      max_attempts: "3",
      retry_on: ["LOST", "DEADLINE"],
      ...limits,
    };
    const saved = await owner.post(path, policy);
    expect([saved.status, saved.headers.get("Location")]).toEqual([303, workflowPage()]);
    expect(lines(await owner.read(workflowPage()))).toContain(
      "Runners ask for its runs, and may be silent for 1 min 30 s. They need runners with the tags gpu, eu. At most 5 are RUNNING at the same time. Keys take turns, with at most 1 RUNNING each. A new run takes the place of those that wait, and stops what is RUNNING, which has 1 min 30 s to end its work. At most 7 of its runs wait. They may trigger runs of other workflows. They are tried up to 3 times after LOST, DEADLINE.",
    );
    const form = await owner.read(path);
    expect(form).toContain('<option value="lease" selected');
    expect(form).toMatch(/value="LOST" checked/);
    expect(form).not.toMatch(/value="UNREACHED" checked/);
    expect(form).toContain('<option value="replace_running" selected');
    const api = await service.get(`/v1/workflow-definitions/${tenant.definitionId}/policy`, tenant.owner.key);
    const numbers = { lease_seconds: 90, max_attempts: 3, max_running: 5, max_running_per_key: 1 };
    expect(await api.json()).toEqual({
      ...{ ...policy, ...numbers, replace_grace_seconds: 90, max_queued: 7, runner_tags: ["gpu", "eu"] },
      may_trigger: [tenant.definitionId],
      input_schema: null,
    });
    const unclear = await owner.post(path, { ...policy, key_from: "" });
    expect([unclear.status, lines(await unclear.text())]).toEqual([
      422,
      expect.stringContaining("which run is stopped"),
    ]);
    await service.database.sql`
      update workflow_definitions set max_running = 1, max_running_per_key = null, key_from = null, when_busy = 'queue', max_queued = null,
        runner_tags = '{}', may_trigger = '{}'`;
  });

  it("says what is wrong with it, keeps what was typed, and is only for who may write the workflow", async () => {
    const path = `${workflowPage()}/policy`;
    const fields = { handover: "lease", lease_seconds: "5", max_attempts: "many", max_running: "1", retry_on: [] };
    const refused = await owner.post(path, fields);
    const page = await refused.text();
    expect(refused.status).toBe(422);
    expect(page).toContain('value="many"');
    expect(page.match(/aria-invalid="true"/g)).toHaveLength(2);
    const [row] = await service.database.sql`
      select path_part_id from workflow_definitions where id = ${tenant.definitionId}`;
    await permit(service.database, tenant, String(row?.path_part_id), "READ_ONLY");
    expect((await user.get(path)).status).toBe(403);
    expect((await user.post(path, { ...fields, lease_seconds: "60", max_attempts: "2" })).status).toBe(403);
    expect(await user.read(workflowPage())).not.toContain(path);
  });
});

describe("the runners", () => {
  it("are on the page of a workflow whose runs are leased, and on the page Health for administrators", async () => {
    expect(await owner.read(workflowPage())).toContain("No runner is connected.");
    const runId = await invoke(service, tenant);
    const runPage = `/app/runs/${runId}`;
    expect(lines(await owner.read(runPage))).toContain("It waits for a runner: none is connected.");
    await service.database.sql`
      insert into runner_sessions (id, tenant_id, api_key_id, name, capacity, expires_at)
      select gen_random_uuid(), tenant_id, id, 'Attic', 1, statement_timestamp() + interval '1 hour'
      from api_keys where user_id = ${tenant.owner.id}`;
    expect(lines(await owner.read(runPage))).toContain("It starts when a runner asks for it.");
    expect(lines(await owner.read(workflowPage()))).toContain("Attic waits for work, up to 1 run at a time");
    await service.database.sql`
      with session as (
        insert into runner_sessions (id, tenant_id, api_key_id, name, capacity, expires_at)
        select gen_random_uuid(), tenant_id, id, '<b>Cellar</b>', 4, statement_timestamp() + interval '1 hour'
        from api_keys where user_id = ${tenant.owner.id}
        returning id, tenant_id
      ), started as (
        update workflow_runs set status = 'RUNNING', slot_no = 1, started_at = statement_timestamp(), dispatched_at = statement_timestamp(),
          deadline_at = statement_timestamp() + interval '300 seconds' where id = ${runId}
      )
      insert into running_attempts (run_id, tenant_id, attempt, session_id, lease_request_id, lease_seconds, lease_expires_at)
      select ${runId}, tenant_id, 1, id, id, 60, statement_timestamp() + interval '60 seconds' from session`;
    for (const path of [workflowPage(), "/app/health"]) {
      const page = await owner.read(path);
      expect(lines(page)).toContain("&lt;b&gt;Cellar&lt;/b&gt; holds 1 of 4 runs");
      expect(page).toContain(`href="/app/runs/${runId}"`);
    }
    expect(await user.read(workflowPage())).toContain("Cellar");
    expect(await user.read("/app/health")).not.toContain("Cellar");
  });
});
