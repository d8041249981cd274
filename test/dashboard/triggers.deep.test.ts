/** The pages of triggers, and what the pages of workflows and runs say about them. */
import { beforeEach, describe, expect, it } from "vitest";
import { PAGE_SETTINGS, signIn, untouchedForm } from "../support/browser.ts";
import { insertRun, makeOverdue } from "../support/lifecycle.ts";
import { openedTenantOfEachTest } from "../support/of-each-test.ts";
import { permit } from "../support/path-parts.ts";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";
import { createWebhook, HMAC } from "../triggers/inbound-support.ts";
import { addWorkflow } from "../triggers/second-workflow.ts";
import {
  createAfter,
  createTrigger,
  type Firing,
  HOURLY,
  readFirings,
  readTrigger,
  send,
} from "../triggers/support.ts";

const service = await startService({ settings: PAGE_SETTINGS });
const { tenant, owner, user } = openedTenantOfEachTest(service);
let list: string;

beforeEach(async () => {
  list = `/app/workflows/${tenant.definitionId}/triggers`;
});

const FIELDS = { name: "Each morning", cron: "0 6 * * *", time_zone: "Europe/Berlin", catch_up_window_seconds: "3600" };

/** The text of a page, without its tags. */
const wordsOf = (html: string) => html.replaceAll(/<[^>]*>/g, "").replaceAll(/\s+/g, " ");

/** Fires a trigger by the API. */
const fire = (id: string) => send<Firing>(service, "POST", `/v1/triggers/${id}/fire`, tenant.owner.key);

/** Makes the first trigger of the workflow by the form. Returns the path of its page. */
async function add(fields: Record<string, string> = {}): Promise<string> {
  const response = await owner.post(`${list}/new`, { ...FIELDS, ...fields });
  if (response.status !== 303) throw new Error(`${response.status} ${await response.text()}`);
  return response.headers.get("Location") ?? "";
}

describe("the triggers of a workflow", () => {
  it("are linked from its page, which counts them and those that are paused", async () => {
    const workflow = `/app/workflows/${tenant.definitionId}`;
    expect(await owner.read(workflow)).toMatch(new RegExp(`none <a href="${list}">Add one<`));
    await add();
    const { id } = await createTrigger(service, tenant, HOURLY, { is_active: false });
    const html = await owner.read(workflow);
    expect(html).toMatch(new RegExp(`2 triggers, 1 of them paused <a href="${list}">Show<`));
    expect(html).toContain("and its 2 triggers, for good");
    const [page, requests] = await service.counted(() => owner.read(list));
    expect(requests).toBe(1);
    expect(page).toContain(`href="/app/triggers/${id}"`);
    expect(wordsOf(page)).toMatch(/Each morning\s*0 6 \* \* \* in Europe\/Berlin\s*Next: /);
  });

  it("are made by a form, which makes no second one when it is sent again", async () => {
    const more = { input: '{"a": 1}', labels: "customer:4711\r\nteam:x", concurrency_key: "k", when_busy: "skip" };
    const newId = /name="new_id" value="([^"]+)"/.exec(await owner.read(`${list}/new`))?.[1] ?? "";
    const path = await add({ ...more, starts_at: "2030-01-31T12:00", jitter_seconds: "60", new_id: newId });
    expect(path).toBe(`/app/triggers/${newId}`);
    expect(await add({ ...more, new_id: newId })).toBe(path);
    expect(await readTrigger(service, tenant, newId)).toMatchObject({
      ...{ name: "Each morning", user_id: tenant.owner.id, input: { a: 1 }, labels: { customer: "4711", team: "x" } },
      ...{ concurrency_key: "k", when_busy: "skip", is_active: true },
      schedule: {
        ...{ cron: "0 6 * * *", at: null, time_zone: "Europe/Berlin", starts_at: "2030-01-31T12:00:00.000Z" },
        ...{ ends_at: null, jitter_seconds: 60, catch_up: "last", catch_up_window_seconds: 3_600 },
      },
    });
    const html = await owner.read(path);
    for (const text of ["customer:4711 · team:x", "it does not fire", "&quot;a&quot;: 1", "up to 60 s later"]) {
      expect(html).toContain(text);
    }
  });

  it("show what is wrong beside the fields, and keep what was typed", async () => {
    const wrong = { ...FIELDS, cron: "0 0 31 2 *", jitter_seconds: "much", input: '{"a": }', labels: "no label" };
    const response = await owner.post(`${list}/new`, wrong);
    const html = await response.text();
    expect(response.status).toBe(422);
    for (const text of [
      "Input: Line 1: ",
      "Labels: Write “no label” as key:value",
      "Jitter in seconds: Fill in a whole",
    ]) {
      expect(html).toContain(text);
    }
    expect(html).toContain('value="0 0 31 2 *"');
    const faultsOf = async (fields: Record<string, string>) =>
      (await (await owner.post(`${list}/new`, { ...FIELDS, ...fields })).text())
        .split('role="alert"')[1]
        ?.split("</ul>")[0];
    expect(await faultsOf({ cron: "0 0 31 2 *" })).toContain("Cron expression: There is no such day in any year.");
    expect(await faultsOf({ cron: "" })).toContain("Cron expression: Send either “Cron expression” or “Or once, at”.");
    expect(await faultsOf({ time_zone: "" })).toContain("Time zone: Fill in a time zone, such as Europe/Berlin.");
    expect(await faultsOf({ time_zone: "Berlin" })).toContain("Time zone: Must be a time zone of the IANA database");
    expect(await faultsOf({ cron: "", at: "2020-01-01T00:00" })).toContain("Or once, at: Must be in the future.");
    expect(await faultsOf({ starts_at: "2030-01-02T00:00", ends_at: "2030-01-01T00:00" })).toContain(
      "Only before: Must be after “Not before”.",
    );
    expect(await faultsOf({ name: "" })).toContain("Name: Give it a name.");
  });
});

