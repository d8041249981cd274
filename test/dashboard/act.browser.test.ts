/** Finding what to do, and doing it: the search as a palette, the keys of lists, runners without an address, and signing in. */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Locator, Page } from "playwright-core";
import { describe, expect } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import { root } from "../../scripts/local/folders.ts";
import { callApi, createLeasedWorkflow } from "../support/browser/leased-run.ts";
import {
  arrive,
  complaintsOf,
  faultsInTheme,
  forgetComplaints,
  openPage,
  overflow,
  type Person,
  signIn,
} from "../support/browser/pages.ts";
import { createEmptyTenant } from "../support/browser/tenants.ts";
import { type PageOptions, withPages } from "../support/browser/with-pages.ts";
import { useWorld } from "../support/browser/world.ts";

const world = useWorld();

const it = withPages(world, async (create, options?: PageOptions, person: Person = "owner") => {
  const page = await create(options);
  await signIn(page, person);
  return page;
});

const focused = (page: Page): Promise<string> => page.evaluate("document.activeElement.getAttribute('href')");

describe("the search", () => {
  it.each([
    ["new workflow", "**/app/workflows/new"],
    ["sett", "**/app/settings/notifications"],
    ["runners", "**/app/runners"],
  ])("leads to a page or an action by words of it, without a click: %s", async (words, url) => {
    const page = await openPage(world.browser, world.stack.url);
    await signIn(page, "owner");
    await page.keyboard.press("Control+k");
    await page.keyboard.type(words);
    await page.keyboard.press("Enter");
    await page.waitForURL(url);
    await page.context().close();
  });

  it("opens the dialog of an action, on the page where one is and from another", async ({ open }) => {
    const page = await open();
    for (const start of ["/app/health", "/app/people"]) {
      await page.goto(start);
      await page.keyboard.press("/");
      await page.keyboard.type("invite somebody");
      await page.keyboard.press("Enter");
      await page.waitForURL("**/app/people#ask-invite");
      await page.locator("#ask-invite").getByLabel("Email").waitFor();
    }
  });

  it("offers nobody what they may not do", async ({ open }) => {
    const page = await open({}, "user");
    await page.goto("/app/search?q=new");
    await page.getByRole("link", { name: "New API key" }).waitFor();
    expect(await page.getByRole("link", { name: "New workflow" }).count()).toBe(0);
  });

  it("shows each answer in one line, and after them the list with the same filter", async ({ open }) => {
    const page = await open();
    await world.database.query("update workflow_runs set error = $1 where id = $2", [
      `No column called flux. ${"And so on. ".repeat(40)}`,
      DEMO.runs.failed,
    ]);
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 800 });
      for (const words of ["flux", "report", "adam", DEMO.runs.failed.slice(-6)]) {
        await page.goto(`/app/search?q=${words}`);
        const heights = await page
          .locator("#answers li a")
          .evaluateAll((links) => links.map((link) => Math.round(link.getBoundingClientRect().height)));
        expect([words, width, heights.length > 0, [...new Set(heights)]]).toEqual([
          words,
          width,
          true,
          [width < 400 ? 44 : 30],
        ]);
        expect([words, width, await overflow(page)]).toEqual([words, width, 0]);
      }
    }
    await page.goto("/app/search?q=report");
    await page.getByRole("link", { name: "All of them in the list" }).first().click();
    await page.waitForURL("**/app/workflows?q=report");
    expect(await page.getByLabel("Search by name").inputValue()).toBe("report");
  });
});

describe("the keys of a list", () => {
  it("move through its rows, select one and open one, also after a refresh", async ({ open }) => {
    const page = await open();
    const rowLinks = await page
      .locator(".row-link")
      .evaluateAll((links) => links.map((link) => link.getAttribute("href")));
    for (const [key, index] of [
      ["j", 0],
      ["j", 1],
      ["j", 2],
      ["k", 1],
    ] as const) {
      await page.keyboard.press(key);
      expect([key, await focused(page)]).toEqual([key, rowLinks[index]]);
    }
    await page.evaluate("document.dispatchEvent(new Event('due'))");
    await page.waitForTimeout(500);
    expect(await focused(page)).toBe(rowLinks[1]);
    await page.keyboard.press("x");
    expect(await page.locator("tbody :checked").evaluateAll((boxes) => boxes.length)).toBe(1);
    await page.getByText("Selected: 1").waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(`**${rowLinks[1]}`);
    await page.keyboard.press("g");
    await page.keyboard.press("w");
    await page.waitForURL("**/app/workflows");
    await page.keyboard.press("j");
    expect(await focused(page)).toMatch(/^\/app\/workflows\/[0-9a-f-]{36}$/);
    await page.keyboard.press("?");
    await page.getByText("to the next row of a list").waitFor();
    expect(await faultsInTheme(page)).toEqual([]);
  });
});

