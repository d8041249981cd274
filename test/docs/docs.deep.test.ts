import { describe, expect, it } from "vitest";
import workflowsSchema from "../../client/workflows.schema.json";
import { DEMO } from "../../scripts/local/demo.ts";
import { demoId } from "../../scripts/local/demo-id.ts";
import { type Operation, operationsOf } from "../../src/docs/examples.ts";
import { groupsOf } from "../../src/docs/groups.ts";
import { GUIDES } from "../../src/docs/guides/guides.ts";
import { LANGUAGES, setupOf, snippetOf } from "../../src/docs/snippets.ts";
import { describeService } from "../../src/routes.ts";
import { SESSION_SETTINGS } from "../support/callers.ts";
import { at, type Json } from "../support/contract.ts";
import { documentFaults, findOperation, schemaErrors } from "../support/document.ts";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";

const service = await startService({ settings: SESSION_SETTINGS });

const described = await describeService();
const operations = operationsOf(described);
const groups = groupsOf(operations, described);
/** Of a page as it is sent, compressed: the longest guide has 12,000 words. */
const MAX_BYTES = 48 * 1024;
/** In the order in which the pages list them. */
const PATHS = ["/docs", ...[...GUIDES, ...groups].map(({ slug }) => `/docs/${slug}`)];

const read = async (path: string, headers: Record<string, string> = {}) =>
  (await service.fetch(path, { headers })).text();

/** The cookie of somebody who has signed in to the dashboard. */
async function signIn(): Promise<string> {
  const { owner } = await createTenant(service.database);
  const signedIn = await service.fetch("/app/sign-in", {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin" },
    body: new URLSearchParams({ key: owner.key }),
    redirect: "manual",
  });
  return signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
}

async function compressedBytes(text: string): Promise<number> {
  const compressed = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return (await new Response(compressed).arrayBuffer()).byteLength;
}

/** A page without what sets off parts of its code. */
const plain = (page: string) => page.replaceAll(/<span class="code-\w+">|<\/span>/g, "");

async function search(text: string): Promise<string[]> {
  const [response, requests] = await service.counted(() => service.fetch(`/docs/search?q=${encodeURIComponent(text)}`));
  expect([response.status, requests]).toEqual([200, 0]);
  const page = await response.text();
  const found = page.slice(page.indexOf('id="answers"'), page.indexOf("</main>"));
  return [...found.matchAll(/<a href="([^"]+)"/g)].map(([, href = ""]) => href);
}

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const idsOf = (page: string) => new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));

