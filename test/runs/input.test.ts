import { describe, expect, it } from "vitest";
import { BUSY_RUNNER, createTenantWithRunner } from "../support/fake-runner.ts";
import { callBack, invoke, invokePath } from "../support/lifecycle.ts";
import { startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";

const service = await startService();
const tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });

const send = (body: unknown, to = tenant) => service.send("POST", invokePath(to), to.owner.key, body);

/** For what `JSON.stringify` would not write. */
const sendText = (body: string) =>
  service.fetch(invokePath(tenant), {
    method: "POST",
    headers: { Authorization: `Bearer ${tenant.owner.key}`, "Content-Type": "application/json" },
    body,
  });

async function invokeWith(body: unknown, to = tenant): Promise<string> {
  const response = await send(body, to);
  expect(response.status).toBe(202);
  return (await response.json<{ id: string }>()).id;
}

const inputPath = (runId: string) => `/v1/workflow-runs/${runId}/input`;

async function readInput(runId: string, of = tenant): Promise<unknown> {
  const response = await service.get(inputPath(runId), of.owner.key);
  expect(response.status).toBe(200);
  return response.json();
}

async function faultsOf(response: Response) {
  expect(response.status).toBe(422);
  return (await response.json<{ detail: { loc: unknown[]; type: string; msg: string }[] }>()).detail;
}

