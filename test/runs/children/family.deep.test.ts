/** What else happens to parents and their children. */
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { askForChildren, complete, createFamily, fail, listChildren, triggerChildren } from "../../support/children.ts";
import { holdTransaction } from "../../support/held-transaction.ts";
import { brokenInvariants } from "../../support/invariants.ts";
import { invoke, makeOverdue, readRun } from "../../support/lifecycle.ts";
import { type Service, startService } from "../../support/service.ts";
import { suspend, timer } from "../../support/suspensions.ts";
import { addUser, type TestTenant } from "../../support/tenant.ts";

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

const CHILDREN = { key: "pages", kind: "children" };
const childrenOf = async (keys: string[], attempt = 1, of = runId) =>
  (await triggerChildren(service, family, of, keys, attempt)).map(({ run_id }) => run_id);
const statusOf = async (id: string | undefined) => (await readRun(service, tenant, String(id))).status;
const post = (path: string, body?: object) => service.send("POST", path, tenant.owner.key, body);
const remove = (id: string) => service.send("DELETE", `/v1/workflow-runs/${id}`, tenant.owner.key);
const wait = (more: object = {}, attempt = 1, limits: object = {}) =>
  suspend(service, tenant, runId, [{ ...CHILDREN, ...more }], { attempt, ...limits });
const setPolicy = (id: string, assignments: string) =>
  service.database.sql.query(`update workflow_definitions set ${assignments} where id = $1`, [id]);
const intact = async () =>
  expect(
    await brokenInvariants(service.database.sql.query, {
      ...{ tenantId: tenant.id, limited: [tenant.definitionId, family.childId] },
    }),
  ).toEqual([]);
/** Lets a run or a child end while a workflow is locked, so that nothing follows from it for the family yet. */
const whileLocked = async (definitionId: string, end: () => Promise<unknown>) => {
  const { letGo } = await holdTransaction(service.database, [
    service.database.sql`select from workflow_definitions where id = ${definitionId} for update`,
  ]);
  await end();
  await letGo();
};
/** What follows from that then. */
const follow = () => service.database.sql`
  select public.fire_due('{"slack_seconds": 0, "sends": false}', '[]', (
    select jsonb_agg(jsonb_build_object('due_firing_id', f.id)) from due_firings f where f.tenant_id = ${tenant.id})) as answer`;
const specs = (keys: string[], more: object = {}) =>
  keys.map((key) => ({ workflow_definition_id: family.childId, key, ...more }));

