import { v7 as uuid } from "uuid";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";
import { decryptWebhookSecret } from "../../src/webhooks/secret-box.ts";
import { contractFaults } from "../support/contract.ts";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { insertRun, invoke, invokePath, makeOverdue, readRun } from "../support/lifecycle.ts";
import { insertParts, permit, type TestTree } from "../support/path-parts.ts";
import { startService } from "../support/service.ts";
import { SETTINGS } from "../support/settings.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

const PATH = "/v1/workflow-definitions";
const SECRET = "whsec_dGhlIHNlY3JldCBvZiBhIGRlZmluaXRpb24=";

type Definition = Record<string, unknown> & { id: string; updated_at: string };
type Faults = { detail: { loc: (string | number)[]; type: string; msg: string }[] };

const service = await startService();

/** A tenant with `/in`, `/in/a.md`, `/in/a.md/v1`, `/how.md`, `/out` and `/form.md`, and a body that names some. */
async function prepare() {
  const tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
  const paths = ["/in", "/in/a.md", "/in/a.md/v1", "/how.md", "/out", "/out/deep", "/form.md"];
  const tree = await insertParts(service.database, tenant, paths);
  return { tenant, tree, body: requestBody(tree) };
}

const requestBody = (tree: TestTree) => ({
  name: "Report",
  runner_type: "SELF_HOSTED",
  runner_config: { url: "https://runner.example.com/hook", webhook_secret: SECRET },
  source_path_part_ids: [tree.idOf("/in")],
  instruction_path_part_ids: [tree.idOf("/how.md")],
  output_path_part_ids: [tree.idOf("/out")],
  template_path_part_id: tree.idOf("/form.md"),
});

async function create(tenant: TestTenant, body: object): Promise<Definition> {
  const response = await service.send("POST", PATH, tenant.owner.key, body);
  if (response.status !== 201) throw new Error(`create: ${response.status} ${await response.text()}`);
  return response.json();
}

const total = async ({ owner }: TestTenant) =>
  (await (await service.get(PATH, owner.key)).json<{ total: number }>()).total;

const locsOf = async (response: Response) =>
  (await response.json<Faults>()).detail.map(({ loc }) => loc.slice(1).join("."));

