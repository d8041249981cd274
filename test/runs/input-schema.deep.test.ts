/** Inputs that must fit the schema of a workflow's policy, however a run is triggered. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { callBack, invoke, invokePath } from "../support/lifecycle.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";
import { createWebhook, post } from "../triggers/inbound-support.ts";
import { addWorkflow, bodyAfter } from "../triggers/second-workflow.ts";
import { SIGNED } from "../triggers/signed-messages.ts";
import { backdate, createAfter, createTrigger, HOURLY, readFirings, send } from "../triggers/support.ts";

const service = await startService();
const tenant = tenantOfEachTest(service, { runnerUrl: BUSY_RUNNER });

beforeEach(async () => {
  // Runners ask for the runs, so that no dispatch is counted.
  await service.database.sql`
    update workflow_definitions set handover = 'lease', max_running = 50 where id = ${tenant.definitionId}`;
});

/** A schema that no isolate holds yet, since each has another id. Its fields are not in the order of the alphabet. */
const newSchema = (type = "integer") => ({
  $id: `urn:uuid:${crypto.randomUUID()}`,
  type: "object",
  properties: { quarter: { type: "string", pattern: "^20[0-9]{2}-Q[1-4]$" }, pages: { type } },
  required: ["quarter"],
});
const FITS = { quarter: "2026-Q1", pages: 3 };
const WRONG = { quarter: "2026-Q5", pages: "3" };

const policyPath = (id = tenant.definitionId) => `/v1/workflow-definitions/${id}/policy`;
const putSchema = (input_schema: object | null, id = tenant.definitionId) =>
  service.send("PUT", policyPath(id), tenant.owner.key, { handover: "lease", max_running: 50, input_schema });
async function setSchema<Schema extends object | null>(schema: Schema, id = tenant.definitionId): Promise<Schema> {
  expect((await putSchema(schema, id)).status).toBe(200);
  return schema;
}

const invokeWith = (body: object) => service.send("POST", invokePath(tenant), tenant.owner.key, body);
const path = (place: string) => `/v1/workflow-definitions/${tenant.definitionId}/${place}`;

async function faultsOf(response: Response): Promise<[string, string][]> {
  expect(response.status).toBe(422);
  const { detail } = await response.json<{ detail: { loc: (string | number)[]; msg: string }[] }>();
  return detail.map(({ loc, msg }) => [loc.join("."), msg]);
}

const countRuns = async () => {
  const [row] = await service.database
    .sql`select count(*)::int as count from workflow_runs where tenant_id = ${tenant.id}`;
  return row?.count;
};

const NO_PATTERN = "Does not match the pattern ^20[0-9]{2}-Q[1-4]$.";
const NO_NUMBER = "Must be of the type integer, and is of the type string.";

describe("the input schema of a policy", () => {
  it("is shown with the order of its fields, and is removed by null", async () => {
    const schema = await setSchema(newSchema());
    for (const place of ["policy", "input-schema"]) {
      const response = await service.get(path(place), tenant.owner.key);
      expect(await response.text()).toContain(JSON.stringify(schema));
    }
    expect(await (await service.get(path("input-schema"), tenant.owner.key)).json()).toEqual({ input_schema: schema });
    await setSchema(null);
    expect(await (await service.get(path("input-schema"), tenant.owner.key)).json()).toEqual({ input_schema: null });
    expect((await invokeWith({ input: WRONG })).status).toBe(202);
  });

  it("is refused with each fault in its place, and when it is too large", async () => {
    const schema = { properties: { a: { uniqueItems: true }, b: { $ref: "https://example.com" } }, mandatory: [] };
    expect((await faultsOf(await putSchema(schema))).map(([loc]) => loc)).toEqual([
      "body.input_schema.mandatory",
      "body.input_schema.properties.a.uniqueItems",
      "body.input_schema.properties.b.$ref",
    ]);
    expect(await faultsOf(await putSchema({ description: "x".repeat(16_384) }))).toEqual([
      ["body.input_schema", expect.stringContaining("at most 16384 bytes")],
    ]);
  });
});

