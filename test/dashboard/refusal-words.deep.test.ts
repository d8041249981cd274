/** What pages say when something is refused, and before something is deleted. */
import { describe, expect, it } from "vitest";
import { inWords } from "../../src/dashboard/wording.ts";
import { endpointProblem } from "../../src/notify/endpoints/refusals.ts";
import { changeProblem } from "../../src/runs/refusals.ts";
import { PAGE_SETTINGS } from "../support/browser.ts";
import { startFakeRunner } from "../support/fake-runner.ts";
import { insertRun } from "../support/lifecycle.ts";
import { createEndpoint } from "../support/notification-endpoint.ts";
import { openedTenantOfEachTest } from "../support/of-each-test.ts";
import { permit } from "../support/path-parts.ts";
import { startRunner } from "../support/runners.ts";
import { startService } from "../support/service.ts";

const service = await startService({ settings: PAGE_SETTINGS });
const { tenant, owner, user } = openedTenantOfEachTest(service);

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;

/** The visible text of the card that says why something was refused. */
const saidIn = (html: string) => (html.split('<div class="card center">')[1] ?? "").replaceAll(/<[^>]+>/g, " ");

describe("a refused deletion", () => {
  it("says in words what prevents it, names it once, and shows no id and no status code", async () => {
    const runId = await insertRun(service.database, tenant, { status: "RUNNING" });
    const folder = saidIn(await (await owner.post(`/app/files/${tenant.sourcesId}/delete`)).text());
    const workflow = saidIn(await (await owner.post(`/app/workflows/${tenant.definitionId}/delete`)).text());
    for (const said of [folder, workflow]) {
      expect(said).toContain("This is not possible now");
      expect(said).not.toMatch(UUID);
      expect(said).not.toMatch(/409|Conflict/);
    }
    expect(folder).toContain(
      "Workflows refer to this file or folder or to something below it. Change or delete them first.",
    );
    expect(folder.split(/\bTest\b/).length - 1).toBe(1);
    expect(workflow).toContain(`Its run …${runId.slice(-8)} is RUNNING.`);
  });
});

describe("a folder", () => {
  it("says how many workflows name something below it, of those that its reader may see", async () => {
    const [document] = await service.database.sql`
      select id from path_parts where tenant_id = ${tenant.id} and materialized_path = '/sources/sales.csv'`;
    const path = `/app/files/${tenant.sourcesId}`;
    expect(await owner.read(`/app/files/${document?.id}`)).toContain(`/app/workflows/${tenant.definitionId}`);
    await service.database.sql`
      update workflow_definitions set source_path_part_ids = array[${document?.id}::uuid] where id = ${tenant.definitionId}`;
    const page = await owner.read(path);
    expect(page).toContain("No workflow that you may see names it.");
    expect(page).toContain("1 workflow names something below it.");
    await permit(service.database, tenant, tenant.sourcesId, "READ_ONLY");
    expect(await user.read(path)).toContain("No workflow that you may see names it or anything below it.");
  });
});

describe("a page for missing permissions", () => {
  it("names the files by their paths, or by what they are for", async () => {
    const [node] = await service.database.sql`
      select path_part_id as id from workflow_definitions where id = ${tenant.definitionId}`;
    for (const id of [tenant.instructionsId, tenant.outputsId, node?.id]) {
      await permit(service.database, tenant, id, "READ_ONLY");
    }
    const refused = await user.post(`/app/workflows/${tenant.definitionId}/invoke`, {});
    const said = saidIn(await refused.text());
    expect([refused.status, said]).toEqual([403, expect.stringContaining("You may not do this")]);
    expect(said).toContain("write on “/outputs”, read on a source that you may not see.");
    expect(said).not.toMatch(/…[0-9a-f]{8}/);
  });
});

