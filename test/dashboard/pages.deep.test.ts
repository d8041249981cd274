import { describe, expect, it } from "vitest";
import { PAGE_SETTINGS, signIn } from "../support/browser.ts";
import { insertRun, invoke, makeOverdue } from "../support/lifecycle.ts";
import { openedTenantOfEachTest } from "../support/of-each-test.ts";
import { insertParts, permit } from "../support/path-parts.ts";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";
import { createWebhook } from "../triggers/inbound-support.ts";
import { createTrigger, HOURLY } from "../triggers/support.ts";

const service = await startService({ settings: PAGE_SETTINGS });
const { tenant, owner, user } = openedTenantOfEachTest(service);

/** The paths of all pages, for things that exist in the tenant. */
async function allPages(): Promise<string[]> {
  const ended = await insertRun(service.database, tenant, { status: "FAILED", error: "Boom." });
  const running = await insertRun(service.database, tenant, { status: "RUNNING" });
  const pending = await insertRun(service.database, tenant, { status: "PENDING" });
  const { definitionId, sourcesId } = tenant;
  const trigger = await createTrigger(service, tenant, HOURLY);
  const hook = await createWebhook(service, tenant, { scheme: "github" });
  return [
    "/app/runs",
    `/app/runs?status=FAILED&status=RUNNING&workflow=${definitionId}&mine=1&from=2020-01-01&to=2030-01-01`,
    ...[ended, running, pending].map((id) => `/app/runs/${id}`),
    `/app/runs?error=boom&shown=${ended}.${running}`,
    "/app/waits",
    "/app/runners",
    "/app/workflows",
    "/app/workflows/new",
    `/app/workflows/${definitionId}`,
    `/app/workflows/${definitionId}?queue=${pending}&shown=${ended}.${running}`,
    `/app/workflows/${definitionId}/edit`,
    `/app/workflows/${definitionId}/triggers`,
    `/app/workflows/${definitionId}/triggers/new`,
    `/app/triggers/${trigger.id}`,
    `/app/triggers/${trigger.id}/change`,
    `/app/workflows/${definitionId}/triggers/new-webhook`,
    `/app/workflows/${definitionId}/triggers/new-run`,
    `/app/triggers/${hook.id}`,
    `/app/triggers/${hook.id}/change`,
    "/app/files",
    `/app/files/${sourcesId}`,
    `/app/files/${sourcesId}/move`,
    "/app/people",
    `/app/people/${tenant.user.id}`,
    `/app/people/${tenant.user.id}/permission`,
    "/app/activity",
    `/app/activity?object=${tenant.definitionId}&action=workflow_definition.paused`,
    "/app/health",
    "/app/search?q=test",
    "/app/workflows?q=test&sort=name",
    "/app/people?q=test&sort=role",
  ];
}

