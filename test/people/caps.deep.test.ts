/** Caps: how much of something a tenant may have. */
import { describe, expect, it } from "vitest";
import type { Cap } from "../../src/db/enums.ts";
import { batchPath } from "../support/batches.ts";
import { PAGE_SETTINGS, signIn } from "../support/browser.ts";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { invoke, invokePath, readRun } from "../support/lifecycle.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";
import { callSqlFunction } from "../support/sql-function.ts";
import { answer, suspend } from "../support/suspensions.ts";
import { addUser, createTenant, runToken, type TestTenant } from "../support/tenant.ts";
import { createTrigger, type Firing, HOURLY } from "../triggers/support.ts";

const service = await startService({ settings: PAGE_SETTINGS });
const tenant = tenantOfEachTest(service, { runnerUrl: BUSY_RUNNER });

/** What the operator does by `npm run set-limits`. */
const setCap = (cap: Cap, number: number | null) =>
  callSqlFunction(service.database, "set_limits", {
    tenant_id: tenant.id,
    limits: null,
    caps: JSON.stringify({ [cap]: number }),
  });

const post = (path: string, body: object, of = tenant) => service.send("POST", path, of.owner.key, body);

type Use = { limits: string; caps: { cap: Cap; used: number; limit: number }[] };

const readUse = async () => (await service.get(`/v1/tenants/${tenant.id}/use`, tenant.owner.key)).json<Use>();

/** Of a cap, how much is used and how much may be. */
async function useOf(cap: Cap): Promise<[used: number, limit: number]> {
  const found = (await readUse()).caps.find((one) => one.cap === cap);
  if (found === undefined) throw new Error(`There is no cap ${cap}.`);
  return [found.used, found.limit];
}

const newDefinition = (of: TestTenant) =>
  post(
    "/v1/workflow-definitions",
    {
      name: "W",
      description: null,
      runner_type: "SELF_HOSTED",
      source_path_part_ids: [of.sourcesId],
      instruction_path_part_ids: [of.instructionsId],
      output_path_part_ids: [of.outputsId],
    },
    of,
  );
const newFile = (name: string, of = tenant) =>
  post("/v1/path-parts", { name, part_type: "FOLDER", parent_path_id: null }, of);
const newRun = (of = tenant) => post(invokePath(of), {}, of);
const newArtifact = async (runId: string, name: string, content: string, of = tenant) =>
  service.fetch(`/v1/workflow-runs/${runId}/artifacts/${name}`, {
    method: "PUT",
    headers: { Authorization: `Bearer ${await runToken(of, runId)}`, "Content-Length": String(content.length) },
    body: content,
  });

const CAPPED: Record<
  Exclude<Cap, "sign_in_sessions">,
  {
    add: (of: TestTenant, name: string) => Promise<Response>;
    remove: () => Promise<unknown>;
    words: string;
    each: number;
  }
> = {
  definitions: {
    add: (of) => newDefinition(of),
    remove: async () => {
      const [row] = await service.database.sql`
        select id from workflow_definitions where tenant_id = ${tenant.id} and id <> ${tenant.definitionId} limit 1`;
      return service.send("DELETE", `/v1/workflow-definitions/${row?.id}`, tenant.owner.key);
    },
    words: "workflows, and would have more. Delete workflows that nobody needs,",
    each: 1,
  },
  path_parts: {
    add: (of, name) => newFile(name, of),
    remove: async () => {
      const [row] = await service.database.sql`
        select id from path_parts where tenant_id = ${tenant.id} and name like 'new%' limit 1`;
      return service.send("DELETE", `/v1/path-parts/${row?.id}`, tenant.owner.key);
    },
    words: "files and folders, and would have more. Delete files and folders that nobody needs,",
    each: 1,
  },
  waiting_runs: {
    add: (of) => newRun(of),
    remove: async () => {
      const [row] = await service.database.sql`
        select id from workflow_runs where tenant_id = ${tenant.id} and status = 'PENDING' limit 1`;
      return service.send("POST", `/v1/workflow-runs/${row?.id}/stop`, tenant.owner.key, {});
    },
    words: "runs that wait, and would have more. Invoke the workflow again when others have started, or stop some,",
    each: 1,
  },
  artifact_bytes: {
    add: async (of, name) => newArtifact(await runningOf(of), name, "12345", of),
    remove: async () => {
      const id = await runningOf(tenant);
      await service.send("POST", `/v1/workflow-runs/${id}/stop`, tenant.owner.key, {});
      return service.send("DELETE", `/v1/workflow-runs/${id}`, tenant.owner.key);
    },
    words: "bytes of files of runs, and would have more. Delete runs whose files nobody needs,",
    each: 5,
  },
};

