/** Forms that create something and are sent again, as a browser does after Back or Reload. */
import { describe, expect, it } from "vitest";
import { ABSENT_RUNNER, PAGE_SETTINGS } from "../support/browser.ts";
import { callBack, insertRun } from "../support/lifecycle.ts";
import { openedTenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";

const ENDPOINTS = "/app/settings/notifications";

const service = await startService({ settings: PAGE_SETTINGS });
const { tenant, owner } = openedTenantOfEachTest(service);

/** The hidden fields of the form with this action. */
function hiddenFields(html: string, action: string): Record<string, string | string[]> {
  const form = html.split(`action="${action}"`)[1]?.split("</form>")[0] ?? "";
  const pairs = [...form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => ({
    name: name ?? "",
    value: value ?? "",
  }));
  const byName = Object.entries(Object.groupBy(pairs, ({ name }) => name));
  return Object.fromEntries(byName.map(([name, list]) => [name, (list ?? []).map(({ value }) => value)]));
}

const secretIn = (html: string) => /whsec_[A-Za-z0-9+/]{43}=/.exec(html)?.[0];

async function count(table: string): Promise<unknown> {
  const [row] = await service.database.sql.query(`select count(*)::int as n from ${table} where tenant_id = $1`, [
    tenant.id,
  ]);
  return row?.n;
}

const workflowFields = () => ({
  ...{ name: "Sums", runner_url: ABSENT_RUNNER, max_run_duration_seconds: "120", is_active: "true" },
  source: `${tenant.sourcesId} FOLDER /sources`,
  instruction: `${tenant.instructionsId} DOCUMENT /instructions.md`,
  output: `${tenant.outputsId} FOLDER /outputs`,
});

describe("a form that was sent again", () => {
  it("makes no second workflow, keeps the secret that was shown, and offers to rotate it", async () => {
    const path = "/app/workflows/new";
    const fields = { ...hiddenFields(await owner.read(path), path), ...workflowFields() };
    const first = await owner.post(path, fields);
    expect([first.status, secretIn(await first.text()) === undefined]).toEqual([201, false]);
    const workflows = await count("workflow_definitions");
    const { sql } = service.database;
    const stored = async () =>
      (
        await sql`select id, webhook_secret_encrypted as secret from workflow_definitions where name = 'Sums'
        and tenant_id = ${tenant.id}`
      )[0];
    const before = await stored();

    const [again, requests] = await service.counted(() => owner.post(path, fields));
    const html = await again.text();
    expect([again.status, requests, secretIn(html), html.includes("is saved already")]).toEqual([
      ...[200, 1, undefined, true],
    ]);
    expect([await count("workflow_definitions"), await stored()]).toEqual([workflows, before]);

    const edit = `/app/workflows/${before?.id}/edit`;
    const rotation = hiddenFields(html, edit);
    const rotated = await owner.post(edit, rotation);
    expect([rotated.status, secretIn(await rotated.text()) === undefined]).toEqual([201, false]);
    const after = await stored();
    expect(after?.secret).not.toBe(before?.secret);
    const reloaded = await owner.post(edit, rotation);
    expect([reloaded.status, await stored()]).toEqual([409, after]);
    expect(await reloaded.text()).toContain("was changed since this form was opened");
  });

  it("makes no second endpoint, and no second secret", async () => {
    const path = `${ENDPOINTS}/new`;
    const fields = {
      ...hiddenFields(await owner.read(ENDPOINTS), path),
      ...{ url: ABSENT_RUNNER, event_types: ["workflow_run.failed"] },
    };
    expect((await owner.post(path, fields)).status).toBe(201);
    const again = await owner.post(path, fields);
    const html = await again.text();
    expect([again.status, secretIn(html), await count("notification_endpoints")]).toEqual([200, undefined, 1]);
    const rotate = new RegExp(`${ENDPOINTS}/[0-9a-f-]{36}/rotate`).exec(html)?.[0] ?? "";
    const rotation = hiddenFields(html, rotate);
    expect(secretIn(await (await owner.post(rotate, rotation)).text())).toBeDefined();
    const reloaded = await owner.post(rotate, rotation);
    expect([reloaded.status, secretIn(await reloaded.text())]).toEqual([409, undefined]);
  });

  it("makes no second API key, and offers another", async () => {
    const [page, path] = [`/app/people/${tenant.owner.id}`, `/app/people/${tenant.owner.id}/keys`];
    const fields = { ...hiddenFields(await owner.read(page), path), name: "CI", expires_on: "" };
    const keyIn = (html: string) => /wr_[A-Za-z0-9_]{20,}/.exec(html)?.[0];
    expect(keyIn(await (await owner.post(path, fields)).text())).toBeDefined();
    const keys = await count("api_keys");
    const html = await (await owner.post(path, fields)).text();
    expect([keyIn(html), html.includes("is created already"), await count("api_keys")]).toEqual([
      ...[undefined, true, keys],
    ]);
    const another = { ...hiddenFields(html, path), expires_on: "" };
    expect(keyIn(await (await owner.post(path, another)).text())).toBeDefined();
  });

  it("makes no second API key from the button of the documentation either, and another one when the page is opened anew", async () => {
    const path = `/app/people/${tenant.owner.id}/keys`;
    const keys = Number(await count("api_keys"));
    for (const page of [1, 2]) {
      const fields = hiddenFields(await owner.read("/docs"), path);
      expect(Object.keys(fields)).toEqual(["name", "new_id"]);
      expect([(await owner.post(path, fields)).status, (await owner.post(path, fields)).status]).toEqual([201, 200]);
      expect(await count("api_keys")).toBe(keys + page);
    }
  });

  it("makes no second link of an invite, so that the one that was sent still works", async () => {
    const path = "/app/people/invite";
    const fields = { ...hiddenFields(await owner.read("/app/people"), path), email: "ida@test.example", role: "USER" };
    const linkIn = (html: string) => /\/app\/invites\/[0-9a-f-]{36}\?[^"<]*secret=[^"<]+/.exec(html)?.[0];
    const link = linkIn(await (await owner.post(path, fields)).text())?.replaceAll("&amp;", "&") ?? "";
    const html = await (await owner.post(path, fields)).text();
    expect([linkIn(html), html.includes("is invited already")]).toEqual([undefined, true]);
    expect((await service.fetch(link)).status).toBe(200);
    const anew = await (await owner.post(path, hiddenFields(html, path))).text();
    expect([linkIn(anew) === undefined, (await service.fetch(link)).status]).toEqual([false, 404]);
  });

  it("triggers no second run by Invoke or Run again, and another one when the page is opened anew", async () => {
    const [page, action] = [`/app/workflows/${tenant.definitionId}`, `/app/workflows/${tenant.definitionId}/invoke`];
    const locationsOf = async (path: string, fields: Record<string, string | string[]>) => {
      const sent = [await owner.post(path, fields), await owner.post(path, fields)];
      expect(sent.map(({ status }) => status)).toEqual([303, 303]);
      return new Set(sent.map(({ headers }) => headers.get("Location") ?? ""));
    };
    const input = JSON.stringify({ text: "x".repeat(5000) });
    const form = { ...hiddenFields(await owner.read(page), action), input };
    const [run = "", ...more] = await locationsOf(action, form);
    expect([more, await count("workflow_runs")]).toEqual([[], 1]);
    // What has another input, or is a run of somebody else, is not the same.
    const other = await insertRun(service.database, tenant, { status: "FAILED", userId: tenant.user.id });
    for (const fields of [
      { ...form, input: "" },
      { input: "", new_id: other },
    ]) {
      const refused = await owner.post(action, fields);
      const html = await refused.text();
      expect([refused.status, html.includes("This id is taken."), await count("workflow_runs")]).toEqual([
        409,
        true,
        2,
      ]);
      expect(hiddenFields(html, action).new_id).not.toBe(fields.new_id);
    }

    await callBack(service, tenant, run.split("/").at(-1) ?? "", { status: "COMPLETED" });
    const again = `${run}/again`;
    const [second = "", ...others] = await locationsOf(again, hiddenFields(await owner.read(run), again));
    expect([others, await count("workflow_runs")]).toEqual([[], 3]);
    expect([...(await locationsOf(again, hiddenFields(await owner.read(run), again)))]).not.toContain(second);
    expect(await count("workflow_runs")).toBe(4);
  });

  it("keeps its id in a refresh of its page, which brings no other one", async () => {
    const refresh = await owner.get(`/app/workflows/${tenant.definitionId}`, { "HX-Request": "true" });
    expect(await refresh.text()).toContain('name="new_id" value="" hx-morph-skip=""');
  });

  it("is refused when it names what another tenant has, and a new form is not", async () => {
    const other = await createTenant(service.database);
    const refused = await owner.post("/app/workflows/new", { ...workflowFields(), new_id: other.definitionId });
    const html = await refused.text();
    expect([refused.status, html.includes("This id is taken.")]).toEqual([409, true]);
    const fields = { ...workflowFields(), ...hiddenFields(html, "/app/workflows/new"), is_active: "true" };
    expect((await owner.post("/app/workflows/new", fields)).status).toBe(201);
  });
});