describe("every page", () => {
  it("costs one database request, also when nothing has changed since and it answers 304", async () => {
    for (const path of await allPages()) {
      const [page, requests] = await service.counted(() => owner.get(path));
      expect([path, page.status, requests]).toEqual([path, 200, 1]);
      const tag = page.headers.get("ETag") ?? "";
      expect([path, page.headers.get("Cache-Control")]).toEqual([path, "private, no-cache"]);
      expect(tag).not.toBe("");
    }
    // A refresh by the page itself gets no new id for the page's forms, since its visible part has not changed.
    const refresh = { "HX-Request": "true" };
    for (const [path, headers] of [
      ["/app/files", {}],
      [`/app/workflows/${tenant.definitionId}/edit`, {}],
      ["/app/people", refresh],
      ["/app/settings/notifications", refresh],
    ] as const) {
      const tag = (await owner.get(path, headers)).headers.get("ETag") ?? "";
      const [again, requests] = await service.counted(() => owner.get(path, { ...headers, "If-None-Match": tag }));
      expect([path, again.status, requests]).toEqual([path, 304, 1]);
    }
  });

  it("loads only the service's own files, and contains no inline script or style", async () => {
    for (const path of [...(await allPages()), "/app/sign-in", "/app/nowhere"]) {
      const response = await owner.get(path);
      const policy = response.headers.get("Content-Security-Policy") ?? "";
      expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
      expect(policy).not.toContain("unsafe");
      const html = await response.text();
      expect([
        path,
        html.match(/\sstyle=|<style|\son[a-z]+=|<script(?! (?:defer=""|type="module") src="\/app\/)/g),
      ]).toEqual([path, null]);
      const loaded = [...html.matchAll(/(?:src|<link[^>]* href)="([^"]+)"/g)].map(([, url]) => url);
      expect(loaded.filter((url) => !url?.startsWith("/app/"))).toEqual([]);
    }
  });

  it("labels every control, and has no id twice", async () => {
    for (const path of [...(await allPages()), `/app/people/${tenant.owner.id}`, "/app/sign-in"]) {
      const html = await owner.read(path);
      const idsOf = (name: string) => [...html.matchAll(new RegExp(`\\s${name}="([^"]+)"`, "g"))].map(([, id]) => id);
      const ids = idsOf("id");
      expect([path, ids.filter((id, at) => ids.indexOf(id) !== at)]).toEqual([path, []]);
      const referred = [...idsOf("for"), ...idsOf("aria-describedby"), ...idsOf("popovertarget")];
      expect([path, referred.filter((id) => !ids.includes(id))]).toEqual([path, []]);
      const unlabelled = [...html.matchAll(/<(?:input|select|textarea)\b[^>]*>/g)].filter(({ 0: tag, index }) => {
        const id = /\sid="([^"]+)"/.exec(tag)?.[1];
        const isWrapped = html.lastIndexOf("<label", index) > html.lastIndexOf("</label>", index);
        return !/type="hidden"|aria-label=/.test(tag) && !isWrapped && !html.includes(`<label for="${id}"`);
      });
      expect([path, unlabelled.map(([tag]) => tag)]).toEqual([path, []]);
    }
  });

  it("escapes names that people chose, and isolates their writing direction", async () => {
    const script = `<script>alert("1")</script>`;
    const hostile = `${script}\u202Eevil ${"宽".repeat(100)}`;
    const { sql } = service.database;
    await sql.transaction([
      sql`update workflow_definitions set name = ${hostile}, description = ${hostile} where id = ${tenant.definitionId}`,
      sql`update users set first_name = ${hostile}, email = ${`${script}@x.example`} where id = ${tenant.owner.id}`,
      sql`update users set first_name = ${hostile} where id = ${tenant.user.id}`,
      sql`update path_parts set name = replace(${hostile}, '/', '|'), materialized_path = '/' || replace(${hostile}, '/', '|')
        where id = ${tenant.sourcesId}`,
      sql`update api_keys set name = left(${hostile}, 100) where tenant_id = ${tenant.id}`,
      sql`update tenants set name = ${hostile} where id = ${tenant.id}`,
    ]);
    await permit(service.database, tenant, tenant.sourcesId, "READ_ONLY");
    const runId = await insertRun(service.database, tenant, { status: "FAILED", error: hostile });
    await sql`
      update workflow_runs set run_snapshot = jsonb_set(run_snapshot, '{workflow_name}', to_jsonb(${hostile}::text)),
        idempotency_key = ${hostile}
      where id = ${runId}`;
    for (const path of [...(await allPages()), `/app/runs/${runId}`]) {
      const html = await owner.read(path);
      expect([path, html.includes("<script>alert"), html.includes('alert("1")')]).toEqual([path, false, false]);
      // Every text that could change the writing direction is isolated.
      const rest = html
        .replaceAll(/<(bdi|title|option|textarea|code)\b[^>]*>.*?<\/\1>/gs, "")
        .replaceAll(/<[^>]*>/g, "");
      expect([path, rest.includes("\u202E")]).toEqual([path, false]);
    }
  });

  it("is 404 when the thing does not exist, whatever the id looks like", async () => {
    const nowhere = "01920000-0000-7000-8000-00000000dead";
    for (const section of ["runs", "workflows", "triggers", "files", "people"]) {
      for (const id of [nowhere, "no-id", "%27"]) {
        const response = await owner.get(`/app/${section}/${id}`);
        expect([section, id, response.status]).toEqual([section, id, 404]);
        expect(response.headers.get("Content-Type")).toContain("text/html");
      }
    }
    expect((await owner.get("/app/nowhere")).status).toBe(404);
  });

  it("ignores invalid query parameters", async () => {
    const query =
      "status=WRONG&workflow=no-id&from=yesterday&to=2026-02-31&cursor=garbage&mine=2&offset=-1&actor=x&object=x&action=x&before=x";
    for (const path of ["/app/runs", "/app/workflows", "/app/files", "/app/people", "/app/activity"]) {
      expect([path, (await owner.get(`${path}?${query}`)).status]).toEqual([path, 200]);
    }
    for (const day of ["0000-01-01", "0001-01-01", "9999-12-31"]) {
      expect([day, (await owner.get(`/app/runs?from=${day}&to=${day}`)).status]).toEqual([day, 200]);
    }
  });
});

