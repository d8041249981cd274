/**
 * The first steps in an empty tenant, and what every page has: the number of clicks, keyboard shortcuts, the theme, and
 * announcements.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import { demoId } from "../../scripts/local/demo-id.ts";
import { findFreePort } from "../../scripts/local/ports.ts";
import { countClicks, MOST } from "../support/browser/clicks.ts";
import { callApi, leaseRun } from "../support/browser/leased-run.ts";
import {
  accessibilityFaults,
  complaintsOf,
  faultsInTheme,
  forgetComplaints,
  openPage,
  signIn,
  unreachable,
} from "../support/browser/pages.ts";
import { createEmptyTenant } from "../support/browser/tenants.ts";
import { useWorld } from "../support/browser/world.ts";

const world = useWorld({ WORK_SECONDS: "1" });
const folder = mkdtempSync(join(tmpdir(), "workflow-runs-beginning-"));

const pages: Page[] = [];
const withoutScripts = new Set<Page>();
let runner: ChildProcess | undefined;

afterEach(async () => {
  runner?.kill();
  const opened = pages.splice(0);
  for (const page of opened) await page.context().close();
  expect(opened.flatMap(complaintsOf)).toEqual([]);
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
});

async function openAs(person: Parameters<typeof signIn>[1], options: Parameters<typeof openPage>[2] = {}) {
  const page = await openPage(world.browser, world.stack.url, options);
  pages.push(page);
  if (options.javaScriptEnabled === false) withoutScripts.add(page);
  await signIn(page, person);
  return page;
}

/** Expects that axe finds no fault on the page in its current state, neither in the light theme nor in the dark. */
async function expectAccessible(page: Page, name: string): Promise<void> {
  // axe itself needs scripts.
  if (withoutScripts.has(page)) return;
  expect([name, await faultsInTheme(page)]).toEqual([name, []]);
}

async function startRunner(source: string, secret: string, port: number): Promise<void> {
  const path = join(folder, "runner.py");
  writeFileSync(path, source);
  const child = spawn("python3", [path], {
    env: { ...process.env, WEBHOOK_SECRET: secret, PORT: String(port) },
    stdio: ["ignore", "ignore", "inherit"],
  });
  runner = child;
  const isUp = () => fetch(`http://localhost:${port}`).then(Boolean, () => false);
  await expect.poll(isUp).toBe(true);
}

const button = (within: Page | Locator, name: string) => within.getByRole("button", { name, exact: true });

describe.each([{ javaScriptEnabled: true }, { javaScriptEnabled: false }])("in an empty tenant, %j", (options) => {
  it("a first run is COMPLETED by a runner of the page's own, in as many clicks and pages as promised", async () => {
    const { key } = await createEmptyTenant(world.database);
    const port = await findFreePort();
    const page = await openAs({ key }, options);
    const { counted, click } = countClicks(page);
    const checklist = page.getByRole("region", { name: "The first steps" });
    expect([await checklist.locator("li").count(), await checklist.locator("li.done").count()]).toEqual([3, 0]);
    await expectAccessible(page, "the checklist");

    await click(page.getByRole("link", { name: "Create a workflow" }));
    await page.getByLabel("Name", { exact: true }).fill("First steps");
    const url = page.getByLabel("Runner (optional)");
    expect(await url.isVisible()).toBe(false);
    await page.getByLabel("How a run gets to its runner").selectOption("webhook");
    await url.fill(`http://localhost:${port}/`);
    await click(button(page.locator("main"), "Create"));

    const [secret = "", , source = ""] = await page.locator(".command code").allTextContents();
    await expectAccessible(page, "the new secret");
    await startRunner(source, secret, port);
    await click(button(page, "Invoke"));
    await page.waitForURL("**/app/runs/*");
    await expect
      .poll(
        async () => {
          if (!options.javaScriptEnabled) await page.reload();
          return page.locator(".head .status").textContent();
        },
        // An acceptance that was lost with its invocation is asked for again by the next sweep, a minute later.
        { timeout: 90_000 },
      )
      .toContain("Completed");
    counted.pages.add(await page.title());
    expect(counted.clicks).toBeLessThanOrEqual(MOST.firstRun.clicks);
    expect(counted.pages.size).toBeLessThanOrEqual(MOST.firstRun.pages);
  });
});

