/**
 * What people do on the dashboard, done by the keyboard alone: with JavaScript, and without it. The pointer is never used. What
 * needs JavaScript is left out: pages that follow what changes, copying, and the keys.
 */
import type { Locator, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import { demoId } from "../../scripts/local/demo-id.ts";
import { complaintsOf, openPage } from "../support/browser/pages.ts";
import { useWorld } from "../support/browser/world.ts";
import { inTurn } from "../support/in-turn.ts";

// Longer than a test takes, so that a run is RUNNING until it is stopped.
const world = useWorld({ WORK_SECONDS: "300" });

/** More than any page here has controls. */
const MAX_PRESSES = 150;

/** The keyboard of somebody in front of a page. */
class Keyboard {
  readonly page: Page;
  readonly hasScripts: boolean;

  constructor(page: Page, hasScripts: boolean) {
    this.page = page;
    this.hasScripts = hasScripts;
  }

  /** Presses Tab until the control has the focus. It waits for the control first: the page may still be loading. */
  async reach(control: Locator): Promise<void> {
    await control.waitFor();
    const focused = control.and(this.page.locator(":focus"));
    for (let presses = 0; presses < MAX_PRESSES; presses++) {
      if ((await focused.count()) > 0) return;
      await this.page.keyboard.press("Tab");
    }
    throw new Error(`Tab does not lead to ${control}.`);
  }

  /** Goes to a link or button and presses Enter. */
  async press(role: "button" | "link", name: string | RegExp, within: Page | Locator = this.page): Promise<void> {
    const exact = typeof name === "string";
    const control = within
      .getByRole(role, { name, ...(exact && { exact }) })
      .filter({ visible: true })
      .first();
    await this.reach(control);
    // Unlike that of `keyboard`, this waits for the page to which it leads: the page before may have a control of the next name, too.
    await control.press("Enter");
    await this.page.waitForLoadState();
  }

  /** Goes to a field and types in place of what it has. */
  async type(label: string, text: string, within: Page | Locator = this.page): Promise<void> {
    await this.reach(within.getByLabel(label).filter({ visible: true }).first());
    await this.page.keyboard.press("Control+A");
    await this.page.keyboard.type(text);
  }

  /** Goes to a box and ticks it. */
  async choose(box: Locator): Promise<void> {
    await this.reach(box);
    await this.page.keyboard.press("Space");
    expect(await box.isChecked()).toBe(true);
  }

  /** Goes to a group of radios, of which Tab reaches one, and from there by the arrows to the one to choose. */
  async chooseAmong(radios: Locator, name: string): Promise<void> {
    await this.choose(radios.first());
    const wanted = radios.and(this.page.getByRole("radio", { name, exact: true }));
    for (let presses = await radios.count(); !(await wanted.isChecked()) && presses > 0; presses--) {
      await this.page.keyboard.press("ArrowDown");
    }
    expect(await wanted.isChecked()).toBe(true);
  }

  /** Goes to a list of choices and types the beginning of one. */
  async pick(label: string, beginning: string): Promise<void> {
    await this.reach(this.page.getByLabel(label).filter({ visible: true }));
    await this.page.keyboard.type(beginning);
  }

  sees(text: string | RegExp): Promise<void> {
    return this.page.getByText(text).filter({ visible: true }).first().waitFor();
  }

  /** Waits until the page of a run shows a state. Without a script the page is loaded again for that. */
  async seesState(status: string): Promise<void> {
    const look = async () => {
      if (!this.hasScripts) await this.page.reload();
      return this.page.locator("#head .status").allTextContents();
    };
    await expect
      // An acceptance that was lost with its invocation is asked for again by the next sweep, a minute later.
      .poll(look, { timeout: 90_000, interval: 500 })
      .toEqual([expect.stringMatching(new RegExp(status, "i"))]);
  }
}

type Job = (keyboard: Keyboard) => Promise<void>;

const inMain = ({ page }: Keyboard) => page.locator("main");

const JOBS: Record<string, Job> = {
  "creates a workflow and what it names, shares it and invokes it": async (keyboard) => {
    const { page } = keyboard;
    await keyboard.press("link", "Workflows");
    await keyboard.press("link", "New workflow");
    // The page before has a field for a name, too, by which one searches.
    await page.waitForURL("**/app/workflows/new");
    const name = `By keyboard ${Date.now()}`;
    await keyboard.pick("How a run gets to its runner", "The service sends");
    await keyboard.type("Name", name);
    await keyboard.type("Runner (optional)", world.stack.runnerUrl);
    await keyboard.type("Webhook secret", DEMO.webhookSecret);
    await keyboard.reach(page.locator("summary", { hasText: "Files (optional)" }));
    await page.keyboard.press("Enter");
    const sources = page.locator("#pick-source");
    await keyboard.press("button", /^Choose/, sources);
    await keyboard.press("button", "open", sources.locator("li", { hasText: "shared" }));
    await keyboard.press("button", "open", sources.locator("li", { hasText: "reports" }));
    await keyboard.choose(sources.getByRole("checkbox", { name: "/shared/reports/q1" }));
    const instructions = page.locator("#pick-instruction");
    await keyboard.press("button", /^Choose/, instructions);
    await keyboard.pick("Instructions: kind of the new one", "Document");
    await keyboard.type("Instructions: name of the new one", `${name}.md`);
    await keyboard.press("button", "Create and choose", instructions);
    const outputs = page.locator("#pick-output");
    await keyboard.press("button", /^Choose/, outputs);
    await keyboard.type("Outputs: name of the new one", name);
    await keyboard.press("button", "Create and choose", outputs);
    await outputs.getByRole("checkbox", { name: `/${name}`, checked: true }).waitFor();
    await keyboard.press("button", "Create", inMain(keyboard));

    await keyboard.press("link", "Share");
    await keyboard.press("button", "Let them run it: Uma User");
    await page.locator("li", { hasText: "Uma User" }).getByText("may run it").waitFor();
    await keyboard.press("link", name);
    await keyboard.press("button", "Invoke", page.locator(".actions"));
    await keyboard.press("button", "Invoke", page.locator("#ask-invoke"));
    await page.waitForURL("**/app/runs/*");
    await keyboard.seesState("RUNNING");

    await keyboard.press("button", "Stop", page.locator(".actions"));
    await keyboard.type("Reason (optional)", "by keyboard", page.locator("#ask-stop"));
    await keyboard.press("button", "Stop", page.locator("#ask-stop"));
    await keyboard.seesState("FAILED");
    await keyboard.sees("Stopped: by keyboard");
    await keyboard.press("button", "Retry", page.locator(".actions"));
    await keyboard.press("button", "Retry", page.locator("#ask-retry"));
    await keyboard.sees("attempt 2");
    await keyboard.seesState("RUNNING");

    await keyboard.press("link", name);
    await keyboard.press("button", "Pause", page.locator(".actions"));
    await keyboard.press("button", "Pause", page.locator("#ask-activity"));
    await page.locator(".actions").getByRole("button", { name: "Resume" }).waitFor();
  },

  "finds a run, and runs it again": async (keyboard) => {
    const { page } = keyboard;
    await keyboard.reach(page.getByRole("searchbox").first());
    await page.keyboard.type(DEMO.runs.completed.slice(-4));
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/app\/(search|runs\/)/);
    // Without a script the answers are a page.
    if (page.url().includes("/app/search")) await keyboard.press("link", /Completed/, page.locator("#answers"));
    await page.waitForURL(`**/app/runs/${DEMO.runs.completed}`);
    await keyboard.press("button", "Run again", page.locator(".actions"));
    await keyboard.press("button", "Run again", page.locator("#ask-again"));
    await page.waitForURL((url) => !url.pathname.endsWith(DEMO.runs.completed));
    await keyboard.press("button", "Stop", page.locator(".actions"));
    await keyboard.press("button", "Stop", page.locator("#ask-stop"));
    await keyboard.seesState("FAILED");
    await keyboard.press("button", "Delete", page.locator(".actions"));
    await keyboard.press("button", "Delete", page.locator("#ask-delete"));
    await page.waitForURL("**/app/runs");
  },

  "filters the runs, and stops several at once": async (keyboard) => {
    const { page } = keyboard;
    const ids = await queueRuns(2);
    await keyboard.press("link", "Runs");
    await keyboard.choose(page.getByRole("checkbox", { name: /Pending/ }));
    if (!keyboard.hasScripts) await keyboard.press("button", "Filter");
    await page.waitForURL("**/app/runs?status=PENDING");
    for (const id of ids) await keyboard.choose(page.getByLabel(`Select the run …${id.slice(-8)}`));
    // The buttons are above the list.
    await page.keyboard.press("Home");
    await keyboard.press("button", "Stop", page.locator("#bulk"));
    await keyboard.press("button", "Stop 2 runs");
    await keyboard.sees("2 runs stopped.");
  },

  "makes a folder, renames it, moves it and deletes it": async (keyboard) => {
    const { page } = keyboard;
    const name = `folder-${Date.now()}`;
    await keyboard.press("link", "Files");
    await keyboard.press("button", "New", page.locator(".actions"));
    await keyboard.pick("Kind", "Folder");
    await keyboard.type("Name", name, page.locator("#ask-create"));
    await keyboard.press("button", "Create", page.locator("#ask-create"));
    await keyboard.press("link", name);
    await keyboard.press("button", "Rename", page.locator(".actions"));
    await keyboard.type("New name", `${name}-2`);
    await keyboard.press("button", "Rename", page.locator("#ask-rename"));
    await keyboard.press("link", "Move");
    await keyboard.press("link", "shared", page.locator(".folders"));
    await keyboard.press("button", "Move it here");
    await keyboard.sees(`/shared/${name}-2`);
    await keyboard.press("button", "Delete", page.locator(".actions"));
    await keyboard.press("button", "Delete", page.locator("#ask-delete"));
    await page.getByRole("heading", { name: "shared", level: 1 }).waitFor();
  },

  "adds and invites somebody, gives them a permission and makes a key": async (keyboard) => {
    const { page } = keyboard;
    const email = `nia-${Date.now()}@demo.example`;
    await keyboard.press("link", "People");
    await keyboard.press("button", "Add somebody", page.locator(".actions"));
    await keyboard.type("Email", email, page.locator("#ask-new"));
    await keyboard.press("button", "Add", page.locator("#ask-new"));
    await keyboard.press("link", "Give a permission …");
    await keyboard.chooseAmong(page.getByRole("radio"), "shared");
    await keyboard.press("button", "Give the permission");
    await keyboard.sees("/shared");
    await keyboard.press("button", "Invite", page.locator(".actions"));
    await keyboard.press("button", "Invite", page.locator("#ask-invite"));
    await keyboard.sees("Send them this link now");

    await keyboard.press("link", /Olivia Owner/);
    await keyboard.press("button", "New key", page.locator(".actions"));
    const name = `Key ${Date.now()}`;
    await keyboard.type("Name", name, page.locator("#ask-key"));
    await keyboard.press("button", "Create", page.locator("#ask-key"));
    await keyboard.sees(/wr_one_[0-9A-Za-z]{49}/);
    await keyboard.press("link", "Done");
    // Its change is also among the last changes.
    const key = page.locator("li", { hasText: name, has: page.getByRole("button", { name: "Revoke" }) });
    await keyboard.press("button", "Revoke", key);
    await keyboard.press("button", "Revoke", key.locator(".ask"));
    await key.waitFor({ state: "detached" });
  },

  "has somebody notified, and changes how a workflow's runs are handed over": async (keyboard) => {
    const { page } = keyboard;
    const name = `Pager ${Date.now()}`;
    await keyboard.press("link", "Settings");
    await keyboard.press("button", "Add an endpoint", page.locator(".actions"));
    await keyboard.type("URL", `${world.stack.runnerUrl}/`, page.locator("#ask-endpoint"));
    await keyboard.choose(page.getByRole("checkbox", { name: "A run started" }));
    await keyboard.type("Description", name, page.locator("#ask-endpoint"));
    await keyboard.press("button", "Add", page.locator("#ask-endpoint"));
    await keyboard.press("link", "Done");
    await keyboard.press("button", "Send a test");
    await keyboard.sees("notification_endpoint.test");
    await keyboard.press("button", "Delete", page.locator(".actions"));
    await keyboard.press("button", "Delete it", page.locator("#ask-delete"));
    await page.getByRole("link", { name }).waitFor({ state: "detached" });

    await keyboard.press("link", "Workflows");
    await keyboard.press("link", "Contract review");
    await keyboard.press("link", "Change");
    await keyboard.pick("How a run gets to its runner", "Runners ask");
    await keyboard.type("Attempts in total", "3");
    await keyboard.press("button", "Save", inMain(keyboard));
    await keyboard.sees("Runners ask for its runs");
    await keyboard.press("link", "Change");
    await keyboard.pick("How a run gets to its runner", "The service");
    await keyboard.press("button", "Save", inMain(keyboard));
    await keyboard.sees("Its runs are sent to its runner.");
  },

  "chooses a theme, looks at Health and the last hour of it, and signs out": async (keyboard) => {
    const { page } = keyboard;
    await keyboard.reach(page.locator("[data-theme-form] button"));
    await page.keyboard.press("Enter");
    await page.locator("html[data-theme=light]").waitFor();
    await keyboard.press("link", "Health");
    await keyboard.press("link", "1 h");
    await keyboard.sees(/Triggered in the last 1 h/);
    await keyboard.press("button", "Sign out");
    await page.waitForURL("**/app/sign-in");
  },
};