describe("POST /v1/workflow-definitions", () => {
  it("answers 201 with the definition in the form of the contract, and its URL", async () => {
    const { tenant, body } = await prepare();
    const response = await service.send("POST", PATH, tenant.admin.key, body);
    expect(response.status).toBe(201);
    const definition = await response.json<Definition>();
    expect(contractFaults("create_workflow_definition", 201, definition)).toEqual([]);
    expect(definition).toEqual({
      ...body,
      id: definition.id,
      description: null,
      runner_config: { url: "https://runner.example.com/hook" },
      max_run_duration_seconds: 300,
      is_active: true,
      created_at: definition.updated_at,
      updated_at: definition.updated_at,
    });
    const location = response.headers.get("Location") ?? "";
    expect(await (await service.get(location, tenant.owner.key)).json()).toEqual(definition);
  });

  it("needs neither a runner nor a template", async () => {
    const { tenant, body } = await prepare();
    const { runner_config: _, template_path_part_id: __, ...rest } = body;
    const definition = await create(tenant, { ...rest, runner_config: null });
    expect([definition.runner_config, definition.template_path_part_id]).toEqual([null, null]);
  });

  it("puts the definition into the tree, where only the service changes it", async () => {
    const { tenant, body } = await prepare();
    const { id } = await create(tenant, body);
    const response = await service.get("/v1/path-parts?max_depth=2&limit=100", tenant.owner.key);
    const { items } = await response.json<{ items: Record<string, unknown>[] }>();
    const node = items.find(({ materialized_path }) => materialized_path === `/workflows/${id}`);
    expect(node).toMatchObject({ part_type: "WORKFLOW_DEFINITION", system_managed: true, metadata_obj_id: id });
    const rename = await service.send("PATCH", `/v1/path-parts/${node?.path_part_id}`, tenant.owner.key, { name: "x" });
    expect(rename.status).toBe(409);
  });

  it("keeps the webhook secret encrypted", async () => {
    const { tenant, body } = await prepare();
    const { id } = await create(tenant, body);
    const [row] = await service.database.sql`select * from workflow_definitions where id = ${id}`;
    expect(JSON.stringify(row)).not.toContain(SECRET);
    const { encryptionKeys } = readConfig({ ...SETTINGS, DATABASE_URL: "postgres://localhost/unused" });
    expect(await decryptWebhookSecret(encryptionKeys, id, row?.webhook_secret_encrypted)).toBe(SECRET);
  });

  it("names every path part that is missing, of the wrong kind, or below another", async () => {
    const { tenant, tree, body } = await prepare();
    const stranger = await createTenant(service.database);
    const response = await service.send("POST", PATH, tenant.owner.key, {
      ...body,
      source_path_part_ids: [tree.idOf("/in"), uuid(), stranger.sourcesId, tree.idOf("/in/a.md/v1")],
      instruction_path_part_ids: [tree.idOf("/how.md"), tree.idOf("/in/a.md")],
      output_path_part_ids: [tree.idOf("/out/deep"), tree.idOf("/form.md"), tree.idOf("/out")],
      template_path_part_id: tenant.sourcesId,
    });
    expect(response.status).toBe(422);
    const { detail } = await response.json<Faults>();
    expect(detail.map(({ loc, msg }) => [loc.slice(1).join("."), msg])).toEqual([
      ["source_path_part_ids.1", "There is no such path part, or it is not yours to see."],
      ["source_path_part_ids.2", "There is no such path part, or it is not yours to see."],
      ["source_path_part_ids.3", "Must be a FOLDER or a DOCUMENT: this is a DOCUMENT_VERSION."],
      ["instruction_path_part_ids.1", "Lies below `source_path_part_ids[0]`. Name only one of them."],
      ["output_path_part_ids.0", "Lies below `output_path_part_ids[2]`. Name only one of them."],
      ["output_path_part_ids.1", "Must be a FOLDER: this is a DOCUMENT."],
      ["template_path_part_id", "Must be a DOCUMENT or a DOCUMENT_VERSION: this is a FOLDER."],
    ]);
    expect(contractFaults("create_workflow_definition", 422, { detail })).toEqual([]);
    expect(await total(tenant)).toBe(1);
  });

  it("accepts a document's version as the template, and parts whose names begin alike", async () => {
    const { tenant, tree, body } = await prepare();
    const more = await insertParts(service.database, tenant, ["/in-b", "/inner"]);
    await create(tenant, {
      ...body,
      source_path_part_ids: [more.idOf("/in-b"), more.idOf("/inner")],
      template_path_part_id: tree.idOf("/in/a.md/v1"),
    });
  });

  it("takes a description of up to 8 KiB of UTF-8", async () => {
    const { tenant, body } = await prepare();
    const post = (description: string) => service.send("POST", PATH, tenant.owner.key, { ...body, description });
    expect((await post("ö".repeat(4096))).status).toBe(201);
    const [response, requests] = await service.counted(() => post(`${"ö".repeat(4096)}.`));
    expect([response.status, requests]).toEqual([422, 0]);
    expect(await response.json()).toMatchObject({
      detail: [{ loc: ["body", "description"], type: "value_error", msg: "Must have at most 8192 bytes of UTF-8." }],
    });
  });

  it("refuses an id that is named twice, in any spelling and parameter, without a database request", async () => {
    const { tenant, tree, body } = await prepare();
    const id = tree.idOf("/in");
    const [response, requests] = await service.counted(() =>
      service.send("POST", PATH, tenant.owner.key, {
        ...body,
        source_path_part_ids: [id, id.toUpperCase()],
        output_path_part_ids: [id],
        template_path_part_id: id,
      }),
    );
    expect([response.status, requests]).toEqual([422, 0]);
    expect(await locsOf(response)).toEqual([
      "source_path_part_ids.1",
      "output_path_part_ids.0",
      "template_path_part_id",
    ]);
  });

  it.each([
    [{ url: "http://10.0.0.1/hook", webhook_secret: SECRET }, ["runner_config.url"]],
    [{ url: "https://user:pw@runner.example.com", webhook_secret: SECRET }, ["runner_config.url"]],
    [{ url: "https://service.test/hook", webhook_secret: SECRET }, ["runner_config.url"]],
    [{ url: "https://printer.local", webhook_secret: "" }, ["runner_config.url", "runner_config.webhook_secret"]],
    [{ url: "https://runner.example.com", webhook_secret: "whsec_no base64" }, ["runner_config.webhook_secret"]],
    [{ url: "https://runner.example.com", webhook_secret: "whsec_nobody" }, ["runner_config.webhook_secret"]],
    [{ url: "https://runner.example.com" }, ["runner_config.webhook_secret"]],
    [{ url: `https://runner.example.com/${"a".repeat(2083)}`, webhook_secret: SECRET }, ["runner_config.url"]],
  ])("refuses the runner %j, and never repeats a secret", async (runner_config, locs) => {
    const { tenant, body } = await prepare();
    const [response, requests] = await service.counted(() =>
      service.send("POST", PATH, tenant.owner.key, { ...body, runner_config }),
    );
    expect([response.status, requests]).toEqual([422, 0]);
    const text = await response.clone().text();
    expect(text).not.toContain("whsec_no");
    expect(text).not.toContain(SECRET);
    expect(await locsOf(response)).toEqual(locs);
  });

  it.each([
    ["an empty body", {}, ["name", "runner_type"]],
    ["a field too many", { is_active: false }, ["is_active"]],
    ["a limit of 59 s", { max_run_duration_seconds: 59 }, ["max_run_duration_seconds"]],
    ["a limit of 86,401 s", { max_run_duration_seconds: 86_401 }, ["max_run_duration_seconds"]],
    ["no list of sources", { source_path_part_ids: null }, ["source_path_part_ids"]],
    ["21 sources", { source_path_part_ids: Array.from({ length: 21 }, () => uuid()) }, ["source_path_part_ids"]],
    ["a name of 256 characters", { name: "n".repeat(256) }, ["name"]],
    ["a name with a zero byte", { name: "a\u0000" }, ["name"]],
    ["a description with half a character", { description: "\ud800" }, ["description"]],
    ["another kind of runner", { runner_type: "HOSTED" }, ["runner_type"]],
  ])("refuses %s", async (_, change, locs) => {
    const { tenant, body } = await prepare();
    const given = Object.keys(change).length === 0 ? {} : { ...body, ...change };
    const response = await service.send("POST", PATH, tenant.owner.key, given);
    expect(response.status).toBe(422);
    expect((await locsOf(response)).toSorted()).toEqual(locs.toSorted());
  });

  it("takes a name of 255 characters of two UTF-16 units each", async () => {
    const { tenant, body } = await prepare();
    expect((await create(tenant, { ...body, name: "😀".repeat(255) })).name).toBe("😀".repeat(255));
  });

  it("never refers to a part that is deleted at the same moment", async () => {
    const { tenant, body } = await prepare();
    for (let round = 0; round < 8; round++) {
      const tree = await insertParts(service.database, tenant, [`/passing-${round}`]);
      const id = tree.idOf(`/passing-${round}`);
      const [created, deleted] = await Promise.all([
        service.send("POST", PATH, tenant.owner.key, { ...body, source_path_part_ids: [id] }),
        service.send("DELETE", `/v1/path-parts/${id}`, tenant.owner.key),
      ]);
      expect([
        [201, 409],
        [422, 204],
      ]).toContainEqual([created.status, deleted.status]);
    }
  });
});