describe("a workflow", () => {
  it("is shared with a USER, with all that it needs, in as many clicks as promised; then they run it", async () => {
    const page = await openAs("owner");
    const { counted, click } = countClicks(page);
    await click(page.getByRole("link", { name: "Workflows", exact: true }));
    await click(page.getByRole("link", { name: "Quarterly report" }));
    await click(page.getByRole("link", { name: "Share" }));
    await expectAccessible(page, "who may run a workflow");
    await click(page.getByRole("button", { name: /^Let them run it: Uma/ }));
    await page.getByText("may run it", { exact: true }).first().waitFor();
    expect(counted.clicks).toBeLessThanOrEqual(MOST.share.clicks);
    const user = await openAs("user");
    await user.goto(`/app/workflows/${DEMO.quarterlyReportId}`);
    await button(user.locator(".actions"), "Invoke").click();
    await button(user.locator("#ask-invoke"), "Invoke").click();
    await user.waitForURL("**/app/runs/*");
  });

  it("is copied, and only what differs is typed", async () => {
    const page = await openAs("owner");
    await page.goto(`/app/workflows/${DEMO.quarterlyReportId}`);
    await page.getByRole("link", { name: "Make a copy" }).click();
    expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("Copy of Quarterly report");
    await button(page.locator("main"), "Create").click();
    await page.getByRole("heading", { name: "Copy of Quarterly report is saved" }).waitFor();
  });

  it("is made once, and its secret stays beside the result of a test, and is valid after Reload and Back", async () => {
    const page = await openAs("owner");
    await page.goto(`/app/workflows/new?from=${DEMO.quarterlyReportId}`);
    await page.getByLabel("Name", { exact: true }).fill("Made once");
    await button(page.locator("main"), "Create").click();
    const secret = page.locator(".command code").first();
    const shown = await secret.textContent();
    // Until its script is there, the result of a test opens in another tab.
    await page.waitForLoadState();
    await button(page, "Send a test").click();
    await page
      .locator("#tested")
      .getByText(/The runner did not take the test\. .*401/)
      .waitFor();
    expect(await secret.textContent()).toBe(shown);
    await expectAccessible(page, "the result of a test beside the secret");

    await page.reload();
    await page.getByRole("heading", { name: "Made once is saved already" }).waitFor();
    await expectAccessible(page, "a form that was sent again");
    await page.getByRole("link", { name: "To the workflow" }).click();
    await page.waitForURL(/workflows\/[0-9a-f-]{36}$/);
    await page.goBack();
    await page.getByRole("heading", { name: "Made once is saved already" }).waitFor();
    const { rows } = await world.database.query("select id from workflow_definitions where name = 'Made once'");
    expect(rows.length).toBe(1);
    await button(page, "Rotate the secret").click();
    await page.getByRole("heading", { name: "Made once is saved", exact: true }).waitFor();
    expect([shown, null]).not.toContain(await secret.textContent());
  });

  it("shows the result of a test in a tab of its own without JavaScript, so that its secret stays", async () => {
    const page = await openAs("owner", { javaScriptEnabled: false });
    await page.goto(`/app/workflows/new?from=${DEMO.quarterlyReportId}`);
    await button(page.locator("main"), "Create").click();
    const [tab] = await Promise.all([page.waitForEvent("popup"), button(page, "Send a test").click()]);
    await tab.getByRole("heading", { name: "The runner did not take the test" }).waitFor();
    expect(await page.locator(".command code").first().textContent()).toContain("whsec_");
  });
});