describe("the runs", () => {
  it("are filtered by the URL", async () => {
    const { sql } = service.database;
    const failed = await insertRun(service.database, tenant, { status: "FAILED" });
    const completed = await insertRun(service.database, tenant, { status: "COMPLETED", userId: tenant.user.id });
    const old = await insertRun(service.database, tenant, { status: "COMPLETED" });
    await sql`update workflow_runs set created_at = '2026-01-31T23:59:59.999Z' where id = ${old}`;
    const shown = async (query: string) => {
      const html = await owner.read(`/app/runs?${query}`);
      return [failed, completed, old].map((id) => html.includes(`id="run-${id}"`));
    };
    expect(await shown("")).toEqual([true, true, true]);
    expect(await shown("status=FAILED")).toEqual([true, false, false]);
    expect(await shown("status=FAILED&status=COMPLETED")).toEqual([true, true, true]);
    expect(await shown("mine=1")).toEqual([true, false, true]);
    expect(await shown(`user=${tenant.user.id}`)).toEqual([false, true, false]);
    expect(await shown("from=2026-01-31&to=2026-01-31")).toEqual([false, false, true]);
    expect(await shown("to=2026-01-30")).toEqual([false, false, false]);
    expect(await shown("from=2026-01-31T23:59Z&to=2026-01-31T23:59")).toEqual([false, false, true]);
    expect(await shown("to=2026-01-31T23:58")).toEqual([false, false, false]);
    expect(await shown("range=24h")).toEqual([true, true, false]);
    await sql`update workflow_runs set created_at = statement_timestamp() - interval '2 hours' where id = ${failed}`;
    expect(await shown("range=1h")).toEqual([false, true, false]);
    expect(await shown(`workflow=${tenant.id}`)).toEqual([false, false, false]);
  });

  it("are paged without gaps or duplicates, and the filter is kept", async () => {
    const ids = [];
    for (let n = 0; n < 30; n++) ids.push(await insertRun(service.database, tenant, { status: "COMPLETED" }));
    await insertRun(service.database, tenant, { status: "FAILED" });
    const first = await owner.read("/app/runs?status=COMPLETED");
    const follow = (html: string, label: string) =>
      owner.read(new RegExp(`href="([^"]+)">${label}`).exec(html)?.[1]?.replaceAll("&amp;", "&") ?? "");
    const second = await follow(first, "Next");
    const idsOf = (html: string) => [...html.matchAll(/<tr id="run-([^"]+)"/g)].map(([, id]) => id);
    expect([idsOf(first).length, idsOf(second).length]).toEqual([25, 5]);
    expect([...idsOf(first), ...idsOf(second)].sort()).toEqual([...ids].sort());
    expect([first.includes("Previous"), second.includes("Next →")]).toEqual([false, false]);
    const again = await follow(second, "← Previous");
    expect(idsOf(again)).toEqual(idsOf(first));
    expect(again).not.toContain("Previous");
  });

  it("show the number of runs in each state, of those that match the rest of the filter", async () => {
    for (const status of ["FAILED", "FAILED", "COMPLETED", "RUNNING"] as const) {
      await insertRun(service.database, tenant, { status });
    }
    await insertRun(service.database, tenant, { status: "FAILED", userId: tenant.user.id });
    const counts = async (query: string) => {
      const html = await owner.read(`/app/runs?${query}`);
      return ["Pending", "Running", "Completed", "Failed"].map(
        (status) => new RegExp(`${status} <span class="count">([^<]*)<`).exec(html)?.[1],
      );
    };
    expect(await counts("")).toEqual(["0", "1", "1", "3"]);
    expect(await counts("status=COMPLETED")).toEqual(["0", "1", "1", "3"]);
    expect(await counts("mine=1")).toEqual(["0", "1", "1", "2"]);
    expect(await counts("from=2030-01-01")).toEqual(["0", "0", "0", "0"]);
  });

  it("have a URL with only the chosen filters, even when a form sends empty fields", async () => {
    const response = await owner.get("/app/runs?status=FAILED&workflow=&from=&to=&mine=1");
    expect([response.status, response.headers.get("Location")]).toEqual([303, "/app/runs?status=FAILED&mine=1"]);
  });

  it("have one link in each row, which covers the row", async () => {
    const id = await insertRun(service.database, tenant, { status: "FAILED", error: "Boom." });
    const html = await owner.read("/app/runs");
    const row = html.slice(html.indexOf(`<tr id="run-${id}"`), html.indexOf("</tr>", html.indexOf(`id="run-${id}"`)));
    expect([...row.matchAll(/<a href="([^"]+)"/g)].map(([, href]) => href)).toEqual([`/app/runs/${id}`]);
    expect(row).toContain("row-link");
  });

  it("show a working command that triggers the first run", async () => {
    const html = await owner.read("/app/runs");
    const command = /data-copy="([^"]+)"/.exec(html)?.[1] ?? "";
    expect(command).toContain("curl -X POST -H &quot;Authorization: Bearer $API_KEY&quot; \\\n");
    const path = /https:\/\/service\.test(\S+)/.exec(command)?.[1] ?? "";
    expect((await service.send("POST", path, tenant.owner.key)).status).toBe(202);
  });

  it("show no such command for a workflow that cannot be invoked", async () => {
    await service.database.sql`update workflow_definitions set is_active = false where id = ${tenant.definitionId}`;
    const html = await owner.read("/app/runs");
    expect([html.includes("is paused or has no runner"), html.includes("curl")]).toEqual([true, false]);
  });

  it("show a run as FAILED from its deadline on, with its error, before any sweep", async () => {
    const id = await invoke(service, tenant);
    expect(await owner.read(`/app/runs/${id}`)).toContain("Stop this run of “Test”?");
    await makeOverdue(service, id);
    const html = await owner.read(`/app/runs/${id}`);
    expect(html).toContain("The runner never took it: 1 try, the last: ");
    expect(html).toContain("Timed out at its deadline");
    expect(html).not.toContain("Stop this run of “Test”?");
  });

  it("show a PENDING run's place in the queue, and what holds the slot", async () => {
    const holder = await insertRun(service.database, tenant, { status: "RUNNING" });
    await insertRun(service.database, tenant, { status: "PENDING" });
    const id = await insertRun(service.database, tenant, { status: "PENDING" });
    const html = await owner.read(`/app/runs/${id}`);
    expect(html).toContain('<strong class="big">2</strong>');
    expect(html).toContain(`/app/runs/${holder}`);
  });

  it("name the holder of the slot and the workflow only to users who may see them", async () => {
    const holder = await insertRun(service.database, tenant, { status: "RUNNING" });
    const id = await insertRun(service.database, tenant, { status: "PENDING", userId: tenant.user.id });
    const html = await user.read(`/app/runs/${id}`);
    const list = await user.read("/app/runs");
    expect([html.includes(holder), list.includes(holder), list.includes(id)]).toEqual([false, false, true]);
    for (const page of [html, list]) expect(page).not.toContain(`/app/workflows/${tenant.definitionId}"`);
  });
});