describe("an invoke of a workflow with an input schema", () => {
  it("takes two requests to the database, and then one as long as the isolate holds the schema", async () => {
    await setSchema(newSchema());
    const count = async (body: object) => {
      const [response, requests] = await service.counted(() => invokeWith(body));
      return [response.status, requests];
    };
    expect(await count({ input: FITS })).toEqual([202, 2]);
    expect(await count({ input: FITS })).toEqual([202, 1]);
    expect(await count({ input: WRONG })).toEqual([422, 1]);
    // Another schema of the same workflow, which the isolate does not hold.
    await setSchema(newSchema("string"));
    expect(await count({ input: FITS })).toEqual([422, 2]);
    expect(await count({ input: { ...FITS, pages: "3" } })).toEqual([202, 1]);
    expect(await countRuns()).toBe(3);
  });

  it("is judged by the newest schema when somebody changes that while the input is checked", async () => {
    await setSchema(newSchema());
    const { fetch } = globalThis;
    const spy = vi.spyOn(globalThis, "fetch").mockImplementationOnce(async (input, init) => {
      const answer = await fetch(input, init);
      await setSchema(newSchema("string"));
      return answer;
    });
    const response = await invokeWith({ input: { ...FITS, pages: "3" } });
    spy.mockRestore();
    expect([response.status, await countRuns()]).toEqual([202, 1]);
  });

  it("is refused with all faults, and without an input it is checked as if that were {}", async () => {
    await setSchema(newSchema());
    const faults = [
      ["body.input.quarter", NO_PATTERN],
      ["body.input.pages", NO_NUMBER],
    ];
    expect(await faultsOf(await invokeWith({ input: WRONG }))).toEqual(faults);
    expect(await faultsOf(await invokeWith({ input: WRONG }))).toEqual(faults);
    for (const body of [{}, { input: null }, { input: {} }]) {
      expect(await faultsOf(await invokeWith(body))).toEqual([["body.input.quarter", "Is missing."]]);
    }
    expect(await countRuns()).toBe(0);
  });

  it("is refused when the check of its inputs would keep the Worker busy, also when each of them alone would not", async () => {
    const each = { allOf: Array.from({ length: 100 }, () => ({ type: "integer" })) };
    await setSchema({ ...newSchema(), required: [], properties: { list: { items: each } } });
    const list = (length: number) => ({ input: { list: Array(length).fill(1) } });
    const tooLong = expect.stringContaining("takes too long");
    // Each value takes 202 steps, of the 105,000 for one input or the 115,000 for three. Equal ones are checked once.
    expect(await faultsOf(await invokeWith(list(5_000)))).toEqual([["body.input", tooLong]]);
    expect((await invokeWith(list(300))).status).toBe(202);
    const runs = [300, 301, 302].map(list);
    const batch = await service.send("POST", path("invoke-batch"), tenant.owner.key, { runs });
    expect((await faultsOf(batch)).map(([, msg]) => msg)).toContainEqual(tooLong);
  });

  it("judges the caller and the workflow first, and answers a repeated key with its run", async () => {
    const other = await createTenant(service.database);
    await invokeWith({ idempotency_key: "k", input: WRONG });
    await setSchema(newSchema());
    expect((await service.send("POST", invokePath(tenant), other.owner.key, { input: WRONG })).status).toBe(404);
    expect((await invokeWith({ idempotency_key: "k", input: WRONG })).headers.get("Idempotency-Replayed")).toBe("true");
    await service.database.sql`update workflow_definitions set is_active = false where id = ${tenant.definitionId}`;
    expect((await invokeWith({ input: WRONG })).status).toBe(409);
  });
});