describe("/docs", () => {
  it("has a page for each group and guide, which is small and has no script of its own", async () => {
    const addresses = [...groups, ...GUIDES].map(({ slug }) => slug);
    expect(addresses.toSorted()).toEqual([...new Set(addresses)].toSorted());
    const ids = (of: readonly Operation[]) => of.map(({ id }) => id).toSorted();
    expect(ids(groups.flatMap((group) => group.operations))).toEqual(ids(operations));
    for (const path of PATHS) {
      const [response, requests] = await service.counted(() => service.fetch(path));
      expect([path, response.status, requests]).toEqual([path, 200, 0]);
      expect(response.headers.get("content-type")).toContain("text/html");
      const page = await response.text();
      expect([path, await compressedBytes(page)]).toEqual([path, expect.toSatisfy((count) => count < MAX_BYTES)]);
      expect(page).not.toMatch(/<script(?! defer="" src=)|<[^>]+ on\w+=/);
    }
  });

  it("has every operation with its request in each language and an example of its answer, each to copy", async () => {
    for (const { slug, operations: members } of groups) {
      const page = plain(await read(`/docs/${slug}`));
      for (const operation of members) {
        expect(page).toContain(`id="${operation.id}"`);
        for (const language of LANGUAGES) expect(page).toContain(escaped(snippetOf(language, operation)));
      }
      expect(page.split("<pre").length).toBe(
        page.split('data-copy=""').length + page.split('class="answer"').length - 1,
      );
    }
    const withoutExample = operations.filter(
      ({ answers }) => !answers.some(({ status, example }) => status.startsWith("2") && example !== null),
    );
    // These answer 204.
    for (const { answers } of withoutExample) expect(answers.map(({ status }) => status)).toContain("204");
  });

  it("has examples of answers that are valid by their schemas", () => {
    for (const { id, answers } of operations) {
      const { responses } = findOperation(id);
      for (const { status, example } of answers) {
        if (example === null) continue;
        const { schema } = at(responses[status], "content", example.mediaType);
        const value: Json = JSON.parse(JSON.stringify(example.value));
        expect([id, status, schemaErrors(`${id} ${status} of /docs`, schema ?? {}, value)]).toEqual([id, status, []]);
      }
    }
  });

  it("has the schema of the file of `workflow-runs apply`, which names its address", async () => {
    const [response, requests] = await service.counted(() => service.fetch("/docs/workflows.schema.json"));
    expect([response.status, requests, await response.json()]).toEqual([200, 0, workflowsSchema]);
    expect(await read("/docs/as-code")).toContain("/docs/workflows.schema.json");
  });

  it("has the addresses that it had when all was on one page", async () => {
    const ids = idsOf(await read("/docs"));
    for (const { id } of operations) expect(ids).toContain(id);
    for (const id of ["quick-start", "life", "authentication", "guides", "operations", "errors"])
      expect(ids).toContain(id);
  });

  it("lists all pages beside each one, and the operations of the shown one", async () => {
    for (const { slug, title, operations: members } of groups) {
      const page = await read(`/docs/${slug}`);
      // A page with one operation needs no table of contents.
      const ids = members.length === 1 ? [] : members.map(({ id }) => id);
      const contents = page.slice(page.indexOf('<nav id="contents"'), page.indexOf("</nav>"));
      for (const path of PATHS) expect(contents).toContain(`href="${path}"`);
      expect(contents).toContain(`<a href="/docs/${slug}" aria-current="page">${title}</a>`);
      const headings = page.split(`<nav id="headings"`)[1] ?? "";
      expect([...headings.matchAll(/href="#(\w+)"/g)].map(([, id]) => id)).toEqual(ids);
    }
  });

  it("has a table of contents for each guide, and leads through all pages by links to the next one and back", async () => {
    const guide = await read("/docs/triggers");
    const headings = guide.slice(guide.indexOf('<nav id="headings"'));
    expect(headings).toContain('<a href="#webhooks">Webhooks</a>');
    // It has the sections and what is in them, and no third level.
    const [ofLongest = ""] = (await read("/docs/operations")).split('<nav id="headings"')[1]?.split("</nav>", 1) ?? [];
    expect(ofLongest).toContain("Backup and restore");
    expect(ofLongest).not.toContain("WorkflowRunsOverdue");
    const back: string[] = [];
    let path = "/docs";
    for (const expected of PATHS) {
      expect(path).toBe(expected);
      const page = await read(path);
      back.push(/<a href="([^"]+)" rel="prev"/.exec(page)?.[1] ?? "");
      path = /<a class="after" href="([^"]+)" rel="next"/.exec(page)?.[1] ?? "";
    }
    expect([path, back]).toEqual(["", ["", ...PATHS.slice(0, -1)]]);
  });

  it("names its operations shortly, by what they do, and begins with what one needs first", () => {
    const summaries = operations.map(({ summary }) => summary);
    expect(summaries.filter((summary) => summary.length > 32 || !/^[A-Z][a-z]+,? \w/.test(summary))).toEqual([]);
    expect(groups[0]?.operations.slice(0, 2).map(({ summary }) => summary)).toEqual(["Trigger a run", "Get a run"]);
    expect(summaries).toContain("Get run details");
  });

  it("has examples of answers that are those to the examples of the requests", () => {
    const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
    let compared = 0;
    for (const { id, body, parameters, answers } of operations) {
      const example = answers.find(({ status }) => status.startsWith("2"))?.example?.value;
      if (!isObject(example)) continue;
      const ids = parameters
        .filter((parameter) => parameter.in === "path")
        .map(({ name, example: value }) => [name, value]);
      const given = { ...Object.fromEntries(ids), ...(isObject(body) ? body : {}) };
      for (const [name, value] of Object.entries(given)) {
        if (!(name in example)) continue;
        compared += 1;
        expect([id, name, example[name]]).toEqual([id, name, isObject(value) ? expect.anything() : value]);
      }
    }
    expect(compared).toBeGreaterThan(10);
    const exampleOf = (id: string) =>
      operations.find((one) => one.id === id)?.answers.find(({ status }) => status[0] === "2");
    expect(exampleOf("invoke_workflow")?.example?.value).toMatchObject({ status: "RUNNING", completed_at: null });
    expect(exampleOf("pause_trigger")?.example?.value).toMatchObject({ is_active: false });
    expect(exampleOf("update_path_part")?.example?.value).toMatchObject({ name: "q1-final" });
  });

  it("shows the examples in the language that the reader has chosen, and curl at first", async () => {
    const chosen = (page: string) => [...page.matchAll(/value="(\w+)" checked=""/g)].map(([, language]) => language);
    for (const path of ["/docs", "/docs/workflow-runs"]) {
      expect(chosen(await read(path))).toEqual(["curl"]);
      expect(chosen(await read(path, { Cookie: "language=python" }))).toEqual(["python"]);
      expect(chosen(await read(path, { Cookie: "language=cobol" }))).toEqual(["curl"]);
    }
  });

  it("sets off comments, texts, names, keywords and numbers of its code, and nothing else", async () => {
    const page = await read("/docs/triggers");
    expect(page).toContain('<span class="code-keyword">curl</span>');
    expect(page).toContain('<span class="code-text">"Quarterly report"</span>');
    expect(await read("/docs/python")).toContain(
      '<span class="code-comment"># Waits up to a minute until the run has ended.</span>',
    );
    expect(await read("/docs/workflow-runs")).toContain(
      '<span class="code-name">"status"</span>: <span class="code-text">"RUNNING"</span>',
    );
  });

  it("finds operations, sections of guides and errors by words, without a script and the database", async () => {
    expect((await search("trigger run"))[0]).toBe("/docs/workflow-runs#invoke_workflow");
    expect(await search("get_workflow_run")).toContain("/docs/workflow-runs#get_workflow_run");
    expect(await search("SIGNATURE")).toContain("/docs/runner-protocol#the-signature");
    expect((await search("queue_full"))[0]).toBe("/docs#error-queue_full");
    for (const text of ["", "x", "zzzz"]) expect(await search(text)).toEqual([]);
    expect(await read("/docs/search?q=%3Cscript%3E")).not.toContain("<script>");
  });

  it.each([
    ["cron", "/docs/triggers#cron-schedules-and-time-zones"],
    ["timezone", "/docs/triggers#cron-schedules-and-time-zones"],
    ["python", "/docs/python"],
    ["slack", "/docs/notifications#slack-and-teams"],
    ["approve", "/docs/suspend#approve-or-answer"],
    ["webhook secret", "/docs/triggers-api#rotate_trigger_secret"],
    ["backup", "/docs/operations#backup-and-restore"],
  ])("finds the right page first for %s", async (text, href) => {
    expect((await search(text))[0]).toBe(href);
  });

  it("answers 404 for a page that it does not have: a page to a browser, a problem to a program", async () => {
    const browser = await service.fetch("/docs/nowhere", { headers: { Accept: "text/html,*/*;q=0.8" } });
    expect([browser.status, await browser.text()]).toEqual([404, expect.stringContaining("There is no such page")]);
    const program = await service.fetch("/docs/nowhere");
    expect([program.status, await program.json()]).toEqual([404, expect.objectContaining({ status: 404 })]);
  });

  it("is not sent again while it is the same, and has the theme that was chosen on the dashboard", async () => {
    for (const path of ["/docs", `/docs/${groups[0]?.slug}`]) {
      const first = await service.fetch(path);
      const headers = { "If-None-Match": first.headers.get("etag") ?? "" };
      expect([(await service.fetch(path, { headers })).status, first.headers.get("cache-control")]).toEqual([
        304,
        "private, no-cache",
      ]);
      expect(await read(path, { Cookie: "theme=dark" })).toContain('<html lang="en" data-theme="dark">');
      expect(await read(path)).toContain('<html lang="en" data-theme="system">');
    }
  });

  it("lets those who are signed in try each read, and tells others how", async () => {
    const Cookie = await signIn();
    let tried = 0;
    for (const { slug, operations: members } of groups) {
      const mine = members.filter(({ mayTry }) => mayTry);
      tried += mine.length;
      const page = await read(`/docs/${slug}`, { Cookie });
      expect([...page.matchAll(/data-try="([^"]+)"/g)].map(([, path]) => path)).toEqual(mine.map(({ path }) => path));
      const open = mine.filter(({ credential }) => credential === "none");
      const other = await read(`/docs/${slug}`);
      expect([...other.matchAll(/data-try="([^"]+)"/g)].map(([, path]) => path)).toEqual(open.map(({ path }) => path));
      const signInLink = `<a href="/app/sign-in?next=${encodeURIComponent(`/docs/${slug}`)}">`;
      expect(other.split(signInLink).length - 1).toBe(mine.length - open.length);
    }
    expect(tried).toBeGreaterThan(20);
    const reads = operations.filter(({ method, isStream }) => method === "GET" && !isStream);
    // Only the runner of the run may read these.
    const ofRunners = reads.filter(({ mayTry }) => !mayTry).map(({ id }) => id);
    expect(ofRunners.toSorted()).toEqual(["get_workflow_run_resume", "list_child_runs"]);
    expect(operations.filter(({ method, mayTry }) => mayTry && method !== "GET")).toEqual([]);
  });

  it("has examples with the demo tenant's ids of the right kind", () => {
    const kinds: Record<string, string> = {
      run_id: DEMO.runs.completed,
      definition_id: DEMO.quarterlyReportId,
      path_part_id: demoId(102),
      folder_id: demoId(102),
      user_id: DEMO.user.id,
      tenant_id: DEMO.tenantId,
      api_key_id: DEMO.owner.apiKeyId,
      permission_id: demoId(501),
    };
    for (const { path, examplePath } of operations) {
      const expected = path.replaceAll(/\{(\w+)\}/g, (given, name: string) => kinds[name] ?? given);
      if (!expected.includes("{")) expect(examplePath.split("?")[0]).toBe(expected);
    }
    const used = operations.flatMap(({ path }) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    expect([...new Set(used)].filter((name = "") => !(name in kinds)).sort()).toEqual([
      "batch_id",
      "delivery_id",
      "endpoint_id",
      "invite_id",
      "key",
      "name",
      "session_id",
      "token",
      "trigger_id",
    ]);
  });

  it("prints the answer of each request", () => {
    for (const operation of operations.filter(({ isStream }) => !isStream)) {
      expect(snippetOf("TypeScript", operation)).toMatch(/^show\(await call\(.*\);$/s);
      expect(snippetOf("Python", operation)).toMatch(/^show\(call\(.*\)$/s);
    }
  });

  it("names the service by the URL that the reader has", async () => {
    const page = plain(await (await service.fetch("https://runs.example.com/docs")).text());
    for (const language of LANGUAGES) expect(page).toContain(escaped(setupOf(language, "https://runs.example.com")));
  });

  it("has only links that work", async () => {
    const pages = new Map<string, string>();
    for (const path of PATHS) pages.set(path, await read(path));
    for (const [path, page] of pages) {
      for (const [, href = ""] of page.matchAll(/<a [^>]*href="([^"]+)"/g)) {
        const [target = "", id] = (href.startsWith("#") ? path + href : href).split("#");
        if (!target.startsWith("/")) continue;
        const known = pages.get(target);
        if (known === undefined) {
          expect([href, (await service.fetch(target, { redirect: "manual" })).status < 400]).toEqual([href, true]);
        } else if (id !== undefined && id !== "main") {
          expect([path, href, idsOf(known).has(id)]).toEqual([path, href, true]);
        }
      }
    }
  });

  it("has a button that creates a key, only for signed-in users", async () => {
    const cookie = await signIn();
    const [page, requests] = await service.counted(() => service.fetch("/docs", { headers: { Cookie: cookie } }));
    const text = await page.text();
    expect(requests).toBe(0);
    const form = text.slice(text.indexOf('<form method="post" action="/app/people/'));
    const [, action = ""] = /<form method="post" action="([^"]+)"/.exec(form) ?? [];
    const fields = [...form.slice(0, form.indexOf("</form>")).matchAll(/name="([^"]+)" value="([^"]*)"/g)];
    const made = await service.fetch(action, {
      method: "POST",
      headers: {
        Cookie: cookie,
        "Content-Type": "application/x-www-form-urlencoded",
        "Sec-Fetch-Site": "same-origin",
      },
      body: new URLSearchParams(fields.map(([, name = "", value = ""]): [string, string] => [name, value])),
    });
    expect(await made.text()).toMatch(/wr_[A-Za-z0-9_]{20,}/);

    expect(await read("/docs")).not.toContain('action="/app/people/');
  });
});