describe("an invoke with an input", () => {
  const typed = (page: Page) => page.locator("#ask-invoke").getByLabel("Input (optional)");

  it("takes as many clicks as promised, begins empty, and with the input of an earlier run when somebody asks for it", async () => {
    const page = await openAs("owner");
    const { counted, click } = countClicks(page);
    await page.goto(`/app/workflows/${DEMO.quarterlyReportId}`);
    await click(button(page.locator(".actions"), "Invoke"));
    await typed(page).fill('{\n  "quarter": "2026-Q1"\n}');
    await expectAccessible(page, "the dialog with an input");
    await click(button(page.locator("#ask-invoke"), "Invoke"));
    await page.waitForURL("**/app/runs/*");
    await page.getByText('"quarter": "2026-Q1"').first().waitFor();
    expect(counted.clicks).toBeLessThanOrEqual(MOST.invokeWithInput.clicks);
    await page.goto(`/app/workflows/${DEMO.quarterlyReportId}`);
    const again = countClicks(page);
    await again.click(button(page.locator(".actions"), "Invoke"));
    expect(await typed(page).inputValue()).toBe("");
    await again.click(
      page.locator("#ask-invoke").getByRole("link", { name: "Use the input of the run of Olivia Owner" }),
    );
    await page.getByRole("heading", { name: "Invoke “Quarterly report”" }).waitFor();
    expect(await page.getByLabel("Input (optional)").inputValue()).toBe('{\n  "quarter": "2026-Q1"\n}');
    await expectAccessible(page, "the form with the input of an earlier run");
    await again.click(button(page.locator("main"), "Invoke"));
    await page.waitForURL(/\/app\/runs\/[0-9a-f-]{36}$/);
    await page.getByText('"quarter": "2026-Q1"').first().waitFor();
    expect(again.counted.clicks).toBeLessThanOrEqual(MOST.invokeWithInput.clicks);
  });

  it("keeps its id in a refresh, and is another run when somebody goes back to it and presses again", async () => {
    const page = await openAs("owner");
    const workflow = `/app/workflows/${DEMO.quarterlyReportId}`;
    await page.goto(workflow);
    const id = page.locator("#ask-invoke [name=new_id]");
    const first = await id.getAttribute("value");
    const refreshed = page.waitForResponse((response) => response.request().headers()["hx-request"] !== undefined);
    await page.evaluate("document.querySelector('#live').dispatchEvent(new Event('refresh'))");
    await (await refreshed).finished();
    await page.waitForTimeout(500);
    expect([first?.length, await id.getAttribute("value")]).toEqual([36, first]);
    const runs: string[] = [];
    for (const _ of [1, 2]) {
      await button(page.locator(".actions"), "Invoke").click();
      await button(page.locator("#ask-invoke"), "Invoke").click();
      await page.waitForURL("**/app/runs/*");
      runs.push(page.url().split("/").at(-1) ?? "");
      await page.goBack();
      await page.waitForURL(`**${workflow}`);
    }
    expect([runs[0], new Set(runs).size]).toEqual([first, 2]);
    // So it is when it is changed after it was sent, such as by somebody who has stopped the loading of the answer.
    await page.goto(workflow);
    await page.evaluate(`{
      const form = document.querySelector("#ask-invoke form");
      form.addEventListener("submit", (event) => event.preventDefault());
      form.priority.dispatchEvent(new Event("input", { bubbles: true }));
    }`);
    expect((await id.inputValue()).length).toBe(36);
    await page.evaluate(`{
      const form = document.querySelector("#ask-invoke form");
      form.requestSubmit();
      form.priority.dispatchEvent(new Event("input", { bubbles: true }));
    }`);
    expect(await id.inputValue()).toBe("");
    // When it is sent, it has an id, so that a reload of the answer sends the same again. Whoever comes back from another tab wants another run.
    await page.evaluate(`document.querySelector("#ask-invoke form").requestSubmit()`);
    expect(await id.inputValue()).toMatch(/^[0-9a-f-]{36}$/);
    await page.evaluate(`document.dispatchEvent(new Event("visibilitychange"))`);
    expect(await id.inputValue()).toBe("");
  });

  it.each([
    ["short", "x"],
    ["long", "x".repeat(30_000)],
  ])("is changed when a FAILED run is run again, in as many clicks as promised: a %s one", async (_, text) => {
    const page = await openAs("owner");
    const run = await leaseRun(world, { input: { text, page: 7 }, labels: { customer: "4711" } });
    await run.tell("callback", { status: "FAILED", error: "No page 7." });
    const { counted, click } = countClicks(page);
    await page.goto(`/app/runs/${run.id}`);
    await button(page.locator(".actions"), "Retry").waitFor();
    await click(button(page.locator(".actions"), "Run again"));
    if (text.length > 1) await click(page.locator("#ask-again").getByRole("link", { name: "Change its input" }));
    const form = text.length > 1 ? page.locator("main") : page.locator("#ask-again");
    const field = form.getByLabel("Input (optional)");
    expect(JSON.parse(await field.inputValue())).toEqual({ text, page: 7 });
    await expectAccessible(page, "the form to run a run again");
    await field.fill(JSON.stringify({ text, page: 8 }, null, 2));
    await click(button(form, "Run again"));
    await page.waitForURL((url) => /runs\/[0-9a-f-]{36}$/.test(url.pathname) && !url.pathname.endsWith(run.id));
    await page.getByRole("link", { name: "customer:4711" }).first().waitFor();
    const again = `/workflow-runs/${page.url().split("/").at(-1)}`;
    const { input } = await callApi(world, "GET", `${again}/input`);
    expect(input).toEqual({ text, page: 8 });
    // Else the runner of the next test would get it.
    await callApi(world, "POST", `${again}/stop`);
    expect(counted.clicks).toBeLessThanOrEqual(MOST.runAgain.clicks);
  });

  it("numbers the lines, and shows a fault beside its line while somebody types, and after the form was sent", async () => {
    const page = await openAs("owner");
    await page.goto(`/app/workflows/${DEMO.quarterlyReportId}`);
    await button(page.locator(".actions"), "Invoke").click();
    await typed(page).fill('{\n  "a": 1\n  "b": 2\n}');
    const lines = page.locator("#ask-invoke .lines p");
    const faulty = page.locator("#ask-invoke .lines .faulty span");
    await faulty.waitFor();
    expect(await lines.count()).toBe(4);
    // The message is in the line of its number. Both are measured at the same instant, since the page may be moving.
    const [line, message] = ["#ask-invoke .lines .faulty", "#ask-invoke .lines .faulty span"].map(
      (selector) => `document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect().top`,
    );
    expect(Math.abs(Number(await page.evaluate(`${message} - ${line}`)))).toBeLessThan(8);
    expect((await faulty.boundingBox())?.width).toBeGreaterThan(100);
    await expectAccessible(page, "a fault beside its line");
    await page.evaluate("document.querySelector('#live').dispatchEvent(new Event('refresh'))");
    await page.waitForTimeout(500);
    expect([await typed(page).inputValue(), await lines.count()]).toEqual(['{\n  "a": 1\n  "b": 2\n}', 4]);

    await button(page.locator("#ask-invoke"), "Invoke").click();
    await page.getByRole("alert").getByText("Line 2: A comma or } is missing at the end of this line.").waitFor();
    expect(await page.locator(".lines p").nth(1).getAttribute("class")).toBe("faulty");
    await expectAccessible(page, "a refused input");
    forgetComplaints(page);
    await page.getByLabel("Input (optional)").fill('{"a": 1}');
    await page.locator(".lines .faulty").waitFor({ state: "detached" });
    await button(page.locator("main"), "Invoke").click();
    await page.waitForURL("**/app/runs/*");
  });

  it("has a field for each simple value of the schema, also to run it again, and for a trigger", async () => {
    const page = await openAs("owner");
    const properties = {
      quarter: { type: "string", title: "Quarter", pattern: "^20[0-9]{2}-Q[1-4]$" },
      draft: { type: "boolean", title: "Draft" },
    };
    const workflow = `/app/workflows/${DEMO.quarterlyReportId}`;
    await page.goto(`${workflow}/policy`);
    await page.getByLabel("What the input of a run must be").fill(JSON.stringify({ type: "object", properties }));
    await button(page.locator("main"), "Save").click();
    await button(page.locator(".actions"), "Invoke").click();
    const invoked = page.locator("#ask-invoke");
    await invoked.getByLabel("Quarter (optional)").fill("2026-Q1");
    await invoked.getByLabel("Draft (optional)").selectOption("yes");
    await expectAccessible(page, "the dialog with fields");
    await button(invoked, "Invoke").click();
    await page.waitForURL("**/app/runs/*");

    await button(page.locator(".actions"), "Run again").click();
    const again = page.locator("#ask-again");
    expect(await again.getByLabel("Quarter (optional)").inputValue()).toBe("2026-Q1");
    expect(await again.getByLabel("Draft (optional)").inputValue()).toBe("true");
    await again.getByLabel("Quarter (optional)").fill("2026-Q2");
    await expectAccessible(page, "the dialog to run it again, with fields");
    const before = page.url();
    await button(again, "Run again").click();
    await page.waitForURL((url) => url.href !== before && url.pathname.startsWith("/app/runs/"));
    await page.getByText('"quarter": "2026-Q2"').first().waitFor();

    await page.goto(`${workflow}/triggers/new`);
    await page.getByLabel("Name").fill("Each quarter");
    await page.getByLabel("Cron expression").fill("0 6 1 */3 *");
    await page.getByLabel("Time zone").selectOption("UTC");
    const fixed = page.getByRole("group", { name: "The input that each run gets" });
    await fixed.getByLabel("Quarter (optional)").fill("2026-Q5");
    await button(page.locator("main"), "Save").click();
    await page.getByRole("alert").getByText("Quarter: Does not match the pattern").waitFor();
    await expectAccessible(page, "the form of a trigger with a refused value");
    forgetComplaints(page);
    await fixed.getByLabel("Quarter (optional)").fill("2026-Q3");
    await button(page.locator("main"), "Save").click();
    await page.waitForURL("**/app/triggers/*");
    const trigger = page.url();
    await page.goto(`${trigger}/change`);
    expect(await fixed.getByLabel("Quarter (optional)").inputValue()).toBe("2026-Q3");

    await page.goto(`${workflow}/policy`);
    const narrower = { type: "object", properties, required: ["draft"] };
    await page.getByLabel("What the input of a run must be").fill(JSON.stringify(narrower));
    await button(page.locator("main"), "Save").click();
    await page.waitForURL(`**${workflow}`);
    await page.goto(trigger);
    await page.getByText("Its input does not fit the schema of its workflow any more").waitFor();
    await expectAccessible(page, "a trigger whose input does not fit");
    await page.goto(`${workflow}/policy`);
    await page.getByLabel("What the input of a run must be").fill("");
    await button(page.locator("main"), "Save").click();
    await page.waitForURL(`**${workflow}`);
  });
});