describe("all triggers", () => {
  it("are listed with what each did last, those that fire next first, by words of their names, in one request", async () => {
    await add({ name: "Yearly", cron: "0 6 1 1 *" });
    const { id } = await createTrigger(service, tenant, { cron: "* * * * *", time_zone: "UTC" }, { name: "Minutely" });
    await createTrigger(service, tenant, HOURLY, { name: "Paused one", is_active: false });
    await fire(id);
    const [html, requests] = await service.counted(() => owner.read("/app/triggers"));
    expect(requests).toBe(1);
    const words = wordsOf(html);
    expect(words).toMatch(
      /Minutely.*Fired.*It has triggered the run.*Yearly.*nothing yet.*Next: .*Paused one.*Paused since/,
    );
    const found = wordsOf(await owner.read("/app/triggers?q=year"));
    expect([found.includes("Yearly"), found.includes("Minutely")]).toEqual([true, false]);
    expect(await owner.read("/app/triggers?q=zzzz")).toContain("No triggers match.");
  });
});

describe("the meaning of a schedule", () => {
  const meaningOf = async (fields: Record<string, string>) => {
    const [html, requests] = await service.counted(() =>
      owner.read(`/app/triggers/preview?${new URLSearchParams(fields)}`),
    );
    expect(requests).toBe(0);
    return wordsOf(html);
  };

  it("is said in words with the next five instants, or what is wrong, as far as it is filled in", async () => {
    const { cron, time_zone } = FIELDS;
    expect((await meaningOf({ cron, time_zone })).match(/06:00 GMT\+[12]/g)).toHaveLength(5);
    expect(await meaningOf({ cron })).toBe("At 06:00, every day.");
    expect(await meaningOf({ at: "2090-03-01T06:00", time_zone })).toMatch(/^Once\..*1 Mar 2090, 06:00 GMT\+1/);
    expect(await meaningOf({ at: "2020-03-01T06:00", time_zone })).toBe("Once.There is no further instant.");
    expect(await meaningOf({ cron, time_zone, starts_at: "2090-01-01T00:00", ends_at: "2090-01-02T12:00" })).toMatch(
      /1 Jan 2090, 06:00.*2 Jan 2090, 06:00 GMT\+1$/,
    );
    expect(await meaningOf({ cron: "99 * * * *", time_zone })).toBe(
      "The minute must be from 0 to 59, so it cannot be 99.",
    );
    expect(await meaningOf({ cron, at: "2090-03-01T06:00" })).toBe("Send either “Cron expression” or “Or once, at”.");
    expect(await meaningOf({ time_zone })).toBe("");
  });

  it("is on the page of the trigger and in the form that changes it, also without a script", async () => {
    const path = await add();
    for (const page of [path, `${path}/change`])
      expect(wordsOf(await owner.read(page))).toContain("At 06:00, every day.");
  });
});