describe("a batch, and a retry", () => {
  it("names the runs of a batch that do not fit, triggers none then, and needs one request once the schema is known", async () => {
    await setSchema(newSchema());
    const batch = (runs: object[]) => service.send("POST", path("invoke-batch"), tenant.owner.key, { runs });
    const [refused, first] = await service.counted(() =>
      batch([{ input: FITS }, { input: WRONG }, {}, { input: FITS }]),
    );
    expect(await faultsOf(refused)).toEqual([
      ["body.runs.1.input.quarter", NO_PATTERN],
      ["body.runs.1.input.pages", NO_NUMBER],
      ["body.runs.2.input.quarter", "Is missing."],
    ]);
    expect(await countRuns()).toBe(0);
    const [taken, second] = await service.counted(() => batch([{ input: FITS }, { input: { ...FITS, pages: 4 } }]));
    expect([taken.status, first, second]).toEqual([202, 2, 1]);
    expect(await faultsOf(await batch([{ input: WRONG }]))).toContainEqual(["body.runs.0.input.pages", NO_NUMBER]);
  });

  it("a retry keeps the input that the run was triggered with", async () => {
    const runId = await invoke(service, tenant, tenant.owner.key, { input: WRONG });
    expect((await service.send("POST", `/v1/workflow-runs/${runId}/stop`, tenant.owner.key)).status).toBe(200);
    await setSchema(newSchema());
    expect((await service.send("POST", `/v1/workflow-runs/${runId}/retry`, tenant.owner.key)).status).toBe(202);
  });
});