describe("a suspended parent", () => {
  it("waits for the children that it names", async () => {
    const [one = "", two = ""] = await childrenOf(["one", "two"]);
    await wait({ run_ids: [two] });
    await complete(service, tenant, one);
    expect(await statusOf(runId)).toBe("PENDING");
    await complete(service, tenant, two);
    expect(await statusOf(runId)).toBe("RUNNING");
    await intact();
  });

  it("goes on after the first failure when it asks for that, and not after a success", async () => {
    const [one = "", two = "", three = ""] = await childrenOf(["one", "two", "three"]);
    await wait({ fail_fast: true });
    await complete(service, tenant, one);
    expect(await statusOf(runId)).toBe("PENDING");
    await fail(service, tenant, two);
    expect([await statusOf(runId), await statusOf(three)]).toEqual(["RUNNING", "RUNNING"]);
    await intact();
  });

  it("does not go on after a failure that the policy of the child retries", async () => {
    await setPolicy(family.childId, "max_attempts = 2, retry_on = '{REPORTED}'");
    const [one = ""] = await childrenOf(["one"]);
    await wait();
    await fail(service, tenant, one);
    expect([await statusOf(one), await statusOf(runId)]).toEqual(["PENDING", "PENDING"]);
    await service.database.sql`update workflow_runs set not_before = now() - interval '1 second' where id = ${one}`;
    await service.sweep();
    await fail(service, tenant, one, 2);
    expect([await statusOf(one), await statusOf(runId)]).toEqual(["FAILED", "RUNNING"]);
  });

  it("goes on when its children were deleted, or their workflow was", async () => {
    await setPolicy(family.childId, "is_active = true, handover = 'lease'");
    const [one = "", two = ""] = await childrenOf(["one", "two"]);
    await wait();
    expect((await remove(one)).status).toBe(204);
    expect(await statusOf(runId)).toBe("PENDING");
    const path = `/v1/workflow-definitions/${family.childId}`;
    expect((await service.send("DELETE", path, tenant.owner.key)).status).toBe(204);
    await service.sweep();
    await service.sweep();
    expect([await statusOf(runId), (await service.get(`/v1/workflow-runs/${two}`, tenant.owner.key)).status]).toEqual([
      "RUNNING",
      404,
    ]);
    expect((await listChildren(service, tenant, runId, 2)).items).toEqual([]);
    await intact();
  });

  it("whose time is over goes on without them, and they go on", async () => {
    const [one = ""] = await childrenOf(["one"]);
    await wait({}, 1, { on_timeout: "continue", timeout_seconds: 60 });
    await service.database.sql`update workflow_runs set not_before = now() - interval '1 second' where id = ${runId}`;
    await service.database.sql`update run_waits set times_out_at = now() - interval '1 second' where run_id = ${runId}`;
    await service.sweep();
    expect([await statusOf(runId), await statusOf(one)]).toEqual(["RUNNING", "RUNNING"]);
    const again = await wait({}, 2);
    expect(await again.json()).toMatchObject({ outcomes: { pages: { outcome: "timed_out" } } });
    await complete(service, tenant, one);
    await intact();
  });

  it("tells when it resumes, when only a timer is left", async () => {
    const [one = ""] = await childrenOf(["one"]);
    await suspend(service, tenant, runId, [CHILDREN, timer(600)]);
    await whileLocked(tenant.definitionId, () => complete(service, tenant, one));
    const [followed] = await follow();
    const [told] = followed?.answer.effects.tenants ?? [];
    expect(told?.runs).toContainEqual({ run_id: runId, workflow_definition_id: tenant.definitionId, has_ended: false });
    expect(told?.due_in_ms).toSatisfy((ms: number) => ms > 0 && ms <= 600_000);
  });

  it("explains what it waits for", async () => {
    await childrenOf(["one"]);
    await wait();
    const explained = await service.get(`/v1/workflow-runs/${runId}/explain`, tenant.owner.key);
    expect((await explained.json<{ message: string }>()).message).toContain("the ends of its children (pages)");
  });
});