describe("a backfill", () => {
  it("fires only for instants that were shown before, and says what is wrong with a range", async () => {
    const path = await add({ cron: "0 6 * * *", time_zone: "UTC" });
    const id = path.split("/").at(-1) ?? "";
    const range = { from: "2026-01-01T00:00", to: "2026-01-04T00:00" };
    const shown = await (await owner.post(`${path}/backfill`, range)).text();
    expect(wordsOf(shown)).toContain("It triggers 3 runs, one for each of these instants");
    expect(await readFirings(service, tenant, id)).toEqual([]);
    const other = await owner.post(`${path}/backfill`, { ...range, count: "2" });
    expect([other.status, (await readFirings(service, tenant, id)).length]).toEqual([200, 0]);
    expect((await owner.post(`${path}/backfill`, { ...range, count: "3" })).status).toBe(303);
    expect((await readFirings(service, tenant, id)).map(({ outcome, cause }) => [outcome, cause])).toEqual(
      Array(3).fill(["FIRED", "backfill"]),
    );
    expect(await (await owner.post(`${path}/backfill`, range)).text()).toContain("There is no instant in this time");
    const wrong = async (fields: Record<string, string>) =>
      wordsOf(await (await owner.post(`${path}/backfill`, { ...range, ...fields })).text());
    expect(await wrong({ from: "" })).toContain("From: Choose a date.");
    expect(await wrong({ to: "2090-01-01T00:00", from: "2089-12-31T00:00" })).toContain(
      "Before: Must not be in the future.",
    );
    expect(await wrong({ from: "2020-01-01T00:00" })).toContain("more than 500 instants");
  });
});

describe("a trigger with a fixed input, of a workflow with an input schema", () => {
  const properties = { quarter: { type: "string", title: "Quarter", pattern: "^20[0-9]{2}-Q[1-4]$" } };
  const schema = { type: "object", properties, required: ["quarter"] };
  const setSchema = (input_schema: object) =>
    send(service, "PUT", `/v1/workflow-definitions/${tenant.definitionId}/policy`, tenant.owner.key, { input_schema });

  it("is made and changed by a form with a field for each value, and is marked when its input does not fit any more", async () => {
    const first = await addWorkflow(service.database, tenant);
    await setSchema(schema);
    const hasField = async (path: string) => (await owner.read(path)).includes('name="input.quarter"');
    expect(await Promise.all(["new", "new-run", "new-webhook"].map((kind) => hasField(`${list}/${kind}`)))).toEqual([
      ...[true, true, false],
    ]);
    const filled = { schema: JSON.stringify(schema), "input.quarter": "2026-Q5" };
    const refused = await owner.post(`${list}/new`, { ...FIELDS, ...filled });
    const html = await refused.text();
    expect([refused.status, html.includes('value="2026-Q5"')]).toEqual([422, true]);
    expect(wordsOf(html)).toContain("Quarter: Does not match the pattern");
    const path = await add({ ...filled, "input.quarter": "2026-Q1" });
    const then = { name: "Then", of: first, on: "ended", input_from: "output" };
    expect((await owner.post(`${list}/new-run`, then)).status).toBe(303);
    expect(await owner.read(`${path}/change`)).toContain('value="2026-Q1"');
    const mark = "Its input does not fit the schema of its workflow any more";
    const countMarks = async () => (await owner.read(list)).split(mark).length - 1;
    expect(await countMarks()).toBe(0);
    await setSchema({ ...schema, required: ["quarter", "year"] });
    expect([await countMarks(), (await owner.read(path)).includes(mark)]).toEqual([1, true]);
    // No field can show this: the input is written as JSON.
    await setSchema({ ...schema, properties: { ...properties, lines: { type: "array" } } });
    const editor = await owner.read(`${path}/change`);
    expect([editor.includes('name="input"'), editor.includes("The schema that it must fit")]).toEqual([true, true]);
    expect(await countMarks()).toBe(0);
  });
});

