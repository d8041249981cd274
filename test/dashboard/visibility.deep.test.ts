/** What a page leaves out for a USER who may see only some of what it shows. */
import { beforeEach, describe, expect, it } from "vitest";
import { openTenant, PAGE_SETTINGS } from "../support/browser.ts";
import { insertRun, makeOverdue } from "../support/lifecycle.ts";
import { openedTenantOfEachTest } from "../support/of-each-test.ts";
import { permit } from "../support/path-parts.ts";
import { startService } from "../support/service.ts";

const service = await startService({ settings: PAGE_SETTINGS });
const { tenant, owner, user } = openedTenantOfEachTest(service);

async function workflowNodeId(): Promise<string> {
  const { sql } = service.database;
  const [node] = await sql`select path_part_id as id from workflow_definitions where id = ${tenant.definitionId}`;
  return String(node?.id);
}

describe("a USER with a permission on a workflow and on none of its files", () => {
  it("sees how to trigger the first run of a workflow whose runs are leased, which needs no runner with a URL", async () => {
    const { sql } = service.database;
    await permit(service.database, tenant, await workflowNodeId(), "READ_ONLY");
    await sql`
      update workflow_definitions set runner_url = null, webhook_secret_encrypted = null where id = ${tenant.definitionId}`;
    expect(await user.read("/app/runs")).toContain("None can be triggered");
    await sql`update workflow_definitions set handover = 'lease' where id = ${tenant.definitionId}`;
    expect(await user.read("/app/runs")).toContain("Trigger the first, with an API key");
  });

  it("sees the files on the workflow's pages by their ids, without their paths", async () => {
    await permit(service.database, tenant, await workflowNodeId(), "READ_WRITE");
    for (const path of [`/app/workflows/${tenant.definitionId}`, `/app/workflows/${tenant.definitionId}/edit`]) {
      const [seenByOwner, seenByUser] = await Promise.all([owner.read(path), user.read(path)]);
      for (const [part, id] of [
        ["/sources", tenant.sourcesId],
        ["/instructions.md", tenant.instructionsId],
        ["/outputs", tenant.outputsId],
      ] as const) {
        expect([path, part, seenByOwner.includes(part)]).toEqual([path, part, true]);
        expect([path, part, seenByUser.includes(part), seenByUser.includes(id)]).toEqual([path, part, false, true]);
      }
    }
  });
});

describe("an open list of runs", () => {
  it("shows only those of the runs that its refresh names which the reader may see", async () => {
    const { sql } = service.database;
    const theirs = await insertRun(service.database, tenant, { status: "COMPLETED", userId: tenant.user.id });
    const others = await insertRun(service.database, tenant, { status: "COMPLETED" });
    const refresh = `/app/runs?shown=${theirs}.${others}.not-an-id`;
    const page = await user.read(refresh);
    expect([theirs, others].map((id) => page.includes(`id="run-${id}"`))).toEqual([true, false]);
    const stranger = await openTenant(service);
    expect(await stranger.owner.read(refresh)).not.toContain(`id="run-${theirs}"`);
    await sql`delete from workflow_runs where id = ${theirs}`;
    expect(await user.read(refresh)).not.toContain(`id="run-${theirs}"`);
  });
});

describe("a USER with a permission on files and on no workflow", () => {
  beforeEach(async () => {
    await permit(service.database, tenant, tenant.sourcesId, "READ_ONLY");
  });

  it("does not see on a folder's page which workflows use it", async () => {
    const path = `/app/files/${tenant.sourcesId}`;
    expect(await owner.read(path)).toContain(tenant.definitionId);
    const page = await user.read(path);
    expect(page).not.toContain(tenant.definitionId);
    expect(page).toContain("No workflow that you may see names it");
  });

  it("cannot choose the workflow in the filter of the runs, and finds it in no list", async () => {
    for (const path of ["/app/runs", "/app/workflows"]) {
      expect([path, (await owner.read(path)).includes(tenant.definitionId)]).toEqual([path, true]);
      expect([path, (await user.read(path)).includes(tenant.definitionId)]).toEqual([path, false]);
    }
    expect(await user.read("/app/workflows")).toContain("There is no workflow yet.");
    // The total does not include it either.
    expect(await user.read("/app/workflows?offset=1")).toContain("0–0 of 0");
  });

  it("sees nothing on the health page of the runs of others that timed out", async () => {
    const id = await insertRun(service.database, tenant, { status: "RUNNING" });
    await makeOverdue(service, id, 90);
    await service.sweep();
    expect(await owner.read("/app/health")).toContain("1 run timed out.");
    expect(await user.read("/app/health")).toContain("No run has timed out.");
  });
});