describe("the page of a refused form", () => {
  it("says which workflow it is about", async () => {
    const path = `/app/workflows/${tenant.definitionId}`;
    const dialog = await owner.read(path);
    expect(dialog).toContain("Trigger a run of “Test”?");
    expect(dialog).toContain('<input type="hidden" name="workflow" value="Test"');
    const refused = await owner.post(`${path}/invoke`, { input: "[1]", workflow: "<Test>" });
    expect(await refused.text()).toContain("<h1>Invoke “&lt;Test&gt;”</h1>");
    const run = await insertRun(service.database, tenant, { status: "RUNNING" });
    const stop = await owner.post(`/app/runs/${run}/stop`, { grace_seconds: "x", workflow: "Test" });
    expect(await stop.text()).toContain("<h1>Stop this run of “Test”</h1>");
  });
});

describe("a refused retry", () => {
  it("names the files that are gone, and shows no id", async () => {
    const runId = await insertRun(service.database, tenant, { status: "FAILED" });
    const gone = (path: string) => ({
      path_part_id: crypto.randomUUID(),
      materialized_path: path,
      part_type: "DOCUMENT",
    });
    const snapshot = { sources: [gone("/sources/old.csv")], instructions: [], outputs: [], template: gone("/form.md") };
    await service.database.sql`
      update workflow_runs set run_snapshot = run_snapshot || ${JSON.stringify(snapshot)}::jsonb where id = ${runId}`;
    const refused = await owner.post(`/app/runs/${runId}/retry`);
    const said = saidIn(await refused.text());
    expect([refused.status, said]).toEqual([
      409,
      expect.stringContaining(
        "Files of the run no longer exist: “/sources/old.csv”, “/form.md”. Invoke the workflow again",
      ),
    ]);
    expect(said).not.toMatch(/[0-9a-f]{8}/);
  });
});

describe("a sentence of the API", () => {
  it.each([
    [endpointProblem({ refused: "disabled", ids: [] }), "The endpoint is disabled. Enable it first."],
    [changeProblem({ refused: "paused", faults: [] }, "retry"), "The workflow is paused. Resume it first."],
    [
      changeProblem({ refused: "no_runner", faults: [] }, "retry"),
      "The workflow has no runner. Give it a runner first.",
    ],
  ])("names fields, and a page buttons in their place: %s", (problem, onPages) => {
    expect(problem).toMatchObject({ message: expect.stringMatching(/ Set `\w+` to /), onPages });
  });

  it("names neither a file that is gone by its id, nor a field without a label by its API name", () => {
    const fault = (msg: string) => ({ loc: ["path", "definition_id"], type: "value_error" as const, msg });
    const missing =
      "The workflow's sources name the path part 01920000-0000-7000-8000-000000000405, which no longer exists.";
    expect(inWords(fault(missing), {}).msg).toBe("The workflow's sources name a file or folder that no longer exists.");
    expect(inWords(fault("Send it there, or send `concurrency_key`."), {}).msg).toBe(
      "Send it there, or send concurrency key.",
    );
  });
});