describe("the list of workflows", () => {
  it("shows who holds each slot, and which slots are free", async () => {
    expect(await owner.read("/app/workflows")).toContain(">free<");
    const holder = await insertRun(service.database, tenant, { status: "RUNNING" });
    const html = await owner.read("/app/workflows");
    expect([html.includes(`href="/app/runs/${holder}"`), html.includes(">free<")]).toEqual([true, false]);
  });
});

it("the parameters of a workflow have words as names on every page, and no letters", async () => {
  const run = await insertRun(service.database, tenant);
  const shown = await Promise.all(
    [`workflows/${tenant.definitionId}`, `workflows/${tenant.definitionId}/edit`, `runs/${run}`].map(async (path) => {
      const html = await owner.read(`/app/${path}`);
      return [...html.matchAll(/<(dt|legend|h3)>(.*?)<\/\1>/g)]
        .map(([, , name = ""]) => name.replaceAll(/<[^>]+>/g, ""))
        .filter((name) => /(sources|instructions|outputs|template)/i.test(name));
    }),
  );
  const names = ["Sources", "Instructions", "Outputs", "Template"];
  expect(shown).toEqual([names, [...names.slice(0, 3), "Template (optional)"], names]);
  expect(await owner.read(`/app/files/${tenant.sourcesId}`)).not.toContain('class="letter"');
});

