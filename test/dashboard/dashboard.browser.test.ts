import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import { demoId } from "../../scripts/local/demo-id.ts";
import { findFreePort } from "../../scripts/local/ports.ts";
import { arrive, forgetComplaints, overflow, signIn, unreachable } from "../support/browser/pages.ts";
import { type PageOptions, withPages } from "../support/browser/with-pages.ts";
import { useWorld } from "../support/browser/world.ts";
import { inTurn } from "../support/in-turn.ts";
import { runProgram } from "../support/node/run-program.ts";

const world = useWorld({ WORK_SECONDS: "5" });

/** Two runs that stay RUNNING for longer than the tests take. */
const [RUNNING_INVOICES, RUNNING_CONTRACTS] = [demoId(411), demoId(414)];

/** Opens pages, and checks at the end that none of them reported an error. */
const it = withPages(world, (create, options?: PageOptions) => create(options));

async function openAs(
  person: Parameters<typeof signIn>[1],
  open: (options?: PageOptions) => Promise<Page>,
  options?: PageOptions,
): Promise<Page> {
  const page = await open(options);
  await signIn(page, person);
  return page;
}

/** The state of the run, as its page currently shows it. */
const state = (page: Page) => page.locator(".head .status");

/** The text that says how up to date the page is. */
const freshness = (page: Page) => page.locator("#freshness");
const isLive = (page: Page) => freshness(page).getByText("Live.").waitFor();

/** The URL of the list of runs, and of its refreshes. */
const IS_LIST = /\/app\/runs(\?|$)/;

/** Makes the page refresh once, as at the end of a countdown, and waits for the answer. */
async function refresh(page: Page): Promise<void> {
  await page.evaluate(`new Promise((resolve) => {
    document.addEventListener("htmx:finally:request", () => resolve(), { once: true });
    document.dispatchEvent(new Event("due"));
  })`);
}

/** Collects the paths of all requests that a page sends from now on. */
function requestsOf(page: Page): string[] {
  const paths: string[] = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    // A static file, which the browser requests at any time.
    if (!pathname.endsWith("/icon.svg")) paths.push(pathname);
  });
  return paths;
}

/** Sets a mark on the page, which a full reload would remove. */
const mark = (page: Page) => page.evaluate("window.isSame = true");
const isSame = (page: Page) => page.evaluate("window.isSame === true");

async function press(page: Page, button: string, within = "body"): Promise<void> {
  await page.locator(within).getByRole("button", { name: button, exact: true }).click();
}