describe("a runner", () => {
  it("is sent a test, which shows whether it is reached and knows the secret", async () => {
    const page = await openAs("owner");
    await page.goto(`/app/workflows/${DEMO.quarterlyReportId}`);
    await button(page, "Send a test").click();
    await page.getByRole("heading", { name: "The runner took the test" }).waitFor();
    await page.getByText("It answered 202").waitFor();
    await expectAccessible(page, "the test of the runner");
    await world.database.query("update workflow_definitions set runner_url = 'http://localhost:9/' where id = $1", [
      DEMO.quarterlyReportId,
    ]);
    await button(page, "Send a test").click();
    await page.getByRole("heading", { name: "The runner did not take the test" }).waitFor();
    await world.database.query("update workflow_definitions set runner_url = $2 where id = $1", [
      DEMO.quarterlyReportId,
      `${world.stack.runnerUrl}/`,
    ]);
  });
});

describe("a refused form", () => {
  it("lists all faults in the words of the form, before everything else that a screen reader reads", async () => {
    const page = await openAs("owner");
    await page.goto("/app/workflows/new");
    await page.getByLabel("Time limit").fill("5");
    await button(page.locator("main"), "Create").click();
    const alert = page.getByRole("alert");
    for (const words of ["Give it a name.", "Must be at least 60."]) {
      await alert.getByText(words).waitFor();
    }
    await page.waitForFunction("document.activeElement.id === 'field-name'");
    await alert.getByRole("link", { name: /^Time limit / }).click();
    expect(new URL(page.url()).hash).toBe("#field-max_run_duration_seconds");
    await expectAccessible(page, "a refused form");
    forgetComplaints(page);
  });
});