describe("a runner without an address", () => {
  it("is made on pages: its key, the line that starts it, whether it is connected and what it holds", async ({
    open,
  }) => {
    const page = await open({ permissions: ["clipboard-read", "clipboard-write"] });
    const workflowId = await createLeasedWorkflow(world);
    await page.goto(`/app/workflows/${workflowId}`);
    await page.getByText("No runner is connected.").waitFor();
    await page.getByRole("link", { name: "Connect a runner" }).click();
    const dialog = page.locator("#ask-runner");
    await dialog.getByLabel("Name").fill("Attic");
    expect(await dialog.getByLabel("Takes the runs of").inputValue()).toBe(workflowId);
    expect(await faultsInTheme(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Create" }).click();
    await page.getByRole("heading", { name: "The runner Attic" }).waitFor();
    expect(await faultsInTheme(page)).toEqual([]);
    await page.locator(".actions").getByRole("button", { name: "Copy the line" }).click();
    const line: string = await page.evaluate("navigator.clipboard.readText()");
    const key = /WORKFLOW_RUNS_API_KEY=(\S+)/.exec(line)?.[1] ?? "";
    expect(line).toContain(`WORKFLOW_RUNS_URL=${world.stack.url} `);
    expect(line).toContain(`npx workflow-runs run --workflow ${workflowId} -- ./work.sh`);

    const session = await callApi(world, "POST", "/runner-sessions", { name: "Attic", capacity: 1 }, key);
    await callApi(world, "POST", `/workflow-definitions/${workflowId}/invoke`, {});
    const { leases } = await callApi(world, "POST", "/leases", { request_id: randomUUID() }, String(session.token));
    const [lease] = Array.isArray(leases) ? leases : [];
    await page.getByRole("link", { name: "See whether it is connected" }).click();
    const runners = page.getByRole("region", { name: "Runners", exact: true });
    await runners.getByText("holds 1 of 1 run").waitFor();
    await runners.locator(`a[href="/app/runs/${lease.run_id}"]`).waitFor();
    await page.getByRole("region", { name: "Runner keys" }).locator(".item-name", { hasText: "Attic" }).waitFor();
    expect(await faultsInTheme(page)).toEqual([]);
    await page.getByRole("button", { name: "Revoke" }).click();
    await page.locator(".ask:popover-open").getByRole("button", { name: "Revoke" }).click();
    await page.getByText("There is no key of a runner.").waitFor();
  });

  it("is not made twice when the form is sent again, nor by a USER", async ({ open }) => {
    const page = await open();
    await page.goto("/app/runners");
    await page.getByRole("button", { name: "New runner" }).click();
    await page.locator("#ask-runner").getByLabel("Name").fill("Cellar");
    await page.locator("#ask-runner").getByRole("button", { name: "Create" }).click();
    await page.getByRole("heading", { name: "The runner Cellar" }).waitFor();
    await page.reload();
    await page.getByText("nothing was made twice").waitFor();
    const user = await open({}, "user");
    await user.goto("/app/runners");
    await user.getByText("An OWNER or ADMIN manages runners.").waitFor();
    expect(await user.getByRole("button", { name: "New runner" }).count()).toBe(0);
  });

  it("is not told that its workflow cannot be invoked", async ({ open }) => {
    const page = await open();
    await page.goto("/app/workflows/new");
    expect(await page.getByText("cannot be invoked").count()).toBe(0);
    await page.getByLabel("How a run gets to its runner").waitFor();
  });
});

describe("a refusal", () => {
  it("of a deletion is in words, names no id, and fits a phone; the buttons of its dialog stand in one row", async ({
    open,
  }) => {
    const page = await open({ viewport: { width: 390, height: 844 } });
    await page.goto(`/app/workflows/${DEMO.quarterlyReportId}`);
    await page.locator("dd a[href^='/app/files/']").first().click();
    await page.locator(".actions").getByRole("button", { name: "Delete" }).click();
    const dialog = page.locator("#ask-delete");
    await dialog.getByRole("heading", { name: /^Delete the (folder|document) “.+”\?$/ }).waitFor();
    const tops: number[] = await dialog
      .getByRole("button")
      .evaluateAll((buttons) => buttons.map((button) => Math.round(button.getBoundingClientRect().top)));
    expect([tops.length > 1, new Set(tops).size]).toEqual([true, 1]);
    await dialog.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("heading", { name: "This is not possible now" }).waitFor();
    const said = (await page.locator("main").textContent()) ?? "";
    expect(said).not.toMatch(/409|Conflict|[0-9a-f]{8}-[0-9a-f]{4}/);
    expect(await overflow(page)).toBe(0);
    expect(await faultsInTheme(page)).toEqual([]);
    // The status of the page itself is an error to the browser.
    forgetComplaints(page);
  });

  it("of a form has the focus on the first fault, and one link to each", async ({ open }) => {
    const page = await open();
    await page.goto("/app/workflows/new");
    await page.getByLabel("Name").first().fill("x".repeat(256));
    await page.getByLabel("Time limit").fill("5");
    await page.locator("main").getByRole("button", { name: "Create", exact: true }).click();
    const links = page.locator(".failure[role=alert] a");
    await links.first().waitFor();
    const targets = await links.evaluateAll((all) => all.map((link) => link.getAttribute("href") ?? ""));
    expect(targets.length).toBeGreaterThan(1);
    expect(new Set(targets).size).toBe(targets.length);
    expect(await page.evaluate("'#' + document.activeElement.id")).toBe(targets[0]);
    forgetComplaints(page);
  });
});

/** Where somebody comes whose session has ended. */
const SIGN_IN_AGAIN = /\/app\/sign-in\?next=/;

describe("signing out everywhere", () => {
  it("in one browser ends the session of another at its next click, and what it has open", async ({ open }) => {
    const [page, other] = [await open({}, "admin"), await open({}, "admin")];
    await other.goto("/app/files");
    await page.goto(`/app/people/${DEMO.admin.id}`);
    await page.getByText("(this one)").waitFor();
    await page.getByRole("button", { name: "Sign out everywhere" }).click();
    await page.locator("#ask-sign-out").getByRole("button", { name: "Sign out", exact: true }).click();
    await arrive(page, /\/app\/sign-in/);
    // The page may hear of it before, and be on its way already, so that there is nothing to click any more.
    const click = other.getByRole("link", { name: "Workflows" }).click();
    const isThere = arrive(other, SIGN_IN_AGAIN);
    await Promise.race([isThere, click.catch(() => {})]);
    await isThere;
    for (const each of [page, other]) forgetComplaints(each);
  });

  it("is asked for at the login service, too, by a link after signing out here", async () => {
    const page = await openPage(world.browser, world.stack.url);
    await page.goto("/app/sign-in");
    await page.getByRole("link", { name: "Sign in with the example login service" }).click();
    await page.getByRole("button", { name: "user@demo.example" }).click();
    await joinIfAsked(page, page.getByRole("button", { name: "Sign out" }));
    await page.waitForURL("**/app/runs");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "You are signed out" }).waitFor();
    await page.getByRole("link", { name: "Sign out of the example login service, too" }).click();
    await page.waitForURL((url) => url.port !== new URL(world.stack.url).port);
    expect(await page.locator("body").textContent()).toMatch(/sign[- ]?out/i);
    await page.context().close();
  });
});

