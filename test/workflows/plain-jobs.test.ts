import { describe, expect, it } from "vitest";
import { contractFaults } from "../support/contract.ts";
import { callBack } from "../support/lifecycle.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { permit } from "../support/path-parts.ts";
import { startService } from "../support/service.ts";

const PATH = "/v1/workflow-definitions";
const JOB = { name: "Nightly job", runner_type: "SELF_HOSTED" };
const NO_FILES = { source_path_part_ids: [], instruction_path_part_ids: [], output_path_part_ids: [] };

const service = await startService();
const tenant = tenantOfEachTest(service);

/** A workflow without files, whose runs are leased. Returns its id. */
async function createJob(body: object = {}): Promise<string> {
  const response = await service.send("POST", PATH, tenant.owner.key, { ...JOB, ...body });
  if (response.status !== 201) throw new Error(`create: ${response.status} ${await response.text()}`);
  const { id } = await response.json<{ id: string }>();
  await setPolicy(id, {});
  return id;
}

const setPolicy = async (id: string, policy: object) =>
  service.send("PUT", `${PATH}/${id}/policy`, tenant.owner.key, { handover: "lease", ...policy });

const invoke = (id: string, key = tenant.owner.key) => service.send("POST", `${PATH}/${id}/invoke`, key, {});

/** Lets the USER read or write the workflow itself. */
async function permitJob(id: string, capability: "READ_ONLY" | "READ_WRITE"): Promise<void> {
  const [node] = await service.database.sql`select path_part_id as id from workflow_definitions where id = ${id}`;
  await permit(service.database, tenant, node?.id, capability);
}

describe("a workflow without files", () => {
  it.each([[{}], [NO_FILES]])("is created when they are left out, or empty: %j", async (body) => {
    const response = await service.send("POST", PATH, tenant.owner.key, { ...JOB, ...body });
    const created = await response.json<{ id: string }>();
    expect([response.status, created]).toMatchObject([201, { ...NO_FILES, template_path_part_id: null }]);
    expect(contractFaults("create_workflow_definition", 201, created)).toEqual([]);
  });

  it("is replaced only by a request that names them, which may be empty", async () => {
    const id = await createJob();
    const put = (body: object) => service.send("PUT", `${PATH}/${id}`, tenant.owner.key, { ...JOB, ...body });
    for (const field of Object.keys(NO_FILES)) {
      const refused = await put({ ...NO_FILES, [field]: undefined });
      expect([refused.status, await refused.json()]).toMatchObject([422, { detail: [{ loc: ["body", field] }] }]);
    }
    expect((await put({ ...NO_FILES, name: "Nightly" })).status).toBe(200);
  });

  it("has runs whose snapshot has empty lists, never null, and whose runner gets them so", async () => {
    const id = await createJob();
    const run = await (await invoke(id)).json<{ id: string }>();
    const lists = { sources: [], instructions: [], outputs: [], template: null };
    expect(run).toMatchObject({ run_snapshot: lists });
    expect(contractFaults("invoke_workflow", 202, run)).toEqual([]);
    const session = { name: "runner", workflow_definition_ids: [id], capacity: 1 };
    const opened = await service.send("POST", "/v1/runner-sessions", tenant.owner.key, session);
    const { token } = await opened.json<{ token: string }>();
    const leased = await service.send("POST", "/v1/leases", token, { request_id: run.id });
    expect(await leased.json()).toMatchObject({ leases: [{ run_id: run.id, run_snapshot: lists }] });
    expect((await callBack(service, tenant, run.id, { status: "COMPLETED" })).status).toBe(200);
  });
});

describe("who may run a workflow without outputs", () => {
  it("is who may write it, and whoever may see it when its policy says so", async () => {
    const id = await createJob();
    expect((await invoke(id, tenant.admin.key)).status).toBe(202);
    expect((await invoke(id, tenant.user.key)).status).toBe(404);
    await permitJob(id, "READ_ONLY");
    const refused = await invoke(id, tenant.user.key);
    expect([refused.status, await refused.json()]).toMatchObject([
      403,
      { detail: expect.stringContaining(`To invoke this workflow you also need: write on “/workflows/${id}”`) },
    ]);
    await setPolicy(id, { run_needs: "read" });
    expect((await invoke(id, tenant.user.key)).status).toBe(202);
  });

  it("may also be a USER with write on it", async () => {
    const id = await createJob();
    await permitJob(id, "READ_WRITE");
    expect((await invoke(id, tenant.user.key)).status).toBe(202);
  });

  it("is asked again when a run is retried", async () => {
    const id = await createJob();
    await permitJob(id, "READ_ONLY");
    await setPolicy(id, { run_needs: "read" });
    const run = await (await invoke(id, tenant.user.key)).json<{ id: string }>();
    const stopped = await service.send("POST", `/v1/workflow-runs/${run.id}/stop`, tenant.user.key, {});
    expect(stopped.status).toBe(200);
    await setPolicy(id, { run_needs: "write" });
    const retry = () => service.send("POST", `/v1/workflow-runs/${run.id}/retry`, tenant.user.key);
    expect((await retry()).status).toBe(403);
    await setPolicy(id, { run_needs: "read" });
    expect((await retry()).status).toBe(202);
  });

  it("has no effect on a workflow with outputs: who may write these may run it", async () => {
    const id = await createJob({ output_path_part_ids: [tenant.outputsId] });
    await setPolicy(id, { run_needs: "read" });
    await permitJob(id, "READ_ONLY");
    expect((await invoke(id, tenant.user.key)).status).toBe(403);
    await permit(service.database, tenant, tenant.outputsId, "READ_WRITE");
    await setPolicy(id, { run_needs: "write" });
    expect((await invoke(id, tenant.user.key)).status).toBe(202);
  });
});
