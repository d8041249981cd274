/** The questions of suspended runs on the dashboard: the list of them, the form that answers one, and what a run has kept. */
import { beforeEach, describe, expect, it } from "vitest";
import { PAGE_SETTINGS, signIn } from "../support/browser.ts";
import { complete, triggerChildren } from "../support/children.ts";
import { callBack, insertRun, invoke, readRun } from "../support/lifecycle.ts";
import { LOGIN_SETTINGS, openLoginBrowser, startFakeLogin } from "../support/login-service.ts";
import { openedTenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";
import { answer, QUESTION, signal, suspend, timer } from "../support/suspensions.ts";
import { createTenant, runToken } from "../support/tenant.ts";

const HOSTILE = `<b>Pay</b> <script>alert("1")</script>?`;

const service = await startService({
  settings: { ...PAGE_SETTINGS, ...LOGIN_SETTINGS, PUBLIC_URL: "https://service.test" },
});
const { tenant, owner, user } = openedTenantOfEachTest(service);

type Options = NonNullable<Parameters<typeof suspend>[4]>;

/** A run that is suspended until this has come. */
async function suspended(waits: object[] = [QUESTION], options: Options = {}): Promise<string> {
  const runId = await invoke(service, tenant);
  expect((await suspend(service, tenant, runId, waits, options)).status).toBe(200);
  return runId;
}

const textOf = (html: string) =>
  html
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();

/** A section of a page, by its label. */
const sectionOf = (html: string, label: string) => {
  const start = html.indexOf(`aria-label="${label}"`);
  return start < 0 ? "" : html.slice(start, html.indexOf("</section>", start));
};

/** The number beside the entry of the menu; "" when there is none. */
const counted = (html: string) => /<span id="questions">.*?<strong class="badge">([^<]*)</s.exec(html)?.[1] ?? "";

const rowsOf = (html: string) => [...html.matchAll(/<tr id="wait-([^"]+)"/g)].map(([, id]) => id);

const send = (runId: string, fields: Record<string, string | string[]>, key = "approve", browser = owner) =>
  browser.post(`/app/runs/${runId}/waits/${key}/answer`, fields);

describe("the page of what waits for somebody", () => {
  it("lists the questions that they may answer, newest first, and costs one request", async () => {
    const first = await suspended();
    const second = await suspended([{ ...QUESTION, prompt: HOSTILE }]);
    await service.database.sql`update run_waits set asked_at = asked_at - interval '1 minute' where run_id = ${first}`;
    const [html, requests] = await service.counted(() => owner.read("/app/waits"));
    expect([requests, rowsOf(html), counted(html)]).toEqual([1, [`${second}-approve`, `${first}-approve`], "2"]);
    expect(html).toContain(`href="/app/runs/${first}#wait-approve"`);
    expect(html).toContain("&lt;script&gt;");
    expect(html).not.toContain("<script>alert");
  });

  it("has pages of 50, and counts up to 99", async () => {
    const waits = (n: number) => Array.from({ length: 20 }, (_, k) => ({ ...QUESTION, key: `k${n}.${k}` }));
    for (let n = 0; n < 5; n++) await suspended(waits(n));
    const html = await owner.read("/app/waits");
    expect([rowsOf(html).length, counted(html)]).toEqual([50, "99+"]);
    const next = /href="([^"]+)">Older/.exec(html)?.[1] ?? "";
    const older = await owner.read(next);
    expect(new Set([...rowsOf(html), ...rowsOf(older)]).size).toBe(100);
  });

  it("is empty for who may not answer, and of another tenant, and for a run that has ended", async () => {
    const runId = await suspended([{ ...QUESTION, by: { user_ids: [tenant.admin.id] } }]);
    const admin = await signIn(service, tenant.admin.key);
    const stranger = await signIn(service, (await createTenant(service.database)).owner.key);
    for (const [browser, count] of [
      [owner, ""],
      [user, ""],
      [stranger, ""],
      [admin, "1"],
    ] as const) {
      const html = await browser.read("/app/waits");
      expect([counted(html), rowsOf(html).length]).toEqual([count, Number(count)]);
    }
    expect((await owner.post(`/app/runs/${runId}/stop`)).status).toBe(303);
    expect(counted(await admin.read("/app/runs"))).toBe("");
  });

  it("tells who is signed in with a key that questions for people are not shown", async () => {
    const login = await startFakeLogin();
    const runId = await suspended([{ ...QUESTION, people_only: true }]);
    const html = await owner.read("/app/waits");
    expect([rowsOf(html), counted(html)]).toEqual([[], ""]);
    expect(textOf(html)).toContain("Questions that only a person may answer are shown after a sign-in with a login.");
    const own = sectionOf(await owner.read(`/app/runs/${runId}`), "What it waits for");
    expect(textOf(own)).toContain("Only a person may answer this");
    expect(own).not.toContain("<form");
    expect((await send(runId, { value: "yes" })).status).toBe(403);

    const person = openLoginBrowser(service, login);
    login.account = { sub: crypto.randomUUID(), email: `${tenant.owner.id}@test.example`, email_verified: true };
    await person.signIn();
    const shown = await (await person.get("/app/waits")).text();
    expect([rowsOf(shown), counted(shown)]).toEqual([[`${runId}-approve`], "1"]);
    expect(textOf(shown)).not.toContain("after a sign-in with a login");
    const answered = await person.post(`/app/runs/${runId}/waits/approve/answer`, { value: "yes" });
    expect([answered.status, answered.headers.get("Location")]).toEqual([303, `/app/runs/${runId}`]);
  });
});