describe("a guide", () => {
  it("is shown as a page, with a heading for each of its links", async () => {
    const page = await (await service.fetch("/docs/runner-protocol")).text();
    expect(page).toContain('<h2 id="the-signature">The signature</h2>');
    expect(page).toContain("<table>");
    // Its links to other documents lead to their pages. What only the repository has is no link.
    expect(page).toContain('<a href="/docs/client">client/README.md</a>');
    expect(await read("/docs/first-workflow")).not.toContain("README.md</a>: deploy");
    expect(await read("/docs/runs")).not.toContain("stateDiagram");
  });
});

describe("/", () => {
  it("redirects a browser to the dashboard, and answers a program with links", async () => {
    const accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    const browser = await service.fetch("/", { headers: { Accept: accept }, redirect: "manual" });
    expect([browser.status, browser.headers.get("location")]).toEqual([302, "/app"]);
    expect(browser.headers.get("vary")).toContain("Accept");
    expect(await documentFaults(findOperation("get_service"), browser)).toEqual([]);
    for (const headers of [{}, { Accept: "*/*" }, { Accept: "application/json" }]) {
      const program = await service.fetch("/", { headers });
      expect(await program.json()).toMatchObject({ name: "workflow-runs", links: { docs: "/docs" } });
    }
  });
});

describe("the texts for language models", () => {
  it.each(["/llms.txt", "/llms-full.txt"])(
    "%s says how to sign in, the life of a run and the runner protocol, with examples",
    async (path) => {
      const text = await (await service.fetch(`https://runs.example.com${path}`)).text();
      for (const { method, path: of } of operations) expect(text).toContain(`${method} ${of}`);
      for (const section of ["## Sign in", "## The life of a run", "## The runner protocol"]) {
        const at = text.indexOf(section);
        expect(at).toBeGreaterThan(-1);
        expect(text.slice(at, text.indexOf("\n## ", at + 1))).toContain("```sh\n");
      }
      expect(text).toContain("export WORKFLOW_RUNS_URL=https://runs.example.com\n");
      expect(text).toContain("https://runs.example.com/mcp has tools");
    },
  );

  it("/llms-full.txt has each operation's parameters and the guides whole", async () => {
    const text = await (await service.fetch("/llms-full.txt")).text();
    for (const { parameters, fields } of operations) {
      for (const { name, type } of [...parameters, ...fields]) expect(text).toContain(`- \`${name}\` ${type}`);
    }
    expect(text).toContain("webhook-signature: v1,");
  });
});
