import { describe, expect, it } from "vitest";
import { openTenant, PAGE_SETTINGS } from "../support/browser.ts";
import { startService } from "../support/service.ts";

const service = await startService({ settings: PAGE_SETTINGS });
const { tenant, owner, user } = await openTenant(service);
await service.database.sql`update users set first_name = 'Olga' where id = ${tenant.owner.id}`;
const workflow = `/app/workflows/${tenant.definitionId}`;
for (const [path, fields] of [
  [`${workflow}/pause`, {}],
  [`${workflow}/people/${tenant.user.id}`, {}],
  [`/app/people/${tenant.user.id}/role`, { role: "ADMIN" }],
  [`/app/people/${tenant.user.id}/role`, { role: "USER" }],
  [`/app/files/${tenant.sourcesId}/rename`, { name: "renamed" }],
] as const) {
  expect([path, (await owner.post(path, fields)).status]).toEqual([path, 303]);
}

/** The text of a page, without its tags. */
const textOf = (html: string) =>
  html
    .replace(/^.*<main/s, "")
    .replaceAll(/<[^>]+>/g, "")
    .replaceAll(/\s+/g, " ");

describe("the page Activity", () => {
  it("says who did what, newest first, with what has changed", async () => {
    const text = textOf(await owner.read("/app/activity"));
    expect(text).toContain("Olga changed the file or folder /renamed");
    expect(text).toContain("path: /sources → /renamed");
    expect(text).toContain("Olga changed the role of the user");
    expect(text).toContain("role: USER → ADMIN");
    expect(text).toContain("Olga paused the workflow");
    expect(text).toContain("is active: yes → no");
    expect(text).toMatch(/Olga shared the workflow .* \(the user .*\d+ permissions/);
    expect(text.indexOf("/renamed")).toBeLessThan(text.indexOf("Olga paused"));
  });

  it("is filtered by person, action and object, and has pages", async () => {
    const ofAction = textOf(await owner.read("/app/activity?action=workflow_definition.paused"));
    expect([ofAction.includes("Olga paused"), ofAction.includes("/renamed")]).toEqual([true, false]);
    expect(textOf(await owner.read(`/app/activity?actor=${tenant.user.id}`))).toContain("There is nothing.");
    const ofObject = await owner.read(`/app/activity?object=${tenant.sourcesId}`);
    expect([ofObject.includes("/renamed"), ofObject.includes("One object only")]).toEqual([true, true]);
    await service.database.sql`
      insert into audit_events (id, tenant_id, at, actor_id, credential_kind, action, object_kind, hidden)
      select gen_random_uuid(), ${tenant.id}, statement_timestamp() - n * interval '1 day', ${tenant.owner.id}, 'api_key',
        'user.greeted', 'user', '{}'
      from generate_series(1, 60) n`;
    const page = await owner.read("/app/activity");
    const older = /href="([^"]*before=[^"]*)"/.exec(page)?.[1] ?? "";
    expect(textOf(await owner.read(older.replaceAll("&amp;", "&")))).toContain("Olga");
    // An action of a later version is shown by its own words.
    expect(textOf(page)).toContain("greeted users");
  });

  it("is for an OWNER or ADMIN, and the navigation of a USER does not have it", async () => {
    expect((await user.get("/app/activity")).status).toBe(403);
    expect(await user.read("/app/workflows")).not.toContain("/app/activity");
    expect(await owner.read("/app/workflows")).toContain('href="/app/activity"');
    // So is the navigation of the page that answers a refused form.
    const refused = await owner.post("/app/people/new", { email: "", role: "USER" });
    expect(await refused.text()).toContain('href="/app/activity"');
  });
});

describe("the last changes", () => {
  const pages = () => [
    `/app/workflows/${tenant.definitionId}`,
    `/app/people/${tenant.user.id}`,
    `/app/files/${tenant.sourcesId}`,
  ];

  it("are on the page of each workflow, person and folder, with a link to all", async () => {
    for (const path of pages()) {
      const html = await owner.read(path);
      const id = path.split("/").at(-1);
      expect([path, html.includes("Last changes"), html.includes(`/app/activity?object=${id}`)]).toEqual([
        path,
        true,
        true,
      ]);
    }
  });

  it("are not shown to a USER", async () => {
    for (const path of pages()) expect(await user.read(path)).not.toContain("Last changes");
    expect(await user.read(`/app/workflows/${tenant.definitionId}`)).not.toContain("Olga");
  });

  it("say who has paused a workflow, changed its policy, and shared it", async () => {
    const workflow = `/app/workflows/${tenant.definitionId}`;
    expect(textOf(await owner.read(workflow))).toMatch(/Paused ?yes by Olga, \d/);
    // The service pauses a workflow itself when its runner is gone.
    const { sql } = service.database;
    const { key } = tenant.owner;
    const resumed = await service.send("POST", `/v1/workflow-definitions/${tenant.definitionId}/resume`, key);
    expect(resumed.status).toBe(204);
    await sql`update workflow_definitions set is_active = false where id = ${tenant.definitionId}`;
    expect(textOf(await owner.read(workflow))).not.toMatch(/Paused ?yes by/);
    const policy = { handover: "lease", lease_seconds: 30, max_attempts: 1, retry_on: [] };
    const changed = await service.send("PUT", `/v1/workflow-definitions/${tenant.definitionId}/policy`, key, policy);
    expect(changed.status).toBe(200);
    expect(textOf(await owner.read(workflow))).toMatch(/by Olga, [^)]*Change/);
    expect(textOf(await owner.read(`${workflow}/people`))).toContain("Who has shared it");
  });
});