describe("the page of a suspended run", () => {
  it("says what it waits for and until when, and has a button for each choice", async () => {
    const waits = [{ ...QUESTION, prompt: HOSTILE }, timer(3600), signal("<b>4711</b>"), signal(undefined, "own")];
    const runId = await suspended(waits, { note: "See the <i>file</i>." });
    const [html, requests] = await service.counted(() => owner.read(`/app/runs/${runId}`));
    const section = sectionOf(html, "What it waits for");
    expect(requests).toBe(1);
    expect(section).toContain("&lt;b&gt;Pay&lt;/b&gt;");
    expect(section).toContain("See the &lt;i&gt;file&lt;/i&gt;.");
    expect(html).not.toMatch(/<script>alert|<i>file/);
    expect(textOf(section)).toContain("It fails if not all has come by");
    const buttons = [...section.matchAll(/<button type="submit" name="value" value="([^"]+)"/g)].map(
      ([, value]) => value,
    );
    expect(buttons).toEqual(["yes", "no"]);
    expect(section).toMatch(/<li id="wait-later"><p><time/);
    expect(section).toContain("&lt;b&gt;4711&lt;/b&gt;");
    expect(textOf(section)).toMatch(/The signal paid for &lt;b&gt;4711&lt;\/b&gt;.* The signal paid for this run/);
    expect(html).not.toContain("Start now");
  });

  it("says afterwards who has answered what and when, and the run goes on", async () => {
    const runId = await suspended();
    const response = await send(runId, { value: "yes", comment: "As agreed,\r\nby phone." });
    expect([response.status, response.headers.get("Location")]).toEqual([303, `/app/runs/${runId}`]);
    const html = await owner.read(`/app/runs/${runId}`);
    expect([sectionOf(html, "What it waits for"), counted(html)]).toEqual(["", ""]);
    const answers = textOf(sectionOf(html, "Answered"));
    for (const said of [QUESTION.prompt, "yes by", "As agreed, by phone."]) expect(answers).toContain(said);
    const name = /<bdi class="name" title="([^"]+)"/.exec(sectionOf(html, "Answered"))?.[1];
    expect(html).toContain(`Answered by ${name}: yes`);
    expect((await readRun(service, tenant, runId)).status).not.toBe("COMPLETED");
  });

  it("has a bar for the time that it was suspended, and another one for that in the queue before and after it", async () => {
    const { sql } = service.database;
    const runId = await suspended();
    await sql`
      update workflow_run_events set at = at - case type when 'TRIGGERED' then 3 when 'SUSPENDED' then 1 else 2 end * interval '1 hour'
      where run_id = ${runId}`;
    const barsOf = async () => {
      const attempts = sectionOf(await owner.read(`/app/runs/${runId}`), "Attempts");
      const labels = [...attempts.matchAll(/<svg class="time-bar"[^>]* aria-label="([^"]*)"/g)].map(
        ([, label]) => label,
      );
      return [...labels, textOf(attempts.slice(attempts.indexOf("<dl")))];
    };
    expect(await barsOf()).toEqual([
      expect.stringMatching(/^Attempt 1: Queued 1 h.*, Ran 1 h/),
      expect.stringMatching(/^Attempt 2: Suspended 1 h[^,]*$/),
      expect.stringMatching(/Suspended 1 h[^Q]*$/),
    ]);
    // Another run has the slot.
    await invoke(service, tenant);
    await answer(service, tenant.owner.key, runId);
    await sql`
      update run_waits set answered_at = answered_at - interval '20 minutes' where run_id = ${runId} and key = 'approve'`;
    expect((await barsOf())[1]).toMatch(/^Attempt 2: Suspended 40 min[^,]*, Queued 20 min/);
  });

  it("takes a text where there are no choices, and keeps what was typed when it is refused", async () => {
    const { choices: _, ...open } = QUESTION;
    const runId = await suspended([open]);
    expect(await owner.read(`/app/runs/${runId}`)).toMatch(/<textarea[^>]* name="value"/);
    const refused = await send(runId, { value: " ", comment: "Why not", prompt: "Pay?" });
    const html = await refused.text();
    expect([refused.status, html.includes("Why not"), textOf(html).includes("Answer: Fill this in.")]).toEqual([
      422,
      true,
      true,
    ]);
    expect((await send(runId, { value: "Tomorrow\r\nat 9" })).status).toBe(303);
    const [wait] = await service.database.sql`select value, comment from run_waits where run_id = ${runId}`;
    expect(wait).toEqual({ value: "Tomorrow\nat 9", comment: null });
  });

  it("takes a choice that has a blank at its end", async () => {
    const choices = ["yes ", "no"];
    const runId = await suspended([{ ...QUESTION, choices }]);
    const html = await owner.read(`/app/runs/${runId}`);
    expect(html).toContain('<button type="submit" name="value" value="yes "');
    expect((await send(runId, { value: "yes ", choice: choices })).status).toBe(303);
  });

  it("says in a second tab who was first, and with what", async () => {
    await service.database.sql`update users set first_name = 'Ada' where id = ${tenant.admin.id}`;
    const runId = await suspended();
    await answer(service, tenant.admin.key, runId, { value: "no" });
    const late = await send(runId, { value: "yes", prompt: QUESTION.prompt, choice: ["yes", "no"] });
    const html = await late.text();
    expect(late.status).toBe(409);
    expect(textOf(html)).toContain("Ada has answered “no” at ");
    expect(html).not.toContain(`action="/app/runs/${runId}/waits`);
    expect((await send(runId, { value: "no" })).status).toBe(303);
  });

  it("refuses what is no choice, no question, and a form of another site", async () => {
    const runId = await suspended();
    expect((await send(runId, { value: "maybe", choice: ["yes", "no"] })).status).toBe(422);
    expect((await send(runId, { value: "yes" }, "other")).status).toBe(404);
    expect((await send(runId, { value: "yes" }, "%20")).status).toBe(404);
    expect((await send(await insertRun(service.database, tenant), { value: "yes" })).status).toBe(404);
    expect((await send(runId, { value: "yes" }, "approve", user)).status).toBe(404);
    const path = `/app/runs/${runId}/waits/approve/answer`;
    const foreign = await owner.post(path, { value: "yes" }, { Origin: "https://evil.example" });
    expect(foreign.status).toBe(403);
    const [wait] = await service.database.sql`select value from run_waits where run_id = ${runId}`;
    expect(wait?.value).toBeNull();
  });

  it("shows what its attempts have kept, with the values folded", async () => {
    const runId = await invoke(service, tenant);
    const token = await runToken(tenant, runId);
    for (const [key, value] of [
      ["ocr", { pages: 12, text: HOSTILE }],
      ["long", "x".repeat(5000)],
    ] as const) {
      const path = `/v1/workflow-runs/${runId}/checkpoints/${key}`;
      expect((await service.send("PUT", path, token, { value })).status).toBe(200);
    }
    const section = sectionOf(await owner.read(`/app/runs/${runId}`), "Checkpoints");
    expect(textOf(section)).toMatch(/ocr \d+ B, attempt 1, .*&quot;pages&quot;: 12/);
    expect(section).not.toContain("<script>");
    expect(section).not.toMatch(/<details[^>]* open/);
    expect([section.includes(`${"x".repeat(999)}…`), section.includes("x".repeat(1000))]).toEqual([true, false]);
  });
});

