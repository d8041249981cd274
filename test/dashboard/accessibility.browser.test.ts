/**
 * Every page, every dialog and every state of a page, as axe-core judges it in light and in dark, at 1,440, 900 and 390 pixels; and
 * that nothing of a page moves while it is loaded.
 */
import process from "node:process";
import type { Page, Request } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { startStack } from "../../scripts/local/browser.ts";
import { DEMO } from "../../scripts/local/demo.ts";
import { demoId } from "../../scripts/local/demo-id.ts";
import {
  complaintsOf,
  delayScripts,
  faultsInTheme,
  forgetComplaints,
  OBSERVE_SHIFTS,
  openPage,
  overflow,
  type Person,
  shiftOf,
  signIn,
  widthsInTurn,
} from "../support/browser/pages.ts";
import { routesOfPages, routesWithout } from "../support/browser/routes.ts";
import { suspendRun } from "../support/browser/suspended-run.ts";
import { createEmptyTenant } from "../support/browser/tenants.ts";
import { useWorld } from "../support/browser/world.ts";

// No run ends before the tests. The last one ends its Postgres.
const world = useWorld({ WORK_SECONDS: "3600" }, startStack);

/** Everybody who looks at a page. */
type Viewer = Person | "newcomer" | "nobody";

const pages = new Map<Viewer, Page>();
let newcomerKey = "";

/** The paths of all pages that were loaded. */
const visited = new Set<string>();

/** The titles of the dialogs that pages offer, and of those that were looked at. */
const [offered, examined] = [new Set<string>(), new Set<string>()];

/** What the tests make: an endpoint, an open invite, and a run with a log, an earlier attempt and a stop under way. */
const made = { endpointId: "", suspendedId: "", batchId: "", inviteLink: "", agentId: "" };
const RUN_WITH_ALL = demoId(414);
const [INVOICES, CONTRACTS, PAUSED] = [demoId(303), demoId(304), demoId(305)];
const [FOLDER, DOCUMENT, WORKFLOWS_FOLDER] = [demoId(121), demoId(122), demoId(100)];

