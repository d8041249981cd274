import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import {
  accessibilityFaults,
  complaintsOf,
  faultsInTheme,
  OBSERVE_SHIFTS,
  openPage,
  overflow,
  shiftOf,
  signIn,
  unreachable,
  WIDTHS,
  widthsInTurn,
} from "../support/browser/pages.ts";
import { useWorld } from "../support/browser/world.ts";
import { inTurn } from "../support/in-turn.ts";
import { runProgram } from "../support/node/run-program.ts";

const world = useWorld();

const GROUPS = [
  ...["workflow-definitions", "workflow-runs", "triggers-api", "runner", "events", "notifications-api"],
  ...["path-parts", "folders", "users", "user-permissions", "api-keys", "sign-in-sessions", "audit-log"],
  ...["invites", "service"],
];
const PAGES = [
  ...GROUPS,
  ...["first-workflow", "dashboard", "runs", "people", "api", "client", "python", "triggers"],
  ...["input-schemas", "artifacts", "notifications", "as-code", "agents", "runner-protocol"],
  ...["runner-service", "operations", "configuration", "sign-in", "security", "scale"],
  ...["coming-from-knowledge-stack", "own-server", "suspend"],
];
const LOOKED_AT = ["", ...inTurn(PAGES, 5, "pages").map((slug) => `/${slug}`), "/search?q=run", "/nowhere"];

/** What is pressed and is smaller than 44 pixels in one direction, without links in sentences and lists of facts. */
const smallTargets = (page: Page): Promise<string[]> =>
  page.evaluate(`[...document.querySelectorAll("header :is(a, button, input), .copy, summary, .beside-main a, .operation h2 a, .languages label, .around a")]
    .filter((e) => e.checkVisibility({ visibilityProperty: true }))
    .filter((e) => (({ width, height }) => width < 43.5 || height < 43.5)(e.getBoundingClientRect()))
    .map((e) => e.outerHTML.slice(0, 120))`);