describe("children", () => {
  it("are all triggered or none, as invokes of the user who has triggered the parent", async () => {
    const user = await addUser(service.database, tenant);
    await service.database.sql`update workflow_runs set user_id = ${user.id} where id = ${runId}`;
    expect((await askForChildren(service, tenant, runId, specs(["one"]))).status).toBe(403);
    await service.database.sql`update workflow_runs set user_id = ${tenant.owner.id} where id = ${runId}`;
    await setPolicy(family.childId, "key_from = '/customer'");
    const body = [...specs(["one"], { input: { customer: "a" } }), ...specs(["two", "three"])];
    const refused = await askForChildren(service, tenant, runId, body);
    expect([refused.status, await refused.json()]).toMatchObject([
      422,
      {
        detail: [
          { loc: ["body", "children", 1, "input", "customer"] },
          { loc: ["body", "children", 2, "input", "customer"] },
        ],
      },
    ]);
    expect((await listChildren(service, tenant, runId)).items).toEqual([]);
    await setPolicy(family.childId, "key_from = null, is_active = false");
    expect((await askForChildren(service, tenant, runId, specs(["one"]))).status).toBe(409);
  });

  it("have inputs that fit the schemas of their workflows, of which each is checked", async () => {
    const schema = JSON.stringify({ type: "object", required: ["page"] });
    for (const id of [family.childId, tenant.definitionId]) {
      const policy = {
        input_schema: JSON.parse(schema),
        max_running: 50,
        may_trigger: [family.childId, tenant.definitionId],
      };
      const path = `/v1/workflow-definitions/${id}/policy`;
      expect((await service.send("PUT", path, tenant.owner.key, policy)).status).toBe(200);
    }
    const both = (input: object) => [
      ...specs(["one"], { input: { page: 1 } }),
      { workflow_definition_id: tenant.definitionId, key: "one", input },
    ];
    const ofOne = [...specs(["one"], { input: { page: 1 } }), ...specs(["two"], { input: {} })];
    for (const children of [both({}), ofOne]) {
      const refused = await askForChildren(service, tenant, runId, children);
      expect([refused.status, await refused.json()]).toMatchObject([
        422,
        { detail: [{ loc: ["body", "children", 1, "input", "page"] }] },
      ]);
    }
    expect((await askForChildren(service, tenant, runId, both({ page: 2 }))).status).toBe(200);
  });

  it("always queue, whatever the policy says about a busy workflow", async () => {
    await setPolicy(family.childId, "max_running = 1, when_busy = 'skip'");
    const children = await triggerChildren(service, family, runId, ["one", "two"]);
    expect(children.map(({ status }) => status)).toEqual(["RUNNING", "PENDING"]);
    await intact();
  });

  it("are listed in pages whose outputs have at most 256 KiB", async () => {
    const keys = Array.from({ length: 6 }, (_, n) => `page-${n}`);
    for (const id of await childrenOf(keys)) await complete(service, tenant, id, "x".repeat(60_000));
    const first = await listChildren(service, tenant, runId);
    expect([first.items.length, first.next_cursor]).toEqual([4, first.items[3]?.run_id]);
    const rest = await listChildren(service, tenant, runId, 1, `?cursor=${first.next_cursor}`);
    expect([rest.items.map(({ key }) => key), rest.next_cursor]).toEqual([["page-4", "page-5"], null]);
  });

  it("end a chain of more than ten", async () => {
    const statuses: number[] = [];
    await setPolicy(family.childId, `may_trigger = array['${family.childId}']::uuid[]`);
    for (let parent = runId; statuses.length < 11; ) {
      const response = await askForChildren(service, tenant, parent, specs(["next"]));
      statuses.push(response.status);
      if (response.status !== 200) break;
      parent = (await response.json<{ runs: [{ run_id: string }] }>()).runs[0].run_id;
    }
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 200), 409]);
  });
});

describe("when a parent ends", () => {
  it("by a stop with grace, its children get as much time, and trigger no more meanwhile", async () => {
    const [one = ""] = await childrenOf(["one"]);
    await post(`/v1/workflow-runs/${runId}/stop`, { grace_seconds: 60 });
    expect((await askForChildren(service, tenant, runId, specs(["late"]))).status).toBe(409);
    await fail(service, tenant, runId);
    expect([await statusOf(runId), await statusOf(one)]).toEqual(["FAILED", "RUNNING"]);
    const [attempt] = await service.database.sql`
      select round(extract(epoch from stop_ends_at - stop_requested_at)) as grace, stop_reason from running_attempts where run_id = ${one}`;
    expect(attempt).toMatchObject({ grace: "60", stop_reason: `its parent, run ${runId}, has ended.` });
    await intact();
  });

  it.each(["stopped", "deleted", "overdue"])("since it is %s, its children are stopped, and theirs", async (how) => {
    await setPolicy(family.childId, `may_trigger = array['${family.childId}']::uuid[]`);
    const [child = ""] = await childrenOf(["child"]);
    const [grandchild = ""] = await childrenOf(["grandchild"], 1, child);
    if (how === "overdue") await makeOverdue(service, runId);
    else await wait();
    if (how === "stopped") await post(`/v1/workflow-runs/${runId}/stop`);
    if (how === "deleted") expect((await remove(runId)).status).toBe(204);
    await service.sweep();
    await service.sweep();
    expect([await statusOf(child), await statusOf(grandchild)]).toEqual(["FAILED", "FAILED"]);
    await intact();
  });

  it("as COMPLETED, its children go on", async () => {
    const [one = ""] = await childrenOf(["one"]);
    await complete(service, tenant, runId);
    expect(await statusOf(one)).toBe("RUNNING");
    await complete(service, tenant, one);
    await intact();
  });

  it("with more than 500 children, they are stopped in chunks", async () => {
    await setPolicy(family.childId, "is_active = true, handover = 'lease'");
    const keys = Array.from({ length: 620 }, (_, n) => `c${n}`);
    await childrenOf(keys.slice(0, 500));
    await childrenOf(keys.slice(500));
    expect(
      (await askForChildren(service, tenant, runId, specs(Array.from({ length: 381 }, (_, n) => `d${n}`)))).status,
    ).toBe(409);
    await fail(service, tenant, runId);
    await service.sweep();
    const [row] = await service.database.sql`
      select count(*) filter (where status = 'FAILED')::int as stopped,
        (select count(*)::int from due_firings f where f.tenant_id = ${tenant.id}) as due
      from workflow_runs where parent_run_id = ${runId}`;
    expect(row).toEqual({ stopped: 620, due: 0 });
  });
});