describe("a workflow's page", () => {
  it("counts only the runs that are in the queue, and says of a delayed one when it starts", async () => {
    await invoke(service, tenant);
    const waiting = await invoke(service, tenant);
    const later = await invoke(service, tenant, tenant.owner.key, {
      start_after: new Date(Date.now() + 3_600_000).toISOString(),
    });
    for (const path of [`/app/workflows/${tenant.definitionId}`, "/app/runs"]) {
      const html = await owner.read(path);
      const row = (id: string) => new RegExp(`<tr id="[a-z]+-${id}".*?</tr>`, "s").exec(html)?.[0];
      expect([path, row(waiting), row(later)]).toEqual([
        path,
        expect.stringContaining("waits <"),
        expect.stringContaining("starts <"),
      ]);
    }
    const words = (await owner.read(`/app/workflows/${tenant.definitionId}`))
      .replaceAll(/<[^>]+>/g, " ")
      .replaceAll(/\s+/g, " ");
    expect(words).toContain("Its slot is taken, and 1 run is in the queue.");
    expect(words).toMatch(/Queue 1 run(?! later)/);
  });

  it("lists each of its slots once: the first ten, and others only while they are held", async () => {
    const { sql } = service.database;
    await sql`update workflow_definitions set max_running = 12 where id = ${tenant.definitionId}`;
    for (const slot of [12, 10, 1]) {
      const id = await insertRun(service.database, tenant, { status: "RUNNING" });
      await sql`update workflow_runs set slot_no = ${slot} where id = ${id}`;
    }
    const html = await owner.read(`/app/workflows/${tenant.definitionId}`);
    const slots = [...html.matchAll(/<tr id="slot-(\d+)"/g)].map(([, slot]) => Number(slot));
    expect(slots).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12]);
  });

  it("shows the queue in its order, a retried run at its end", async () => {
    await insertRun(service.database, tenant, { status: "RUNNING" });
    const retried = await insertRun(service.database, tenant, { status: "FAILED" });
    const next = await insertRun(service.database, tenant, { status: "PENDING" });
    const second = await insertRun(service.database, tenant, { status: "PENDING" });
    expect((await service.send("POST", `/v1/workflow-runs/${retried}/retry`, tenant.owner.key)).status).toBe(202);
    const html = await owner.read(`/app/workflows/${tenant.definitionId}`);
    const queue = html.slice(html.indexOf("<h2>Queue"), html.indexOf("<h2>How long runs take"));
    expect([...queue.matchAll(/<tr id="queue-([^"]+)"/g)].map(([, id]) => id)).toEqual([next, second, retried]);
  });

  it("keeps the runs that its refresh names, each in its place and as it is now, and counts what has changed", async () => {
    const path = `/app/workflows/${tenant.definitionId}`;
    const idsOf = (html: string, list: string) =>
      [...html.matchAll(new RegExp(`<tr id="${list}-([^"]+)"`, "g"))].map(([, id]) => id);
    await insertRun(service.database, tenant, { status: "RUNNING" });
    const first = await insertRun(service.database, tenant, { status: "PENDING" });
    const second = await insertRun(service.database, tenant, { status: "PENDING" });
    const open = await owner.read(path);
    const [, refresh = ""] = /id="live" hx-get="([^"]+)"/.exec(open) ?? [];
    const shown = idsOf(open, "run");
    expect([shown.length, idsOf(open, "queue"), open.includes("new run")]).toEqual([3, [first, second], false]);

    const stop = await service.send("POST", `/v1/workflow-runs/${first}/stop`, tenant.owner.key, {});
    expect(stop.status).toBe(200);
    await insertRun(service.database, tenant, { status: "PENDING" });
    await insertRun(service.database, tenant, { status: "COMPLETED" });
    const [answer, requests] = await service.counted(() => owner.get(refresh.replaceAll("&amp;", "&")));
    const html = await answer.text();
    expect([answer.status, requests]).toEqual([200, 1]);
    expect([idsOf(html, "queue"), idsOf(html, "run")]).toEqual([[first, second], shown]);
    expect(html).toMatch(/data-news-of="queue"[^>]*>1 new run, 1 run no longer waits</);
    expect(html).toMatch(/data-news-of="run"[^>]*>2 new runs</);

    const others = await createTenant(service.database);
    const theirs = await insertRun(service.database, others, { status: "PENDING" });
    const asked = await owner.read(`${path}?queue=${theirs}.not-an-id&shown=${theirs}`);
    expect([idsOf(asked, "queue"), idsOf(asked, "run")]).toEqual([[], []]);
  });
});

