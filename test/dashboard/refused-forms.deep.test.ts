/** Forms that are refused, or that are sent after the session has ended. */
import { describe, expect, it } from "vitest";
import { pages } from "../../src/dashboard/routes.ts";
import { PAGE_SETTINGS, toForm } from "../support/browser.ts";
import { insertRun, invoke, readRun } from "../support/lifecycle.ts";
import { openedTenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";

const service = await startService({ settings: PAGE_SETTINGS });
const { tenant, owner, user } = openedTenantOfEachTest(service);

/** The signed-in user in the header of a page: the link, and the role and tenant. */
const whoIn = (html: string) => /<div class="who"><a href="([^"]+)">.*?<small>(.*?)<\/small>/s.exec(html)?.slice(1);

describe("a page that answers a refused form", () => {
  it("has the header of every other page", async () => {
    const run = await invoke(service, tenant);
    const ended = await insertRun(service.database, tenant, { status: "COMPLETED" });
    const expected = whoIn(await owner.read("/app/runs"));
    expect(expected).toEqual([`/app/people/${tenant.owner.id}`, "<bdi>Test</bdi> · OWNER"]);
    const refused: [string, Record<string, string>, number][] = [
      [`/app/runs/${run}/stop`, { reason: "x".repeat(2001) }, 422],
      [`/app/runs/${ended}/stop`, {}, 409],
      [`/app/runs/${ended}/retry`, {}, 409],
      ["/app/workflows/new", {}, 422],
      ["/app/files/new", { name: "sources", part_type: "FOLDER" }, 409],
      ["/app/people/new", { email: "no address" }, 422],
      [`/app/runs/${tenant.id}/delete`, {}, 404],
    ];
    for (const [path, fields, status] of refused) {
      const response = await owner.post(path, fields);
      expect([path, response.status, whoIn(await response.text())]).toEqual([path, status, expected]);
    }
    const forbidden = await user.post("/app/files/new", { name: "mine", part_type: "FOLDER" });
    expect([forbidden.status, whoIn(await forbidden.text())?.[1]]).toEqual([403, "<bdi>Test</bdi> · USER"]);
  });

  it("leads back to a page that exists, whatever the form was", async () => {
    const id = "[0-9a-f-]{36}";
    const isPage = (href: string) =>
      pages.routes.some(
        ({ method, path }) => method === "GET" && new RegExp(`^${path.replaceAll(/:\w+/g, id)}$`).test(href),
      );
    const forms = pages.routes.filter(({ method, path }) => method === "POST" && path.startsWith("/app/"));
    const paths = [...new Set(forms.map(({ path }) => path))];
    expect(paths.length).toBeGreaterThan(40);
    for (const path of paths) {
      // A form of another site is refused before anything else.
      const refused = await owner.post(
        path.replaceAll(/:\w+/g, tenant.id),
        {},
        { Origin: "https://elsewhere.example" },
      );
      const html = await refused.text();
      const [, href = "", words] = /<a class="button" href="([^"]+)">(Back|To the runs)</.exec(html) ?? [];
      const isFromBelow = !/^\/app\/(?:[\w-]+|invites\/:id)$/.test(path);
      expect([path, href, isPage(href), words]).toEqual([path, href, true, isFromBelow ? "Back" : "To the runs"]);
    }
    const backFrom = async (path: string) => {
      const html = await (await owner.post(path)).text();
      return /<a class="button" href="([^"]+)">Back</.exec(html)?.[1];
    };
    const person = `/app/people/${tenant.owner.id}`;
    for (const action of ["keys/ID/revoke", "permissions/ID/change", "permissions/ID/revoke", "sessions/ID/end"]) {
      expect(await backFrom(`${person}/${action.replace("ID", tenant.id)}`)).toBe(person);
    }
    const people = `/app/workflows/${tenant.definitionId}/people`;
    expect(await backFrom(`${people}/${tenant.id}`)).toBe(people);
  });

  it("names every fault with the label of its field", async () => {
    const response = await owner.post("/app/workflows/new", {
      name: "n".repeat(256),
      runner_url: `https://runner.test/${"x".repeat(5000)}`,
      webhook_secret: "whsec_dGhlIHNlY3JldCBvZiB0aGUgdGVzdHMgcnVubmVy",
      max_run_duration_seconds: "5",
      source: [`${tenant.sourcesId} FOLDER /sources`],
      instruction: ["no-id - -"],
    });
    const alert = /<div class="failure" role="alert">.*?<\/div>/s.exec(await response.text())?.[0] ?? "";
    const named = [...alert.matchAll(/<li><a href="[^"]+"><bdi>([^:]+): /g)].map(([, label]) => label);
    expect(named.toSorted()).toEqual(["Instructions", "Name", "Runner", "Time limit in seconds"]);
  });
});

