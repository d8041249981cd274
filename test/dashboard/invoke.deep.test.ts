/** The form that triggers a run. */
import { describe, expect, it } from "vitest";
import { PAGE_SETTINGS, untouchedForm } from "../support/browser.ts";
import { callBack, inSeconds, invoke, invokePath, readRun } from "../support/lifecycle.ts";
import { openedTenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";

const service = await startService({ settings: PAGE_SETTINGS });
const { tenant, owner, user } = openedTenantOfEachTest(service);

const inputOf = async (location: string | null) => {
  const path = `/v1/workflow-runs/${location?.split("/").at(-1)}/input`;
  return (await service.get(path, tenant.owner.key)).json();
};

const action = () => `/app/workflows/${tenant.definitionId}/invoke`;

const invokeWith = (input: unknown) =>
  service.send("POST", invokePath(tenant), tenant.owner.key, { input }).then((answer) => answer.json<{ id: string }>());

/** The text of the field for the input on a page. */
const textIn = (html: string) => /<textarea [^>]*name="input"[^>]*>([^<]*)</.exec(html)?.[1]?.replaceAll("&quot;", '"');

describe("the form that triggers a run", () => {
  it("sends the typed input, or none", async () => {
    const answer = await owner.post(action(), { input: '{\r\n  "quarter": "2026-Q1"\r\n}' });
    expect(await inputOf(answer.headers.get("Location"))).toEqual({ input: { quarter: "2026-Q1" } });
    const without = await owner.post(action(), { input: "  " });
    expect(await inputOf(without.headers.get("Location"))).toEqual({ input: null });
  });

  it("begins empty, and offers the input of the last run that has one, that of a person before that of a trigger", async () => {
    const path = `/app/workflows/${tenant.definitionId}`;
    const offered = async () => {
      const html = await owner.read(path);
      expect(textIn(html)).toBe("");
      return /href="\/app\/runs\/([0-9a-f-]+)\/again\?only=input"/.exec(html)?.[1];
    };
    await invoke(service, tenant);
    expect(await offered()).toBe(undefined);
    const { id: byTrigger } = await invokeWith({ page: 6 });
    await service.database.sql`
      update workflow_runs set triggered_by = '{"trigger_name": "Each night"}' where id = ${byTrigger}`;
    expect([await offered(), (await owner.read(path)).includes("Each night")]).toEqual([byTrigger, true]);
    const { id } = await invokeWith({ page: 7 });
    const { id: later } = await invokeWith({ page: 8 });
    await service.database
      .sql`update workflow_runs set triggered_by = '{"trigger_name": "Each night"}' where id = ${later}`;
    expect(await offered()).toBe(id);
  });

  it("takes over the whole input of a run, and its labels and key to run it again, in one database request", async () => {
    const { id } = await (
      await service.send("POST", invokePath(tenant), tenant.owner.key, {
        ...{ input: { text: "x".repeat(5000) }, labels: { customer: "4711" }, concurrency_key: "k1" },
      })
    ).json<{ id: string }>();
    const [again, requests] = await service.counted(() => owner.read(`/app/runs/${id}/again`));
    expect(requests).toBe(1);
    const form = await untouchedForm(again, action());
    expect(form).toMatchObject({ run: id, labels: "customer:4711", concurrency_key: "k1" });
    expect(JSON.parse(form.input ?? "")).toEqual({ text: "x".repeat(5000) });
    const other = await untouchedForm(await owner.read(`/app/runs/${id}/again?only=input`), action());
    expect(other).toMatchObject({ run: "", labels: "", concurrency_key: "", input: form.input });
    expect((await user.get(`/app/runs/${id}/again`)).status).toBe(404);
  });

  it("keeps the blanks and line breaks of the labels and of the key that are not changed", async () => {
    const labels = { customer: " 4711 ", note: "two\r\nlines" };
    const invoked = { labels, concurrency_key: "k " };
    const { id } = await (await service.send("POST", invokePath(tenant), tenant.owner.key, invoked)).json<{
      id: string;
    }>();
    const fields = await untouchedForm(await owner.read(`/app/runs/${id}/again`), action());
    const run = async (typed: Record<string, string>) => {
      const answer = await owner.post(action(), { ...fields, ...typed, new_id: crypto.randomUUID() });
      const again = answer.headers.get("Location")?.split("/").at(-1);
      const [row] = await service.database.sql`
        select public.labels_of(id) as labels, concurrency_key from workflow_runs where id = ${again}`;
      return row;
    };
    expect(await run({})).toEqual(invoked);
    expect(await run({ labels: "customer: 4711 \r\nteam: x ", concurrency_key: " l " })).toEqual({
      ...{ labels: { customer: " 4711 ", team: "x" }, concurrency_key: "l" },
    });
  });

  it("says that the workflow is busy or its queue full, links to the run in the way, and keeps what was typed", async () => {
    const set = (assignment: string) =>
      service.database.sql.query(`update workflow_definitions set ${assignment} where id = $1`, [tenant.definitionId]);
    const runId = await invoke(service, tenant);
    await set("when_busy = 'skip'");
    const busy = await owner.post(action(), { input: '{"a": 1}' });
    const html = await busy.text();
    expect([busy.status, textIn(html), html.includes(`href="/app/runs/${runId}"`)]).toEqual([409, '{"a": 1}', true]);
    expect(html).toContain("The workflow is busy, and its policy skips a run then");
    const again = await owner.post(`/app/runs/${runId}/again`);
    expect([again.status, (await again.text()).includes(`href="/app/runs/${runId}"`)]).toEqual([409, true]);
    await set("when_busy = 'queue', max_queued = 1");
    await invoke(service, tenant);
    const full = await owner.post(action(), { input: "" });
    expect([full.status, (await full.text()).includes("lets at most 1 of its runs wait")]).toEqual([409, true]);
  });

  it("shows every fault, those of the input beside their lines, and keeps what was typed", async () => {
    const text = '{\n  "a": 1\n  "b": 2\n}';
    const [refused, requests] = await service.counted(() =>
      owner.post(action(), { input: text, idempotency_key: "k".repeat(300) }),
    );
    const html = await refused.text();
    expect([refused.status, requests, textIn(html)]).toEqual([422, 0, text]);
    expect(html).toContain("Input: Line 2: A comma or } is missing at the end of this line.");
    expect(html).toContain("Idempotency key: Must have at most 255 characters.");
    const lines = /<div class="lines" aria-hidden="true">(.*?)<\/div>/.exec(html)?.[1] ?? "";
    expect(lines.split("<p").map((line) => line.includes("faulty"))).toEqual([false, false, true, false, false]);
    expect(html).toMatch(/<details class="more-fields" open=""/);
  });

  it("names the line of a value that cannot be stored, and explains what is no object", async () => {
    const unstorable = await (await owner.post(action(), { input: '{\n  "a": [\n    "\\u0000"\n  ]\n}' })).text();
    expect(unstorable).toContain("Line 3: Must not contain a zero byte");
    expect(await (await owner.post(action(), { input: "[1]" })).text()).toContain("Input: Must be a JSON object.");
  });

  it("explains an idempotency key that has triggered a run with another input", async () => {
    await owner.post(action(), { input: '{"a": 1}', idempotency_key: "k" });
    const refused = await owner.post(action(), { input: '{"a": 2}', idempotency_key: "k" });
    expect([refused.status, (await refused.text()).includes("has triggered a run with another input")]).toEqual([
      ...[422, true],
    ]);
  });

  it("runs a run again with a changed input, and goes back to that run when it is refused", async () => {
    const { id } = await invokeWith({ page: 7 });
    await callBack(service, tenant, id, { status: "COMPLETED" });
    const html = await owner.read(`/app/runs/${id}`);
    expect([textIn(html), html.includes(`name="run" value="${id}"`)]).toEqual(['{\n  "page": 7\n}', true]);
    const refused = await (await owner.post(action(), { run: id, input: "{" })).text();
    expect([refused.includes("<h1>Run again</h1>"), refused.includes(`href="/app/runs/${id}"`)]).toEqual([true, true]);
    const again = await owner.post(action(), { run: id, input: '{"page": 8}' });
    expect(await inputOf(again.headers.get("Location"))).toEqual({ input: { page: 8 } });
  });

  it("takes labels, one in each line, and runs a run again with the same ones", async () => {
    const given = await owner.post(action(), { labels: "customer: 4711\r\n\r\nregion:eu:west" });
    const id = given.headers.get("Location")?.split("/").at(-1) ?? "";
    const details = await service.get(`/v1/workflow-runs/${id}/details`, tenant.owner.key);
    expect(await details.json()).toMatchObject({ labels: { customer: "4711", region: "eu:west" } });
    await callBack(service, tenant, id, { status: "COMPLETED" });
    expect(await owner.read(`/app/runs/${id}`)).toMatch(
      /<textarea [^>]*name="labels"[^>]*>customer:4711\nregion:eu:west</,
    );
    const refused = await owner.post(action(), { labels: "customer" });
    expect([refused.status, await refused.text()]).toEqual([
      422,
      expect.stringContaining("Labels: Write “customer” as key:value"),
    ]);
  });

  it("takes the minutes, in UTC, between which the run must start, and explains wrong ones by their fields", async () => {
    const [at, by] = [inSeconds(3600).slice(0, 16), inSeconds(7200).slice(0, 16)];
    const given = await owner.post(action(), { start_after: at, must_start_by: by });
    const path = `/v1/workflow-runs/${given.headers.get("Location")?.split("/").at(-1)}/details`;
    const details = await (await service.get(path, tenant.owner.key)).json();
    const instants = { start_after: `${at}:00.000Z`, must_start_by: `${by}:00.000Z` };
    expect(details).toMatchObject({ status: "PENDING", ...instants });
    const refused = await owner.post(action(), { start_after: by, must_start_by: at });
    const html = await refused.text();
    expect([refused.status, html.includes(`value="${by}"`), html.includes(`value="${at}"`)]).toEqual([422, true, true]);
    expect(html).toContain("Start at the latest: Must be in the future, and later than “Start not before”.");
    expect(html).toMatch(/<details class="more-fields" open=""/);
    const nonsense = await owner.post(action(), { start_after: "soon" });
    expect([nonsense.status, await nonsense.text()]).toEqual([
      422,
      expect.stringContaining("Start not before: Choose a date."),
    ]);
  });

  it("has a field for each simple value of the input schema, and says what is wrong beside it", async () => {
    const properties = {
      quarter: { type: "string", title: "Quarter", description: "Such as 2026-Q1.", pattern: "^20[0-9]{2}-Q[1-4]$" },
      pages: { type: "integer", minimum: 1 },
      kind: { enum: ["short", "long", 3] },
      draft: { type: "boolean" },
    };
    const schema = { type: "object", properties, required: ["quarter"], additionalProperties: false };
    const setSchema = (input_schema: object) =>
      service.send("PUT", `/v1/workflow-definitions/${tenant.definitionId}/policy`, tenant.owner.key, { input_schema });
    const old = await invokeWith({ other: 1 });
    expect((await setSchema(schema)).status).toBe(200);
    const page = await owner.read(`/app/workflows/${tenant.definitionId}`);
    for (const name of Object.keys(properties)) expect(page).toContain(`name="input.${name}"`);
    expect([textIn(page), page.includes("Such as 2026-Q1."), page.includes(">Quarter</label>")]).toEqual([
      ...[undefined, true, true],
    ]);
    const sent = { schema: JSON.stringify(schema), "input.quarter": "2026-Q5", "input.pages": "many" };
    const refused = await owner.post(action(), sent);
    const html = await refused.text();
    expect([refused.status, html.includes('value="2026-Q5"'), html.includes('value="many"')]).toEqual([
      422,
      true,
      true,
    ]);
    expect(html).toContain("Quarter: Does not match the pattern");
    expect(html).toContain("Must be of the type integer");
    const right = {
      ...sent,
      "input.quarter": "2026-Q1",
      "input.pages": "3",
      "input.kind": "3",
      "input.draft": "false",
    };
    const taken = await owner.post(action(), right);
    expect(await inputOf(taken.headers.get("Location"))).toEqual({
      input: { quarter: "2026-Q1", pages: 3, kind: 3, draft: false },
    });
    const id = taken.headers.get("Location")?.split("/").at(-1) ?? "";
    await callBack(service, tenant, old.id, { status: "COMPLETED" });
    await callBack(service, tenant, id, { status: "COMPLETED" });
    const form = await owner.read(`/app/runs/${id}`);
    expect([textIn(form), form.includes('value="2026-Q1"'), form.includes('value="3"')]).toEqual([
      undefined,
      true,
      true,
    ]);

    // A schema that fields cannot say is fitted by JSON, and the first run does not fit any more.
    await setSchema({ ...schema, properties: { ...properties, lines: { type: "array" } } });
    const again = await owner.post(`/app/runs/${old.id}/again`);
    expect([again.status, await again.text()]).toEqual([422, expect.stringContaining("Input quarter: Is missing.")]);
    const editor = await owner.read(`/app/runs/${id}/again`);
    expect([textIn(editor)?.includes("2026-Q1"), editor.includes("The schema that it must fit")]).toEqual([true, true]);
  });

  it("triggers what the API triggers", async () => {
    const waiting = await invoke(service, tenant);
    const answer = await owner.post(action());
    const id = answer.headers.get("Location")?.split("/").at(-1) ?? "";
    expect([waiting === id, (await readRun(service, tenant, id)).status]).toEqual([false, "PENDING"]);
  });
});