/** Puts runs that wait into the queue of a workflow that is busy. Returns their ids. */
async function queueRuns(count: number): Promise<string[]> {
  const { rows } = await world.database.query<{ id: string }>(
    `insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot)
     select gen_random_uuid(), tenant_id, workflow_definition_id, user_id, runner_type, 'PENDING', run_snapshot
     from workflow_runs, generate_series(1, $2::int) where id = $1
     returning id`,
    [demoId(402), count],
  );
  return rows.map(({ id }) => id);
}

/** Each job in one of the two, in turn. */
const TRIED = Object.entries(JOBS).flatMap(([name, job]) =>
  inTurn([true, false], 1, name).map((javaScriptEnabled) => ({ name, job, javaScriptEnabled })),
);

describe("by keyboard alone, somebody", () => {
  it.each(TRIED)("$name (with JavaScript: $javaScriptEnabled)", async ({ job, javaScriptEnabled }) => {
    const page = await openPage(world.browser, world.stack.url, { javaScriptEnabled });
    const keyboard = new Keyboard(page, javaScriptEnabled);
    await page.goto("/app");
    await keyboard.type("API key", DEMO.owner.key);
    await page.keyboard.press("Enter");
    await page.waitForURL("**/app/runs");
    await job(keyboard);
    expect(complaintsOf(page)).toEqual([]);
    await page.context().close();
  });
});