describe("a checklist", () => {
  it("is updated while the page is open", async () => {
    const { key } = await createEmptyTenant(world.database);
    const page = await openAs({ key });
    const done = page.getByRole("region", { name: "The first steps" }).locator("li.done");
    expect(await done.count()).toBe(0);
    await page.request.post("/v1/workflow-definitions", {
      headers: { Authorization: `Bearer ${key}` },
      data: { name: "Made elsewhere", runner_type: "SELF_HOSTED" },
    });
    await page.evaluate("document.querySelector('#live').dispatchEvent(new Event('refresh'))");
    await expect.poll(() => done.count()).toBe(1);
  });
});

describe("the keys", () => {
  it("belong to a dialog while it is open, which begins with its first field", async () => {
    const page = await openAs("owner");
    await page.goto("/app/people");
    await button(page, "Invite somebody").click();
    const field = page.getByRole("dialog", { name: "Invite somebody" }).getByRole("textbox").first();
    await field.and(page.locator(":focus")).waitFor();
    await page.keyboard.type("greta");
    expect([await field.inputValue(), new URL(page.url()).pathname]).toEqual(["greta", "/app/people"]);
    // Not in a field either.
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.type("gr?");
    expect([new URL(page.url()).pathname, await page.getByRole("dialog", { name: "Keys" }).isVisible()]).toEqual([
      "/app/people",
      false,
    ]);
  });

  it("open the list of shortcuts, open the sections, do nothing while somebody types, and can be turned off", async () => {
    const page = await openAs("owner");
    await page.keyboard.press("?");
    const dialog = page.getByRole("dialog", { name: "Keys" });
    await dialog.waitFor();
    expect(await page.evaluate("document.activeElement.closest('#keys') !== null")).toBe(true);
    await expectAccessible(page, "the list of keys");
    for (let n = 0; n < 10; n++) {
      await page.keyboard.press("Tab");
      expect(await page.evaluate("document.activeElement.closest('#keys') !== null")).toBe(true);
    }
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    await page.keyboard.press("g");
    await page.keyboard.press("w");
    await page.waitForURL("**/app/workflows");

    await page.goto(`/app/workflows/${DEMO.quarterlyReportId}/people`);
    await page.keyboard.press("/");
    expect(await page.evaluate("document.activeElement.type")).toBe("search");
    await page.keyboard.type("?gr");
    expect(await dialog.isVisible()).toBe(false);

    await button(page, "Keys").click();
    await dialog.getByLabel("Listen to these keys").uncheck();
    await page.keyboard.press("Escape");
    await page.locator("body").press("?");
    expect(await dialog.isVisible()).toBe(false);
    await page.reload();
    await page.locator("body").press("?");
    expect(await dialog.isVisible()).toBe(false);
  });
});