describe("GET /v1/workflow-definitions", () => {
  it("lists newest first, in pages, with the exact total", async () => {
    const { tenant, body } = await prepare();
    const ids = [];
    for (const name of ["one", "two", "three"]) ids.unshift((await create(tenant, { ...body, name })).id);
    ids.push(tenant.definitionId);
    const page = async (query: string) => {
      const response = await service.get(`${PATH}${query}`, tenant.owner.key);
      const json = await response.json<{ items: { id: string }[]; total: number }>();
      expect(contractFaults("list_workflow_definitions", 200, json)).toEqual([]);
      return [json.items.map(({ id }) => id), json.total];
    };
    expect(await page("")).toEqual([ids, 4]);
    expect(await page("?limit=2")).toEqual([ids.slice(0, 2), 4]);
    expect(await page("?limit=2&offset=3")).toEqual([ids.slice(3), 4]);
    expect(await page("?offset=4")).toEqual([[], 4]);
    expect(await page("?offset=9007199254740991")).toEqual([[], 4]);
  });

  it("shows and counts for a USER what they may read", async () => {
    const { tenant, body } = await prepare();
    const { id } = await create(tenant, body);
    const list = async () => (await service.get(PATH, tenant.user.key)).json<{ items: Definition[]; total: number }>();
    expect(await list()).toMatchObject({ items: [], total: 0 });
    expect((await service.get(`${PATH}/${id}`, tenant.user.key)).status).toBe(404);
    await grantDefinition(tenant, id, "READ_ONLY");
    expect(await list()).toMatchObject({ items: [{ id }], total: 1 });
    expect((await service.get(`${PATH}/${id}`, tenant.user.key)).status).toBe(200);
  });
});

