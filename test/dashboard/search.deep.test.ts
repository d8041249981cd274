// Words of the test, and their beginnings. cspell:ignore emea ümit quar uarterly econnref zuse
import { describe, expect, it } from "vitest";
import { ABSENT_RUNNER, type Browser, openTenant, PAGE_SETTINGS } from "../support/browser.ts";
import { insertRun } from "../support/lifecycle.ts";
import { createEndpoint } from "../support/notification-endpoint.ts";
import { openedTenantOfEachTest } from "../support/of-each-test.ts";
import { insertParts, permit } from "../support/path-parts.ts";
import { startRunner } from "../support/runners.ts";
import { startService } from "../support/service.ts";
import { addUser } from "../support/tenant.ts";
import { createTrigger, HOURLY } from "../triggers/support.ts";

const service = await startService({ settings: PAGE_SETTINGS });
const { tenant, owner, user } = openedTenantOfEachTest(service);

/** The results of a search: the links of each group, without those to lists. */
async function find(browser: Browser, text: string): Promise<Record<string, string[]>> {
  const html = await browser.read(`/app/search?q=${encodeURIComponent(text)}`);
  const answers = html.slice(html.indexOf('id="answers"'));
  return Object.fromEntries(
    answers
      .split("<h2>")
      .slice(1)
      .map((group) => [
        group.slice(0, group.indexOf("<")),
        [...group.matchAll(/<li><a href="([^"?]+)"/g)].map(([, href]) => href ?? ""),
      ]),
  );
}

