/** What README.md shows of the dashboard at its top and says of it under "See it", sentence by sentence. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sign } from "hono/jwt";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import { root } from "../../scripts/local/folders.ts";
import { exampleVars, readOwnVars } from "../../scripts/local/stack.ts";
import { readConfig } from "../../src/config.ts";
import { MOST } from "../support/browser/clicks.ts";
import { complaintsOf, openPage, type Person, signIn } from "../support/browser/pages.ts";
import { useWorld } from "../support/browser/world.ts";

const world = useWorld({ WORK_SECONDS: "1" });

const HOUR = 3600;
const DAY = 24 * HOUR;
const COOKIE = "__Host-ks_uat";

const read = (path: string) => readFileSync(join(root, path), "utf8");

/** The text below a heading of the README, in one line. */
function sectionOf(heading: string): string {
  const [, after = ""] = read("README.md").split(`\n## ${heading}\n`);
  return after.split("\n## ")[0]?.replaceAll(/\s+/g, " ") ?? "";
}

async function openAs(person: Person, options: Parameters<typeof openPage>[2] = {}): Promise<Page> {
  const page = await openPage(world.browser, world.stack.url, options);
  await signIn(page, person);
  return page;
}

/** What the API lists for somebody. */
async function listed(path: string, person: Person): Promise<Record<string, unknown>[]> {
  const response = await fetch(`${world.stack.url}/v1${path}`, {
    headers: { Authorization: `Bearer ${DEMO[person].key}` },
  });
  expect(response.status).toBe(200);
  return JSON.parse(await response.text()).items;
}

async function invoke(): Promise<string> {
  const response = await fetch(`${world.stack.url}/v1/workflow-definitions/${DEMO.quarterlyReportId}/invoke`, {
    method: "POST",
    headers: { Authorization: `Bearer ${DEMO.owner.key}` },
  });
  expect(response.status).toBe(202);
  return JSON.parse(await response.text()).id;
}

const sessionOf = async (page: Page) => (await page.context().cookies()).find(({ name }) => name === COOKIE);

/** In how many seconds from now the browser's session ends. */
const secondsLeft = async (page: Page) => ((await sessionOf(page))?.expires ?? 0) - Date.now() / 1000;

it.each(["owner", "user"] as const)(
  "people see what programs see, by the same access rules: the %s",
  async (person) => {
    const page = await openAs(person);
    const idsIn = async (path: string, selector: string) => {
      await page.goto(path);
      const targets = await page
        .locator(selector)
        .evaluateAll((links) => links.map((link) => link.getAttribute("href")));
      return targets.map((href) => href?.split("/").at(-1)).toSorted();
    };
    const runs = await listed("/workflow-runs?limit=25", person);
    expect(await idsIn("/app/runs", "tbody a.row-link")).toEqual(runs.map(({ id }) => id).toSorted());
    const workflows = await listed("/workflow-definitions?limit=20", person);
    expect(await idsIn("/app/workflows", "tbody a.row-link")).toEqual(workflows.map(({ id }) => id).toSorted());
    const files = await listed("/path-parts?limit=100", person);
    expect(await idsIn("/app/files", "tbody a.file")).toEqual(files.map(({ path_part_id: id }) => id).toSorted());
    expect([person, runs.length > 0, workflows.length > 0]).toEqual([person, true, person === "owner"]);

    // What the API does not know of for somebody, no page does.
    const path = `workflow-runs/${DEMO.runs.failed}`;
    const headers = { Authorization: `Bearer ${DEMO[person].key}` };
    const [answer, shown] = [
      await fetch(`${world.stack.url}/v1/${path}`, { headers }),
      await page.goto(`/app/runs/${DEMO.runs.failed}`),
    ];
    expect([answer.status, shown?.status()]).toEqual(person === "owner" ? [200, 200] : [404, 404]);
    await page.context().close();
  },
);