describe("a USER", () => {
  it("sees what was permitted, and nothing else", async () => {
    const theirs = await insertRun(service.database, tenant, { status: "COMPLETED", userId: tenant.user.id });
    const others = await insertRun(service.database, tenant, { status: "COMPLETED" });
    await insertParts(service.database, tenant, ["/open", "/open/a.md", "/closed"]).then(({ idOf }) =>
      permit(service.database, tenant, idOf("/open"), "READ_ONLY"),
    );
    const runs = await user.read("/app/runs");
    expect([runs.includes(theirs), runs.includes(others)]).toEqual([true, false]);
    expect((await user.get(`/app/runs/${others}`)).status).toBe(404);
    expect((await user.get(`/app/workflows/${tenant.definitionId}`)).status).toBe(404);
    expect((await user.get(`/app/files/${tenant.sourcesId}`)).status).toBe(404);
    expect((await user.get(`/app/people/${tenant.owner.id}`)).status).toBe(404);
    const files = await user.read("/app/files");
    expect([files.includes("open"), files.includes("closed")]).toEqual([true, false]);
    expect(await user.read("/app/people")).not.toContain(tenant.owner.id);
    expect((await user.get("/app/health")).status).toBe(200);
  });

  it("sees a permitted workflow with its runs, but may not change it", async () => {
    const others = await insertRun(service.database, tenant, { status: "FAILED" });
    const { sql } = service.database;
    const [node] = await sql`select path_part_id as id from workflow_definitions where id = ${tenant.definitionId}`;
    await permit(service.database, tenant, String(node?.id), "READ_ONLY");
    const workflow = await user.read(`/app/workflows/${tenant.definitionId}`);
    expect(workflow).toContain(others);
    for (const offered of ["Pause", "Edit", "Delete", "New workflow", "Invoke"])
      expect(workflow).not.toContain(`>${offered}<`);
    const rest = [tenant.sourcesId, tenant.instructionsId].map((id) =>
      permit(service.database, tenant, id, "READ_ONLY"),
    );
    await Promise.all([...rest, permit(service.database, tenant, tenant.outputsId, "READ_WRITE")]);
    expect(await user.read(`/app/workflows/${tenant.definitionId}`)).toContain(">Invoke<");
    const run = await user.read(`/app/runs/${others}`);
    for (const offered of ["Retry", "Delete"]) expect(run).not.toContain(`>${offered}<`);
  });
});

describe("another tenant", () => {
  it("sees nothing of this one", async () => {
    const stranger = await signIn(service, (await createTenant(service.database)).owner.key);
    for (const path of await allPages()) {
      const isOfThis = /[0-9a-f]{8}-/.test(path.split("?")[0] ?? "");
      const response = await stranger.get(path);
      if (isOfThis && !path.endsWith("/permission")) expect([path, response.status]).toEqual([path, 404]);
      const html = await response.text();
      expect([path, html.includes(tenant.owner.id)]).toEqual([path, false]);
    }
  });
});