describe("the search", () => {
  it("finds a run by its id, or by four or more characters of its end, as people copy it", async () => {
    const id = await insertRun(service.database, tenant, { status: "COMPLETED" });
    // The addresses of people have ids as their words, and one of these could begin with the same four characters.
    await service.database.sql`update users set email = role || '@test.example' where tenant_id = ${tenant.id}`;
    const found = { Runs: [`/app/runs/${id}`] };
    for (const text of [id, id.toUpperCase(), id.slice(-4), id.slice(-8), `…${id.slice(-8)}`, ` ${id.slice(-5)} `]) {
      expect([text, await find(owner, text)]).toEqual([text, found]);
    }
    expect(await find(owner, `${id.slice(-4)}0`)).toEqual({});
  });

  it("asks for a second character", async () => {
    expect(Object.keys(await find(owner, "te"))).toContain("Workflows");
    expect(await owner.read("/app/search?q=t")).toContain("Type at least two characters.");
  });

  it("finds workflows, people and files by the beginnings of words, in any order and case", async () => {
    const { sql } = service.database;
    await sql`update workflow_definitions set name = 'Quarterly Report (EMEA)' where id = ${tenant.definitionId}`;
    await sql`update users set first_name = 'Ümit', last_name = 'Quarles' where id = ${tenant.user.id}`;
    const { idOf } = await insertParts(service.database, tenant, ["/plans", "/plans/quarterly-goals.md"]);
    expect(await find(owner, "quar")).toEqual({
      Workflows: [`/app/workflows/${tenant.definitionId}`],
      People: [`/app/people/${tenant.user.id}`],
      "Files and folders": [`/app/files/${idOf("/plans/quarterly-goals.md")}`],
    });
    for (const text of ["emea quart", "REPORT"]) expect(Object.keys(await find(owner, text))).toEqual(["Workflows"]);
    expect(Object.keys(await find(owner, "ümit"))).toEqual(["People"]);
    expect(Object.keys(await find(owner, "/plans"))).toEqual(["Files and folders"]);
    expect((await find(owner, "/plans/q"))["Files and folders"]).toHaveLength(1);
    expect(await find(owner, "uarterly")).toEqual({});
  });

  it("finds triggers, runners and endpoints of notifications by words, and shows a USER no more than their pages do", async () => {
    const { sql } = service.database;
    const { id } = await createTrigger(service, tenant, HOURLY, { name: "Umber alarm" });
    const { id: endpoint } = await createEndpoint(service, tenant, ABSENT_RUNNER, { description: "Umber pager" });
    const { id: runner } = await startRunner(service, tenant, { name: "Umber cellar" });
    const found = {
      Triggers: [`/app/triggers/${id}`],
      Runners: [`/app/runners#runner-${runner}`],
      "Notification endpoints": [`/app/settings/notifications/${endpoint}`],
    };
    expect(await find(owner, "umb")).toEqual(found);
    expect(await find(user, "umb")).toEqual({});
    const [part] = await sql`select path_part_id as id from workflow_definitions where id = ${tenant.definitionId}`;
    await permit(service.database, tenant, part?.id, "READ_ONLY");
    expect(await find(user, "umb")).toEqual({ Triggers: found.Triggers });
  });

  it("searches for the first eight words, which spaces of any script may separate", async () => {
    const { idOf } = await insertParts(service.database, tenant, [
      "/one two three four five six\u3000seven\u00a0eight",
    ]);
    const found = { "Files and folders": [`/app/files/${idOf("/one two three four five six\u3000seven\u00a0eight")}`] };
    for (const text of ["eight", "seven six", "one two three four five six seven eight nothing"]) {
      expect([text, await find(owner, text)]).toEqual([text, found]);
    }
    expect(await find(owner, "one two three four five six seven nothing")).toEqual({});
  });

  it("finds failed runs by words of their errors, also of one whose deadline has just passed", async () => {
    const refused = await insertRun(service.database, tenant, {
      status: "FAILED",
      error: "ECONNREFUSED: disk is full",
    });
    const overdue = await insertRun(service.database, tenant, { status: "RUNNING", overdueSeconds: 5 });
    const group = "Runs that failed with these words";
    expect(await find(owner, "disk full")).toEqual({ [group]: [`/app/runs/${refused}`] });
    expect(await find(owner, "econnref")).toEqual({ [group]: [`/app/runs/${refused}`] });
    expect(await find(owner, "timed out")).toEqual({ [group]: [`/app/runs/${overdue}`] });
  });

  it("finds an old error among very many newer ones", async () => {
    const old = await insertRun(service.database, tenant, { status: "FAILED", error: "Flux capacitor missing" });
    await service.database.sql`
      insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot, error,
        created_at, started_at, deadline_at, completed_at, updated_at, ended_by, failure_code)
      select gen_random_uuid(), r.tenant_id, r.workflow_definition_id, r.user_id, r.runner_type, r.status, r.run_snapshot,
        'Ordinary', r.created_at + n * interval '1 second', r.started_at, r.deadline_at, r.completed_at, r.updated_at,
        r.ended_by, r.failure_code
      from workflow_runs r, generate_series(1, 600) n where r.id = ${old}`;
    expect(Object.values(await find(owner, "capacitor"))).toEqual([[`/app/runs/${old}`]]);
    expect(Object.values(await find(owner, "ordinary"))[0]).toHaveLength(5);
  });

  it("shows a USER only what they may see, and another tenant nothing", async () => {
    const others = await insertRun(service.database, tenant, { status: "FAILED", error: "Secretive trouble" });
    const { idOf } = await insertParts(service.database, tenant, ["/secretive", "/secretive/plan.md"]);
    await service.database.sql`update workflow_definitions set name = 'Secretive' where id = ${tenant.definitionId}`;
    const stranger = (await openTenant(service)).owner;
    for (const browser of [user, stranger]) {
      for (const text of ["secretive", others, others.slice(-8), "/secretive"]) {
        expect([text, await find(browser, text)]).toEqual([text, {}]);
      }
    }
    await permit(service.database, tenant, idOf("/secretive"), "READ_ONLY");
    expect(Object.keys(await find(user, "secretive"))).toEqual(["Files and folders"]);
    expect(Object.keys(await find(owner, "secretive"))).toHaveLength(3);
  });

  it("costs one database request, and treats everything that is typed as text", async () => {
    for (const text of ["a", "", "%", "':* & !", "((", "\\", "a\u0000b", "😀😀", "x".repeat(3000), "or 1=1 --"]) {
      const [response, requests] = await service.counted(() => owner.get(`/app/search?q=${encodeURIComponent(text)}`));
      expect([text, response.status, requests]).toEqual([text, 200, 1]);
    }
  });

  it("is on every page", async () => {
    for (const path of ["/app/runs", "/app/workflows", "/app/files", "/app/people", "/app/health"]) {
      expect(await owner.read(path)).toContain('action="/app/search"');
    }
  });
});