it("the pages work without JavaScript and, with it, follow what changes while somebody looks", async () => {
  const [still, live] = [await openAs("owner", { javaScriptEnabled: false }), await openAs("owner")];
  await live.locator("#freshness[data-state=live]").waitFor();
  const id = await invoke();
  // The list stays still until somebody asks for what has come.
  await live.getByRole("link", { name: "1 new run" }).click();
  await live.locator(`#run-${id}`).getByText("COMPLETED").waitFor();
  expect(await still.locator(`#run-${id}`).count()).toBe(0);
  await still.reload();
  await still.locator(`#run-${id}`).getByText("COMPLETED").waitFor();
  for (const section of ["Workflows", "Files", "People", "Health"]) {
    await still.getByRole("link", { name: section, exact: true }).click();
    await still.getByRole("heading", { name: section, level: 1 }).waitFor();
    expect(await still.locator("main table tbody tr, main .card").count()).toBeGreaterThan(0);
  }
  expect([...complaintsOf(still), ...complaintsOf(live)]).toEqual([]);
  for (const page of [still, live]) await page.context().close();
});

it("the API key becomes a session, in a cookie that browsers keep for https alone, and Chromium for localhost", async () => {
  expect(world.stack.url).toMatch(/^http:\/\/localhost:/);
  const page = await openAs("owner");
  const cookie = await sessionOf(page);
  expect(cookie).toMatchObject({ secure: true, httpOnly: true, sameSite: "Lax" });
  expect(cookie?.value).not.toContain(DEMO.owner.key);
  expect(await page.content()).not.toContain(DEMO.owner.key);
  await page.context().close();
});

it("the session ends with the key", async () => {
  const admin = await openAs("admin");
  await admin.goto(`/app/people/${DEMO.admin.id}`);
  await admin.getByRole("button", { name: "New key" }).click();
  await admin.getByLabel("Name").fill("For a day");
  await admin.locator("#ask-key").getByRole("button", { name: "Create" }).click();
  const key = (await admin.locator(".command code").textContent()) ?? "";
  const other = await openPage(world.browser, world.stack.url);
  await signIn(other, { key });
  await admin.goto(`/app/people/${DEMO.admin.id}`);
  // Its change is also among the last changes.
  const item = admin.locator("li", { hasText: "For a day", has: admin.getByRole("button", { name: "Revoke" }) });
  await item.getByRole("button", { name: "Revoke" }).first().click();
  await item.locator(".ask").getByRole("button", { name: "Revoke" }).click();
  await item.waitFor({ state: "detached" });
  await other.goto("/app/people");
  expect(other.url()).toContain("/app/sign-in");
  for (const page of [admin, other]) await page.context().close();
});

it("the session ends 12 hours after it was last used, or after 7 days", async () => {
  const page = await openAs("owner");
  expect(Math.abs((await secondsLeft(page)) - 12 * HOUR)).toBeLessThan(60);

  const { keys } = readConfig({ ...exampleVars(), ...readOwnVars() }).sessions;
  if (!keys) throw new Error("The local stack has a key to sign sessions with.");
  const { rows } = await world.database.query(
    "select id from sign_in_sessions where user_id = $1 order by began_at desc limit 1",
    [DEMO.owner.id],
  );
  /** Gives the browser a session that began and was last used so many seconds ago, and uses it. */
  const use = async (beganAgo: number, usedAgo: number) => {
    const now = Math.floor(Date.now() / 1000);
    const exp = Math.min(now - usedAgo + 12 * HOUR, now - beganAgo + 7 * DAY);
    const claims = { sub: DEMO.owner.id, tenant_id: DEMO.tenantId, api_key_id: DEMO.owner.apiKeyId, sid: rows[0]?.id };
    const times = { iat: now - usedAgo, auth_time: now - beganAgo, exp };
    const value = await sign({ ...claims, ...times }, keys.newest.secret, "HS256");
    // The browser keeps it for longer than it is valid, so that the service decides. Chromium takes such a cookie from the service over
    // http, since that is on this machine, but not from a test.
    const url = world.stack.url.replace("http:", "https:");
    await page.context().addCookies([{ name: COOKIE, value, url, secure: true, expires: now + 30 * DAY }]);
    await page.goto("/app/people");
    return page.url().includes("/app/sign-in") ? "ended" : Math.round((await secondsLeft(page)) / HOUR);
  };
  expect(await use(DAY, 2 * HOUR)).toBe(12);
  expect(await use(DAY, 12 * HOUR + 60)).toBe("ended");
  expect(await use(7 * DAY - 3 * HOUR, 11 * HOUR)).toBe(3);
  expect(await use(7 * DAY + 60, HOUR)).toBe("ended");
  await page.context().close();
});