async function grantDefinition(tenant: TestTenant, id: string, capability: "READ_ONLY" | "READ_WRITE") {
  const [node] = await service.database.sql`select path_part_id as id from workflow_definitions where id = ${id}`;
  await permit(service.database, tenant, node?.id, capability);
}

describe("PUT /v1/workflow-definitions/{definition_id}", () => {
  it("replaces everything: missing fields get their defaults, and a missing runner is removed", async () => {
    const { tenant, tree, body } = await prepare();
    const before = await create(tenant, { ...body, description: "Old", max_run_duration_seconds: 900 });
    const { runner_config: _, template_path_part_id: __, ...rest } = body;
    const response = await service.send("PUT", `${PATH}/${before.id}`, tenant.owner.key, {
      ...rest,
      name: "New",
      source_path_part_ids: [tree.idOf("/in/a.md")],
    });
    const after = await response.json<Definition>();
    expect(contractFaults("update_workflow_definition", 200, after)).toEqual([]);
    expect(after).toEqual({
      ...before,
      name: "New",
      description: null,
      runner_config: null,
      max_run_duration_seconds: 300,
      source_path_part_ids: [tree.idOf("/in/a.md")],
      template_path_part_id: null,
      updated_at: after.updated_at,
    });
    expect(after.updated_at > before.updated_at).toBe(true);
    expect((await service.send("POST", `${PATH}/${before.id}/invoke`, tenant.owner.key)).status).toBe(409);
  });

  it("checks the path parts as a creation does, and then changes nothing", async () => {
    const { tenant, tree, body } = await prepare();
    const before = await create(tenant, body);
    const response = await service.send("PUT", `${PATH}/${before.id}`, tenant.owner.key, {
      ...body,
      name: "New",
      output_path_part_ids: [tree.idOf("/out"), tree.idOf("/how.md")],
      instruction_path_part_ids: [tree.idOf("/in/a.md")],
    });
    expect(response.status).toBe(422);
    expect(await locsOf(response)).toEqual(["instruction_path_part_ids.0", "output_path_part_ids.1"]);
    expect(await (await service.get(`${PATH}/${before.id}`, tenant.owner.key)).json()).toEqual(before);
  });

  it("needs write on the definition: with read alone it is 403, with nothing 404", async () => {
    const { tenant, tree, body } = await prepare();
    const { id } = await create(tenant, body);
    const put = () => service.send("PUT", `${PATH}/${id}`, tenant.user.key, { ...body, name: "By a USER" });
    expect((await put()).status).toBe(404);
    await grantDefinition(tenant, id, "READ_ONLY");
    const refused = await put();
    expect([refused.status, (await refused.json<{ detail: string }>()).detail]).toEqual([
      403,
      "You need write on this workflow definition.",
    ]);
    await service.database.sql`delete from user_permissions where user_id = ${tenant.user.id}`;
    await grantDefinition(tenant, id, "READ_WRITE");
    expect(await locsOf(await put())).toHaveLength(4);
    for (const path of ["/in", "/how.md", "/out", "/form.md"]) {
      await permit(service.database, tenant, tree.idOf(path), "READ_ONLY");
    }
    const outputsRefused = await put();
    expect([outputsRefused.status, (await outputsRefused.json<{ detail: string }>()).detail]).toEqual([
      403,
      `To save this workflow with these outputs you also need: write on “/out” (${tree.idOf("/out")}).`,
    ]);
    await service.database.sql`
      update user_permissions set capability = 'READ_WRITE'
      where user_id = ${tenant.user.id} and path_part_id = ${tree.idOf("/out")}`;
    expect((await put()).status).toBe(200);
  });

  it("pauses and resumes: the queue waits during the pause, and its first run starts at the resume", async () => {
    const { tenant, body } = await prepare();
    const [running, first, second] = [
      await invoke(service, tenant),
      await invoke(service, tenant),
      await invoke(service, tenant),
    ];
    const replace = (is_active: boolean) =>
      service.send("PUT", `${PATH}/${tenant.definitionId}`, tenant.owner.key, {
        ...body,
        runner_config: { url: BUSY_RUNNER, webhook_secret: SECRET },
        is_active,
      });
    const statuses = async () =>
      Promise.all([running, first, second].map(async (id) => (await readRun(service, tenant, id)).status));

    expect((await replace(false)).status).toBe(200);
    expect((await service.send("POST", invokePath(tenant), tenant.owner.key)).status).toBe(409);
    await service.send("POST", `/v1/workflow-runs/${running}/stop`, tenant.owner.key);
    expect(await statuses()).toEqual(["FAILED", "PENDING", "PENDING"]);

    expect((await replace(true)).status).toBe(200);
    expect(await statuses()).toEqual(["FAILED", "RUNNING", "PENDING"]);
    const [row] = await service.database.sql`select dispatch_count from workflow_runs where id = ${first}`;
    expect(row?.dispatch_count).toBe(1);
  });

  it("does not change the snapshots of runs, and neither does a renamed folder", async () => {
    const { tenant, body } = await prepare();
    const id = await invoke(service, tenant);
    const before = (await readRun(service, tenant, id)).run_snapshot;
    await service.send("PUT", `${PATH}/${tenant.definitionId}`, tenant.owner.key, body);
    await service.send("PATCH", `/v1/path-parts/${tenant.sourcesId}`, tenant.owner.key, { name: "renamed" });
    expect((await readRun(service, tenant, id)).run_snapshot).toEqual(before);
  });
});

