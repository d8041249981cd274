import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { ABSENT_RUNNER, type Browser, openTenant, PAGE_SETTINGS } from "../support/browser.ts";
import { startFakeRunner } from "../support/fake-runner.ts";
import { eventTypes, insertRun, invoke, readRun } from "../support/lifecycle.ts";
import { openedTenantOfEachTest } from "../support/of-each-test.ts";
import { insertParts, permit, readPaths } from "../support/path-parts.ts";
import { startService } from "../support/service.ts";

const SECRET = "whsec_dGhlIHNlY3JldCBvZiB0aGUgdGVzdHMgcnVubmVy";

const service = await startService({ settings: PAGE_SETTINGS });
const { tenant, owner, user } = openedTenantOfEachTest(service);

const definition = async (id: string) => {
  const response = await service.get(`/v1/workflow-definitions/${id}`, tenant.owner.key);
  return response.json<Record<string, unknown> & { runner_config: { url: string } | null }>();
};

/** The messages beside the fields of a refused form. */
const faultsIn = async (response: Response) =>
  [...(await response.text()).matchAll(/<p class="fault">([^<]+)<\/p>/g)].map(([, text]) => text);

async function partId(path: string): Promise<string> {
  const { sql } = service.database;
  const [row] = await sql`select id from path_parts where tenant_id = ${tenant.id} and materialized_path = ${path}`;
  return String(row?.id);
}

async function workflowFields() {
  return {
    name: "Sums",
    description: "",
    runner_url: ABSENT_RUNNER,
    webhook_secret: SECRET,
    max_run_duration_seconds: "120",
    is_active: "true",
    source: [`${await partId("/sources")} FOLDER /sources`],
    instruction: [`${await partId("/instructions.md")} DOCUMENT /instructions.md`],
    output: [`${await partId("/outputs")} FOLDER /outputs`],
  };
}

describe("a form", () => {
  it("is one database request, answers 303, and does what the API does", async () => {
    const running = await invoke(service, tenant);
    const waiting = await invoke(service, tenant);
    const [stopped, requests] = await service.counted(() =>
      owner.post(`/app/runs/${waiting}/stop`, { reason: "no need" }),
    );
    expect([stopped.status, stopped.headers.get("Location"), requests]).toEqual([303, `/app/runs/${waiting}`, 1]);
    expect(await readRun(service, tenant, waiting)).toMatchObject({ status: "FAILED", error: "Stopped: no need" });

    expect((await owner.post(`/app/runs/${waiting}/retry`)).status).toBe(303);
    expect(await eventTypes(service, tenant, waiting)).toEqual(["TRIGGERED", "QUEUED", "STOPPED", "RETRIED", "QUEUED"]);
    expect((await owner.post(`/app/runs/${waiting}/delete`)).headers.get("Location")).toBe("/app/runs");
    expect((await owner.get(`/app/runs/${waiting}`)).status).toBe(404);
    expect((await readRun(service, tenant, running)).status).toBe("RUNNING");
  });

  it("is refused without any change when another site sends it", async () => {
    const id = await invoke(service, tenant);
    const response = await owner.post(`/app/runs/${id}/stop`, {}, { Origin: "https://elsewhere.example" });
    expect(response.status).toBe(403);
    expect((await readRun(service, tenant, id)).status).toBe("RUNNING");
  });

  it("is answered with an explanation when it comes too late", async () => {
    const id = await insertRun(service.database, tenant, { status: "COMPLETED" });
    const stop = await owner.post(`/app/runs/${id}/stop`, { reason: "" });
    expect([stop.status, (await stop.text()).includes("The run has already ended: it is COMPLETED.")]).toEqual([
      409,
      true,
    ]);
    const retry = await owner.post(`/app/runs/${id}/retry`);
    expect([retry.status, (await retry.text()).includes("Only a FAILED run can be retried")]).toEqual([409, true]);
  });

  it("keeps what was typed, and says what is wrong with it", async () => {
    const id = await invoke(service, tenant);
    const response = await owner.post(`/app/runs/${id}/stop`, { reason: "x".repeat(2001) });
    expect(response.status).toBe(422);
    expect(await response.text()).toMatch(/value="x{2001}".*Must have at most 2000 characters\./s);
  });
});