describe("a retry by a person", () => {
  it("triggers anew what has failed, and keeps what is COMPLETED", async () => {
    const [one = "", two = ""] = await childrenOf(["one", "two"]);
    await wait();
    await complete(service, tenant, one);
    await fail(service, tenant, two);
    await fail(service, tenant, runId, 2);
    expect((await post(`/v1/workflow-runs/${runId}/retry`)).status).toBe(202);
    const again = await triggerChildren(service, family, runId, ["one", "two"], 3);
    expect(again).toMatchObject([
      { run_id: one, is_new: false, status: "COMPLETED" },
      { is_new: true, status: "RUNNING" },
    ]);
    expect(await (await wait({}, 3)).json()).toMatchObject({ suspended: true });
    await complete(service, tenant, String(again[1]?.run_id));
    expect(await statusOf(runId)).toBe("RUNNING");
    await intact();
  });

  it("while the children are being stopped triggers them anew", async () => {
    const [one] = await childrenOf(["one"]);
    await whileLocked(family.childId, () => fail(service, tenant, runId));
    const { committed } = await holdTransaction(service.database, [follow()]);
    expect((await post(`/v1/workflow-runs/${runId}/retry`)).status).toBe(202);
    await committed;
    const [again] = await triggerChildren(service, family, runId, ["one"], 2);
    expect(again).toMatchObject({ is_new: true, status: "RUNNING" });
    expect(again?.run_id).not.toBe(one);
    await intact();
  });

  it.each([
    ["in the order of their keys", ["one", "two"]],
    ["in the other order", ["two", "one"]],
  ])("waits for nobody who deletes its failed children %s", async (_, keys) => {
    const ids = await childrenOf(keys);
    for (const id of ids) await fail(service, tenant, id);
    await fail(service, tenant, runId);
    const [first, second] = ids.map((id) => service.database.sql`delete from workflow_runs where id = ${id}`);
    if (first === undefined || second === undefined) throw new Error("There are two children.");
    const deletion = await holdTransaction(service.database, [first], [second]);
    expect((await post(`/v1/workflow-runs/${runId}/retry`)).status).toBe(202);
    await deletion.letGo();
    expect((await triggerChildren(service, family, runId, keys, 2)).map(({ is_new }) => is_new)).toEqual([true, true]);
  });

  it("by the policy gets the same children", async () => {
    await setPolicy(tenant.definitionId, "max_attempts = 2, retry_on = '{REPORTED}'");
    const [one] = await childrenOf(["one"]);
    await fail(service, tenant, runId);
    await service.database.sql`update workflow_runs set not_before = now() - interval '1 second' where id = ${runId}`;
    await service.sweep();
    expect([await statusOf(one), await childrenOf(["one"], 2)]).toEqual(["RUNNING", [one]]);
  });
});