/** A RUNNING run of the tenant's first workflow. */
async function runningOf(of: TestTenant): Promise<string> {
  const [row] = await service.database.sql`
    select id from workflow_runs where tenant_id = ${of.id} and status = 'RUNNING' limit 1`;
  return row === undefined ? invoke(service, of) : String(row.id);
}

describe.each(Object.entries(CAPPED))("the cap of %s", (name, { add, remove, words, each }) => {
  const cap = name as Cap;

  it("is refused in words when it is reached, and holds no other tenant up", async () => {
    const other = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
    for (const of of [tenant, other]) await invoke(service, of);
    const [used] = await useOf(cap);
    const limit = used + 2 * each;
    await setCap(cap, limit);
    const statuses = [];
    for (const part of ["new-1", "new-2"]) statuses.push((await add(tenant, part)).status < 300);
    expect(statuses).toEqual([true, true]);
    const refused = await add(tenant, "new-3");
    expect([refused.status, await refused.json()]).toEqual([
      409,
      expect.objectContaining({
        title: "Cap reached",
        detail: `Your tenant may have ${limit} ${words} or ask the operator of the service for a higher cap.`,
      }),
    ]);
    expect(await useOf(cap)).toEqual([limit, limit]);
    for (const part of ["new-1", "new-2", "new-3"]) expect((await add(other, part)).status).toBeLessThan(300);
  });

  it("has room again when something was deleted, and when the operator raises it or takes it back", async () => {
    await invoke(service, tenant);
    const [used] = await useOf(cap);
    await setCap(cap, used + each);
    expect((await add(tenant, "new-1")).status).toBeLessThan(300);
    expect((await add(tenant, "new-2")).status).toBe(409);
    await remove();
    expect((await add(tenant, "new-2")).status).toBeLessThan(300);
    expect((await add(tenant, "new-3")).status).toBe(409);
    await setCap(cap, used + 2 * each);
    expect((await add(tenant, "new-3")).status).toBeLessThan(300);
    expect((await add(tenant, "new-4")).status).toBe(409);
    await setCap(cap, null);
    expect((await add(tenant, "new-4")).status).toBeLessThan(300);
  });
});

