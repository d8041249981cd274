import { beforeAll, beforeEach, expect, it } from "vitest";
import { type Browser, openTenant, PAGE_SETTINGS } from "../support/browser.ts";
import { insertRun, invoke, readRun } from "../support/lifecycle.ts";
import { type Service, startService } from "../support/service.ts";
import type { TestTenant } from "../support/tenant.ts";

let service: Service;
let tenant: TestTenant;
let owner: Browser;

beforeAll(async () => {
  service = await startService({ settings: PAGE_SETTINGS });
});

beforeEach(async () => {
  ({ tenant, owner } = await openTenant(service));
});

/** Sends a form, and returns the page that answers it. */
async function send(path: string, fields: Parameters<Browser["post"]>[1]): Promise<string> {
  const response = await owner.post(path, fields);
  expect(response.status).toBe(200);
  return response.text();
}

const statusOf = async (id: string) => (await readRun(service, tenant, id)).status;

it("asks first, in one database request and without a change, and says which runs are refused and why", async () => {
  const failed = await insertRun(service.database, tenant, { status: "FAILED" });
  const running = await insertRun(service.database, tenant, { status: "RUNNING" });
  const [page, requests] = await service.counted(() =>
    send("/app/runs/bulk", { action: "delete", run: [failed, running], filter: "" }),
  );
  expect(requests).toBe(1);
  expect(page).toContain("Delete 1 run?");
  expect(page).toContain("The run is RUNNING. Stop it first, then delete it.");
  expect(page).toContain(`href="/app/runs/${running}"`);
  expect([await statusOf(failed), await statusOf(running)]).toEqual(["FAILED", "RUNNING"]);
});

it("makes the change when it is confirmed, and shows the list again with a notice", async () => {
  const ids = [
    await insertRun(service.database, tenant, { status: "FAILED" }),
    await insertRun(service.database, tenant, { status: "FAILED" }),
  ];
  const fields = { action: "delete", run: ids, filter: "status=FAILED&range=7d" };
  const [response, requests] = await service.counted(() => owner.post("/app/runs/bulk/confirmed", fields));
  const location = response.headers.get("Location") ?? "";
  expect([response.status, location, requests]).toEqual([303, "/app/runs?status=FAILED&range=7d&did=delete&done=2", 1]);
  expect(await owner.read(location)).toContain("2 runs deleted.");
  expect((await owner.get(`/app/runs/${ids[0]}`)).status).toBe(404);
});

it("clears a queue: stops all runs that match the filter, but not the run in the slot", async () => {
  const [running, waiting] = [await invoke(service, tenant), await invoke(service, tenant)];
  const workflow = await owner.read(`/app/workflows/${tenant.definitionId}`);
  expect(workflow).toContain("Clear the queue");
  const filter = `status=PENDING&workflow=${tenant.definitionId}`;
  expect(workflow).toContain(filter.replace("&", "&amp;"));
  expect(await send("/app/runs/bulk", { action: "stop", all: "1", filter })).toContain("Stop 1 run?");
  await owner.post("/app/runs/bulk/confirmed", { action: "stop", all: "1", filter });
  expect([await statusOf(running), await statusOf(waiting)]).toEqual(["RUNNING", "FAILED"]);
});

it("changes nothing when no run is chosen, and never all runs of the tenant", async () => {
  const id = await insertRun(service.database, tenant, { status: "FAILED" });
  for (const fields of [
    { action: "delete", filter: "" },
    { action: "delete", all: "1", filter: "" },
    { action: "delete", all: "1", filter: "status=WRONG" },
    { action: "delete", run: ["no-id"], filter: "" },
  ]) {
    await send("/app/runs/bulk/confirmed", fields);
  }
  expect(await statusOf(id)).toBe("FAILED");
  expect((await owner.post("/app/runs/bulk", { action: "explode" })).status).toBe(404);
});

it("offers to continue with the next thousand when more runs match", async () => {
  const first = await insertRun(service.database, tenant, { status: "FAILED" });
  await service.database.sql`
    insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot,
      created_at, started_at, deadline_at, completed_at, updated_at, ended_by, failure_code)
    select gen_random_uuid(), r.tenant_id, r.workflow_definition_id, r.user_id, r.runner_type, r.status, r.run_snapshot,
      r.created_at - n * interval '1 second', r.started_at, r.deadline_at, r.completed_at, r.updated_at, r.ended_by, r.failure_code
    from workflow_runs r, generate_series(1, 1000) n where r.id = ${first}`;
  const fields = { action: "delete", all: "1", filter: "status=FAILED" };
  expect(await send("/app/runs/bulk", fields)).toContain("These are the first 1,000.");
  const page = await send("/app/runs/bulk/confirmed", fields);
  expect(page).toContain("1,000 runs deleted");
  const cursor = /name="cursor" value="([^"]+)"/.exec(page)?.[1] ?? "";
  expect(await send("/app/runs/bulk", { ...fields, cursor })).toContain("Delete 1 run?");
});