/** Joins the tenant into which the demo has added somebody, unless they have joined before. Then the page has `next`. */
async function joinIfAsked(page: Page, next: Locator): Promise<void> {
  const join = page.getByRole("button", { name: "Join Demo" });
  await join.or(next).first().waitFor();
  if (await join.isVisible()) await join.click();
}

describe("the command line", () => {
  /** Starts `workflow-runs login` on a terminal. Returns what it shows, and how it ends. */
  function startLogin(home: string) {
    const program = join(root, "client/src/cli/main.ts");
    const { WORKFLOW_RUNS_API_KEY: _, ...env } = process.env;
    const command = `${process.execPath} ${program} login --no-browser --url ${world.stack.url}`;
    const terminal = spawn("script", ["-qec", command, "/dev/null"], {
      env: { ...env, HOME: home, XDG_CONFIG_HOME: home, TERM: "dumb" },
      stdio: ["pipe", "pipe", "ignore"],
    });
    let shown = "";
    terminal.stdout.setEncoding("utf8").on("data", (text: string) => {
      shown += text;
    });
    return { shown: () => shown, ended: once(terminal, "close").then(([code]) => Number(code)) };
  }

  const addressIn = async (shown: () => string): Promise<string> => {
    await expect.poll(shown, { timeout: 60_000 }).toMatch(/\/app\/command-line\S+\s/);
    return /http\S+\/app\/command-line\S+/.exec(shown())?.[0] ?? "";
  };

  it("signs in by the browser of somebody with the login service, and has a key of its own then", async () => {
    const home = mkdtempSync(join(tmpdir(), "workflow-runs-login-"));
    const login = startLogin(home);
    const page = await openPage(world.browser, world.stack.url);
    await page.goto(await addressIn(login.shown));
    await page.getByRole("link", { name: "Sign in with the example login service" }).click();
    await page.getByRole("button", { name: "user@demo.example" }).click();
    const question = page.getByRole("heading", { name: "Sign in the command line?" });
    await joinIfAsked(page, question);
    await question.waitFor();
    await page.getByText(hostname()).first().waitFor();
    expect(await faultsInTheme(page)).toEqual([]);
    await page.getByRole("button", { name: "Agree" }).click();
    await page.getByText("The command line is signed in.").waitFor();
    expect([await login.ended, login.shown()]).toEqual([0, expect.stringContaining("user@demo.example")]);
    const { api_key: key } = JSON.parse(readFileSync(join(home, "workflow-runs/login.json"), "utf8"));
    expect(key).toMatch(/^wr_one_/);
    await page.goto(`${world.stack.url}/app/people/${DEMO.user.id}`);
    await page.getByText(`Command line on ${hostname()}`, { exact: true }).waitFor();
    await page.context().close();
    rmSync(home, { recursive: true });
  });

  it("waits on when somebody else answers, and ends when the person refuses", async () => {
    const home = mkdtempSync(join(tmpdir(), "workflow-runs-login-"));
    const login = startLogin(home);
    const address = new URL(await addressIn(login.shown));
    const redirect = address.searchParams.get("redirect_uri") ?? "";
    for (const query of ["", "?code=x&state=of-another-sign-in", "?error=access_denied"]) {
      expect((await fetch(redirect + query)).status).toBe(400);
    }
    expect((await fetch(`${redirect}other`)).status).toBe(404);
    const page = await openPage(world.browser, world.stack.url);
    await signIn(page, "user");
    await page.goto(address.href);
    await page.getByRole("link", { name: "Refuse" }).click();
    await page.getByText("You have refused").waitFor();
    expect([await login.ended, login.shown()]).toEqual([2, expect.stringContaining("Nothing was written.")]);
    expect(existsSync(join(home, "workflow-runs/login.json"))).toBe(false);
    await page.context().close();
    rmSync(home, { recursive: true });
  });
});