/** Calls the API as the demo's OWNER. */
async function call(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const response = await fetch(`${world.stack.url}/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${DEMO.owner.key}`, "Content-Type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === "" ? {} : JSON.parse(text);
}

async function makeRunWithAll(): Promise<void> {
  await call("POST", `/workflow-runs/${RUN_WITH_ALL}/stop`, { reason: "wrong folder" });
  await call("POST", `/workflow-runs/${RUN_WITH_ALL}/retry`);
  await world.database.query(
    "insert into workflow_run_logs (run_id, attempt, bytes, is_cut) values ($1, 2, 20, false) on conflict do nothing",
    [RUN_WITH_ALL],
  );
  await world.database.query(
    `insert into workflow_run_log_entries (run_id, attempt, sequence, at, text)
     values ($1, 2, 0, now(), 'Reading 12 documents' || chr(10))`,
    [RUN_WITH_ALL],
  );
  await world.database.query(
    `insert into running_attempts (run_id, tenant_id, attempt, progress_percent, progress_message)
     select id, tenant_id, 2, 40, 'Half of it' from workflow_runs where id = $1
     on conflict (run_id) do update set progress_percent = 40, progress_message = 'Half of it'`,
    [RUN_WITH_ALL],
  );
}

beforeAll(async () => {
  // The last test ends the database.
  world.database.on("error", () => {});
  newcomerKey = (await createEmptyTenant(world.database)).key;
  const endpoint = { url: `${world.stack.runnerUrl}/`, event_types: ["workflow_run.failed"], description: "Pager" };
  const client = { client_name: "An agent", redirect_uris: ["http://127.0.0.1:49152/"] };
  const registered = await fetch(`${world.stack.url}/oauth/register`, { method: "POST", body: JSON.stringify(client) });
  made.agentId = ((await registered.json()) as { client_id: string }).client_id;
  made.endpointId = String((await call("POST", "/notification-endpoints", endpoint)).id);
  await makeRunWithAll();
  await call("PUT", `/workflow-definitions/${INVOICES}/policy`, {
    handover: "lease",
    lease_seconds: 60,
    max_attempts: 3,
    retry_on: ["LOST"],
  });
  // Its next instant is shown with the year.
  await call("POST", `/workflow-definitions/${DEMO.quarterlyReportId}/triggers`, {
    ...{ name: "Each year", kind: "schedule" },
    schedule: { cron: "30 6 1 1 *", at: null, time_zone: "UTC" },
  });
  const batch = await call("POST", `/workflow-definitions/${INVOICES}/invoke-batch`, { runs: [{}, {}] });
  made.batchId = String(batch.id);
  made.suspendedId = String((await call("POST", `/workflow-definitions/${DEMO.quarterlyReportId}/invoke`)).id);
  await suspendRun(world.database, made.suspendedId);
  // Somebody else is signed in, too.
  await world.database.query(
    `insert into sign_in_sessions (id, tenant_id, user_id, api_key_id, began_at, last_used_at, ends_at)
     select gen_random_uuid(), tenant_id, user_id, id, now(), now(), now() + interval '1 day'
     from api_keys where user_id = $1 limit 1`,
    [DEMO.user.id],
  );
});

async function pageOf(viewer: Viewer): Promise<Page> {
  const known = pages.get(viewer);
  if (known) return known;
  const page = await openPage(world.browser, world.stack.url, { permissions: ["clipboard-read", "clipboard-write"] });
  await page.addInitScript(OBSERVE_SHIFTS);
  page.on("request", (request) => {
    if (request.isNavigationRequest()) visited.add(new URL(request.url()).pathname);
  });
  if (viewer !== "nobody") await signIn(page, viewer === "newcomer" ? { key: newcomerKey } : viewer);
  pages.set(viewer, page);
  return page;
}

/** The ids that several elements of the page have, so that a button would open the dialog of another. */
const repeatedIds = (page: Page): Promise<string[]> =>
  page.evaluate(`[...document.querySelectorAll("[id]")].map((e) => e.id).filter((id, n, ids) => ids.indexOf(id) < n)`);

async function expectNoFaults(page: Page, name: string, within?: string): Promise<void> {
  // A page has its words before it has its style.
  await page.waitForLoadState();
  await page.emulateMedia({ reducedMotion: "reduce" });
  const { width } = page.viewportSize() ?? {};
  const faults = [await faultsInTheme(page, within), await overflow(page), await repeatedIds(page)];
  expect([name, width, faults]).toEqual([name, width, [[], 0, []]]);
  // What the page was answered with may be a refusal. Anything else that a console says is a fault.
  const complaints = complaintsOf(page).splice(0);
  expect(complaints.filter((text) => !text.startsWith("Failed to load resource"))).toEqual([]);
}

type PageCase = {
  path: string | (() => string);
  /** Words of the page that others do not have. */
  shows: string;
  /** Who looks; the OWNER if nobody else is named. */
  as?: Viewer;
  /** The titles of its dialogs, in their order. */
  dialogs?: string[];
};

const run = (id: string) => `/app/runs/${id}`;
const workflow = (id: string) => `/app/workflows/${id}`;
const person = (id: string) => `/app/people/${id}`;
const HREF = "/app/settings/notifications";

const PAGES: Record<string, PageCase> = {
  "the sign-in": { path: "/app/sign-in", shows: "It begins with wr_", as: "nobody" },
  "the runs": { path: "/app/runs", shows: "Selected runs:" },
  "the runs of a filter": { path: "/app/runs?range=7d&status=FAILED", shows: "that match" },
  "no runs": { path: "/app/runs?from=2030-01-01", shows: "No runs match." },
  "a PENDING run": {
    path: run(DEMO.runs.pending),
    shows: "It is next in the queue",
    dialogs: ["Change the priority of this run of “…”?", "Stop this run of “…”?", "Delete this run of “…”?"],
  },
  "a RUNNING run": { path: run(DEMO.runs.running), shows: "RUNNING", dialogs: ["Stop this run of “…”?"] },
  "a run with a log, progress and an earlier attempt": {
    path: run(RUN_WITH_ALL),
    shows: "Reading 12 documents",
    dialogs: ["Stop this run of “…”?"],
  },
  "a suspended run": {
    path: () => run(made.suspendedId),
    shows: "What it waits for",
    dialogs: ["Change the priority of this run of “…”?", "Stop this run of “…”?", "Delete this run of “…”?"],
  },
  "what waits for somebody": { path: "/app/waits", shows: "Which account is it for?" },
  "nothing that waits for somebody": { path: "/app/waits", shows: "No question waits for you.", as: "newcomer" },
  "a COMPLETED run": {
    path: run(DEMO.runs.completed),
    shows: "COMPLETED",
    dialogs: ["Trigger another run of “…”?", "Delete this run of “…”?"],
  },
  "a FAILED run": {
    path: run(DEMO.runs.failed),
    shows: "Why it failed",
    dialogs: ["Retry this run of “…”?", "Trigger another run of “…”?", "Delete this run of “…”?"],
  },
  "the form to run a run again": { path: `${run(DEMO.runs.failed)}/again`, shows: "Run again" },
  "the workflows": { path: "/app/workflows", shows: "Quarterly report" },
  "the workflows that were found": { path: "/app/workflows?q=rep&sort=name", shows: "Quarterly report" },
  "no workflows": { path: "/app/workflows?q=zzzz", shows: "No workflows match." },
  "a workflow": {
    path: workflow(DEMO.quarterlyReportId),
    shows: "Send a test",
    dialogs: ["Pause “…”?", "Delete “…”?", "Trigger a run of “…”?"],
  },
  "a workflow with a queue": {
    path: workflow(DEMO.nightlyDigestId),
    shows: "Clear the queue",
    dialogs: ["Pause “…”?", "Delete “…”?", "Trigger a run of “…”?"],
  },
  "a workflow whose runs are leased": { path: `${workflow(INVOICES)}?period=7d`, shows: "No runner is connected." },
  "a paused workflow": {
    path: workflow(PAUSED),
    shows: "PAUSED",
    dialogs: ["Resume “…”?", "Delete “…”?"],
  },
  "a batch": { path: () => `/app/batches/${made.batchId}`, shows: "have ended" },
  "the form of a workflow": { path: "/app/workflows/new", shows: "How a run gets to its runner" },
  "the form of a copy": { path: `/app/workflows/new?from=${CONTRACTS}`, shows: "Name" },
  "the form, filled in": { path: `${workflow(DEMO.quarterlyReportId)}/edit`, shows: "Generate a new webhook secret" },
  "the policy": { path: `${workflow(INVOICES)}/policy`, shows: "Retry a run automatically when" },
  "the triggers of a workflow": {
    path: `${workflow(DEMO.quarterlyReportId)}/triggers`,
    shows: "Every weekday morning",
  },
  "no triggers": { path: `${workflow(CONTRACTS)}/triggers`, shows: "Nothing triggers it by itself." },
  "the form of a schedule": { path: `${workflow(CONTRACTS)}/triggers/new`, shows: "Minute, hour, day of the month" },
  "a paused schedule and its firings": {
    path: `/app/triggers/${DEMO.triggerId}`,
    shows: "was in the way",
    dialogs: ["Fire “…” now?", "Fire “…” for instants of the past?", "Resume “…”?", "Delete “…”?"],
  },
  "the form of a trigger after another run": {
    path: `${workflow(CONTRACTS)}/triggers/new-run`,
    shows: "After runs of the workflow",
  },
  "the form of a schedule, filled in": { path: `/app/triggers/${DEMO.triggerId}/change`, shows: "Change the schedule" },
  "the form of a webhook": { path: `${workflow(PAUSED)}/triggers/new-webhook`, shows: "How its sender signs" },
  "all triggers": { path: "/app/triggers", shows: "those that fire next first" },
  "no triggers found": { path: "/app/triggers?q=zzzz", shows: "No triggers match." },
  "who may run a workflow": { path: `${workflow(INVOICES)}/people`, shows: "Let them run it" },
  "nobody who may run it": { path: `${workflow(INVOICES)}/people?q=zzzz`, shows: "Nobody matches." },
  "what the tenant uses": { path: "/app/settings/use", shows: "Runs that wait" },
  "the runners": { path: "/app/runners", shows: "There is no key of a runner.", dialogs: ["A new runner"] },
  "the files": { path: "/app/files", shows: "shared", dialogs: ["New"] },
  "a folder": {
    path: `/app/files/${FOLDER}`,
    shows: "Used by",
    dialogs: ["Rename", "Delete the folder “…”?", "New"],
  },
  "a document": {
    path: `/app/files/${DOCUMENT}`,
    shows: "There is nothing in it.",
    dialogs: ["Rename", "Delete the document “…”?", "New"],
  },
  "a folder that the service keeps": {
    path: `/app/files/${WORKFLOWS_FOLDER}`,
    shows: "see only: the service keeps it",
  },
  "a move": { path: `/app/files/${FOLDER}/move?to=${demoId(101)}`, shows: "Move it here" },
  "the people": { path: "/app/people", shows: "Uma", dialogs: ["Invite somebody", "Add somebody"] },
  "nobody found": { path: "/app/people?q=zzzz", shows: "Nobody matches." },
  "somebody else": {
    path: person(DEMO.user.id),
    shows: "Give a permission",
    dialogs: ["Change the role?", "Deactivate …?", "Delete …?", "Revoke the key “…”?", "Sign … out everywhere?"],
  },
  "somebody without a key": {
    path: person(demoId(204)),
    shows: "There is no key that works.",
    dialogs: ["Change the role?", "Invite them?", "Deactivate …?", "Delete …?"],
  },
  oneself: {
    path: person(DEMO.owner.id),
    shows: "Your runs",
    dialogs: ["A new API key", "Revoke the key “…”?", "Sign out everywhere?"],
  },
  "the sign-in of a command line": {
    path: `/app/command-line?${new URLSearchParams({
      ...{ redirect_uri: "http://127.0.0.1:49152/", machine: "laptop" },
      ...{ state: "x".repeat(43), code_challenge: "x".repeat(43) },
    })}`,
    shows: "asks for an API key of yours",
  },
  "an agent that asks to be let in": {
    path: () =>
      `/app/agent?${new URLSearchParams({
        ...{ response_type: "code", client_id: made.agentId, redirect_uri: "http://127.0.0.1:49152/" },
        ...{ code_challenge: "x".repeat(43), code_challenge_method: "S256" },
      })}`,
    shows: "Nobody has checked that name",
  },
  "the end of a session": { path: "/app/signed-out", shows: "You are signed out", as: "nobody" },
  "a permission": { path: `${person(DEMO.user.id)}/permission?in=${demoId(101)}`, shows: "as a whole" },
  notifications: { path: HREF, shows: "Pager", dialogs: ["Add an endpoint"] },
  "a notification endpoint": {
    path: () => `${HREF}/${made.endpointId}`,
    shows: "Last deliveries",
    dialogs: ["Change the endpoint", "Give it a new secret", "Delete “…”?"],
  },
  activity: { path: "/app/activity", shows: "who changed what" },
  "failures that are alike": {
    path: "/app/failures",
    shows: "Failures that are alike",
    dialogs: ["Say that this was seen"],
  },
  health: { path: "/app/health", shows: "Dispatch backlog" },
  "health in an hour": { path: "/app/health?period=1h", shows: "Triggered in the last 1 h" },
  "health in a week": { path: "/app/health?period=7d", shows: "Ended in the last 7 d" },
  "a search": { path: "/app/search?q=report", shows: "Files and folders" },
  "a search for words of errors": { path: "/app/search?q=column", shows: "Runs that failed with these words" },
  "a search without results": { path: "/app/search?q=zzzz", shows: "Nothing was found." },
  "a search for nothing": { path: "/app/search", shows: "Type at least two characters." },
  "an invite that is not open": {
    path: `/app/invites/${demoId(1)}?secret=x`,
    shows: "This invite is not open",
    as: "nobody",
  },
  "the tenants of a key": { path: "/app/tenants", shows: "which is of one tenant" },
  "no such run": { path: run(demoId(1)), shows: "404" },
  "no such page": { path: "/app/nowhere", shows: "There is no such page." },

  "the first steps": { path: "/app/runs", shows: "First steps", as: "newcomer" },
  "an empty tenant's workflows": { path: "/app/workflows", shows: "There is no workflow yet.", as: "newcomer" },
  "an empty tenant's files": { path: "/app/files", shows: "shared", as: "newcomer", dialogs: ["New"] },
  "an empty tenant's people": { path: "/app/people", shows: "first@test.example", as: "newcomer" },
  "an empty tenant's health": { path: "/app/health", shows: "Every runner accepts its runs.", as: "newcomer" },
  "an empty tenant's notifications": { path: HREF, shows: "Nobody is notified yet.", as: "newcomer" },

  "a USER's runs": { path: "/app/runs", shows: "COMPLETED", as: "user" },
  "a USER's run of a workflow that they do not see": { path: run(DEMO.runs.completed), shows: "COMPLETED", as: "user" },
  "a USER's workflows": { path: "/app/workflows", shows: "Ask an OWNER or ADMIN", as: "user" },
  "a USER's runners": { path: "/app/runners", shows: "An OWNER or ADMIN manages runners.", as: "user" },
  "a USER's files": { path: "/app/files", shows: "There is nothing in it.", as: "user" },
  "a USER's health": { path: "/app/health", shows: "of the runs that you see", as: "user" },
  "a USER's activity": { path: "/app/activity", shows: "You may not do this", as: "user" },
  "a USER's notifications": { path: HREF, shows: "An OWNER or ADMIN manages notifications.", as: "user" },
  "what is forbidden": { path: "/app/workflows/new", shows: "You may not do this", as: "user" },

  "the reference": { path: "/docs", shows: "Quick start", as: "nobody" },
  "the reference, signed in": { path: "/docs", shows: "Make an API key" },
  "operations of the reference": { path: "/docs/runner", shows: "Takes the token of the runner's session" },
  "the guide to runners": { path: "/docs/runner-protocol", shows: "runner", as: "nobody" },
  "the guide to notifications": { path: "/docs/notifications", shows: "feed", as: "nobody" },
  "the guide to agents": { path: "/docs/agents", shows: "Inspector", as: "nobody" },
};

const OPENERS = "main button[popovertarget]:not([popovertargetaction])";

const titlesOfDialogs = (page: Page): Promise<string[]> =>
  page.evaluate(`[...document.querySelectorAll("${OPENERS}")].map((e) => e.popoverTargetElement)
    .filter((e) => e.matches(".ask")).map((e) => e.ariaLabel)`);

/** Opens each dialog of the page in turn. Returns their titles, each once. */
async function lookAtDialogs(page: Page, name: string): Promise<string[]> {
  const titles: string[] = [];
  const openers = page.locator(OPENERS);
  for (let index = 0; index < (await openers.count()); index++) {
    const id = await openers.nth(index).getAttribute("popovertarget");
    const dialog = page.locator(`#${id}`);
    await openers.nth(index).click();
    await dialog.waitFor();
    const title = (await dialog.getAttribute("aria-label")) ?? "";
    // The page behind it was examined before, and those of other rows have the same words.
    if (!titles.includes(title)) {
      await expectNoFaults(page, `${name}: ${title}`, `#${id}`);
      titles.push(title);
      examined.add(withoutName(title));
    }
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
  }
  return titles;
}

/** The title of a dialog, with dots for the name in it. */
const withoutName = (title: string) =>
  title
    .replace(/“.*”/, "“…”")
    .replace(/^Sign .+ out everywhere/, "Sign … out everywhere")
    .replace(/^(Deactivate|Delete) (?!“|this |the )[^?]+\?$/, "$1 …?");

const lookAt = (page: Page, width: number) => page.setViewportSize({ width, height: 900 });

describe("every page, with its dialogs", () => {
  it.each(Object.entries(PAGES))("%s", async (name, { path, shows, as = "owner", dialogs }) => {
    const page = await pageOf(as);
    await delayScripts(page);
    for (const width of widthsInTurn()) {
      await lookAt(page, width);
      await page.goto(typeof path === "string" ? path : path());
      await page.getByText(shows).filter({ visible: true }).first().waitFor();
      await expectNoFaults(page, name);
      const shift = await shiftOf(page);
      expect([name, width, shift <= 0.02, shift]).toEqual([name, width, true, shift]);
      for (const title of await titlesOfDialogs(page)) offered.add(withoutName(title));
      if (dialogs) expect((await lookAtDialogs(page, name)).map(withoutName)).toEqual(dialogs);
    }
    await page.unrouteAll({ behavior: "wait" });
  });
});

const press = (page: Page, name: string | RegExp, within = "main") =>
  page
    .locator(within)
    .getByRole("button", typeof name === "string" ? { name, exact: true } : { name })
    .first()
    .click();

type StateCase = { as?: Viewer; path: string; make: (page: Page) => Promise<unknown>; shows: string };

/** Sends a form of the page as it stands, with fields that its own controls would not let through. */
const sendForm = (page: Page, action: string, fields: Record<string, string>) =>
  page.evaluate(
    `(() => {
      const form = document.createElement("form");
      form.method = "post";
      form.action = ${JSON.stringify(action)};
      for (const [name, value] of Object.entries(${JSON.stringify(fields)})) {
        const input = document.createElement("input");
        [input.type, input.name, input.value] = ["hidden", name, value];
        form.append(input);
      }
      document.body.append(form);
      form.submit();
    })()`,
  );

const STATES: Record<string, StateCase> = {
  "a key that does not work": {
    as: "nobody",
    path: "/app/sign-in",
    make: async (page) => {
      await page.getByLabel("API key").fill("wr_wrong");
      await press(page, "Sign in");
    },
    shows: "This key does not work",
  },
  "a range that was chosen in a chart": {
    path: "/app/health?period=7d",
    make: async (page) => {
      await page.locator("#chart-outcomes .step a").first().focus();
      await page.keyboard.press("Shift+ArrowRight");
    },
    shows: "completed",
  },
  "a chart of more than 90 days": {
    path: "/app/health?period=91d",
    make: async (page) => {
      await page.locator("#chart-times .step a").first().focus();
    },
    shows: "Charts show up to 90 days",
  },
  "an account of the login service that is not known": {
    as: "nobody",
    path: "/app/sign-in",
    make: async (page) => {
      await page.getByRole("link", { name: "Sign in with the example login service" }).click();
      await page.getByLabel("Another email").fill("stranger@elsewhere.example");
      await press(page, "Sign in", "body");
    },
    shows: "You are not known here yet",
  },
  "the answers below the search": {
    path: "/app/health",
    make: async (page) => {
      await page.getByRole("searchbox").first().click();
      await page.keyboard.type("report", { delay: 20 });
    },
    shows: "Files and folders",
  },
  "a text that was copied": {
    path: workflow(DEMO.quarterlyReportId),
    make: (page) => press(page, "Copy as curl"),
    shows: "Copy as curl",
  },
  "the question before many runs are changed": {
    path: "/app/runs?status=FAILED",
    make: async (page) => {
      await page.locator("tbody input[type=checkbox]").first().check();
      await press(page, "Retry", "#bulk");
    },
    shows: "Retry 1 run",
  },
  "many runs of which some cannot be changed": {
    path: "/app/runs?range=7d",
    make: async (page) => {
      await page.getByLabel(/that match/).check();
      await press(page, "Stop", "#bulk");
    },
    shows: "cannot be changed:",
  },
  "no run was ticked": {
    path: "/app/runs",
    // With a script the buttons wait until a run is ticked.
    make: (page) => sendForm(page, "/app/runs/bulk", { action: "stop", filter: "" }),
    shows: "Choose at least one run.",
  },
  "the question before a queue is cleared": {
    path: workflow(DEMO.nightlyDigestId),
    make: (page) => press(page, "Clear the queue"),
    shows: "Stop 1 run?",
  },
  "many runs were deleted": {
    path: "/app/runs?status=COMPLETED",
    make: async (page) => {
      await page.locator("tbody input[type=checkbox]").last().check();
      await press(page, "Delete", "#bulk");
      await press(page, "Delete 1 run");
    },
    shows: "1 run deleted.",
  },
  "a picker with a new folder": {
    path: "/app/workflows/new",
    make: async (page) => {
      await page.getByText("Files (optional)").click();
      await press(page, /^Choose/, "#pick-output");
      await page.getByLabel("Outputs: name of the new one").fill("made-here");
      await press(page, "Create and choose", "#pick-output");
      await page.getByRole("checkbox", { name: "/made-here" }).waitFor();
    },
    shows: "/made-here",
  },
  "a picker in which a name is taken": {
    path: "/app/workflows/new",
    make: async (page) => {
      await page.getByText("Files (optional)").click();
      await press(page, /^Choose/, "#pick-output");
      await page.getByLabel("Outputs: name of the new one").fill("shared");
      await press(page, "Create and choose", "#pick-output");
    },
    shows: "There is a part of that name",
  },
  "the form of a workflow with faults": {
    path: "/app/workflows/new",
    make: (page) => press(page, "Create"),
    shows: "Give it a name.",
  },
  "a policy with faults": {
    path: `${workflow(INVOICES)}/policy`,
    make: async (page) => {
      await page.getByLabel("Attempts in total").fill("many");
      await press(page, "Save");
    },
    shows: "Fill in a whole number.",
  },
  "a schedule with faults": {
    path: `/app/triggers/${DEMO.triggerId}/change`,
    make: async (page) => {
      await page.getByLabel("Cron expression").fill("every morning");
      await press(page, "Save");
    },
    shows: "Must be a cron expression with five fields",
  },
  "a schedule that was changed and resumed": {
    path: `/app/triggers/${DEMO.triggerId}`,
    make: async (page) => {
      await page.goto(`${world.stack.url}/app/triggers/${DEMO.triggerId}/change`);
      await page.getByLabel("Cron expression").fill("0 6 29 2 *");
      await press(page, "Save");
      await press(page, "Resume", ".actions");
      await press(page, "Resume", "#ask-resume");
      await press(page, "Pause", ".actions");
    },
    shows: "It does not fire until it is resumed.",
  },
  "the secret of a webhook": {
    path: `${workflow(PAUSED)}/triggers/new-webhook`,
    make: async (page) => {
      await page.getByLabel("Name").fill("Each push");
      await press(page, "Save");
    },
    shows: "Let messages come",
  },
  "a webhook that gets a new secret": {
    path: `${workflow(PAUSED)}/triggers/new-webhook`,
    make: async (page) => {
      await page.getByLabel("Name").fill("Each release");
      await press(page, "Save");
      await page.getByRole("link", { name: "Done" }).click();
      await press(page, "New secret", ".actions");
    },
    shows: "messages with the old one are taken, too",
  },
  "a webhook with faults": {
    path: `${workflow(PAUSED)}/triggers/new-webhook`,
    make: (page) => press(page, "Save"),
    shows: "Give it a name.",
  },
  "a new webhook secret": {
    path: `${workflow(CONTRACTS)}/edit`,
    make: async (page) => {
      await page.getByLabel("Generate a new webhook secret").check();
      await press(page, "Save", ".actions");
    },
    shows: "Its webhook secret",
  },
  "the test of a runner": {
    path: workflow(DEMO.quarterlyReportId),
    make: (page) => press(page, "Send a test"),
    shows: "The runner took the test",
  },
  "an invoke with faults": {
    path: workflow(DEMO.quarterlyReportId),
    make: (page) => sendForm(page, `${workflow(DEMO.quarterlyReportId)}/invoke`, { idempotency_key: "k".repeat(300) }),
    shows: "Must have at most 255 characters.",
  },
  "a stop with faults": {
    path: run(DEMO.runs.running),
    make: async (page) => {
      await press(page, "Stop", ".actions");
      await page.getByLabel("Time for the runner").fill("never");
      await press(page, "Stop", "#ask-stop");
    },
    shows: "Fill in a whole number.",
  },
  "a stop of a run that has ended": {
    path: run(DEMO.runs.completed),
    make: (page) => sendForm(page, `${run(DEMO.runs.completed)}/stop`, {}),
    shows: "The run has already ended",
  },
  "a new file with faults": {
    path: "/app/files",
    make: async (page) => {
      await press(page, "New", ".actions");
      await press(page, "Create", "#ask-create");
    },
    shows: "Fill this in.",
  },
  "a rename to a name that is taken": {
    path: `/app/files/${FOLDER}`,
    make: async (page) => {
      await press(page, "Rename", ".actions");
      await page.getByLabel("New name").fill("how-to-add-up.md");
      await press(page, "Rename", "#ask-rename");
    },
    shows: "What prevents it",
  },
  "a move that is refused": {
    path: `/app/files/${FOLDER}`,
    make: (page) => sendForm(page, `/app/files/${FOLDER}/move`, { to: FOLDER }),
    shows: "A part cannot be moved below itself.",
  },
  "a deletion that is refused": {
    path: `/app/files/${FOLDER}`,
    make: async (page) => {
      await press(page, "Delete", ".actions");
      await press(page, "Delete", "#ask-delete");
    },
    shows: "What prevents it",
  },
  "somebody new with faults": {
    path: "/app/people",
    make: async (page) => {
      await press(page, "Add somebody", ".actions");
      await press(page, "Add", "#ask-new");
    },
    shows: "Email: ",
  },
  "an invite with faults": {
    path: "/app/people",
    make: async (page) => {
      await press(page, "Invite somebody", ".actions");
      await press(page, "Invite", "#ask-invite");
    },
    shows: "Email: ",
  },
  "an invite's link": {
    path: "/app/people",
    make: async (page) => {
      await press(page, "Invite somebody", ".actions");
      await page.locator("#ask-invite").getByLabel("Email").fill("nia@demo.example");
      await press(page, "Invite", "#ask-invite");
      made.inviteLink = (await page.locator(".command code").textContent()) ?? "";
    },
    shows: "Send them this link now",
  },
  "the people with an open invite": {
    path: "/app/people",
    make: (page) => page.getByRole("heading", { name: "Invites" }).waitFor(),
    shows: "nia@demo.example",
  },
  "an open invite": {
    as: "nobody",
    path: "/app/sign-in",
    make: (page) => page.goto(made.inviteLink),
    shows: "You are invited",
  },
  "an accepted invite": {
    as: "nobody",
    path: "/app/sign-in",
    make: async (page) => {
      await page.goto(made.inviteLink);
      await press(page, "Accept the invite with an API key");
    },
    shows: "This is your API key.",
  },
  "a role that cannot be given": {
    path: person(DEMO.user.id),
    make: (page) => sendForm(page, `${person(DEMO.user.id)}/role`, { role: "KING" }),
    shows: "Choose one of the list.",
  },
  "a permission on nothing": {
    path: `${person(DEMO.user.id)}/permission`,
    make: (page) => press(page, "Give the permission"),
    shows: "No file or folder is chosen.",
  },
  "a key with faults": {
    path: person(DEMO.owner.id),
    make: async (page) => {
      await press(page, "New key", ".actions");
      await press(page, "Create", "#ask-key");
    },
    shows: "Fill this in.",
  },
  "a new key": {
    path: person(DEMO.owner.id),
    make: async (page) => {
      await press(page, "New key", ".actions");
      await page.getByLabel("Name").fill("Laptop");
      await press(page, "Create", "#ask-key");
    },
    shows: "only its hash is stored",
  },
  "an endpoint with faults": {
    path: HREF,
    make: async (page) => {
      await press(page, "Add an endpoint", ".actions");
      await page.getByLabel("URL").fill("ftp://hooks.example");
      await press(page, "Add", "#ask-endpoint");
    },
    shows: "Must be",
  },
  "what an endpoint was sent": {
    path: HREF,
    make: async (page) => {
      await page.goto(`${HREF}/${made.endpointId}`);
      await press(page, "Send a test", ".actions");
    },
    shows: "Send again",
  },
  "the list of keys": { path: "/app/runs", make: (page) => page.keyboard.press("?"), shows: "Listen to these keys" },
  "a key from the reference": {
    path: "/docs",
    make: (page) => press(page, "Make an API key", "body"),
    shows: "only its hash is stored",
  },
  "a page that cannot be refreshed": {
    path: "/app/runs",
    make: async (page) => {
      await page.locator("#freshness[data-state=live]").waitFor();
      await page.route("**/app/runs*", (route) => route.abort());
      await page.evaluate("document.dispatchEvent(new Event('due'))");
      await page.getByText("the service cannot be reached").waitFor();
      await page.unroute("**/app/runs*");
      forgetComplaints(page);
    },
    shows: "Last updated",
  },
  "a form whose session has ended": {
    as: "admin",
    path: run(DEMO.runs.running),
    make: async (page) => {
      await press(page, "Stop", ".actions");
      await page.getByLabel("Reason").fill("no need");
      await page.context().clearCookies();
      await press(page, "Stop", "#ask-stop");
    },
    shows: "what you have typed is kept",
  },
  "the same, signed in again": {
    as: "admin",
    path: "/app/sign-in",
    make: async (page) => {
      await page.context().clearCookies();
      await sendForm(page, `${run(DEMO.runs.running)}/stop`, { reason: "no need" });
      await page.getByLabel("API key").fill(DEMO.admin.key);
      await press(page, "Sign in");
    },
    shows: "Go on with it",
  },
  "the same form, before it is sent": {
    as: "admin",
    path: "/app/runs",
    make: (page) => sendForm(page, `${run(DEMO.runs.running)}/stop`, { reason: "no need", resumed: "1" }),
    shows: "nothing has been sent yet",
  },
};

describe("every state that something brings about", () => {
  it.each(Object.entries(STATES))("%s", async (name, { as = "owner", path, make, shows }) => {
    const page = await pageOf(as);
    await lookAt(page, 1440);
    await page.goto(path);
    await make(page);
    await page.getByText(shows).filter({ visible: true }).first().waitFor();
    for (const width of widthsInTurn()) {
      await lookAt(page, width);
      await expectNoFaults(page, name);
    }
  });
});

describe("the list of pages", () => {
  it("has every page of the dashboard, and every dialog", () => {
    expect(routesOfPages().length).toBeGreaterThan(15);
    expect(routesWithout(visited)).toEqual([]);
    expect([...offered.difference(examined)]).toEqual([]);
  });
});

describe("while the database is away", () => {
  it("a page and a form say so without faults, and the page is loaded again only when it can be answered", async () => {
    const page = await pageOf("owner");
    await lookAt(page, 1440);
    await page.goto("/app/workflows/new");
    const { rows } = await world.database.query<{ pid: number }>(
      "select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int as pid",
    );
    // A fast shutdown. Nothing comes after this test.
    process.kill(Number(rows[0]?.pid), "SIGINT");
    await page.getByLabel("Name", { exact: true }).fill("Sums");
    await page.goto("/app/runs");
    await page.getByText("is loaded again when it can be answered").waitFor();
    await page.getByText("The database did not answer. Try again in some seconds.").waitFor();
    await expectNoFaults(page, "the page of a database that is away");
    await page.evaluate("window.isSame = true");
    const isAsking = (request: Request) => request.url().endsWith("/app/runs") && !request.isNavigationRequest();
    const refused = await page.waitForResponse((response) => isAsking(response.request()));
    expect([refused.status(), await page.evaluate("window.isSame")]).toEqual([503, true]);
    await page.route("**/app/runs", (route) => (isAsking(route.request()) ? route.fulfill({}) : route.continue()));
    await page.waitForRequest((request) => request.isNavigationRequest());
    await page.unroute("**/app/runs");
    await page.getByRole("link", { name: "Try again" }).waitFor();
    await sendForm(page, "/app/files/new", { name: "new", part_type: "FOLDER" });
    await page.getByText("it is not known whether the change was made").waitFor();
    await expectNoFaults(page, "the answer to a form while the database is away");
  });
});