describe("a change of state", () => {
  it("is announced politely, on the page of a run and in the list", async () => {
    const page = await openAs("owner");
    const [run, list] = [await page.context().newPage(), page];
    await run.goto(`/app/runs/${demoId(414)}`);
    const announcer = run.locator("#announcer");
    expect(await announcer.getAttribute("role")).toBe("status");
    expect(await announcer.textContent()).toBe("");
    await run.request.post(`/v1/workflow-runs/${demoId(414)}/stop`, {
      headers: { Authorization: `Bearer ${DEMO.owner.key}` },
    });
    for (const shown of [run, list]) {
      await shown.bringToFront();
      await shown
        .locator("#announcer")
        .getByText(/, run \S+: Failed\./)
        .waitFor({ state: "attached" });
    }
  });
});

describe("the theme", () => {
  const ground = (page: Page): Promise<string> => page.evaluate("getComputedStyle(document.body).backgroundColor");

  it("changes at once without losing typed text, and is remembered", async () => {
    const page = await openAs("owner", { colorScheme: "light" });
    await page.goto("/app/workflows/new");
    const light = await ground(page);
    await page.getByLabel("Name", { exact: true }).fill("half typed");
    const toggle = page.locator("[data-theme-form] button");
    await toggle.click();
    expect(await ground(page)).toBe(light);
    await toggle.click();
    const dark = await ground(page);
    expect(dark).not.toBe(light);
    expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("half typed");
    await page.goto("/app/people");
    expect(await ground(page)).toBe(dark);
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  it("is chosen without JavaScript, too", async () => {
    const page = await openAs("owner", { colorScheme: "dark", javaScriptEnabled: false });
    await page.goto("/app/people");
    await page.locator("[data-theme-form] button").click();
    await page.waitForURL("**/app/people");
    expect(await page.locator("html").getAttribute("data-theme")).toBe("light");
  });
});

describe("the new pages", () => {
  it("can be used with the keyboard alone", async () => {
    const page = await openAs("owner");
    for (const path of [`/app/workflows/${DEMO.quarterlyReportId}/people`, "/app/workflows/new"]) {
      await page.goto(path);
      expect([path, await unreachable(page)]).toEqual([path, []]);
    }
  });
});