describe("the example login service", () => {
  const EMAIL = "amara@demo.example";

  const newPage = () => openPage(world.browser, world.stack.url);
  const tenantOf = (page: Page) => page.locator(".who small bdi").textContent();

  it("signs people in, who choose a tenant, and invite somebody, who accepts with another account", async () => {
    await createEmptyTenant(world.database);
    await world.database.query("update users set email = $1 where email = 'first@test.example'", [EMAIL]);
    const page = await newPage();
    await page.goto("/app/files");
    await page.getByRole("link", { name: "Sign in with the example login service" }).click();
    await page.getByRole("button", { name: EMAIL }).click();
    await page.getByRole("heading", { name: "Do you want to join?" }).waitFor();
    expect(await faultsInTheme(page)).toEqual([]);
    await page.getByRole("button", { name: "Join Empty" }).click();
    await page.waitForURL("**/app/files");
    expect(await tenantOf(page)).toBe("Empty");
    await page.locator(".who > a[href^='/app/people/']").click();
    await page.getByRole("link", { name: "Your tenants" }).click();
    await page.getByRole("button", { name: "Join Demo" }).click();
    await page.waitForURL("**/app/runs");
    expect(await tenantOf(page)).toBe("Demo");

    await page.goto("/app/people#ask-invite");
    await page.locator("#ask-invite").getByLabel("Email").fill("ida@demo.example");
    await page.locator("#ask-invite").getByRole("button", { name: "Invite" }).click();
    const link = (await page.locator(".command code").textContent()) ?? "";
    const invited = await newPage();
    await invited.goto(link);
    await invited.getByRole("link", { name: "Accept, and sign in with the example login service" }).click();
    await invited.getByLabel("Another email").fill("ida@private.example");
    await invited.getByRole("button", { name: "Sign in", exact: true }).click();
    await invited.waitForURL("**/app/runs");
    expect(await invited.locator(".who .name").textContent()).toBe("ida@demo.example");
    expect(complaintsOf(invited)).toEqual([]);

    expect(complaintsOf(invited)).toEqual([]);
    await page.goto("/app/people?q=ida");
    await page.getByRole("link", { name: "ida@demo.example" }).click();
    await page.getByRole("button", { name: "Untie" }).first().click();
    await page.locator("#ask-untie").getByRole("button", { name: "Untie" }).click();
    await page.getByRole("heading", { name: "Login" }).waitFor({ state: "hidden" });
    expect(complaintsOf(page)).toEqual([]);
    // The open page hears of it: a request of its own is answered 401, and it may be on its way already, which ends this one.
    await invited.goto("/app/runs").catch(() => {});
    await arrive(invited, SIGN_IN_AGAIN);
    // The page may also have asked for its live part before, which was refused.
    expect(complaintsOf(page)).toEqual([]);
    await Promise.all([page, invited].map((each) => each.context().close()));
  });
});