describe("the page of a run that has triggered others", () => {
  let runId: string;
  /** Triggers children of a run, whose workflow may trigger runs of itself. */
  const trigger = async (keys: string[], of = runId) =>
    (await triggerChildren(service, { tenant, childId: tenant.definitionId }, of, keys)).map(({ run_id }) => run_id);
  const read = (of = runId) => owner.read(`/app/runs/${of}`);
  const childrenOf = (html: string) => sectionOf(html, "Children");
  const keysOf = (html: string) => [...childrenOf(html).matchAll(/<bdi class="name">([^<]*)</g)].map(([, key]) => key);

  beforeEach(async () => {
    await service.database.sql`
      update workflow_definitions set may_trigger = array[id], max_running = 9 where id = ${tenant.definitionId}`;
    runId = await invoke(service, tenant);
  });

  it("has them as a tree, with their states, and its parents as a path, in one request", async () => {
    const [one = ""] = await trigger(["page-1"]);
    const [two = ""] = await trigger(["word-1"], one);
    const [three = ""] = await trigger(["letter-1"], two);
    expect((await suspend(service, tenant, two, [{ key: "letters", kind: "children" }])).status).toBe(200);
    const [html, requests] = await service.counted(() => read());
    expect([requests, keysOf(html)]).toEqual([1, ["page-1", "word-1", "letter-1"]]);
    const tree = new RegExp(
      `<li id="child-${one}">.*<ul class="family"><li id="child-${two}">.*<ul class="family"><li id="child-${three}">`,
    );
    expect(childrenOf(html)).toMatch(tree);
    expect(textOf(childrenOf(html))).toMatch(/(Running|Not taken yet) page-1 .* Suspended word-1 .* for .* letter-1/);
    const path = /<dt>Parents<\/dt><dd>(.*?)<\/dd>/s.exec(await read(three))?.[1] ?? "";
    expect([...path.matchAll(/href="\/app\/runs\/([^"]+)"/g)].map(([, id]) => id)).toEqual([runId, one, two]);
    expect(textOf(path)).toMatch(/, as letter-1$/);
    expect(await read(one)).toContain("<dt>Parent</dt>");
  });

  it("says how many have ended, and listens to its children until they have", async () => {
    const [one = "", two = ""] = await trigger(["page-1", "page-2"]);
    await suspend(service, tenant, runId, [{ key: "pages", kind: "children", run_ids: [one, two] }]);
    await complete(service, tenant, one);
    const html = await read();
    expect(textOf(sectionOf(html, "What it waits for"))).toContain("1 of 2 children have ended: pages");
    expect(html).toContain(`data-live="/app/changes?run=${runId}&amp;family=1"`);
    const explained = await service.get(`/v1/workflow-runs/${runId}/explain`, tenant.owner.key);
    expect((await explained.json<{ message: string }>()).message).toContain("of which 1 of 2 have ended");
    await complete(service, tenant, two);
    await callBack(service, tenant, runId, { status: "COMPLETED" }, 2);
    expect(await read()).not.toContain("/app/changes");
  });

  it("has those first that have failed and go on, and links to all of them, by their states", async () => {
    const keys = (name: string, count: number) => Array.from({ length: count }, (_, n) => `${name}-${n}`);
    const first = await trigger(keys("page", 60));
    await trigger(keys("word", 12), first[3]);
    const { sql } = service.database;
    await sql`
      update workflow_runs set status = 'COMPLETED', completed_at = now(), started_at = now(), queue_position = null, slot_no = null,
        key_slot_no = null, next_dispatch_at = null, deadline_at = coalesce(deadline_at, now()), ended_by = 'CALLBACK'
      where id = any (${first.slice(0, 55)}::uuid[])`;
    await sql`
      update workflow_runs set status = 'FAILED', error = 'It broke.', failure_code = 'REPORTED' where id = ${first[3]}`;
    const html = await read();
    expect(keysOf(html).slice(0, 11)).toEqual(["page-3", ...keys("word", 10)]);
    expect(keysOf(html).slice(11, 16)).toEqual(expect.arrayContaining(["page-55", "page-59"]));
    expect(keysOf(html)).toHaveLength(60);
    const text = textOf(childrenOf(html));
    for (const said of ["All 60", "Failed 1", "Completed 54", "These are 50 of 60", "2 more children", "It broke."])
      expect(text).toContain(said);
    const failed = await owner.read(`/app/runs?parent=${runId}&status=FAILED`);
    expect([...failed.matchAll(/<tr id="run-([^"]+)"/g)].map(([, id]) => id)).toEqual([first[3]]);
    expect(textOf(failed)).toContain(`Children of …${runId.slice(-8)}`);
    expect(childrenOf(html)).toContain(`href="/app/runs?parent=${first[3]}"`);
  });

  it("has 150 runs below its children, and says that these are the first ones", async () => {
    await service.database.sql`update workflow_definitions set max_running = 50 where id = ${tenant.definitionId}`;
    const keys = (name: string, count: number) => Array.from({ length: count }, (_, n) => `${name}-${n}`);
    for (const child of await trigger(keys("page", 16))) await trigger(keys("word", 10), child);
    const html = await read();
    const countOf = (name: string) => keysOf(html).filter((key) => key?.startsWith(name)).length;
    expect([countOf("page"), countOf("word")]).toEqual([16, 150]);
    expect(textOf(childrenOf(html))).toContain("Below its children, the first 150 runs are shown.");
  });

  it("names those that the reader may see, and nothing of the others", async () => {
    const [one = ""] = await trigger(["page-1"]);
    await trigger(["word-1"], one);
    await service.database.sql`update workflow_runs set user_id = ${tenant.user.id} where id = ${one}`;
    const ofUser = await user.read(`/app/runs/${one}`);
    expect([ofUser.includes("<dt>Parent</dt>"), childrenOf(ofUser)]).toEqual([false, ""]);
  });
});

describe("a suspended run in a list", () => {
  it("is marked as such, with until when, and is found by it", async () => {
    const [asking, sleeping] = [await suspended(), await suspended([timer(3600)])];
    const queued = await insertRun(service.database, tenant);
    const list = await owner.read("/app/runs");
    const rowOf = (id: string) => textOf(list.slice(list.indexOf(`<tr id="run-${id}"`)).split("</tr>", 1)[0] ?? "");
    expect(rowOf(asking)).toMatch(/Suspended attempt 2 .* for (&lt; )?\d/);
    expect(rowOf(sleeping)).toMatch(/Suspended attempt 2 .* until \d/);
    expect(rowOf(queued)).not.toContain("Suspended");
    const found = await owner.read("/app/runs?waits=suspended");
    expect([...found.matchAll(/<tr id="run-([^"]+)"/g)].map(([, id]) => id).sort()).toEqual([asking, sleeping].sort());
  });
});