describe("whatever is sent", () => {
  it("is answered with its faults, and never with 500", async () => {
    const failed = await insertRun(service.database, tenant, { status: "FAILED" });
    const [run, workflow, file, person] = [
      `/app/runs/${failed}`,
      `/app/workflows/${tenant.definitionId}`,
      `/app/files/${tenant.sourcesId}`,
      `/app/people/${tenant.user.id}`,
    ];
    const forms = {
      "/app/sign-in": ["key", "next"],
      [`${run}/stop`]: ["reason"],
      "/app/workflows/new": ["name", "runner_url", "source", "template", "max_run_duration_seconds", "open"],
      [`${workflow}/edit`]: ["name", "description", "webhook_secret", "output", "is_active", "open"],
      [`${workflow}/invoke`]: ["idempotency_key", "input", "run"],
      "/app/files/new": ["name", "part_type"],
      [`${file}/rename`]: ["name"],
      [`${file}/move`]: ["to"],
      [`${person}/role`]: ["role"],
      [`${person}/permission`]: ["part", "capability"],
      [`${person}/permissions/${tenant.id}/change`]: ["capability"],
      [`/app/people/${tenant.owner.id}/keys`]: ["name", "expires_on"],
      "/app/people/new": ["email", "first_name", "role"],
    };
    for (const [path, fields] of Object.entries(forms)) {
      for (const text of ["", "\0", "\ud800", "source:garbage", "'; --", "x".repeat(5000)]) {
        const { status } = await owner.post(path, Object.fromEntries(fields.map((name) => [name, text])));
        expect([path, text.slice(0, 20), status]).toEqual([path, text.slice(0, 20), expect.toSatisfy((s) => s < 500)]);
      }
      expect([path, (await owner.postJson(path, "{")).status]).toEqual([path, 415]);
    }
    for (const query of ["move?to=garbage", "move?to=%00", "move"]) {
      expect([query, (await owner.get(`${file}/${query}`)).status]).toEqual([query, query === "move" ? 200 : 404]);
    }
    expect((await owner.get(`${person}/permission?in=garbage`)).status).toBe(404);
  });
});

describe("a change that a role may not make", () => {
  it("is refused to a USER who sends its form anyway, on every page", async () => {
    const { sql } = service.database;
    const [node] = await sql`select path_part_id as id from workflow_definitions where id = ${tenant.definitionId}`;
    await permit(service.database, tenant, String(node?.id), "READ_ONLY");
    await permit(service.database, tenant, tenant.sourcesId, "READ_ONLY");
    const failed = await insertRun(service.database, tenant, { status: "FAILED" });
    const fields = await workflowFields();
    const forced: [string, Record<string, string | string[]>][] = [
      [`/app/runs/${failed}/retry`, {}],
      [`/app/runs/${failed}/delete`, {}],
      ["/app/workflows/new", fields],
      [`/app/workflows/${tenant.definitionId}/pause`, {}],
      [`/app/workflows/${tenant.definitionId}/delete`, {}],
      ["/app/files/new", { name: "mine", part_type: "FOLDER" }],
      [`/app/files/${tenant.sourcesId}/new`, { name: "mine", part_type: "FOLDER" }],
      [`/app/files/${tenant.sourcesId}/rename`, { name: "mine" }],
      [`/app/files/${tenant.sourcesId}/delete`, {}],
      ["/app/people/new", { email: "new@test.example", role: "ADMIN" }],
      [`/app/people/${tenant.admin.id}/role`, { role: "USER" }],
      [`/app/people/${tenant.admin.id}/deactivate`, {}],
      [`/app/people/${tenant.user.id}/permission`, { part: `${tenant.sourcesId} FOLDER /`, capability: "READ_WRITE" }],
    ];
    const before = [await readPaths(service.database, tenant), await definition(tenant.definitionId)];
    for (const [path, body] of forced) {
      const response = await user.post(path, body);
      expect([path, response.status]).toEqual([path, 403]);
      expect(response.headers.get("Content-Type")).toContain("text/html");
    }
    // A USER does not see who else there is, and nobody makes keys of people.
    const keys = `/app/people/${tenant.owner.id}/keys`;
    expect((await user.post(keys, { name: "mine" })).status).toBe(404);
    expect((await owner.post(`/app/people/${tenant.user.id}/keys`, { name: "theirs" })).status).toBe(403);
    expect([await readPaths(service.database, tenant), await definition(tenant.definitionId)]).toEqual(before);
    for (const path of [
      "/app/workflows/new",
      `/app/workflows/${tenant.definitionId}/edit`,
      `/app/people/${tenant.user.id}/permission`,
    ]) {
      expect([path, (await user.get(path)).status]).toEqual([path, 403]);
    }
  });
});