describe("a trigger of a workflow with an input schema", () => {
  const PUSH = JSON.stringify(WRONG);

  it("is saved only with a fixed input that fits", async () => {
    await setSchema(newSchema());
    const body = { name: "Hourly", kind: "schedule", schedule: HOURLY };
    const create = (more: object) => service.send("POST", path("triggers"), tenant.owner.key, { ...body, ...more });
    expect(await faultsOf(await create({ input: WRONG }))).toContainEqual(["body.input.pages", NO_NUMBER]);
    expect(await faultsOf(await create({}))).toEqual([["body.input.quarter", "Is missing."]]);
    const { id } = await (await create({ input: FITS })).json<{ id: string }>();
    const replaced = await service.send("PUT", `/v1/triggers/${id}`, tenant.owner.key, { ...body, input: WRONG });
    expect(await faultsOf(replaced)).toContainEqual(["body.input.pages", NO_NUMBER]);
    // These get the input of each run with the message, or from the run that has ended.
    const hook = { name: "Hook", kind: "webhook", webhook: { scheme: "github" } };
    expect((await service.send("POST", path("triggers"), tenant.owner.key, hook)).status).toBe(201);
    const of = await addWorkflow(service.database, tenant);
    for (const [input_from, status] of [
      ["output", 201],
      ["run", 201],
      ["fixed", 422],
    ] as const) {
      const after = bodyAfter(of, { input_from });
      expect((await service.send("POST", path("triggers"), tenant.owner.key, after)).status).toBe(status);
    }
  });

  it("fires by its schedule, by hand and for the past while its input fits, and is refused with the faults otherwise", async () => {
    const { id } = await createTrigger(service, tenant, HOURLY, { input: FITS });
    await setSchema(newSchema());
    const fireByHand = () => send<{ outcome: string }>(service, "POST", `/v1/triggers/${id}/fire`, tenant.owner.key);
    await backdate(service, id, 150);
    await service.sweep();
    expect(await fireByHand()).toMatchObject({ outcome: "FIRED" });
    // Soon after a full hour, a schedule that was set back has missed an instant, too.
    const readTries = async () =>
      (await readFirings(service, tenant, id)).filter(({ outcome }) => outcome !== "MISSED");
    const [byHand, bySchedule] = await readTries();
    expect(byHand).toMatchObject({ cause: "hand", outcome: "FIRED" });
    expect(bySchedule).toMatchObject({ cause: "schedule", outcome: "FIRED" });

    await setSchema(newSchema("string"));
    const reason = { outcome: "REFUSED", reason: "input_invalid", run_id: null };
    const detail = {
      input_faults: [{ path: ["pages"], msg: "Must be of the type string, and is of the type number." }],
    };
    expect(await fireByHand()).toMatchObject({ ...reason, detail });
    // An instant has one outcome, and the first sweep has fired the one before now.
    await service.database.sql`delete from trigger_firings where trigger_id = ${id}`;
    await backdate(service, id, 70);
    await service.sweep();
    expect((await readTries())[0]).toMatchObject({ ...reason, cause: "schedule", detail });
    const to = new Date().toISOString();
    const range = { from: new Date(Date.now() - 86_400_000).toISOString(), to };
    const backfill = await service.send("POST", `/v1/triggers/${id}/backfill`, tenant.owner.key, range);
    expect(await backfill.json()).toMatchObject({ fired: 0, refused: { ...reason, detail } });
  });

  it("is refused with the reason when the check is too dear or cannot be done, and the others of the sweep fire", async () => {
    const DEAR = { text: "ab".repeat(5_000) };
    const firing = async (schema: object, input: object) => {
      const other = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
      const { id } = await createTrigger(service, other, HOURLY, { input });
      await service.database.sql`
        update workflow_definitions set input_schema = ${JSON.stringify(schema)}, input_schema_hash = json_hash(${JSON.stringify(schema)})
        where id = ${other.definitionId}`;
      await backdate(service, id, 150);
      return async () => (await readFirings(service, other, id)).find(({ outcome }) => outcome !== "MISSED");
    };
    const fits = newSchema();
    // An older release has accepted the last one.
    const firings = await Promise.all([
      ...[firing(fits, FITS), firing({ ...fits, properties: { text: { pattern: "[^b]*(a.{50})[xyz]" } } }, DEAR)],
      ...[firing({ ...fits, properties: { text: { pattern: "(?=a)" } } }, DEAR), firing(fits, FITS)],
    ]);
    await service.sweep();
    const refused = (msg: RegExp) => ({
      ...{ outcome: "REFUSED", reason: "input_invalid" },
      detail: { input_faults: [{ path: [], msg: expect.stringMatching(msg) }] },
    });
    const [first, dear, broken, last] = await Promise.all(firings.map((read) => read()));
    expect([first, last]).toMatchObject([{ outcome: "FIRED" }, { outcome: "FIRED" }]);
    expect([dear, broken]).toMatchObject([refused(/takes too long/), refused(/cannot be used any more/)]);
  });

  it("takes a message whose input fits, and refuses another one with the reason, in one request once the schema is known", async () => {
    const hook = await createWebhook(service, tenant, { scheme: "github" });
    await setSchema(newSchema());
    const receive = (body: string) => post(service, hook.id, body, SIGNED.github({ secret: hook.secret, body }));
    const outcomes: unknown[] = [];
    for (const body of [PUSH, JSON.stringify(FITS), PUSH]) {
      const [response, requests] = await service.counted(() => receive(body));
      outcomes.push([(await response.json<{ outcome: string }>()).outcome, requests]);
    }
    // The first one also reads the trigger.
    expect(outcomes).toEqual([
      ["REFUSED", 3],
      ["FIRED", 1],
      ["REFUSED", 1],
    ]);
    const [refused] = await readFirings(service, tenant, hook.id);
    expect(refused).toMatchObject({ reason: "input_invalid", detail: { input_faults: [{}, {}] } });
  });

  it("fires after another run with an output that fits, and is refused with one that does not, while others fire beside it", async () => {
    await service.database.sql`update workflow_definitions set handover = 'webhook' where id = ${tenant.definitionId}`;
    const nextId = await addWorkflow(service.database, tenant);
    const from = (input_from: string) =>
      createAfter(service, nextId, tenant.owner.key, tenant.definitionId, { input_from }, { input: null });
    const ofOutput = await from("output");
    await setSchema(newSchema(), nextId);
    const complete = async (output: object) => {
      const runId = await invoke(service, tenant, tenant.owner.key);
      await callBack(service, tenant, runId, { status: "COMPLETED", output });
      await service.sweep();
    };
    await complete(FITS);
    await complete(WRONG);
    const firings = await readFirings(service, tenant, ofOutput.id);
    expect(firings.map(({ outcome }) => outcome)).toEqual(["REFUSED", "FIRED"]);
    expect(firings[0]).toMatchObject({ reason: "input_invalid" });
    const [row] = await service.database
      .sql`select count(*)::int as count from due_firings where tenant_id = ${tenant.id}`;
    expect(row?.count).toBe(0);
  });
});
