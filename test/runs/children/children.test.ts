import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { askForChildren, complete, createFamily, fail, listChildren, triggerChildren } from "../../support/children.ts";
import { brokenInvariants } from "../../support/invariants.ts";
import { invoke, readRun } from "../../support/lifecycle.ts";
import { type Service, startService } from "../../support/service.ts";
import { suspend } from "../../support/suspensions.ts";
import type { TestTenant } from "../../support/tenant.ts";

let service: Service;
let family: { tenant: TestTenant; childId: string };
let tenant: TestTenant;
let runId: string;

beforeAll(async () => {
  service = await startService();
});
beforeEach(async () => {
  family = await createFamily(service);
  ({ tenant } = family);
  runId = await invoke(service, tenant);
});

const childrenOf = (keys: string[], attempt = 1) => triggerChildren(service, family, runId, keys, attempt);
const statusOf = async (id: string) => (await readRun(service, tenant, id)).status;
const intact = async () =>
  expect(
    await brokenInvariants(service.database.sql.query, {
      ...{ tenantId: tenant.id, limited: [tenant.definitionId, family.childId] },
    }),
  ).toEqual([]);
const CHILDREN = { key: "pages", kind: "children" };

describe("a run that triggers others", () => {
  it("gets the same children when it asks again, and lists them with their outputs", async () => {
    const [one, two] = await childrenOf(["one", "two"]);
    expect([one, two]).toMatchObject([
      { key: "one", is_new: true, status: "RUNNING" },
      { key: "two", is_new: true, status: "RUNNING" },
    ]);
    await complete(service, tenant, String(one?.run_id), { pages: 12 });
    const again = await childrenOf(["three", "one"]);
    expect(again).toMatchObject([
      { key: "three", is_new: true },
      { key: "one", is_new: false, run_id: one?.run_id, status: "COMPLETED" },
    ]);
    const { items, next_cursor } = await listChildren(service, tenant, runId);
    expect(next_cursor).toBeNull();
    expect(items.map(({ key, status, output }) => [key, status, output])).toEqual([
      ["one", "COMPLETED", { pages: 12 }],
      ["two", "RUNNING", null],
      ["three", "RUNNING", null],
    ]);
    const list = await service.get(
      `/v1/workflow-runs?parent_run_id=${runId}&status=RUNNING&details=true`,
      tenant.owner.key,
    );
    const { details } = await list.json<{ details: { run_id: string; child_key: string }[] }>();
    expect(details.map(({ run_id, child_key }) => [run_id, child_key])).toEqual([
      [again[0]?.run_id, "three"],
      [two?.run_id, "two"],
    ]);
    await intact();
  });

  it("triggers only runs of the workflows that its policy names", async () => {
    const refused = await askForChildren(service, tenant, runId, [
      { workflow_definition_id: tenant.definitionId, key: "a" },
    ]);
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining(tenant.definitionId)]);
  });

  it("goes on when all of them have ended, with the outcome", async () => {
    const [one, two] = await childrenOf(["one", "two"]);
    expect(await (await suspend(service, tenant, runId, [CHILDREN])).json()).toMatchObject({ suspended: true });
    await complete(service, tenant, String(one?.run_id));
    expect(await statusOf(runId)).toBe("PENDING");
    const list = await service.get("/v1/workflow-runs?suspended=true&details=true", tenant.owner.key);
    const { details } = await list.json<{ details: object[] }>();
    expect(details).toMatchObject([{ run_id: runId, suspended_at: expect.any(String) }]);
    await intact();
    await fail(service, tenant, String(two?.run_id));
    expect(await statusOf(runId)).toBe("RUNNING");
    const again = await suspend(service, tenant, runId, [CHILDREN], { attempt: 2 });
    expect(await again.json()).toMatchObject({
      suspended: false,
      outcomes: { pages: { kind: "children", outcome: "ended", at: expect.any(String) } },
    });
    await intact();
  });

  it("is not suspended when they have ended already, or when there are none", async () => {
    expect(await (await suspend(service, tenant, runId, [CHILDREN])).json()).toMatchObject({ suspended: false });
    const [one] = await childrenOf(["one"]);
    await complete(service, tenant, String(one?.run_id));
    const other = { ...CHILDREN, key: "other" };
    expect(await (await suspend(service, tenant, runId, [other])).json()).toMatchObject({ suspended: false });
  });

  it("that ends otherwise than COMPLETED stops those that are unfinished, and they trigger nothing after it", async () => {
    const [ended, running] = await childrenOf(["ended", "running"]);
    await complete(service, tenant, String(ended?.run_id));
    await fail(service, tenant, runId);
    expect(await statusOf(String(ended?.run_id))).toBe("COMPLETED");
    expect(await readRun(service, tenant, String(running?.run_id))).toMatchObject({
      status: "FAILED",
      error: `Stopped: its parent, run ${runId}, has ended.`,
    });
    expect(
      (await askForChildren(service, tenant, runId, [{ workflow_definition_id: family.childId, key: "late" }])).status,
    ).toBe(409);
    await intact();
  });
});