describe("a dialog that deletes", () => {
  it("names what it deletes, and how much goes with it", async () => {
    await insertRun(service.database, tenant, { status: "COMPLETED" });
    await insertRun(service.database, tenant, { status: "FAILED" });
    const workflow = await owner.read(`/app/workflows/${tenant.definitionId}`);
    expect(workflow).toContain("Delete “Test”?");
    expect(workflow).toContain("its 2 runs with their events");
    const folder = await owner.read(`/app/files/${tenant.sourcesId}`);
    expect(folder).toContain("Delete the folder “sources”?");
    expect(folder).toContain("with the 1 file or folder below it");
    const person = await owner.read(`/app/people/${tenant.user.id}`);
    expect(person).toMatch(/Delete [^<]+@test.example\?/);
    expect(person).toMatch(/Their sessions and 1 API key\s+end at once/);
    await permit(service.database, tenant, tenant.sourcesId, "READ_ONLY");
    expect(await owner.read(`/app/people/${tenant.user.id}`)).toMatch(
      /Their sessions, 1 API key and 1 permission\s+end at once/,
    );
  });

  it("says how many keys, runner sessions and unfinished runs of a person it concerns", async () => {
    await startRunner(service, tenant, { key: tenant.admin.key });
    for (const status of ["RUNNING", "COMPLETED"] as const)
      await insertRun(service.database, tenant, { status, userId: tenant.admin.id });
    const [html, requests] = await service.counted(() => owner.read(`/app/people/${tenant.admin.id}`));
    const said = html.replaceAll(/\s+/g, " ");
    expect(said).toContain(
      "Their sessions, 1 API key and 1 runner session stop working from the next request on, until this person is activated again.",
    );
    expect(said).toContain("Their sessions, 1 API key and 1 runner session end at once, and that cannot be undone.");
    expect(said).toContain("Their 1 unfinished run goes on, and all their runs stay.");
    expect(requests).toBe(1);
  });

  it("counts all that is below a folder, up to a bound, in the one request of the page", async () => {
    const below = (from: number, to: number) => service.database.sql`
      with folder as (
        insert into path_parts (id, tenant_id, parent_id, name, part_type, materialized_path)
        select gen_random_uuid(), ${tenant.id}, ${tenant.sourcesId}, 'deep' || ${from}::int, 'FOLDER', '/sources/deep' || ${from}::int
        returning id, materialized_path
      )
      insert into path_parts (id, tenant_id, parent_id, name, part_type, materialized_path)
      select gen_random_uuid(), ${tenant.id}, folder.id, 'd' || n, 'DOCUMENT', folder.materialized_path || '/d' || n
      from folder, generate_series(${from}::int, ${to}::int) n`;
    await below(1, 3);
    const [folder, requests] = await service.counted(() => owner.read(`/app/files/${tenant.sourcesId}`));
    expect([folder.includes("with the 5 files and folders below it"), requests]).toEqual([true, 1]);
    await below(10, 1100);
    expect(await owner.read(`/app/files/${tenant.sourcesId}`)).toContain(
      "with more than 1,000 files and folders below it",
    );
  });

  it("names the workflow of the run, as the others do that change a run", async () => {
    const running = await owner.read(`/app/runs/${await insertRun(service.database, tenant, { status: "RUNNING" })}`);
    expect(running).toContain("Stop this run of “Test”?");
    const failed = await owner.read(`/app/runs/${await insertRun(service.database, tenant, { status: "FAILED" })}`);
    expect(failed).toContain("Delete this run of “Test”?");
  });
});

describe("a refused form", () => {
  it("links each fault once to its field, and gives the fields with faults the focus", async () => {
    const html = await (await owner.post("/app/workflows/new", { name: "", max_run_duration_seconds: "5" })).text();
    const alert = /<div class="failure" role="alert">.*?<\/div>/s.exec(html)?.[0] ?? "";
    const links = [...alert.matchAll(/<a href="#([^"]+)">/g)].map(([, id]) => id ?? "");
    expect(links.toSorted()).toEqual(["field-max_run_duration_seconds", "field-name"]);
    for (const id of links) expect(html).toMatch(new RegExp(`id="${id}"[^>]*autofocus`));
    const policy = await owner.post(`/app/workflows/${tenant.definitionId}/policy`, { max_attempts: "99" });
    expect(await policy.text()).toContain("<bdi>Attempts in total: ");
  });
});

describe("an endpoint", () => {
  it("works only once something was delivered to it", async () => {
    const hook = await startFakeRunner();
    const { id } = await createEndpoint(service, tenant, hook.url);
    const paths = ["/app/settings/notifications", `/app/settings/notifications/${id}`];
    for (const path of paths)
      expect([path, await owner.read(path)]).toEqual([path, expect.stringContaining("Nothing was delivered yet")]);
    await owner.post(`/app/settings/notifications/${id}/test`);
    for (const path of paths) {
      const [html, requests] = await service.counted(() => owner.read(path));
      expect([path, />Works</.test(html), requests]).toEqual([path, true, 1]);
    }
  });
});