describe("the cap of waiting runs", () => {
  const code = async (response: Response) => [response.status, (await response.json<{ type?: string }>()).type];
  const REACHED = [409, expect.stringContaining("cap_reached")];
  const setPolicy = (policy: object) =>
    service.send("PUT", `/v1/workflow-definitions/${tenant.definitionId}/policy`, tenant.owner.key, policy);

  it("lets a run start that needs not wait, and nothing is counted for that", async () => {
    await setCap("waiting_runs", 1);
    await invoke(service, tenant);
    expect(await service.database.sql`select from tenant_counts where tenant_id = ${tenant.id}`).toEqual([]);
    await invoke(service, tenant);
    expect(await code(await newRun())).toEqual(REACHED);
  });

  it("is also that of delayed runs, and of all runs of a batch together", async () => {
    await setCap("waiting_runs", 2);
    const later = { start_after: new Date(Date.now() + 3_600_000).toISOString() };
    expect((await post(invokePath(tenant), later)).status).toBe(202);
    expect(await code(await post(batchPath(tenant), { runs: [{}, {}] }))).toEqual(REACHED);
    expect((await post(batchPath(tenant), { runs: [later] })).status).toBe(202);
    expect(await code(await post(invokePath(tenant), later))).toEqual(REACHED);
  });

  it("answers a repeated call with the run that the first one has triggered", async () => {
    await setCap("waiting_runs", 1);
    const [, waiting] = [
      await invoke(service, tenant),
      await invoke(service, tenant, tenant.owner.key, { idempotency_key: "a" }),
    ];
    expect(await invoke(service, tenant, tenant.owner.key, { idempotency_key: "a" })).toBe(waiting);
    expect(await code(await post(invokePath(tenant), { idempotency_key: "b" }))).toEqual(REACHED);
  });

  it("lets a run take the place of one that waits, and stops nothing for a run that is refused", async () => {
    await setPolicy({ when_busy: "replace_queued" });
    await setCap("waiting_runs", 1);
    const [running, first, second] = [
      await invoke(service, tenant),
      await invoke(service, tenant),
      await invoke(service, tenant),
    ];
    const states = async (...ids: string[]) =>
      Promise.all(ids.map(async (id) => (await readRun(service, tenant, id)).status));
    expect(await states(running, first, second)).toEqual(["RUNNING", "FAILED", "PENDING"]);
    await service.send("POST", `/v1/workflow-runs/${second}/stop`, tenant.owner.key, {});
    await post(invokePath(tenant), { start_after: new Date(Date.now() + 3_600_000).toISOString() });
    await setPolicy({ when_busy: "replace_running", replace_grace_seconds: 60 });
    expect(await code(await newRun())).toEqual(REACHED);
    const [row] = await service.database.sql`select stop_requested_at from running_attempts where run_id = ${running}`;
    expect([await states(running), row?.stop_requested_at ?? null]).toEqual([["RUNNING"], null]);
  });

  it("ends a suspended run for a newer one only when that may wait", async () => {
    await setPolicy({ when_busy: "replace_running", max_running: 2, max_running_per_key: 1, key_from: "/customer" });
    const ofKey = (customer: string) => post(invokePath(tenant), { input: { customer } });
    const { id } = await (await ofKey("a")).json<{ id: string }>();
    expect((await suspend(service, tenant, id)).status).toBe(200);
    // Now only other keys are in the way.
    for (const key of ["b", "c"]) expect((await ofKey(key)).status).toBe(202);
    await setCap("waiting_runs", 0);
    expect(await code(await ofKey("a"))).toEqual(REACHED);
    expect((await readRun(service, tenant, id)).status).toBe("PENDING");
    await setCap("waiting_runs", 1);
    expect((await ofKey("a")).status).toBe(202);
    expect((await readRun(service, tenant, id)).status).toBe("FAILED");
  });

  it("is why a trigger was refused", async () => {
    const { id } = await createTrigger(service, tenant, HOURLY, {});
    await setCap("waiting_runs", 1);
    const firings = [];
    for (let n = 0; n < 3; n++) firings.push(await (await post(`/v1/triggers/${id}/fire`, {})).json<Firing>());
    expect(firings).toMatchObject([
      { outcome: "FIRED" },
      { outcome: "FIRED" },
      { outcome: "REFUSED", reason: "cap_reached", detail: { cap: "waiting_runs", limit: 1 } },
    ]);
  });

  it("is counted only when there may be too many since the last count", async () => {
    await setCap("waiting_runs", 10_000);
    await invoke(service, tenant);
    await invoke(service, tenant);
    const count = async () =>
      service.database
        .sql`select amount, counted_at from tenant_counts where tenant_id = ${tenant.id} and cap = 'waiting_runs'`;
    const counted = await count();
    expect(counted).toMatchObject([{ amount: "0" }]);
    await invoke(service, tenant);
    expect(await count()).toEqual(counted);
    await setCap("waiting_runs", 1);
    expect(await code(await newRun())).toEqual(REACHED);
    expect(await count()).toMatchObject([{ amount: "2" }]);
  });

  it("does not count a suspended run until it has resumed", async () => {
    await setCap("waiting_runs", 1);
    const suspended = await invoke(service, tenant);
    expect((await suspend(service, tenant, suspended)).status).toBe(200);
    await invoke(service, tenant);
    expect(await useOf("waiting_runs")).toEqual([0, 1]);
    await invoke(service, tenant);
    expect(await code(await newRun())).toEqual(REACHED);
    expect((await answer(service, tenant.owner.key, suspended)).status).toBe(200);
    expect([(await readRun(service, tenant, suspended)).status, await useOf("waiting_runs")]).toEqual([
      "PENDING",
      [2, 1],
    ]);
  });

  it("does not refuse a run that is retried", async () => {
    await setCap("waiting_runs", 1);
    const [failed] = [await invoke(service, tenant), await invoke(service, tenant)];
    // Its end starts the other one, so one more may wait.
    await service.send("POST", `/v1/workflow-runs/${failed}/stop`, tenant.owner.key, {});
    await invoke(service, tenant);
    expect(await code(await newRun())).toEqual(REACHED);
    const retried = await service.send("POST", `/v1/workflow-runs/${failed}/retry`, tenant.owner.key, {});
    expect([retried.status, (await retried.json<{ status: string }>()).status]).toEqual([202, "PENDING"]);
  });
});