describe("the form of a workflow", () => {
  it("creates one that can be invoked", async () => {
    const fields = await workflowFields();
    const [response, requests] = await service.counted(() => owner.post("/app/workflows/new", fields));
    expect([response.status, requests]).toEqual([303, 1]);
    const path = response.headers.get("Location") ?? "";
    expect(await definition(path.split("/").at(-1) ?? "")).toMatchObject({
      name: "Sums",
      description: null,
      runner_config: { url: ABSENT_RUNNER },
      max_run_duration_seconds: 120,
      is_active: true,
    });
    const invoked = await owner.post(`${path}/invoke`, { idempotency_key: "k1" });
    expect(invoked.headers.get("Location")).toMatch(/^\/app\/runs\/[0-9a-f-]{36}$/);
    const again = await owner.post(`${path}/invoke`, { idempotency_key: "k1" });
    expect(again.headers.get("Location")).toBe(invoked.headers.get("Location"));
  });

  it("shows every fault beside its field, in the words of the form, and all that was chosen", async () => {
    const fields = await workflowFields();
    const [response, requests] = await service.counted(() =>
      owner.post("/app/workflows/new", {
        ...fields,
        name: "",
        runner_url: "ftp://runner.example.com",
        max_run_duration_seconds: "5",
        output: ["no-id - -"],
        template: ["no-id - -"],
      }),
    );
    expect([response.status, requests]).toEqual([422, 0]);
    const html = await response.clone().text();
    expect(html).toContain(`value="${fields.source[0]}" checked=""`);
    expect(await faultsIn(response)).toEqual([
      "Give it a name.",
      expect.stringMatching(/^Must be/),
      "Must be at least 60.",
      "Choose one.",
      "Choose one.",
    ]);
  });

  it("also shows the faults that only the database can find, in one request", async () => {
    const fields = await workflowFields();
    const [response, requests] = await service.counted(() =>
      owner.post("/app/workflows/new", { ...fields, output: fields.instruction, instruction: fields.output }),
    );
    expect([response.status, requests]).toEqual([422, 1]);
    expect(await faultsIn(response)).toEqual(["Must be a FOLDER: this is a DOCUMENT."]);
    const twice = await owner.post("/app/workflows/new", { ...fields, source: fields.output });
    expect(await faultsIn(twice)).toEqual(["Names the same path part as “Sources”."]);
  });

  it("makes a folder or a document in an open folder and chooses it, in one request", async () => {
    const { source: _, ...fields } = await workflowFields();
    const making = {
      ...fields,
      make: `source:${tenant.sourcesId}`,
      new_type_source: "DOCUMENT",
      new_name_source: "a.csv",
    };
    const [response, requests] = await service.counted(() => owner.post("/app/workflows/new", making));
    expect([response.status, requests]).toEqual([200, 1]);
    const choice = `${await partId("/sources/a.csv")} DOCUMENT /sources/a.csv`;
    const html = await response.text();
    expect(html).toContain(`name="source" value="${choice}" checked=""`);
    expect(html).toContain('value="Sums"');
    const [again, againRequests] = await service.counted(() => owner.post("/app/workflows/new", making));
    expect([again.status, againRequests, await faultsIn(again.clone())]).toEqual([
      409,
      1,
      [expect.stringContaining("The new one: ")],
    ]);
    expect(await again.text()).toContain('name="new_name_source" value="a.csv"');
    const nameless = await owner.post("/app/workflows/new", { ...making, make: "source:", new_name_source: "" });
    expect(await faultsIn(nameless)).toEqual(["The new one: Fill this in."]);
  });

  it("makes a webhook secret when none is typed, shows it once, and the runner's messages are signed by it", async () => {
    const runner = await startFakeRunner();
    const fields = { ...(await workflowFields()), runner_url: runner.url, webhook_secret: "" };
    const [created, requests] = await service.counted(() => owner.post("/app/workflows/new", fields));
    expect([created.status, created.headers.get("Cache-Control"), requests]).toEqual([201, "no-store", 1]);
    const html = await created.text();
    const secret = /data-copy="(whsec_[^"]+)"/.exec(html)?.[1] ?? "";
    const path = /href="(\/app\/workflows\/[0-9a-f-]{36})"/.exec(html)?.[1] ?? "";
    expect([html.includes("python3 runner.py"), (await owner.read(path)).includes(secret)]).toEqual([true, false]);

    const [tested, testRequests] = await service.counted(() => owner.post(`${path}/test`));
    expect([tested.status, testRequests]).toEqual([200, 1]);
    expect(await tested.text()).toContain("The runner took the test");
    const [message] = await runner.requests(1);
    const headers = message?.headers ?? {};
    expect(new Webhook(secret).verify(message?.body ?? "", headers)).toMatchObject({
      type: "runner.test",
      data: { workflow_definition_id: path.split("/").at(-1) },
    });
    expect(headers["webhook-id"]).toMatch(/^[0-9a-f-]{36}\.test$/);

    const renewed = await (await owner.post(`${path}/edit`, { ...fields, new_secret: "1" })).text();
    const newSecret = /data-copy="(whsec_[^"]+)"/.exec(renewed)?.[1];
    expect([newSecret === undefined, newSecret === secret]).toEqual([false, false]);
  });

  it("sends a test only for users who may change the workflow, and only to a public address", async () => {
    const path = `/app/workflows/${tenant.definitionId}`;
    expect((await user.post(`${path}/test`)).status).toBe(404);
    await permit(service.database, tenant, await partId(`/workflows/${tenant.definitionId}`), "READ_ONLY");
    expect((await user.post(`${path}/test`)).status).toBe(403);
    const { sql } = service.database;
    await sql`update workflow_definitions set runner_url = 'https://10.0.0.1/' where id = ${tenant.definitionId}`;
    const html = await (await owner.post(`${path}/test`)).text();
    expect(html).toContain("The runner did not take the test");
    expect(html).toContain("URL is refused: The host must be a name, not an IP address");
    await sql`
      update workflow_definitions set runner_url = null, webhook_secret_encrypted = null where id = ${tenant.definitionId}`;
    expect((await owner.post(`${path}/test`)).status).toBe(409);
  });

  it("copies a workflow, but for its secret", async () => {
    const html = await owner.read(`/app/workflows/new?from=${tenant.definitionId}`);
    expect(html).toContain('value="Copy of Test"');
    expect(html).toContain(`name="source" value="${tenant.sourcesId} FOLDER /sources" checked=""`);
    expect(html).toContain(`value="${ABSENT_RUNNER}"`);
    expect(html).toMatch(/name="webhook_secret" (?!value="[^"])/);
    expect((await owner.get(`/app/workflows/new?from=${tenant.id}`)).status).toBe(404);
  });

  it("gives the copy the policy of the workflow, of this tenant only", async () => {
    const policyPath = (id: string) => `/v1/workflow-definitions/${id}/policy`;
    const policyOf = async (id: string) => (await service.get(policyPath(id), tenant.owner.key)).json();
    const policy = {
      ...{
        handover: "lease",
        lease_seconds: 90,
        max_attempts: 3,
        retry_on: ["LOST"],
        max_running: 4,
        max_running_per_key: 2,
      },
      ...{ key_from: "/customer", when_busy: "replace_queued", replace_grace_seconds: 0, max_queued: 9 },
      ...{ run_needs: "read", runner_tags: ["gpu"], may_trigger: [tenant.definitionId] },
      input_schema: { type: "object" },
    };
    const saved = await service.send("PUT", policyPath(tenant.definitionId), tenant.owner.key, policy);
    expect(saved.status).toBe(200);
    const html = await owner.read(`/app/workflows/new?from=${tenant.definitionId}`);
    expect(html).toContain(`name="policy_of" value="${tenant.definitionId}"`);
    expect(html).toContain("It gets no triggers");
    const copy = async (browser: Browser, policy_of: string) => {
      const fields = { ...(await workflowFields()), policy_of, runner_url: "", webhook_secret: "" };
      const response = await browser.post("/app/workflows/new", fields);
      expect(response.status).toBe(303);
      return policyOf(response.headers.get("Location")?.split("/").at(-1) ?? "");
    };
    expect(await copy(owner, tenant.definitionId)).toEqual(policy);
    const other = await openTenant(service);
    await service.database.sql`update workflow_definitions set max_running = 7 where id = ${other.tenant.definitionId}`;
    expect(await copy(owner, other.tenant.definitionId)).toMatchObject({ max_running: 1 });
  });

  it("asks first how runs get to their runner, folds the files away, and creates one that needs none", async () => {
    const page = await owner.read("/app/workflows/new");
    expect(page).toMatch(/<option value="lease" selected[^>]*>.*<option value="webhook">/s);
    expect(page.indexOf('name="handover"')).toBeLessThan(page.indexOf('name="name"'));
    expect(page).toMatch(/<details class="more-fields"><summary>Files \(optional\)/);
    const fields = { handover: "lease", name: "Nightly", max_run_duration_seconds: "300" };
    const [response, requests] = await service.counted(() => owner.post("/app/workflows/new", fields));
    expect([response.status, requests]).toEqual([303, 1]);
    const id = response.headers.get("Location")?.split("/").at(-1) ?? "";
    const policy = await service.get(`/v1/workflow-definitions/${id}/policy`, tenant.owner.key);
    expect(await policy.json()).toMatchObject({ handover: "lease", run_needs: "write" });
    expect(await definition(id)).toMatchObject({ source_path_part_ids: [], runner_config: null });
  });

  it("opens a folder to choose from, and keeps all that was typed", async () => {
    const { source: _, ...fields } = await workflowFields();
    const [response, requests] = await service.counted(() =>
      owner.post("/app/workflows/new", { ...fields, open: `source:${tenant.sourcesId}` }),
    );
    expect([response.status, requests]).toEqual([200, 1]);
    const html = await response.text();
    expect(html).toContain('value="Sums"');
    expect(html).toContain("DOCUMENT /sources/sales.csv");
  });

  it("keeps the stored secret when none is typed, but not for another URL", async () => {
    const { sql } = service.database;
    const secret = async () => {
      const [row] =
        await sql`select webhook_secret_encrypted as s from workflow_definitions where id = ${tenant.definitionId}`;
      return row?.s;
    };
    const before = await secret();
    const fields = { ...(await workflowFields()), webhook_secret: "" };
    const path = `/app/workflows/${tenant.definitionId}/edit`;
    expect((await owner.post(path, { ...fields, name: "Renamed" })).status).toBe(303);
    expect(await secret()).toBe(before);
    const elsewhere = await owner.post(path, { ...fields, runner_url: "http://127.0.0.1:10/" });
    expect([elsewhere.status, await faultsIn(elsewhere)]).toEqual([
      422,
      ["For another runner, type its secret or let a new one be generated."],
    ]);
    expect(await definition(tenant.definitionId)).toMatchObject({
      name: "Renamed",
      runner_config: { url: ABSENT_RUNNER },
    });

    expect((await owner.post(path, { ...fields, webhook_secret: SECRET })).status).toBe(303);
    expect(await secret()).not.toBe(before);
    expect((await owner.post(path, { ...fields, runner_url: "" })).status).toBe(303);
    expect((await definition(tenant.definitionId)).runner_config).toBeNull();
  });

  it("pauses and resumes it without any other change, and its queue continues", async () => {
    const { is_active: _, updated_at: __, ...before } = await definition(tenant.definitionId);
    const [paused, requests] = await service.counted(() => owner.post(`/app/workflows/${tenant.definitionId}/pause`));
    expect([paused.status, requests]).toEqual([303, 1]);
    expect(await definition(tenant.definitionId)).toMatchObject({ ...before, is_active: false });
    const waiting = await insertRun(service.database, tenant, { status: "PENDING" });
    expect((await owner.post(`/app/workflows/${tenant.definitionId}/resume`)).status).toBe(303);
    expect(await definition(tenant.definitionId)).toMatchObject({ ...before, is_active: true });
    expect((await readRun(service, tenant, waiting)).status).toBe("RUNNING");
  });

  it("deletes it, but not while one of its runs is RUNNING", async () => {
    const id = await invoke(service, tenant);
    expect((await owner.post(`/app/workflows/${tenant.definitionId}/delete`)).status).toBe(409);
    await owner.post(`/app/runs/${id}/stop`);
    expect((await owner.post(`/app/workflows/${tenant.definitionId}/delete`)).status).toBe(303);
    expect((await owner.get(`/app/workflows/${tenant.definitionId}`)).status).toBe(404);
  });
});