describe("a trigger that fires after another run", () => {
  it("is made by a form that offers the other workflows, and its page says what it does and what became of it", async () => {
    const first = await addWorkflow(service.database, tenant);
    expect(await owner.read(list)).toContain(`href="${list}/new-run"`);
    const form = await owner.read(`${list}/new-run`);
    expect(form).toContain(`<option value="${first}">Second</option>`);
    expect(form).not.toContain(`value="${tenant.definitionId}"`);
    expect(form).not.toContain('name="cron"');
    const fields = { name: "Then", of: first, on: "ended", input_from: "output" };
    const missing = await owner.post(`${list}/new-run`, { ...fields, of: "" });
    expect(await missing.text()).toContain("After runs of the workflow: Choose a workflow.");
    const itself = await owner.post(`${list}/new-run`, { ...fields, of: tenant.definitionId });
    expect(await itself.text()).toContain("A workflow cannot run after itself.");
    const path = (await owner.post(`${list}/new-run`, fields)).headers.get("Location") ?? "";
    for (const page of [path, list]) {
      expect(wordsOf(await owner.read(page))).toContain("once a run of Second has ended, COMPLETED or FAILED");
    }
    expect(await owner.read(`${path}/change`)).toContain(`value="${first}"`);

    const ended = await insertRun(service.database, { ...tenant, definitionId: first });
    await makeOverdue(service, ended);
    await service.sweep();
    const [firing] = await readFirings(service, tenant, path.split("/").at(-1) ?? "");
    expect(firing).toMatchObject({ outcome: "FIRED", of_run_id: ended });
    expect(await owner.read(path)).toContain(`href="/app/runs/${ended}"`);
    const run = await owner.read(`/app/runs/${firing?.run_id}`);
    expect(wordsOf(run)).toContain("the trigger Then, after another run");
    expect(run).toContain(`href="/app/runs/${ended}"`);

    await owner.post(`${path}/pause`, { note: "Until Monday" });
    expect(wordsOf(await owner.read(path))).toMatch(/Paused since .* by .*@test\.example/);
    const changed = { ...fields, on: "failed" };
    expect((await owner.post(`${path}/change-run`, changed)).headers.get("Location")).toBe(path);
    await service.send("DELETE", `/v1/workflow-definitions/${first}`, tenant.owner.key);
    expect(wordsOf(await owner.read(path))).toContain("a workflow that is gone or that you may not see");
  });
});