describe("the input of a run", () => {
  it("is what the invoke gave, with the same values and the same order of fields, in one database request", async () => {
    const input = { z: 1, a: [null, true, 1.5, 1e308, -0.25], "": { naïve: "😀\u0001" }, ["__proto__"]: { x: 1 } };
    const runId = await invokeWith({ input });
    const [answer, requests] = await service.counted(() => service.get(inputPath(runId), tenant.owner.key));
    expect(requests).toBe(1);
    expect(await answer.text()).toBe(JSON.stringify({ input }));
  });

  it("is null when none was given, and {} when that was given", async () => {
    for (const [body, input] of [
      [{}, null],
      [{ input: null }, null],
      [{ input: {} }, {}],
    ]) {
      expect(await readInput(await invokeWith(body))).toEqual({ input });
    }
  });

  it("is in the dispatch, and in that of a retry", async () => {
    const { tenant: other, runner } = await createTenantWithRunner(service.database);
    const input = { quarter: "2026-Q1", pages: [1, 2] };
    const runId = await invokeWith({ input }, other);
    const [first] = await runner.requests(1);
    expect(JSON.parse(first?.body ?? "").data.input).toEqual(input);

    await callBack(service, other, runId, { status: "FAILED" });
    expect((await service.send("POST", `/v1/workflow-runs/${runId}/retry`, other.owner.key)).status).toBe(202);
    const [, second] = await runner.requests(2);
    expect(JSON.parse(second?.body ?? "").data).toMatchObject({ attempt: 2, input });
    expect(await readInput(runId, other)).toEqual({ input });
  });

  it("is null in the dispatch when none was given", async () => {
    const { tenant: other, runner } = await createTenantWithRunner(service.database);
    await invoke(service, other);
    const [request] = await runner.requests(1);
    expect(JSON.parse(request?.body ?? "").data).toHaveProperty("input", null);
  });

  it("is not among the run's own fields", async () => {
    const runId = await invokeWith({ input: { secret: "x" } });
    const run = await (await service.get(`/v1/workflow-runs/${runId}`, tenant.owner.key)).json<object>();
    expect(Object.keys(run)).toHaveLength(11);
    expect(run).not.toHaveProperty("input");
  });

  it("has at most 32 KiB, whatever its characters", async () => {
    const around = JSON.stringify({ a: "" }).length;
    for (const [unit, bytes] of [
      ["x", 1],
      ["é", 2],
    ] as const) {
      const fits = { a: unit.repeat((32 * 1024 - around) / bytes) };
      expect(await readInput(await invokeWith({ input: fits }))).toEqual({ input: fits });
      const [fault, ...others] = await faultsOf(await send({ input: { a: `${fits.a}${unit}` } }));
      expect([fault?.loc, others]).toEqual([["body", "input"], []]);
      expect(fault?.msg).toContain("32768 bytes");
    }
  });

  it.each(["text", 1, true, [], [{}]])("must be a JSON object: %j", async (input) => {
    expect(await faultsOf(await send({ input }))).toEqual([
      expect.objectContaining({ loc: ["body", "input"], type: "value_error", msg: "Must be a JSON object." }),
    ]);
  });

  it("may contain neither a zero byte nor an unpaired surrogate, anywhere", async () => {
    const faults = await faultsOf(
      await sendText(
        String.raw`{"input": {"a": ["\u0000"], "b": {"c": "\ud800"}, "\u0000": 1, "d": "\\u0000 \ud83d\ude00"}}`,
      ),
    );
    expect(faults.map(({ loc }) => loc)).toEqual([
      ["body", "input", "a", 0],
      ["body", "input", "b", "c"],
      ["body", "input"],
    ]);
  });

  it("may contain no number that would be returned as another one: 1e999", async () => {
    const [fault] = await faultsOf(await sendText('{"input": {"a": [1e999]}}'));
    expect(fault?.loc).toEqual(["body", "input", "a", 0]);
  });

  it("may contain no whole number that would be rounded, and each has its place", async () => {
    const text =
      '{"input": {"id": 9007199254740993, "all": [9007199254740991, {"x": -1234567890123456789}], "f": 0.10000000000000000555}}';
    const faults = await faultsOf(await sendText(text));
    expect(faults.map(({ loc }) => loc)).toEqual([
      ["body", "input", "id"],
      ["body", "input", "all", 1, "x"],
    ]);
    expect(faults[0]?.msg).toMatch(/would be changed.*Send it as a text/);
    expect(await faultsOf(await sendText('{"concurrency_key": "k", "input": 12345678901234567890}'))).toEqual([
      expect.objectContaining({ loc: ["body", "input"] }),
    ]);
  });

  it("with many such numbers below long names gets few faults, and at least one, before anybody asks who has sent it", async () => {
    const numbers = Array.from({ length: 50 }, () => "9007199254740993").join();
    const sendBatch = async (name: string) => {
      const response = await service.fetch(`/v1/workflow-definitions/${crypto.randomUUID()}/invoke-batch`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: `{${JSON.stringify(name)}: [${numbers}]}`,
      });
      const text = await response.clone().text();
      expect(text.length).toBeLessThan(20_000);
      return faultsOf(response);
    };
    expect(await sendBatch("a".repeat(1_000_000))).toEqual([
      expect.objectContaining({ loc: ["body", expect.stringMatching(/^a{299}…$/), 0] }),
    ]);
    expect(await sendBatch("b".repeat(4_000))).toHaveLength(3);
    expect(await sendBatch("c")).toHaveLength(50);
  });

  it("is deleted with its run", async () => {
    const runId = await invokeWith({ input: { a: 1 } });
    await service.database.sql`delete from workflow_runs where id = ${runId}`;
    expect((await service.get(inputPath(runId), tenant.owner.key)).status).toBe(404);
  });
});

describe("an idempotency key", () => {
  it("belongs to one input: repeating both gets the same run, whatever the order of the fields", async () => {
    const idempotency_key = crypto.randomUUID();
    const runId = await invokeWith({ idempotency_key, input: { a: 1, b: [1, 2] } });
    const again = await send({ idempotency_key, input: { b: [1, 2], a: 1 } });
    expect(again.headers.get("Idempotency-Replayed")).toBe("true");
    expect((await again.json<{ id: string }>()).id).toBe(runId);
  });

  it.each([
    [{ a: 1 }, { a: 2 }],
    [{ a: 1 }, null],
    [null, {}],
    [{ a: [1, 2] }, { a: [2, 1] }],
  ])("is 422 with another input: %j and then %j", async (first, second) => {
    const idempotency_key = crypto.randomUUID();
    const runId = await invokeWith({ idempotency_key, input: first });
    const [fault, ...others] = await faultsOf(await send({ idempotency_key, input: second }));
    expect([fault?.loc, fault?.type, others]).toEqual([["body", "input"], "value_error", []]);
    expect(await readInput(runId)).toEqual({ input: first });
  });
});