describe("DELETE /v1/workflow-definitions/{definition_id}", () => {
  it("deletes its node and the permissions on it; its runs are gone for everybody, and the next sweep deletes them", async () => {
    const { tenant, body } = await prepare();
    const other = await create(tenant, body);
    await insertRun(service.database, tenant, { status: "COMPLETED" });
    const waiting = await insertRun(service.database, tenant, { status: "PENDING" });
    await grantDefinition(tenant, tenant.definitionId, "READ_ONLY");
    const response = await service.send("DELETE", `${PATH}/${tenant.definitionId}`, tenant.admin.key);
    expect(response.status).toBe(204);
    expect((await service.get(`${PATH}/${tenant.definitionId}`, tenant.owner.key)).status).toBe(404);
    expect((await service.get(`/v1/workflow-runs/${waiting}`, tenant.owner.key)).status).toBe(404);
    expect(await (await service.get("/v1/workflow-runs", tenant.owner.key)).json()).toMatchObject({ items: [] });
    const read = () => service.database.sql`
      select (select count(*)::int from workflow_runs where tenant_id = ${tenant.id}) as runs,
        (select count(*)::int from user_permissions where tenant_id = ${tenant.id}) as permissions,
        (select array_agg(name) from path_parts where tenant_id = ${tenant.id} and part_type = 'WORKFLOW_DEFINITION') as nodes`;
    expect(await read()).toEqual([{ runs: 2, permissions: 0, nodes: [other.id] }]);
    await service.sweep();
    expect(await read()).toEqual([{ runs: 0, permissions: 0, nodes: [other.id] }]);
  });

  it("is 409 while a run is RUNNING, and names it; an overdue run does not count as RUNNING", async () => {
    const { tenant } = await prepare();
    const running = await invoke(service, tenant);
    const path = `${PATH}/${tenant.definitionId}`;
    const refused = await service.send("DELETE", path, tenant.owner.key);
    expect([refused.status, (await refused.json<{ detail: string }>()).detail]).toEqual([
      409,
      expect.stringContaining(running),
    ]);
    expect((await readRun(service, tenant, running)).status).toBe("RUNNING");
    await makeOverdue(service, running);
    expect((await service.send("DELETE", path, tenant.owner.key)).status).toBe(204);
  });
});