it("the picture of the runs tells: state, workflow, who, when, how long, and how much time is left", async () => {
  const page = await openAs("owner");
  const heads = await page.locator("thead th").allTextContents();
  expect(heads.map((head) => head.trim())).toEqual(["Selected", "State", "Workflow", "By", "Triggered", "Time", "Run"]);
  const times = await page
    .locator("tbody tr time")
    .evaluateAll((all) => all.map((time) => time.getAttribute("datetime")));
  expect(times.length).toBeGreaterThan(10);
  expect(times).toEqual(times.toSorted().reverse());
  await page.goto("/app/runs?status=RUNNING");
  await page
    .locator("tbody tr")
    .first()
    .getByText(/\d.* left$/)
    .waitFor();
  await page.context().close();
});

it("the local stack has a week of demo data, of which the pictures are taken", async () => {
  const before = new Date(Date.now() - 6 * DAY * 1000).toISOString();
  expect((await listed(`/workflow-runs?created_before=${before}&limit=1`, "owner")).length).toBe(1);
  const script = read("scripts/screenshots.ts");
  const named = new Set(
    [...read("docs/dashboard.md").matchAll(/screenshots\/(\w+)-light\.png/g)].map(([, name]) => name),
  );
  for (const name of [...named, "runs"]) expect([name, script.includes(`  ${name}: `)]).toEqual([name, true]);
});

it("one picture is shown before the first heading, in light and dark, and the links to the others lead to theirs", () => {
  const picturesIn = (text: string) => [...text.matchAll(/(?:src|srcset)="([^"]+)"/g)].map(([, path]) => path);
  const [top = "", ...sections] = read("README.md").split("\n## ");
  expect(picturesIn(top)).toEqual(["docs/screenshots/runs-dark.png", "docs/screenshots/runs-light.png"]);
  expect(sections.flatMap(picturesIn)).toEqual([]);
  const section = sectionOf("See it");
  const linked = [...section.matchAll(/\(docs\/dashboard\.md#([\w-]+)\)/g)].map(([, anchor = ""]) => anchor);
  expect(linked).toHaveLength(6);
  const guide = read("docs/dashboard.md");
  for (const anchor of linked) {
    const [, below = ""] = guide.split(new RegExp(`\n### ${anchor.replaceAll("-", " ")}\n`, "i"));
    const pictures = [...(below.split("\n### ")[0] ?? "").matchAll(/"(screenshots\/[\w-]+\.png)"/g)].map(
      ([, path]) => path,
    );
    expect([anchor, pictures.length]).toEqual([anchor, 2]);
    for (const path of pictures) expect([path, existsSync(join(root, "docs", path ?? ""))]).toEqual([path, true]);
  }
});

it("the clicks are those that the tests count", () => {
  const { firstRun, share, trigger } = MOST;
  expect(sectionOf("See it")).toContain(
    `at most ${firstRun.clicks} clicks on ${firstRun.pages} pages from an empty tenant to the first run, and at most ${share.clicks} to let a USER run one workflow.`,
  );
  const rows = [...read("docs/dashboard.md").matchAll(/^\| (.+?) +\| (.*?) +\| (.*?) *\|$/gm)].map(
    ([, ...cells]) => cells,
  );
  expect(rows).toEqual(
    expect.arrayContaining([
      ["a workflow from nothing, to its first run", `at most ${firstRun.clicks}`, `at most ${firstRun.pages}`],
      ["let a USER run one workflow, from the first page", `at most ${share.clicks}`, ""],
      ["trigger a run of a workflow, and watch it", String(trigger.clicks), String(trigger.pages)],
    ]),
  );
});