describe("the page of a trigger", () => {
  it("shows the next five instants in two time zones, and changes the schedule from now on", async () => {
    const path = await add({ cron: "", at: "2030-07-01T06:00" });
    const [once, requests] = await service.counted(() => owner.read(path));
    expect(requests).toBe(1);
    expect(once).toContain('<time datetime="2030-07-01T04:00:00.000Z"');
    expect(wordsOf(once)).toContain("Mon, 1 Jul 2030, 06:00 GMT+2");
    const form = await owner.read(`${path}/change`);
    expect(form).toContain('value="2030-07-01T06:00"');
    const changed = { ...FIELDS, cron: "0 12 * * *", time_zone: "UTC" };
    expect((await owner.post(`${path}/change`, changed)).headers.get("Location")).toBe(path);
    const html = await owner.read(path);
    expect(html.split("Next runs")[1]?.match(/<time datetime="[^"]+T12:00:00.000Z"/g)).toHaveLength(5);
  });

  it("pauses with a note, stays paused when it is changed, also by a form from before, and resumes", async () => {
    const path = await add();
    const id = path.split("/").at(-1) ?? "";
    expect((await owner.post(`${path}/pause`, { note: "x".repeat(1_001) })).status).toBe(422);
    const action = `${path}/change`;
    const openForm = async () => untouchedForm(await owner.read(action), action);
    const openedActive = await openForm();
    await owner.post(`${path}/pause`, { note: "Until Monday" });
    for (const page of [path, list]) expect(wordsOf(await owner.read(page))).toMatch(/Paused since .*Until Monday/);
    const openedPaused = await openForm();
    for (const [name, form] of Object.entries({ First: openedActive, Second: openedPaused })) {
      expect((await owner.post(action, { ...form, name })).status).toBe(303);
      expect(await readTrigger(service, tenant, id)).toMatchObject({
        ...{ name, is_active: false, pause_note: "Until Monday", paused_by: { user_id: tenant.owner.id } },
      });
    }
    await owner.post(`${path}/resume`, { catch_up: "1" });
    expect(await readTrigger(service, tenant, id)).toMatchObject({ is_active: true, pause_note: null });
    await owner.post(action, { ...openedPaused, name: "Third" });
    expect(await readTrigger(service, tenant, id)).toMatchObject({ name: "Third", is_active: true });
    expect(await owner.read(path)).toContain('id="ask-pause"');
  });

  it("shows its next instant as soon as it is resumed, before the sweep has planned it", async () => {
    const path = await add();
    const id = path.split("/").at(-1) ?? "";
    await service.database.sql`
      insert into sweep_state (id, paused_at) values (1, now()) on conflict (id) do update set paused_at = now()`;
    await owner.post(`${path}/pause`);
    await owner.post(`${path}/resume`);
    expect(await readTrigger(service, tenant, id)).toMatchObject({ is_active: true, next_at: null });
    for (const page of [path, list]) expect(wordsOf(await owner.read(page))).toMatch(/Next: .* 06:00 GMT\+[12]\)/);
    await service.database.sql`update sweep_state set paused_at = null`;
  });

  it("fires for the last instant of a pause when that is ticked, and not otherwise", async () => {
    const minute = new Date(Date.now() - 600_000).getUTCMinutes();
    const outcomesAfter = async (fields: Record<string, string>) => {
      const { id } = await createTrigger(service, tenant, { cron: `${minute} * * * *`, time_zone: "UTC" });
      await owner.post(`/app/triggers/${id}/pause`);
      await service.database.sql`update triggers set after_at = after_at - interval '180 minutes' where id = ${id}`;
      await owner.post(`/app/triggers/${id}/resume`, fields);
      return (await readFirings(service, tenant, id)).map(({ outcome, count }) => `${outcome} ${count}`).toSorted();
    };
    expect(await outcomesAfter({ catch_up: "1" })).toEqual(["FIRED 1", "MISSED 2"]);
    expect(await outcomesAfter({})).toEqual(["MISSED 3"]);
  });

  it("has a form that changes nothing when nothing in it is changed, whatever the kind of the trigger", async () => {
    const labels = { customer: " 4711 ", team: "a\nb " };
    const more = { input: { a: "<1>" }, labels, concurrency_key: " k & l\n", when_busy: "skip" };
    const other = await addWorkflow(service.database, tenant);
    const schedule = { ...HOURLY, starts_at: "2030-01-31T12:00:00.000Z", ends_at: "2031-01-31T23:59:59.000Z" };
    const late = { jitter_seconds: 60, catch_up: "none", catch_up_window_seconds: 600 };
    const webhook = {
      ...HMAC,
      when: ["paid", "push:a,b"],
      pick: { a: "/b", "c d": "/d" },
      key_from: "/e",
      labels_from: { f: "/g" },
    };
    const triggers = [
      await createTrigger(service, tenant, { ...schedule, ...late }, more),
      await createWebhook(service, tenant, webhook, more),
      await createAfter(
        service,
        tenant.definitionId,
        tenant.owner.key,
        other,
        { on: "ended", input_from: "run" },
        more,
      ),
    ];
    for (const [{ id }, end] of triggers.map((trigger, index) => [trigger, ["", "-webhook", "-run"][index]] as const)) {
      const before = await readTrigger(service, tenant, id);
      const action = `/app/triggers/${id}/change${end}`;
      const fields = await untouchedForm(await owner.read(`/app/triggers/${id}/change`), action);
      expect((await owner.post(action, fields)).status).toBe(303);
      expect(await readTrigger(service, tenant, id)).toEqual({ ...before, updated_at: expect.any(String) });
    }
  });

  it("keeps the blanks of labels and of the key that are not changed, and leaves out those of what is typed", async () => {
    const more = { labels: { customer: " 4711 ", team: "x " }, concurrency_key: "k " };
    const { id } = await createTrigger(service, tenant, HOURLY, more);
    const action = `/app/triggers/${id}/change`;
    const fields = await untouchedForm(await owner.read(action), action);
    const change = async (typed: Record<string, string>) => {
      expect((await owner.post(action, { ...fields, ...typed })).status).toBe(303);
      const { labels, concurrency_key } = await readTrigger(service, tenant, id);
      return { labels, concurrency_key };
    };
    expect(await change({ labels: `${fields.labels}\r\n stage : test ` })).toEqual({
      ...{ labels: { ...more.labels, stage: "test" }, concurrency_key: "k " },
    });
    expect(await change({ labels: "team: x ", concurrency_key: " l " })).toEqual({
      ...{ labels: { team: "x" }, concurrency_key: "l" },
    });
  });

  it("fires now, once for each form, and links to the run, whose page links back, and lists name the trigger", async () => {
    const path = await add();
    const newId = /name="new_id" value="([^"]+)"/.exec(await owner.read(path))?.[1] ?? "";
    const id = path.split("/").at(-1) ?? "";
    for (const _ of [1, 2]) expect((await owner.post(`${path}/fire`, { new_id: newId })).status).toBe(303);
    const firings = await readFirings(service, tenant, id);
    expect(firings).toMatchObject([{ id: newId, outcome: "FIRED", cause: "hand" }]);
    const run = `/app/runs/${firings[0]?.run_id}`;
    expect(await owner.read(path)).toContain(`href="${run}"`);
    expect(await owner.read(run)).toContain(`<a href="${path}">`);
    // A row of a list leads to its run only.
    for (const page of ["/app/runs", `/app/workflows/${tenant.definitionId}`]) {
      expect([page, await owner.read(page)]).toEqual([page, expect.stringMatching(/class="who-cell">.*Each morning/)]);
    }
    expect(wordsOf(await owner.read(run))).toContain("the trigger Each morning, fired by hand, with the rights of");
    const html = await owner.read(path);
    expect(html).toContain("and its 1 firing, for good");
    expect((await owner.post(`${path}/delete`, { workflow: tenant.definitionId })).headers.get("Location")).toBe(list);
    expect((await owner.get(path)).status).toBe(404);
    expect(await owner.read(run)).not.toContain(path);
    expect(wordsOf(await owner.read(run))).toContain("the trigger Each morning, fired by hand");
  });

  it("says in words what became of each occasion, page by page", async () => {
    const { id } = await createTrigger(service, tenant, HOURLY, { when_busy: "skip" });
    const path = `/app/triggers/${id}`;
    const inTheWay = await insertRun(service.database, tenant, { status: "RUNNING" });
    expect(await fire(id)).toMatchObject({ outcome: "SKIPPED" });
    expect(await owner.read(path)).toContain(`href="/app/runs/${inTheWay}"`);
    const { sql } = service.database;
    await sql`update workflow_definitions set is_active = false where id = ${tenant.definitionId}`;
    expect(await fire(id)).toMatchObject({ outcome: "REFUSED" });
    await sql`
      insert into trigger_firings (id, tenant_id, trigger_id, at, outcome, cause, scheduled_at, scheduled_until, count, reason)
      select gen_random_uuid(), ${tenant.id}, ${id}, statement_timestamp() - make_interval(hours => n), 'MISSED', 'schedule',
        '2026-01-01T00:00:00Z', '2026-01-01T04:00:00Z', 5, 'late'
      from generate_series(1, 22) n`;
    await sql`
      insert into trigger_firings (id, tenant_id, trigger_id, at, outcome, cause, reason)
      values (gen_random_uuid(), ${tenant.id}, ${id}, '2026-01-01', 'REFUSED', 'schedule', 'of_the_next_release')`;
    const html = await owner.read(path);
    expect(wordsOf(html)).toMatch(/Refused\s*The workflow was paused\..*Skipped\s*The run .* was in the way/);
    expect(wordsOf(html)).toContain("5 instants passed without anybody there to fire it in time.");
    expect(html).toMatch(/datetime="2026-01-01T00:00:00.000Z".* to <time datetime="2026-01-01T04:00:00.000Z"/s);
    expect(html).not.toContain("of_the_next_release");
    const older = new RegExp(`${path}\\?before=[0-9a-f.-]+`).exec(html)?.[0] ?? "";
    const [last, requests] = await service.counted(() => owner.read(older));
    expect(requests).toBe(1);
    expect(last).toContain("of_the_next_release");
    expect(last).toContain(`href="${path}#firings"`);
    expect(await owner.read(`${path}?before=nonsense`)).toContain("The workflow was paused.");
  });

  it("says why a trigger has paused itself, and whose rights it lacks", async () => {
    const { id } = await createTrigger(service, tenant, HOURLY, {}, tenant.admin.key);
    await service.database.sql`update users set deactivated_at = statement_timestamp() where id = ${tenant.admin.id}`;
    await fire(id);
    const html = await owner.read(`/app/triggers/${id}`);
    expect(html).toContain("It has paused itself: the user who changed it last is no longer active.");
    expect(html).toContain(`href="/app/people/${tenant.admin.id}"`);
    expect(html).toContain("Resume it, and it fires with your rights.");
    expect(wordsOf(await owner.read("/app/health"))).toMatch(
      /Triggers that do not fire ?Test ?of Test: paused itself less than a minute ago ?It has paused itself: /,
    );
    expect(await user.read("/app/health")).not.toContain("Triggers that do not fire");
  });

  it("is on Health when it should have fired or cannot be planned, and when somebody has paused it, it is not", async () => {
    const { id } = await createTrigger(service, tenant, HOURLY);
    await service.database
      .sql`update triggers set due_at = statement_timestamp() - interval '3 minutes' where id = ${id}`;
    expect(wordsOf(await owner.read("/app/health"))).toContain("of Test: should have fired 3 min ago");
    await service.database.sql`
      update triggers
      set next_at = null, due_at = statement_timestamp() + interval '1 minute', after_at = statement_timestamp() - interval '2 hours'
      where id = ${id}`;
    expect(wordsOf(await owner.read("/app/health"))).toMatch(
      /of Test: has a schedule that cannot be computed any more, and has handled no instant for 2 h/,
    );
    await owner.post(`/app/triggers/${id}/pause`, { note: "Until Monday" });
    expect(await owner.read("/app/health")).not.toContain("Triggers that do not fire");
    await service.database.sql`
      insert into due_firings (tenant_id, trigger_id, due_at, run_id, attempt, depth)
      values (${tenant.id}, ${id}, statement_timestamp() - interval '5 minutes', gen_random_uuid(), 1, 1)`;
    expect(wordsOf(await owner.read("/app/health"))).toContain("should have fired 5 min ago");
    await service.sweep();
  });
});