describe("the documentation", () => {
  it("has the pages that are looked at here, and no others", async () => {
    const html = await (await fetch(`${world.stack.url}/docs`)).text();
    const contents = html.slice(html.indexOf('<nav id="contents"'), html.indexOf("</nav>"));
    const slugs = [...contents.matchAll(/href="\/docs\/([^"#]+)"/g)].map(([, slug]) => slug);
    expect(slugs.toSorted()).toEqual(PAGES.toSorted());
  });

  it.each(LOOKED_AT)("has no faults at /docs%s at any width, and nothing moves while it is loaded", async (path) => {
    const page = await openPage(world.browser, world.stack.url);
    await page.addInitScript(OBSERVE_SHIFTS);
    // To examine a page takes seconds.
    const examined = widthsInTurn();
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      await page.goto(`/docs${path}`);
      if (width === 390) expect(await smallTargets(page)).toEqual([]);
      if (examined.includes(width)) expect([width, await faultsInTheme(page)]).toEqual([width, []]);
      const shift = await shiftOf(page);
      expect([width, await overflow(page), shift <= 0.02, shift]).toEqual([width, 0, true, shift]);
    }
    expect(complaintsOf(page).filter((text) => !text.includes("404"))).toEqual([]);
    await page.context().close();
  });

  it("can be read, searched and used by keyboard and without JavaScript", async () => {
    const reader = await openPage(world.browser, world.stack.url, { javaScriptEnabled: false });
    await reader.goto("/docs");
    await reader.getByRole("searchbox").fill("trigger a run");
    await reader.keyboard.press("Enter");
    await reader.getByRole("main").getByRole("link", { name: "Trigger a run" }).first().click();
    await reader.waitForURL("**/docs/workflow-runs#invoke_workflow");
    await reader.getByRole("radio", { name: "Python" }).press("Space");
    await reader
      .locator(":target")
      .getByText(/^show\(call\("POST"/)
      .waitFor();
    await reader.setViewportSize({ width: 390, height: 800 });
    await reader.getByRole("button", { name: "Contents" }).click();
    await reader.getByRole("navigation", { name: "Documentation" }).getByRole("link", { name: "Invites" }).click();
    await reader.waitForURL("**/docs/invites");
    await reader.context().close();

    const page = await openPage(world.browser, world.stack.url);
    for (const path of ["/docs/runner-protocol", "/docs/events"]) {
      await page.goto(path);
      expect([path, await unreachable(page)]).toEqual([path, []]);
    }
    await page.context().close();
  });

  it("leads on from the address that an operation had on the one page, and shows results while somebody types", async () => {
    const page = await openPage(world.browser, world.stack.url);
    await page.goto("/docs#stream_workflow_run");
    await page.waitForURL("**/docs/workflow-runs#stream_workflow_run");
    await page.keyboard.press("Control+k");
    await page.keyboard.type("api key");
    await page.locator("search").getByRole("link", { name: "Revoke an API key" }).first().waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.keyboard.press("Enter");
    await page.waitForURL("**/docs/api-keys#*");
    expect(complaintsOf(page)).toEqual([]);
    await page.context().close();
  });

  it("copies each block, and closes its list of contents after a choice on a narrow screen", async () => {
    const page = await openPage(world.browser, world.stack.url, {
      permissions: ["clipboard-read", "clipboard-write"],
      viewport: { width: 390, height: 800 },
    });
    await page.goto("/docs/users");
    const block = page.locator("#get_me .code").first();
    await block.getByRole("button", { name: "Copy" }).click();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(await block.locator("pre").textContent());
    await page.getByRole("button", { name: "Contents" }).click();
    const contents = page.getByRole("navigation", { name: "Documentation" });
    await contents.waitFor();
    expect(await faultsInTheme(page)).toEqual([]);
    await contents.getByRole("link", { name: "Users", exact: true }).click();
    await page.waitForURL("**/docs/users");
    await page.getByRole("button", { name: "Contents" }).click();
    await contents.getByRole("link", { name: "Users", exact: true }).click();
    await page.waitForURL("**/docs/users");
    await page.getByRole("button", { name: "On this page" }).click();
    const headings = page.getByRole("navigation", { name: "On this page" });
    await headings.waitFor();
    expect(await faultsInTheme(page)).toEqual([]);
    await headings.getByRole("link").last().click();
    await headings.waitFor({ state: "hidden" });
    expect(complaintsOf(page)).toEqual([]);
    await page.context().close();
  });

  it("has the theme of the dashboard, and changes it without loading the page", async () => {
    const page = await openPage(world.browser, world.stack.url, { colorScheme: "light" });
    await signIn(page, "user");
    const press = () => page.getByRole("button", { name: /^Theme:/ }).click();
    await press();
    await press();
    await page.locator("html[data-theme=dark]").waitFor();
    await page.getByRole("link", { name: "Docs", exact: true }).click();
    await page.waitForURL("**/docs");
    await page.locator("html[data-theme=dark]").waitFor();
    await page.evaluate("window.isSame = true");
    await press();
    await page.locator("html[data-theme=system]").waitFor();
    expect(await page.evaluate("window.isSame")).toBe(true);
    await page.context().close();
  });

  it("tries a read as who is signed in, and says how when nobody is", async () => {
    const page = await openPage(world.browser, world.stack.url);
    await page.goto("/docs/workflow-runs");
    await page.locator("#get_workflow_run summary", { hasText: "Try it" }).click();
    await page.locator("#get_workflow_run").getByRole("link", { name: "Sign in to the dashboard" }).click();
    await page.getByLabel("API key").fill(DEMO.owner.key);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL("**/docs/workflow-runs");
    await page.getByText("Olivia Owner").waitFor();

    await page.evaluate(OBSERVE_SHIFTS);
    const list = page.locator("#list_tenant_workflow_runs");
    await list.getByText("Try it").click();
    await list.getByLabel("status").fill("COMPLETED, FAILED");
    await list.getByLabel("limit").fill("2");
    await list.getByRole("button", { name: "Send" }).click();
    await list.getByRole("status").getByText("200").waitFor();
    expect(await list.getByRole("status").textContent()).toContain(
      "GET /v1/workflow-runs?status=COMPLETED&status=FAILED&limit=2: 200 OK",
    );
    const answer = JSON.parse((await list.locator(".answer code").textContent()) ?? "");
    expect(answer.items).toHaveLength(2);
    expect(await list.locator(".answer > pre").textContent()).toMatch(/content-type: application\/json\netag: "/);

    const one = page.locator("#get_workflow_run");
    await one.getByText("Try it").click();
    await one.getByLabel("run_id").fill(DEMO.runs.completed);
    await one.getByRole("button", { name: "Send" }).click();
    await one.locator(".answer code").getByText('"COMPLETED"').waitFor();
    const details = page.locator("#get_workflow_run_details");
    await details.getByText("Try it").click();
    await expect.poll(() => details.getByLabel("run_id").inputValue()).toBe(DEMO.runs.completed);
    await details.getByLabel("run_id").fill("42");
    await details.getByRole("button", { name: "Send" }).click();
    await details.getByRole("status").getByText("422").waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    const shift = await shiftOf(page);
    expect(shift).toBeLessThanOrEqual(0.02);

    await page.context().clearCookies();
    await one.getByRole("button", { name: "Send" }).click();
    await one.getByRole("link", { name: "Sign in again" }).waitFor();
    expect(complaintsOf(page).filter((text) => !/40[01]|422/.test(text))).toEqual([]);
    await page.context().close();
  });

  it("opens after signing in from /, and creates an API key with one click", async () => {
    const page = await openPage(world.browser, world.stack.url);
    await page.goto("/");
    await page.waitForURL("**/app/sign-in**");
    await signIn(page, "owner");
    await page.goto("/docs");
    await page.getByRole("button", { name: "Make an API key" }).click();
    const made = page.locator("#made-key pre");
    await made.waitFor();
    const key = await made.textContent();
    expect(key).toMatch(/^wr_[A-Za-z0-9_]{20,}$/);
    expect(new URL(page.url()).pathname).toBe("/docs");
    const setups = page.locator("#quick-start ~ ol [data-language] pre");
    await expect.poll(() => setups.first().textContent()).toContain(`WORKFLOW_RUNS_API_KEY='${key}'`);
    for (const setup of await setups.allTextContents()) expect(setup).toContain(key);
    expect(complaintsOf(page)).toEqual([]);
    await page.context().close();
  });

  it("has requests that work as pasted, in each language", async () => {
    const page = await openPage(world.browser, world.stack.url);
    await page.goto("/docs");
    const setups = page.locator("#quick-start ~ ol [data-language] pre");
    const [curl = "", typescript = "", python = ""] = await setups.allTextContents();
    await page.goto("/docs/users");
    const operation = page.locator("#get_me");
    const requests = await operation.locator("pre").allTextContents();
    await page.context().close();

    const folder = mkdtempSync(join(tmpdir(), "docs-"));
    const paste = async (name: string, text: string, command: string) => {
      const file = join(folder, name);
      writeFileSync(file, text.replace("wr_…", DEMO.owner.key));
      const { code, stdout, stderr } = await runProgram(command, [file]);
      return code === 0 ? JSON.parse(stdout) : stderr;
    };
    const answers = [
      await paste("curl.sh", `${curl}\n${requests[0]}`, "bash"),
      await paste("call.mts", `${typescript}\n${requests[1]}`, process.execPath),
      await paste("call.py", `${python}\n${requests[2]}`, "python3"),
    ];
    rmSync(folder, { recursive: true });
    for (const answer of answers) expect(answer).toMatchObject({ id: DEMO.owner.id });
  });

  it("shows one language, which is chosen once for all pages, and marks where one is on a page", async () => {
    const page = await openPage(world.browser, world.stack.url);
    await page.addInitScript(OBSERVE_SHIFTS);
    await page.goto("/docs/users");
    const shown = () =>
      page.evaluate(`[...new Set([...document.querySelectorAll("[data-language]")]
        .filter((e) => e.checkVisibility()).map((e) => e.dataset.language))]`);
    expect(await shown()).toEqual(["curl"]);
    await page.locator(".languages").getByText("Python").click();
    await expect.poll(shown).toEqual(["python"]);
    await expect.poll(async () => (await page.context().cookies()).map(({ value }) => value)).toContain("python");
    await page.goto("/docs/workflow-runs#stop_workflow_run");
    expect(await shown()).toEqual(["python"]);
    await page.locator('#headings a[aria-current="true"]').getByText("Stop a run").waitFor();
    expect(await shiftOf(page)).toBeLessThanOrEqual(0.02);
    await page.getByRole("link", { name: /^Next/ }).click();
    await page.waitForURL("**/docs/workflow-definitions");
    expect(complaintsOf(page)).toEqual([]);
    await page.context().close();
  });

  it("leads from where an operation was to where it is", async () => {
    const page = await openPage(world.browser, world.stack.url);
    await page.goto("/docs/workflow-definitions#invoke_workflow");
    await page.waitForURL("**/docs/workflow-runs#invoke_workflow");
    await page.context().close();
  });

  it("has reads that find something in the demo tenant, except for endpoints, batches and files, of which it has none", async () => {
    const page = await openPage(world.browser, world.stack.url);
    const requests: string[] = [];
    for (const slug of GROUPS) {
      await page.goto(`/docs/${slug}`);
      requests.push(...(await page.locator(".operation pre").allTextContents()));
    }
    await page.context().close();
    const paths = requests.flatMap(
      (text) =>
        /^curl "\$WORKFLOW_RUNS_URL([^"]+)" \\\s+-H "Authorization: Bearer \$WORKFLOW_RUNS_API_KEY"/.exec(text)?.[1] ??
        [],
    );
    expect(paths.length).toBeGreaterThan(20);
    const missing: string[] = [];
    for (const path of paths) {
      const headers = { Authorization: `Bearer ${DEMO.owner.key}` };
      const { status } = await fetch(`${world.stack.url}${path}`, { headers, redirect: "manual" });
      if (status >= 400) missing.push(`${status} ${path}`);
    }
    expect(
      missing.filter(
        (one) => !/^404 \/v1\/(notification-endpoints|run-batches|workflow-runs\/[^/]+\/artifacts)\//.test(one),
      ),
    ).toEqual([]);
  });

  it("opens again after a sign-in that was needed for its button", async () => {
    const page = await openPage(world.browser, world.stack.url);
    await page.goto("/docs");
    await page.getByRole("link", { name: "sign in", exact: true }).click();
    await page.getByLabel("API key").fill(DEMO.owner.key);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: "Make an API key" }).waitFor();
    await page.context().close();
  });
});