describe("the files", () => {
  it("are created, renamed, moved and deleted", async () => {
    const create = (path: string, name: string, part_type: string) => owner.post(path, { name, part_type });
    expect((await create("/app/files/new", "box", "FOLDER")).status).toBe(303);
    const box = await partId("/box");
    expect((await create(`/app/files/${box}/new`, "letter.md", "DOCUMENT")).status).toBe(303);
    const letter = await partId("/box/letter.md");
    expect((await create(`/app/files/${letter}/new`, "v1", "DOCUMENT_VERSION")).status).toBe(303);
    expect((await owner.post(`/app/files/${box}/rename`, { name: "crate" })).status).toBe(303);
    expect(await readPaths(service.database, tenant)).toContain("/crate/letter.md/v1");
    expect((await owner.post(`/app/files/${letter}/move`, { to: "" })).status).toBe(303);
    expect(await readPaths(service.database, tenant)).toContain("/letter.md/v1");
    const deleted = await owner.post(`/app/files/${letter}/delete`, { parent: "" });
    expect(deleted.headers.get("Location")).toBe("/app/files");
    expect(await readPaths(service.database, tenant)).not.toContain("/letter.md");
  });

  it("are shown on the move page with their names in the database, whatever the URL says", async () => {
    const page = `/app/files/${tenant.sourcesId}/move`;
    const html = await owner.read(`${page}?name=Something+else`);
    expect(html).toContain("<title>Move sources · workflow-runs</title>");
    expect(html).not.toContain("Something else");
    expect(await owner.read(`${page}?to=${tenant.outputsId}`)).toContain("Move sources");
    const nowhere = "01920000-0000-7000-8000-00000000dead";
    for (const path of [`/app/files/${nowhere}/move?name=sources`, `${page}?to=${nowhere}`]) {
      const [response, requests] = await service.counted(() => owner.get(path));
      expect([path, response.status, requests]).toEqual([path, 404, 1]);
    }
    // It does not show a USER the name of a folder that they may not see either.
    await permit(service.database, tenant, tenant.outputsId, "READ_ONLY");
    expect((await user.get(page)).status).toBe(404);
    expect((await user.get(`/app/files/${tenant.outputsId}/move`)).status).toBe(200);
    expect((await user.get(`/app/files/${tenant.outputsId}/move?to=${tenant.sourcesId}`)).status).toBe(404);
  });

  it("show faults of a name beside its field, also that the name is taken", async () => {
    const wrong = await owner.post("/app/files/new", { name: "a/b", part_type: "FOLDER" });
    expect([wrong.status, await faultsIn(wrong)]).toEqual([422, ["Must not contain a /."]]);
    const taken = await owner.post("/app/files/new", { name: "sources", part_type: "FOLDER" });
    expect([taken.status, (await taken.text()).includes("There is a part of that name")]).toEqual([409, true]);
  });

  it("show which workflows use them or a folder above, and cannot be deleted while they are used", async () => {
    const document = await partId("/sources/sales.csv");
    const html = await owner.read(`/app/files/${document}`);
    expect(html).toContain(`/app/workflows/${tenant.definitionId}`);
    expect(html).toContain("as source");
    expect((await owner.post(`/app/files/${tenant.sourcesId}/delete`)).status).toBe(409);
  });
});