/** Starts a runner whose runs go on until `end` is called. */
async function startRunner(onTestFinished: (end: () => void) => void): Promise<{ url: string; end(): void }> {
  const ended = Promise.withResolvers<void>();
  const server = createServer(async (request, response) => {
    const { type, data } = JSON.parse(await text(request));
    response.writeHead(202).end();
    if (type !== "workflow_run.dispatched") return;
    await ended.promise;
    await fetch(data.callback_url, {
      method: "POST",
      headers: { Authorization: `Bearer ${data.callback_token}`, "Content-Type": "application/json" },
      body: JSON.stringify({ status: "COMPLETED" }),
    });
  });
  const port = await findFreePort();
  await once(server.listen(port, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close().closeAllConnections());
  return { url: `http://127.0.0.1:${port}/`, end: ended.resolve };
}

async function createWorkflow(page: Page, name: string, runnerUrl = world.stack.runnerUrl): Promise<string> {
  await page.goto("/app/workflows/new");
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("How a run gets to its runner").selectOption("webhook");
  await page.getByLabel("Runner (optional)").fill(runnerUrl);
  await page.getByLabel("Webhook secret").fill(DEMO.webhookSecret);
  await page.getByText("Files (optional)").click();
  const choose = async (field: string, folders: string[], part: string) => {
    const picker = page.locator(`#pick-${field}`);
    const chooser = picker.getByRole("button", { name: /Choose/ });
    if ((await chooser.count()) > 0) await chooser.click();
    for (const folder of folders) {
      await picker.locator("li", { hasText: folder }).getByRole("button", { name: "open" }).click();
    }
    await picker.getByRole("checkbox", { name: part }).check();
  };
  await choose("source", ["shared", "reports"], "/shared/reports/q1");
  await choose("instruction", ["shared"], "/shared/how-to-summarise.md");
  await choose("output", ["shared"], "/shared/summaries");
  await press(page, "Create", "main");
  await page.getByRole("heading", { name, level: 1 }).waitFor();
  return page.url().split("/").at(-1) ?? "";
}

/** Puts a run into the slot of the workflow. It stays RUNNING until it is stopped. */
async function holdSlot(workflowId: string): Promise<string> {
  const { rows } = await world.database.query<{ id: string }>(
    `insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, slot_no, run_snapshot,
       started_at, deadline_at, dispatched_at)
     select gen_random_uuid(), tenant_id, $1, user_id, runner_type, 'RUNNING', 1, run_snapshot,
       now(), now() + interval '1 hour', now()
     from workflow_runs where id = $2
     returning id`,
    [workflowId, DEMO.runs.completed],
  );
  return rows[0]?.id ?? "";
}

async function invoke(page: Page): Promise<void> {
  await press(page, "Invoke", ".actions");
  await press(page, "Invoke", "#ask-invoke");
  await page.waitForURL("**/app/runs/*");
}

// Concurrent, since these tests wait for runs most of the time.
describe.concurrent("the dashboard", () => {
  it("creates a workflow, invokes it, and shows a run go PENDING, RUNNING, COMPLETED without a reload", async ({
    open,
    onTestFinished,
  }) => {
    const page = await openAs("owner", open);
    // It works until the page has shown that: a busy machine may need longer for it than the work of the stack's runner.
    const runner = await startRunner(onTestFinished);
    const holder = await holdSlot(await createWorkflow(page, "From the browser", runner.url));
    await page.reload();
    await invoke(page);
    await state(page).getByText("PENDING").waitFor();
    await mark(page);
    const headers = { Authorization: `Bearer ${DEMO.owner.key}` };
    await page.request.post(`/v1/workflow-runs/${holder}/stop`, { headers });
    await state(page).getByText("RUNNING").waitFor();
    runner.end();
    await state(page).getByText("COMPLETED").waitFor();
    expect(await isSame(page)).toBe(true);
    expect(await page.locator(".timeline").getByText("Completed", { exact: true }).count()).toBe(1);
  });

  it("shows what has changed while its stream was on its way to the service", async ({ open, expect }) => {
    const page = await openAs("owner", open);
    const holder = await holdSlot(await createWorkflow(page, "Slow stream"));
    let release = () => {};
    const isReleased = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route("**/app/changes*", async (route) => {
      await isReleased;
      await route.continue();
    });
    await page.goto(`/app/runs/${holder}`);
    await state(page).getByText("RUNNING").waitFor();
    const ageOfPage: number = await page.evaluate("performance.now()");
    const headers = { Authorization: `Bearer ${DEMO.owner.key}` };
    await page.request.post(`/v1/workflow-runs/${holder}/stop`, { headers });
    // Now the change is older than the page was when it asked for its stream.
    const stoppedAt: number = await page.evaluate("performance.now()");
    await expect.poll(() => page.evaluate("performance.now()")).toBeGreaterThan(stoppedAt + ageOfPage);
    release();
    await state(page).getByText("FAILED").waitFor();
  });

  it("stops a run, with a confirmation that says what will happen, and retries it", async ({ open }) => {
    const page = await openAs("owner", open);
    await page.goto(`/app/runs/${RUNNING_CONTRACTS}`);
    await state(page).getByText("RUNNING").waitFor();
    await press(page, "Stop", ".actions");
    await page.getByText("It is FAILED at once and its slot is free").waitFor();
    await page.getByLabel("Reason").fill("changed my mind");
    await press(page, "Stop", "#ask-stop");
    await state(page).getByText("FAILED").waitFor();
    await page.locator(".failed-card").getByText("Stopped: changed my mind").waitFor();
    await press(page, "Retry", ".actions");
    await page.getByText("It becomes attempt 2 of the same run").waitFor();
    await press(page, "Retry", "#ask-retry");
    await page.getByText("Attempt 2", { exact: true }).waitFor();
    await state(page).getByText("COMPLETED").waitFor();
  });

  it("keeps a confirmation open while the page behind it is kept up to date", async ({ open }) => {
    const page = await openAs("owner", open);
    await page.goto(`/app/runs/${RUNNING_INVOICES}`);
    await press(page, "Stop", ".actions");
    await page.getByLabel("Reason").pressSequentially("half a ");
    await refresh(page);
    await page.keyboard.type("sentence");
    expect(await page.getByLabel("Reason").inputValue()).toBe("half a sentence");
    expect(await page.locator("#ask-stop").isVisible()).toBe(true);
  });

  it("keeps the focus in a confirmation, and gives it to the page when the confirmation is taken away", async ({
    open,
    // The test's own, since `expect.poll` of the import does not know to which of the concurrent tests it belongs.
    expect,
  }) => {
    const page = await openAs("owner", open);
    const holder = await holdSlot(await createWorkflow(page, "Focus"));
    await page.goto(`/app/runs/${holder}`);
    await page.locator(".actions").getByRole("button", { name: "Stop" }).press("Enter");
    const isInside = () => page.evaluate("document.activeElement.closest('#ask-stop') !== null");
    expect(await isInside()).toBe(true);
    for (const key of [...Array(7).fill("Tab"), ...Array(7).fill("Shift+Tab")]) {
      await page.keyboard.press(key);
      expect([key, await isInside()]).toEqual([key, true]);
    }
    await refresh(page);
    expect(await isInside()).toBe(true);
    const headers = { Authorization: `Bearer ${DEMO.owner.key}` };
    await page.request.post(`/v1/workflow-runs/${holder}/stop`, { headers });
    await state(page).getByText("FAILED").waitFor();
    await expect.poll(() => page.evaluate("document.activeElement.id")).toBe("main");
  });

  it("says how old the page is while the service is unavailable, and recovers by itself", async ({ open }) => {
    const page = await openAs("owner", open);
    await page.goto("/app/runs");
    await isLive(page);
    let answer: "abort" | "unavailable" = "abort";
    await page.route(IS_LIST, (route) =>
      answer === "abort" ? route.abort() : route.fulfill({ status: 503, body: "" }),
    );
    await page.evaluate("document.dispatchEvent(new Event('due'))");
    await freshness(page).getByText("the service cannot be reached").waitFor();
    await freshness(page)
      .getByText(/Last updated \d+ s ago\./)
      .waitFor();
    answer = "unavailable";
    await freshness(page).getByText("the service cannot answer at the moment").waitFor();
    await page.unroute(IS_LIST);
    await isLive(page);
    forgetComplaints(page);
  });

  it("waits for Retry-After while it is refused, and then for a time of its own that is longer each time", async ({
    open,
    // The test's own, as above.
    expect,
  }) => {
    const page = await open();
    await page.clock.install();
    await page.addInitScript(`{
      window.refused = 0;
      addEventListener("htmx:finally:request", ({ detail }) => {
        if (detail.ctx.response?.status === 503) window.refused++;
      });
      window.streams = [];
      const Stream = EventSource;
      window.EventSource = function (url) {
        const stream = new Stream(url);
        window.streams.push(stream);
        return stream;
      };
      window.EventSource.CLOSED = Stream.CLOSED;
    }`);
    await signIn(page, "owner");
    await page.goto("/app/runs");
    await isLive(page);
    await page.evaluate("Math.random = () => 0");
    // From here on, time passes only by `runFor`.
    await page.clock.pauseAt(Number(await page.evaluate("Date.now()")) + 1_000);
    await page.route(IS_LIST, (route) => route.fulfill({ status: 503, headers: { "Retry-After": "20" }, body: "" }));
    // It plans the next request at the end of the last one.
    const isRefused = async (times: number) => {
      await expect.poll(() => page.evaluate("window.refused"), { timeout: 30_000 }).toBe(times);
      await freshness(page).getByText("the service cannot answer at the moment").waitFor();
    };
    await page.evaluate("document.dispatchEvent(new Event('due'))");
    await isRefused(1);
    const requests = requestsOf(page);
    // A change in the meantime is no reason to ask.
    await page.evaluate("window.streams.at(-1).dispatchEvent(new MessageEvent('message'))");
    // The other tests change runs, too.
    await page.evaluate("window.streams.at(-1).close()");
    // After the first refusal 2 seconds of its own, then 4, and then 8.
    for (const [times, seconds] of [22, 24, 28].entries()) {
      await page.clock.runFor(1_000 * (seconds - 1));
      expect(requests).toEqual(Array(times).fill("/app/runs"));
      await page.clock.runFor(2_000);
      await isRefused(times + 2);
    }
    await page.unroute(IS_LIST);
    await page.clock.runFor("00:37");
    await page.clock.resume();
    await isLive(page);
    forgetComplaints(page);
  });

  it("polls at random times, at least every half minute, when the stream is refused or the browser has no EventSource", async ({
    open,
  }) => {
    const page = await open();
    await page.clock.install();
    await page.route("**/app/changes*", (route) => route.fulfill({ status: 503, body: "" }));
    await signIn(page, "owner");
    await freshness(page).getByText("Not live: it is asked for at least every 30 s.").waitFor();
    for (let times = 0; times < 2; times++) {
      const asked = page.waitForRequest((request) => IS_LIST.test(request.url()));
      await page.clock.runFor("00:31");
      await (await asked).response();
    }
    // The next time is drawn after the answer to a request.
    await page.evaluate("Math.random = () => 1");
    await page.clock.runFor("00:31");
    const early = page.waitForRequest((request) => IS_LIST.test(request.url()));
    await page.clock.runFor("00:16");
    await (await early).response();
    await page.unroute("**/app/changes*");
    await page.clock.runFor("00:31");
    await isLive(page);
    forgetComplaints(page);
    await page.addInitScript("delete window.EventSource");
    await page.goto("/app/workflows");
    await freshness(page).getByText("Not live: it is asked for at least every 30 s.").waitFor();
  });

  it("keeps what is typed into a confirmation when the session ends, through the sign-in", async ({ open }) => {
    const page = await openAs("owner", open);
    const holder = await holdSlot(await createWorkflow(page, "Session"));
    await page.goto(`/app/runs/${holder}`);
    await press(page, "Stop", ".actions");
    await page.getByLabel("Reason").fill("typed before the session ended");
    await page.context().clearCookies();
    await refresh(page);
    await freshness(page).getByText("Your session has ended").waitFor();
    await press(page, "Stop", "#ask-stop");
    await page.getByText("what you have typed is kept").waitFor();
    await page.getByLabel("API key").fill(DEMO.owner.key);
    await press(page, "Sign in");
    await press(page, "Go on with it");
    expect(await page.getByLabel("Reason").inputValue()).toBe("typed before the session ended");
    await press(page, "Stop", "main");
    await page.locator(".failed-card").getByText("Stopped: typed before the session ended").waitFor();
    forgetComplaints(page);
  });

  it("counts a run's time down, and shows it turn FAILED without a reload and before any sweep", async ({ open }) => {
    const page = await openAs("owner", open);
    await page.goto(`/app/runs/${DEMO.runs.running}`);
    await state(page).getByText("RUNNING").waitFor();
    await mark(page);
    // The page itself records what it shows, since a busy machine may be too slow to check it each second.
    await page.evaluate(`
      window.shown = [];
      new MutationObserver(() => {
        const seconds = /\\bin (\\d+) s\\b/.exec(document.body.innerText)?.[1];
        if (seconds !== undefined && Number(seconds) !== window.shown.at(-1)) window.shown.push(Number(seconds));
      }).observe(document.body, { subtree: true, childList: true, characterData: true });`);
    await isLive(page);
    // Only now, since a busy machine may take long to open the page.
    await world.database.query(
      `update workflow_runs set started_at = started_at - interval '25 hours',
         deadline_at = statement_timestamp() + interval '20 seconds'
       where id = $1 and status = 'RUNNING'`,
      [DEMO.runs.running],
    );
    await refresh(page);
    await state(page).getByText("FAILED").waitFor({ timeout: 60_000 });
    await page.getByText("Timed out at its deadline").waitFor();
    expect(await isSame(page)).toBe(true);
    const shown = (await page.evaluate("window.shown")) as number[];
    expect(shown.length).toBeGreaterThanOrEqual(3);
    expect(shown).toEqual(shown.toSorted((a, b) => b - a));
    await freshness(page).waitFor({ state: "hidden" });
  });

  it("shows local times, and the exact time on hover", async ({ open }) => {
    const page = await openAs("owner", open, { timezoneId: "Asia/Tokyo", locale: "en-GB" });
    await page.goto(`/app/runs/${DEMO.runs.completed}`);
    const time = page.locator(".timeline time").first();
    const at = (await time.getAttribute("datetime")) ?? "";
    const inTokyo = new Date(at).toLocaleTimeString("en-GB", { timeZone: "Asia/Tokyo" });
    expect(await time.textContent()).toContain(inTokyo);
    expect(await time.getAttribute("title")).toContain(at);
  });

  it("sends no request in ten minutes from three tabs with ended runs", async ({ open }) => {
    const first = await openAs("owner", open);
    const pages = [first, await first.context().newPage(), await first.context().newPage()];
    const ended = [DEMO.runs.completed, DEMO.runs.failed, DEMO.runs.completed];
    const requests = [];
    for (const [index, page] of pages.entries()) {
      await page.clock.install();
      await page.goto(`/app/runs/${ended[index]}`);
      requests.push(requestsOf(page));
    }
    for (const page of pages) await page.clock.runFor("10:00");
    expect(requests).toEqual([[], [], []]);
  });

  it("lets an unmodified EventSource follow a run from PENDING to COMPLETED", async ({ open }) => {
    const page = await openAs("owner", open);
    const holder = await holdSlot(await createWorkflow(page, "Followed"));
    await page.reload();
    await invoke(page);
    const runId = page.url().split("/").at(-1) ?? "";
    const followed = page.evaluate(`new Promise((resolve) => {
      const types = [];
      const source = new EventSource("/v1/workflow-runs/${runId}/stream");
      for (const type of ["TRIGGERED", "QUEUED", "STARTED", "DISPATCHED", "COMPLETED"]) {
        source.addEventListener(type, ({ data }) => {
          const { run, event } = JSON.parse(data);
          types.push(event.type + " " + run.id);
          if (type !== "COMPLETED") return;
          source.close();
          resolve(types.join());
        });
      }
    })`);
    const headers = { Authorization: `Bearer ${DEMO.owner.key}` };
    await page.request.post(`/v1/workflow-runs/${holder}/stop`, { headers });
    const types = ["TRIGGERED", "QUEUED", "STARTED", "DISPATCHED", "COMPLETED"];
    expect(await followed).toBe(types.map((type) => `${type} ${runId}`).join());
  });

  it("shows a USER what was permitted, and offers no more", async ({ open }) => {
    const [owner, user] = [await openAs("owner", open), await openAs("user", open)];
    await user.goto("/app/files");
    await user.getByText("There is nothing in it.").waitFor();
    await owner.goto(`/app/people/${DEMO.user.id}`);
    await owner.getByRole("link", { name: "Give a permission …" }).click();
    await owner.getByRole("link", { name: "Open shared" }).click();
    await owner.getByRole("radio", { name: "reports" }).check();
    await press(owner, "Give the permission", "main");
    // It is among the permissions and among the last changes.
    await owner.getByText("/shared/reports").first().waitFor();
    await user.reload();
    await user.getByRole("link", { name: "reports" }).click();
    await user.getByRole("heading", { name: "reports" }).waitFor();
    expect(await user.getByRole("button", { name: "Rename" }).count()).toBe(0);
    expect(await user.getByText("summaries").count()).toBe(0);
    await user.goto("/app/people");
    expect(await user.locator("tbody tr").count()).toBe(1);
  });

  it("copies a new API key that is shown once, and a curl command for it; the key works until it is revoked", async ({
    open,
  }) => {
    const page = await openAs("admin", open, { permissions: ["clipboard-read", "clipboard-write"] });
    await page.goto(`/app/people/${DEMO.admin.id}`);
    await press(page, "New key", ".actions");
    await page.getByLabel("Name").fill("Laptop");
    await press(page, "Create", "#ask-key");
    await press(page, "Copy the key", ".actions");
    const key: string = await page.evaluate("navigator.clipboard.readText()");
    expect(key).toMatch(/^wr_one_[0-9A-Za-z]{49}$/);
    const other = await openAs({ key }, open);
    expect(await other.getByText("Adam Admin").first().isVisible()).toBe(true);
    await page.goto(`/app/runs/${DEMO.runs.completed}`);
    await press(page, "Copy as curl", ".actions");
    const command: string = await page.evaluate("navigator.clipboard.readText()");
    const { stdout } = await runProgram("sh", ["-c", command], { env: { API_KEY: key } });
    expect(JSON.parse(stdout)).toMatchObject({ id: DEMO.runs.completed, status: "COMPLETED" });
    await page.goto(`/app/people/${DEMO.admin.id}`);
    // Its changes are also among the last changes.
    const row = page.locator("li", { hasText: "Laptop", has: page.getByRole("button", { name: "Revoke" }) });
    await row.getByRole("button", { name: "Revoke" }).first().click();
    await row.locator(".ask").getByRole("button", { name: "Revoke" }).click();
    await row.waitFor({ state: "detached" });
    // The page is refreshed, and the key of its session is no longer valid.
    await arrive(other, /\/app\/sign-in/);
    await other.goto("/app/runs");
    expect(other.url()).toContain("/app/sign-in");
    forgetComplaints(other);
  });

  it("shows nothing any more after signing out", async ({ open }) => {
    const page = await openAs("user", open);
    await press(page, "Sign out", ".top");
    await page.waitForURL("**/app/sign-in");
    await page.goto("/app/runs");
    expect(page.url()).toContain("/app/sign-in?next=");
  });

  it("works without JavaScript, except that nothing refreshes by itself", async ({ open }) => {
    const page = await openAs("owner", open, { javaScriptEnabled: false });
    await holdSlot(await createWorkflow(page, "Without a script"));
    await page.reload();
    await invoke(page);
    await state(page).getByText("PENDING").waitFor();
    await press(page, "Stop", ".actions");
    await press(page, "Stop", "#ask-stop");
    await state(page).getByText("FAILED").waitFor();
    await page.goto("/app/runs?status=COMPLETED");
    expect(await page.locator("time").first().getAttribute("data-exact")).toMatch(/ UTC$/);
    expect(await page.locator(".chip", { hasText: "FAILED" }).count()).toBe(1);
  });
});

// These tests run alone, since the tests above change things all the time.
describe("a page that listens", () => {
  it("sends no request while nothing changes, and a conditional one after a change", async ({ open }) => {
    const page = await open();
    await page.clock.install();
    await page.addInitScript(`{
      const Stream = EventSource;
      window.EventSource = class extends Stream {
        constructor(url) {
          super(url);
          this.addEventListener("message", (event) => window.isDeaf && event.stopImmediatePropagation());
        }
      };
    }`);
    await signIn(page, "owner");
    await page.goto("/app/runs?status=COMPLETED");
    await isLive(page);
    // What the tests above have started may change runs at any time. From now on the page hears of nothing, and it ends what it has begun.
    await page.evaluate("window.isDeaf = true");
    const requests = requestsOf(page);
    do requests.splice(0);
    while (await page.waitForRequest(() => true, { timeout: 3_000 }).catch(() => null));
    await page.clock.runFor("10:00");
    expect(requests).toEqual([]);
    await freshness(page).getByText("Last updated 10 min ago.").waitFor();
    // The first refresh learns the tag of the page.
    await refresh(page);
    // The answer is 304, or 200 when "a minute ago" has become "2 min ago".
    const answered = page.waitForResponse((response) => response.url().includes("/app/runs?"));
    await page.evaluate("document.dispatchEvent(new Event('due'))");
    expect(await (await answered).request().headerValue("If-None-Match")).toMatch(/^"/);
  });

  it("does not listen in a hidden tab, and catches up when the tab is shown again", async ({ open }) => {
    const page = await openAs("owner", open);
    await page.goto("/app/people");
    await isLive(page);
    const look = (isHidden: boolean) =>
      page.evaluate(`Object.defineProperty(document, "hidden", { value: ${isHidden}, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));`);
    await look(true);
    expect(await freshness(page).isVisible()).toBe(false);
    const requests = requestsOf(page);
    const headers = { Authorization: `Bearer ${DEMO.owner.key}` };
    const folder = { name: `while-hidden-${Date.now()}`, part_type: "FOLDER", parent_path_id: null };
    expect((await page.request.post("/v1/path-parts", { headers, data: folder })).status()).toBe(201);
    await page.waitForTimeout(1_500);
    expect(requests).toEqual([]);
    await look(false);
    await isLive(page);
    await expect.poll(() => requests.toSorted()).toEqual(["/app/changes", "/app/people"]);
  });
});

const FOLDER = demoId(121);

const PATHS = {
  runs: "/app/runs",
  "no runs": "/app/runs?from=2030-01-01",
  "a failed run": `/app/runs/${DEMO.runs.failed}`,
  "a waiting run": `/app/runs/${DEMO.runs.pending}`,
  workflows: "/app/workflows",
  "a workflow": `/app/workflows/${DEMO.quarterlyReportId}`,
  "the form of a workflow": "/app/workflows/new",
  "the same, filled in": `/app/workflows/${DEMO.quarterlyReportId}/edit`,
  files: "/app/files",
  "a folder": `/app/files/${FOLDER}`,
  "a move": `/app/files/${FOLDER}/move`,
  people: "/app/people",
  "a person": `/app/people/${DEMO.owner.id}`,
  "a permission": `/app/people/${DEMO.user.id}/permission`,
  activity: "/app/activity",
  health: "/app/health",
};

describe("every page", () => {
  it("can be used with the keyboard alone", async ({ open }) => {
    const page = await openAs("owner", open);
    for (const [name, path] of inTurn(Object.entries(PATHS), 8, "keyboard")) {
      await page.goto(path);
      expect([name, await unreachable(page)]).toEqual([name, []]);
    }
    await page.goto(`/app/runs/${DEMO.runs.failed}`);
    await page.locator(".actions").getByRole("button", { name: "Retry" }).press("Enter");
    await page.keyboard.press("Tab");
    expect(await page.locator("#ask-retry button:focus").count()).toBe(1);
    await page.keyboard.press("Escape");
    expect(await page.locator("#ask-retry").isVisible()).toBe(false);
  });
});

describe("every page with the longest possible names", () => {
  it("fits a window of 360 pixels", async ({ open }) => {
    const long = "W".repeat(255);
    await world.database.query("update workflow_definitions set name = $1, description = $1 where id = $2", [
      long,
      DEMO.quarterlyReportId,
    ]);
    await world.database.query("update users set first_name = $1, last_name = $1 where id = $2", [long, DEMO.user.id]);
    await world.database.query(
      "update path_parts set name = $1, materialized_path = '/' || $1 where parent_id is null and name = 'shared' and tenant_id = $2",
      [long, DEMO.tenantId],
    );
    await world.database.query(
      `update workflow_runs set error = $1, run_snapshot = jsonb_set(run_snapshot, '{workflow_name}', to_jsonb($1::text)) where id = $2`,
      [long, DEMO.runs.failed],
    );
    await world.database.query("update triggers set name = left($1, 100), pause_note = $1, paused_by_user_id = null", [
      long,
    ]);
    const page = await openAs("owner", open, { viewport: { width: 360, height: 740 } });
    for (const [name, path] of Object.entries(PATHS)) {
      await page.goto(path);
      expect([name, await overflow(page)]).toEqual([name, 0]);
    }
  });
});