/** The form on a page with this action: its hidden fields. */
function formIn(html: string, action: string): Record<string, string> {
  const form = html.split("<form ").find((text) => text.includes(`action="${action}"`)) ?? "";
  const fields = [...form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
  return Object.fromEntries(fields.map(([, name = "", value = ""]) => [name, value.replaceAll("&amp;", "&")]));
}

const SAME_ORIGIN = { Origin: "https://service.test" };

const send = (path: string, fields: Record<string, string>, headers: Record<string, string> = SAME_ORIGIN) =>
  service.fetch(path, { method: "POST", headers, body: toForm(fields), redirect: "manual" });

describe("a form that is sent when the session has ended", () => {
  it("is kept through the sign-in, shown again, and sent only then", async () => {
    const runId = await invoke(service, tenant);
    const path = `/app/runs/${runId}/stop`;
    const [asked, requests] = await service.counted(() => send(path, { reason: "no need & no time" }));
    expect([asked.status, asked.headers.get("Cache-Control"), requests]).toEqual([401, "no-store", 0]);

    // The form is still kept after a wrong key.
    const kept = formIn(await asked.text(), "/app/sign-in");
    const mistyped = await send("/app/sign-in", { ...kept, key: "wr_wrong" });
    expect(mistyped.status).toBe(401);
    const signedIn = await send("/app/sign-in", {
      ...formIn(await mistyped.text(), "/app/sign-in"),
      key: tenant.owner.key,
    });
    expect([signedIn.status, signedIn.headers.get("Cache-Control")]).toEqual([200, "no-store"]);
    const Cookie = signedIn.headers.get("Set-Cookie")?.split(";")[0] ?? "";
    const fields = formIn(await signedIn.text(), path);
    expect(fields).toMatchObject({ reason: "no need & no time" });

    const shown = await send(path, fields, { ...SAME_ORIGIN, Cookie });
    const html = await shown.text();
    expect([shown.status, html.includes('value="no need &amp; no time"')]).toEqual([200, true]);
    expect(html).toContain("nothing has been sent yet");
    expect((await readRun(service, tenant, runId)).status).toBe("RUNNING");
    await send(path, { reason: "no need & no time" }, { ...SAME_ORIGIN, Cookie });
    expect(await readRun(service, tenant, runId)).toMatchObject({ status: "FAILED" });
  });

  it("is also kept completely when only the database knows that the session has ended", async () => {
    await service.database
      .sql`update api_keys set revoked_at = statement_timestamp() where user_id = ${tenant.user.id}`;
    const response = await user.post("/app/workflows/new", {
      name: "Sums",
      webhook_secret: "whsec_secret",
      source: [`${tenant.sourcesId} FOLDER /sources`, `${tenant.outputsId} FOLDER /outputs`],
      open: `source:${tenant.sourcesId}`,
    });
    expect(response.status).toBe(401);
    const html = await response.text();
    expect([...html.matchAll(/name="kept\.source"/g)]).toHaveLength(2);
    expect(formIn(html, "/app/sign-in")).toMatchObject({ kept_action: "/app/workflows/new", "kept.name": "Sums" });
    // No page holds a secret.
    expect(html).not.toContain("whsec_secret");
  });

  it("is kept without its secrets, whatever their fields are called", async () => {
    const { id } = tenant;
    const secrets: [string, Record<string, string>][] = [
      ["/app/workflows/new", { webhook_secret: "TYPED" }],
      [`/app/workflows/${id}/triggers/new-webhook`, { secret: "TYPED", scheme: "github" }],
      [`/app/triggers/${id}/rotate`, { secret: "TYPED" }],
      ["/app/settings/notifications/new", { url: "https://hooks.slack.test/TYPED", format: "slack" }],
      [`/app/settings/notifications/${id}/change`, { url: "https://hooks.slack.test/TYPED", format: "teams" }],
    ];
    for (const [path, fields] of secrets) {
      const html = await (await send(path, { ...fields, name: "Sums" })).text();
      expect([path, html.includes('name="kept.name" value="Sums"'), html.includes("TYPED")]).toEqual([
        ...[path, true, false],
      ]);
    }
    const url = "https://service.test/notified";
    const own = await send("/app/settings/notifications/new", { url, format: "standard" });
    expect(formIn(await own.text(), "/app/sign-in")).toMatchObject({ "kept.url": url });
  });

  it("is not kept when another site has sent it, and is never sent to another site", async () => {
    const path = `/app/runs/${tenant.id}/stop`;
    const elsewhere = await send(path, { reason: "theirs" }, { Origin: "https://elsewhere.example" });
    expect([elsewhere.status, elsewhere.headers.get("Location")]).toEqual([303, "/app/sign-in"]);
    // A body that is not a form, or is too large, is not kept either.
    const json = { ...SAME_ORIGIN, "Content-Type": "application/json" };
    const many = new URLSearchParams(Array.from({ length: 201 }, (_, n) => [`field${n}`, "x"]));
    for (const init of [
      { headers: json, body: "{" },
      { headers: SAME_ORIGIN, body: many },
    ]) {
      const response = await service.fetch(path, { method: "POST", redirect: "manual", ...init });
      expect([response.status, response.headers.get("Location")]).toEqual([303, "/app/sign-in"]);
    }
    for (const kept_action of ["https://elsewhere.example/app/x", "//elsewhere.example/app/x", "/v1/users/me", ""]) {
      const response = await send("/app/sign-in", { key: tenant.owner.key, kept_action, "kept.reason": "theirs" });
      expect([kept_action, response.status, response.headers.get("Location")]).toEqual([kept_action, 303, "/app/runs"]);
    }
  });
});

describe("a page while the database does not answer", () => {
  it("reloads itself, but never sends a form again", async () => {
    await service.database.inflict({ kind: "refused" });
    const [page, form] = await Promise.all([
      owner.get("/app/runs"),
      owner.post("/app/files/new", { name: "x", part_type: "FOLDER" }),
    ]);
    await service.database.mend();
    const [pageHtml, formHtml] = await Promise.all([page.text(), form.text()]);
    expect([page.status, form.status]).toEqual([503, 503]);
    expect(pageHtml).toMatch(/data-retry="[3-8]"/);
    expect(pageHtml).toContain('href="/app/runs">Try again</a>');
    // A page that loads itself again takes away what somebody reads. Without a script there is the link.
    expect(pageHtml).not.toContain('http-equiv="refresh"');
    expect(formHtml).not.toMatch(/data-retry|Try again/);
  });
});
