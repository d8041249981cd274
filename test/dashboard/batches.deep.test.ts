import { describe, expect, it } from "vitest";
import { invokeBatch } from "../support/batches.ts";
import { openTenant, PAGE_SETTINGS } from "../support/browser.ts";
import { callBack, invoke } from "../support/lifecycle.ts";
import { openedTenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";

const service = await startService({ settings: PAGE_SETTINGS });
const { tenant, owner } = openedTenantOfEachTest(service);

/** The ids of the runs that a page lists. */
const listed = (page: string) => [...page.matchAll(/<tr id="run-([0-9a-f-]{36})"/g)].map(([, id]) => id);

describe("the page of a batch", () => {
  it("shows as a bar how its runs stand, and lists the last of them, in one database request", async () => {
    const { id, run_ids: runIds } = await invokeBatch(service, tenant, 30);
    await callBack(service, tenant, String(runIds[0]), { status: "COMPLETED" });
    await callBack(service, tenant, String(runIds[1]), { status: "FAILED" });
    const [page, requests] = await service.counted(() => owner.read(`/app/batches/${id}`));
    expect(requests).toBe(1);
    expect(page).toContain('aria-label="2 of 30 runs of the batch have ended."');
    expect(page).toContain('<rect class="failed" x="1" width="1" height="6"');
    expect(page).toContain('<rect class="pending" x="3" width="27" height="6"');
    expect(page).toContain(`href="/app/runs?status=FAILED&amp;batch=${id}">1</a>`);
    expect(listed(page)).toEqual(runIds.toReversed().slice(0, 25));
    expect(page).toContain(`/app/changes?workflow=${tenant.definitionId}`);
  });

  it("says when it has ended, and listens no more", async () => {
    const { id, run_ids: runIds } = await invokeBatch(service, tenant, 1);
    await callBack(service, tenant, String(runIds[0]), { status: "COMPLETED" });
    const page = await owner.read(`/app/batches/${id}`);
    expect(page).toContain("The batch has ended: 1 completed, 0 failed");
    expect(page).not.toContain("/app/changes?workflow=");
    expect(await owner.read(`/app/runs/${runIds[0]}`)).toContain("Its batch has ended");
  });

  it("is linked by the page of each of its runs, and not by those of other runs", async () => {
    const { id, run_ids: runIds } = await invokeBatch(service, tenant, 2);
    expect(await owner.read(`/app/runs/${runIds[1]}`)).toContain(`href="/app/batches/${id}"`);
    expect(await owner.read(`/app/runs/${await invoke(service, tenant)}`)).not.toContain("in the batch");
  });

  it("says when all its runs were deleted, and has no link to them", async () => {
    const { id, run_ids: runIds } = await invokeBatch(service, tenant, 1);
    await callBack(service, tenant, String(runIds[0]), { status: "COMPLETED" });
    await service.send("DELETE", `/v1/workflow-runs/${runIds[0]}`, tenant.owner.key);
    const page = await owner.read(`/app/batches/${id}`);
    expect([page.includes("All its runs were deleted."), page.includes("All its runs, to filter them")]).toEqual([
      true,
      false,
    ]);
  });

  it("is not there for another tenant", async () => {
    const other = await createTenant(service.database);
    const { id } = await invokeBatch(service, tenant, 1);
    const theirs = await openTenant(service);
    expect((await theirs.owner.get(`/app/batches/${id}`)).status).toBe(404);
    expect((await owner.get(`/app/batches/${other.id}`)).status).toBe(404);
    expect((await owner.get("/app/batches/nothing")).status).toBe(404);
  });
});

describe("the list of runs", () => {
  it("is filtered by a batch, with its numbers, and as what many changes are done to", async () => {
    const { id, run_ids: runIds } = await invokeBatch(service, tenant, 3);
    await invoke(service, tenant);
    const [page, requests] = await service.counted(() => owner.read(`/app/runs?batch=${id}`));
    expect([listed(page), requests]).toEqual([runIds.toReversed(), 1]);
    expect(page).toContain('Pending <span class="count">2</span>');
    expect(page).toContain("All 3 that match");
    const response = await owner.post("/app/runs/bulk/confirmed", { action: "stop", all: "1", filter: `batch=${id}` });
    expect([response.status, response.headers.get("Location")]).toEqual([303, `/app/runs?batch=${id}&did=stop&done=3`]);
  });
});