describe("who may see and change a trigger", () => {
  it("a reader of the workflow sees it and changes nothing; nobody else sees it", async () => {
    const path = await add();
    const forms = ["change", "pause", "resume", "fire", "delete"].map((verb) => `${path}/${verb}`);
    const range = { from: "2026-01-01T00:00", to: "2026-01-02T00:00" };
    const backfill = async () => (await user.post(`${path}/backfill`, range)).status;
    expect([await backfill(), (await user.read("/app/triggers")).includes("Each morning")]).toEqual([404, false]);
    for (const page of [path, list, `${path}/change`]) expect((await user.get(page)).status).toBe(404);
    for (const form of forms) expect([form, (await user.post(form, FIELDS)).status]).toEqual([form, 404]);
    const [part] = await service.database.sql`
      select path_part_id as id from workflow_definitions where id = ${tenant.definitionId}`;
    await permit(service.database, tenant, part?.id, "READ_ONLY");
    expect(await backfill()).toBe(403);
    for (const page of [path, list, "/app/triggers"]) {
      const html = await user.read(page);
      expect(html).toContain("Each morning");
      expect(html).not.toMatch(/\/new"|ask-fire|Change</);
    }
    for (const page of [`${path}/change`, `${list}/new`, `${list}/new-run`])
      expect((await user.get(page)).status).toBe(403);
    for (const form of [...forms, `${list}/new`]) {
      expect([form, (await user.post(form, FIELDS)).status]).toEqual([form, 403]);
    }
  });

  it("another tenant sees nothing", async () => {
    const path = await add();
    const stranger = await signIn(service, (await createTenant(service.database)).owner.key);
    for (const page of [path, list, `${path}/change`]) expect((await stranger.get(page)).status).toBe(404);
    expect(await stranger.read("/app/triggers")).toContain("There is no trigger yet.");
    expect((await stranger.post(`${path}/fire`)).status).toBe(404);
  });
});