describe("a tenant that has much of something", () => {
  it("is counted again only some time after the last count", async () => {
    const { sql } = service.database;
    await sql`
      insert into path_parts (id, tenant_id, name, part_type, materialized_path)
      select gen_random_uuid(), ${tenant.id}, 'many-' || n, 'FOLDER', '/many-' || n from generate_series(1, 1001) n`;
    const [used] = await useOf("path_parts");
    await setCap("path_parts", used);
    expect((await newFile("new-1")).status).toBe(409);
    await sql`delete from path_parts where tenant_id = ${tenant.id} and name = 'many-1'`;
    // The last count is from now on, whenever that is.
    await sql`update tenant_counts set counted_at = statement_timestamp() + interval '1 hour' where tenant_id = ${tenant.id}`;
    expect((await newFile("new-1")).status).toBe(409);
    await sql`update tenant_counts set counted_at = statement_timestamp() - interval '1 hour' where tenant_id = ${tenant.id}`;
    expect((await newFile("new-1")).status).toBe(201);
  });
});

describe("the cap of sign-in sessions", () => {
  it("ends the oldest of the user's when a new one begins, and nobody else's", async () => {
    await setCap("sign_in_sessions", 2);
    const other = await signIn(service, tenant.admin.key);
    const browsers = [];
    for (let n = 0; n < 3; n++) browsers.push(await signIn(service, tenant.owner.key));
    const statuses = await Promise.all(browsers.map(async (browser) => (await browser.get("/v1/users/me")).status));
    expect([...statuses, (await other.get("/v1/users/me")).status]).toEqual([401, 200, 200, 200]);
    expect(await useOf("sign_in_sessions")).toEqual([2, 2]);
    await setCap("sign_in_sessions", 3);
    const last = await signIn(service, tenant.owner.key);
    expect([(await browsers[1]?.get("/v1/users/me"))?.status, (await last.get("/v1/users/me")).status]).toEqual([
      200, 200,
    ]);
  });
});

describe("what a tenant uses", () => {
  it("is shown to its OWNER and ADMINs, with the caps of its class", async () => {
    await invoke(service, tenant);
    await invoke(service, tenant);
    expect(await readUse()).toEqual({
      limits: "default",
      caps: [
        { cap: "definitions", used: 1, limit: 10_000 },
        { cap: "path_parts", used: expect.any(Number), limit: 100_000 },
        { cap: "waiting_runs", used: 1, limit: 100_000 },
        { cap: "artifact_bytes", used: 0, limit: 100_000_000_000 },
        { cap: "sign_in_sessions", used: 0, limit: 50 },
      ],
    });
    await callSqlFunction(service.database, "set_limits", { tenant_id: tenant.id, limits: "large" });
    await setCap("definitions", 1);
    const page = await (await (await signIn(service, tenant.admin.key)).get("/app/settings/use")).text();
    const text = page.replaceAll(/<[^>]*>/g, " ").replaceAll(/\s+/g, " ");
    expect(text).toContain("Workflows 1 of 1 It is reached: no other can be created.");
    expect(text).toContain("Runs that wait 1 of 1,000,000 When it is reached:");
    expect(text).toContain("Files of runs 0 B of 10 TB");
  });

  it("is not shown to a USER, nor to another tenant", async () => {
    const user = await addUser(service.database, tenant, "USER");
    expect((await service.get(`/v1/tenants/${tenant.id}/use`, user.key)).status).toBe(403);
    expect((await (await signIn(service, user.key)).get("/app/settings/use")).status).toBe(403);
    const stranger = await createTenant(service.database);
    expect((await service.get(`/v1/tenants/${tenant.id}/use`, stranger.owner.key)).status).toBe(404);
  });
});