describe("the people", () => {
  it("are added, get another role, are deactivated and activated again", async () => {
    const added = await owner.post("/app/people/new", {
      email: "new@test.example",
      first_name: "Nia",
      last_name: "",
      role: "USER",
    });
    const path = added.headers.get("Location") ?? "";
    expect(await owner.read(path)).toContain("Nia");
    expect((await owner.post(`${path}/role`, { role: "ADMIN" })).status).toBe(303);
    expect((await owner.post(`${path}/deactivate`)).status).toBe(303);
    expect(await owner.read(path)).toContain("DEACTIVATED");
    expect((await owner.post(`${path}/activate`)).status).toBe(303);
    const again = await owner.post("/app/people/new", { email: "NEW@test.example", role: "USER" });
    expect([again.status, (await again.text()).includes("has that email already")]).toEqual([409, true]);
    const wrong = await owner.post("/app/people/new", { email: "no address", role: "OWNER" });
    expect([wrong.status, (await faultsIn(wrong)).length]).toEqual([422, 2]);
  });

  it("are given permissions, to read or to write, and lose them again", async () => {
    const tree = await insertParts(service.database, tenant, ["/open"]);
    const person = `/app/people/${tenant.user.id}`;
    const part = `${tree.idOf("/open")} FOLDER /open`;
    expect((await owner.post(`${person}/permission`, { part, capability: "READ_ONLY" })).status).toBe(303);
    const html = await owner.read(person);
    const id = /permissions\/([0-9a-f-]+)\/change/.exec(html)?.[1];
    expect((await owner.post(`${person}/permissions/${id}/change`, { capability: "READ_WRITE" })).status).toBe(303);
    expect(await user.read(`/app/files/${tree.idOf("/open")}`)).toContain("read and write");
    const twice = await owner.post(`${person}/permission`, { part, capability: "READ_ONLY" });
    expect([twice.status, (await twice.text()).includes("already")]).toEqual([409, true]);
    expect((await owner.post(`${person}/permissions/${id}/revoke`)).status).toBe(303);
    expect((await user.get(`/app/files/${tree.idOf("/open")}`)).status).toBe(404);
  });

  it("make keys of their own, which are shown once and can be revoked", async () => {
    const person = `/app/people/${tenant.user.id}`;
    const [created, requests] = await service.counted(() =>
      user.post(`${person}/keys`, { name: "Laptop", expires_on: "" }),
    );
    expect([created.status, created.headers.get("Cache-Control"), requests]).toEqual([201, "no-store", 1]);
    const key = /data-copy="(wr_[0-9A-Za-z_]+)"/.exec(await created.text())?.[1] ?? "";
    expect((await service.get("/v1/users/me", key)).status).toBe(200);
    const html = await user.read(person);
    expect([html.includes("Laptop"), html.includes(key)]).toEqual([true, false]);
    const expired = await user.post(`${person}/keys`, { name: "Old", expires_on: "2020-01-01" });
    expect([expired.status, await faultsIn(expired)]).toEqual([422, ["Must be in the future."]]);
    const id = /Laptop.*?keys\/([0-9a-f-]+)\/revoke/s.exec(html)?.[1];
    expect((await user.post(`${person}/keys/${id}/revoke`)).status).toBe(303);
    expect((await service.get("/v1/users/me", key)).status).toBe(401);
  });
});
