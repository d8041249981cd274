import { beforeAll, describe, expect, it } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import { demoId } from "../../scripts/local/demo-id.ts";
import { operationsOf } from "../../src/docs/examples.ts";
import { LANGUAGES, setupOf, snippetOf } from "../../src/docs/snippets.ts";
import { describeService } from "../../src/routes.ts";
import { SESSION_SETTINGS } from "../support/callers.ts";
import { documentFaults, findOperation } from "../support/document.ts";
import { type Service, startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";

let service: Service;

const operations = operationsOf(await describeService());
const MAX_BYTES = 200_000;

beforeAll(async () => {
  service = await startService({ settings: SESSION_SETTINGS });
});

const escaped = (text: string) =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");

describe("/docs", () => {
  it("has every operation with its request in each language, in less than 200 KB and without a script", async () => {
    const response = await service.fetch("/docs");
    const page = await response.text();
    expect(response.headers.get("content-type")).toContain("text/html");
    const bytes = new TextEncoder().encode(page).length;
    expect(bytes).toBeLessThan(MAX_BYTES);
    expect(page).not.toContain("<script");
    for (const operation of operations) {
      expect(page).toContain(`id="${operation.id}"`);
      for (const language of LANGUAGES) expect(page).toContain(escaped(snippetOf(language, operation)));
    }
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
    const page = await (await service.fetch("https://runs.example.com/docs")).text();
    for (const language of LANGUAGES) expect(page).toContain(escaped(setupOf(language, "https://runs.example.com")));
  });

  it("has only links that work", async () => {
    for (const path of ["/docs", "/docs/runner-protocol", "/docs/notifications"]) {
      const page = await (await service.fetch(path)).text();
      const ids = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
      for (const [, href = ""] of page.matchAll(/<a [^>]*href="([^"]+)"/g)) {
        if (href.startsWith("#")) expect(ids).toContain(href.slice(1));
        else if (href.startsWith("/"))
          expect([href, (await service.fetch(href, { redirect: "manual" })).status < 400]).toEqual([href, true]);
      }
    }
  });

  it("has a button that creates a key, only for signed-in users", async () => {
    const { owner } = await createTenant(service.database);
    const signedIn = await service.fetch("/app/sign-in", {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin" },
      body: new URLSearchParams({ key: owner.key }),
      redirect: "manual",
    });
    const cookie = signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
    const [page, requests] = await service.counted(() => service.fetch("/docs", { headers: { Cookie: cookie } }));
    const text = await page.text();
    expect(requests).toBe(0);
    const [, action = ""] = /<form method="post" action="([^"]+)"/.exec(text) ?? [];
    const fields = [...text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
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

    expect(await (await service.fetch("/docs")).text()).not.toContain("<form");
  });
});

describe("a guide", () => {
  it("is shown as a page, with a heading for each of its links", async () => {
    const page = await (await service.fetch("/docs/runner-protocol")).text();
    expect(page).toContain('<h2 id="the-signature">The signature</h2>');
    expect(page).toContain("<table>");
    expect(page).not.toContain("<script");
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
      expect(text).toContain("URL=https://runs.example.com\n");
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