describe("the lists of workflows and people", () => {
  const linksOf = (html: string) => [...html.matchAll(/class="row-link" href="([^"]+)"/g)].map(([, href]) => href);

  it("are searched by words and sorted by columns, with URLs that have only these parameters", async () => {
    const ada = await addUser(service.database, tenant);
    await service.database.sql`update users set first_name = 'Ada', last_name = 'Zuse' where id = ${ada.id}`;
    expect(linksOf(await owner.read("/app/people?q=zus"))).toEqual([`/app/people/${ada.id}`]);
    expect(linksOf(await owner.read("/app/people?sort=newest"))[0]).toBe(`/app/people/${ada.id}`);
    expect(linksOf(await owner.read("/app/people?sort=role"))[0]).toBe(`/app/people/${tenant.owner.id}`);
    expect(await owner.read("/app/people?q=nobody")).toContain("Nobody matches.");
    const empty = await owner.get("/app/people?q=&sort=role");
    expect([empty.status, empty.headers.get("Location")]).toEqual([303, "/app/people?sort=role"]);
    const workflows = await owner.read("/app/workflows");
    expect(workflows).toContain('href="/app/workflows?sort=name"');
    expect(workflows).toContain('aria-sort="descending"');
  });

  it("sort workflows both ways, and show a USER only what they may read", async () => {
    const { sql } = service.database;
    await sql`
      insert into path_parts (id, tenant_id, parent_id, name, part_type, materialized_path, system_managed)
      select md5(${tenant.id} || n)::uuid, ${tenant.id}, null, 'w' || n, 'WORKFLOW_DEFINITION', '/w' || n, true
      from generate_series(1, 3) n`;
    await sql`
      insert into workflow_definitions (id, tenant_id, path_part_id, name, runner_type, source_path_part_ids,
        instruction_path_part_ids, output_path_part_ids, created_at)
      select md5(${tenant.id} || n)::uuid, ${tenant.id}, md5(${tenant.id} || n)::uuid, 'Zebra ' || n, 'SELF_HOSTED',
        array[${tenant.sourcesId}::uuid], array[${tenant.instructionsId}::uuid], array[${tenant.outputsId}::uuid],
        statement_timestamp() - n * interval '1 day'
      from generate_series(1, 3) n`;
    const names = async (browser: Browser, query: string) =>
      [...(await browser.read(`/app/workflows?${query}`)).matchAll(/>(Zebra \d)</g)].map(([, name]) => name);
    expect(await names(owner, "q=zeb&sort=name")).toEqual(["Zebra 1", "Zebra 2", "Zebra 3"]);
    expect(await names(owner, "q=zeb&sort=name_reversed")).toEqual(["Zebra 3", "Zebra 2", "Zebra 1"]);
    expect(await names(owner, "q=zeb&sort=oldest")).toEqual(["Zebra 3", "Zebra 2", "Zebra 1"]);
    expect(await names(owner, "q=zeb+2")).toEqual(["Zebra 2"]);
    expect(await names(user, "q=zeb")).toEqual([]);
    const [part] =
      await sql`select path_part_id from workflow_definitions where name = 'Zebra 2' and tenant_id = ${tenant.id}`;
    await permit(service.database, tenant, String(part?.path_part_id), "READ_ONLY");
    expect(await names(user, "q=zeb")).toEqual(["Zebra 2"]);
    expect(await user.read("/app/workflows?q=zeb")).not.toContain("Zebra 1");
  });
});
