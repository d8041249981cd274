import { describe, expect, it } from "vitest";
import { BUSY_RUNNER, createTenantWithRunner } from "../support/fake-runner.ts";
import { callBack, invoke, makeOverdue, readRun } from "../support/lifecycle.ts";
import { startService } from "../support/service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

const service = await startService();

const newTenant = () => createTenant(service.database, { runnerUrl: BUSY_RUNNER });

const resultPath = (runId: string) => `/v1/workflow-runs/${runId}/result`;

async function readResult(tenant: TestTenant, runId: string): Promise<unknown> {
  const response = await service.get(resultPath(runId), tenant.owner.key);
  expect(response.status).toBe(200);
  return response.json();
}

/** Before the end, and where a runner has reported nothing else. */
const NOTHING = { failure_code: null, error: null, output: null, summary: null, artifacts: null, attempt: 1 };

const stop = (tenant: TestTenant, runId: string) =>
  service.send("POST", `/v1/workflow-runs/${runId}/stop`, tenant.owner.key, { reason: "Enough" });

describe("the result of a run", () => {
  it("is what its runner reported, in one database request", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    expect(await readResult(tenant, runId)).toEqual({ ...NOTHING, status: "RUNNING" });

    const artifact = {
      name: "a.pdf",
      url: "https://files.example/a.pdf",
      path_part_id: tenant.outputsId,
      sha256: "0aF".padEnd(64, "0"),
      bytes: 12,
    };
    const report = {
      output: { z: [1e308, null], a: "é" },
      summary: "Twelve pages.",
      artifacts: [artifact, { name: "b" }],
    };
    expect((await callBack(service, tenant, runId, { status: "COMPLETED", ...report })).status).toBe(200);

    const [answer, requests] = await service.counted(() => service.get(resultPath(runId), tenant.owner.key));
    expect(requests).toBe(1);
    expect(await answer.json()).toEqual({
      ...NOTHING,
      ...report,
      status: "COMPLETED",
      artifacts: [artifact, { name: "b", url: null, path_part_id: null, sha256: null, bytes: null }],
    });
    expect(Object.keys(await readRun(service, tenant, runId))).toHaveLength(11);
  });

  it.each([false, 0, "", "text", [], [1, [2]], {}, null])("may have any JSON as its output: %j", async (output) => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    await callBack(service, tenant, runId, { status: "COMPLETED", output });
    expect(await readResult(tenant, runId)).toEqual({ ...NOTHING, status: "COMPLETED", output });
  });

  it("has an output of at most 64 KiB: a larger one is refused with that limit, and the run stays as it was", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    for (const length of [65_535, 200_000]) {
      const refused = await callBack(service, tenant, runId, { status: "COMPLETED", output: "x".repeat(length) });
      expect(refused.status).toBe(422);
      expect(await refused.json()).toMatchObject({
        detail: [
          {
            loc: ["body", "output"],
            msg: expect.stringMatching(/^Must have at most 65536 bytes, .* file of the run\.$/),
          },
        ],
      });
      expect(await readResult(tenant, runId)).toEqual({ ...NOTHING, status: "RUNNING" });
    }
    const output = "x".repeat(65_534);
    expect((await callBack(service, tenant, runId, { status: "COMPLETED", output })).status).toBe(200);
    expect(await readResult(tenant, runId)).toEqual({ ...NOTHING, status: "COMPLETED", output });
  });

  it("is kept of a FAILED run, too, until a retry", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    const report = { output: [1], summary: "Half of it.", artifacts: [] };
    await callBack(service, tenant, runId, { status: "FAILED", error: "No paper.", ...report });
    expect(await readResult(tenant, runId)).toEqual({
      ...{ status: "FAILED", failure_code: "REPORTED", error: "No paper.", attempt: 1 },
      ...report,
    });
    await service.send("POST", `/v1/workflow-runs/${runId}/retry`, tenant.owner.key);
    expect(await readResult(tenant, runId)).toEqual({ ...NOTHING, status: "RUNNING", attempt: 2 });
  });

  it("does not change after the first report", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    await callBack(service, tenant, runId, { status: "COMPLETED", output: 1 });
    const again = await callBack(service, tenant, runId, { status: "COMPLETED", output: 2, summary: "Later" });
    expect(again.status).toBe(200);
    expect(await readResult(tenant, runId)).toMatchObject({ output: 1, summary: null });
  });

  it("is not changed by a late result", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    await stop(tenant, runId);
    expect((await callBack(service, tenant, runId, { status: "COMPLETED", output: 1 })).status).toBe(409);
    expect(await readResult(tenant, runId)).toMatchObject({ status: "FAILED", failure_code: "STOPPED", output: null });
  });

  it("is null before the end, and after a retry", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    expect(await readResult(tenant, runId)).toEqual({ ...NOTHING, status: "RUNNING" });
    await callBack(service, tenant, runId, { status: "FAILED", error: "No.", output: 1, summary: "Old" });
    await service.send("POST", `/v1/workflow-runs/${runId}/retry`, tenant.owner.key);
    expect(await readResult(tenant, runId)).toEqual({ ...NOTHING, attempt: 2, status: "RUNNING" });
  });

  it("is null while a run waits", async () => {
    const tenant = await newTenant();
    await invoke(service, tenant);
    expect(await readResult(tenant, await invoke(service, tenant))).toEqual({ ...NOTHING, status: "PENDING" });
  });
});

describe("what a callback may report", () => {
  const artifacts = (count: number) => Array.from({ length: count }, (_, i) => ({ name: `a${i}` }));

  const LIMITS: [what: string, good: object, bad: object, loc: unknown[]][] = [
    ["a summary", { summary: "é".repeat(2000) }, { summary: "é".repeat(2001) }, ["summary"]],
    ["artifacts", { artifacts: artifacts(50) }, { artifacts: artifacts(51) }, ["artifacts"]],
    ["a name", { artifacts: [{ name: "a".repeat(255) }] }, { artifacts: [{ name: "" }] }, ["artifacts", 0, "name"]],
    [
      "bytes",
      { artifacts: [{ name: "a", bytes: 0 }] },
      { artifacts: [{ name: "a", bytes: -1 }] },
      ["artifacts", 0, "bytes"],
    ],
    [
      "a checksum",
      { artifacts: [{ name: "a", sha256: "f".repeat(64) }] },
      { artifacts: [{ name: "a", sha256: "g".repeat(64) }] },
      ["artifacts", 0, "sha256"],
    ],
    [
      "a URL",
      { artifacts: [{ name: "a", url: "http://files.example/" }] },
      { artifacts: [{ name: "a", url: "javascript:alert(1)" }] },
      ["artifacts", 0, "url"],
    ],
    ["a known field", { artifacts: [] }, { artifacts: [{ name: "a", size: 1 }] }, ["artifacts", 0, "size"]],
    ["text that can be stored", { output: "\\u0000" }, { output: { a: ["\0"] } }, ["output", "a", 0]],
    ["a storable summary", { summary: "😀" }, { summary: "\ud800" }, ["summary"]],
  ];

  it.each(LIMITS)("has limits: %s", async (_, good, bad, loc) => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    const refused = await callBack(service, tenant, runId, { status: "COMPLETED", ...bad });
    expect(refused.status).toBe(422);
    const { detail } = await refused.json<{ detail: { loc: unknown[] }[] }>();
    expect(detail.map((fault) => fault.loc)).toEqual([["body", ...loc]]);
    expect((await callBack(service, tenant, runId, { status: "COMPLETED", ...good })).status).toBe(200);
    expect(await readResult(tenant, runId)).toMatchObject({ status: "COMPLETED" });
  });
});

describe("the failure code", () => {
  const codeOf = async (tenant: TestTenant, runId: string) => {
    const result = await readResult(tenant, runId);
    expect(result).toMatchObject({ status: "FAILED", error: expect.any(String) });
    return result;
  };

  it("is recorded when a run ends", async () => {
    const { tenant, runner } = await createTenantWithRunner(service.database);
    const { sql } = service.database;
    const ends: [code: string, end: (runId: string) => Promise<unknown>][] = [
      ["REPORTED", (runId) => callBack(service, tenant, runId, { status: "FAILED", error: "No." })],
      ["STOPPED", (runId) => stop(tenant, runId)],
      [
        "DEADLINE",
        async (runId) => {
          await makeOverdue(service, runId);
          await service.sweep();
        },
      ],
      ["REJECTED", async () => {}],
    ];
    for (const [code, end] of ends) {
      await runner.script([{ status: code === "REJECTED" ? 422 : 202 }]);
      const runId = await invoke(service, tenant);
      await end(runId);
      expect(await sql`select failure_code from workflow_runs where id = ${runId}`).toEqual([{ failure_code: code }]);
      expect(await codeOf(tenant, runId)).toMatchObject({ failure_code: code });
    }
  });

  it("is DEADLINE for a run that its runner had accepted, before and after the sweep", async () => {
    const { tenant } = await createTenantWithRunner(service.database);
    const runId = await invoke(service, tenant);
    await makeOverdue(service, runId);
    const before = await codeOf(tenant, runId);
    expect(before).toMatchObject({ failure_code: "DEADLINE" });
    await service.sweep();
    expect(await codeOf(tenant, runId)).toEqual(before);
  });

  it("is UNREACHED for a run that no runner ever accepted, before and after the sweep", async () => {
    const tenant = await newTenant();
    const runId = await invoke(service, tenant);
    await makeOverdue(service, runId);
    const before = await codeOf(tenant, runId);
    expect(before).toMatchObject({ failure_code: "UNREACHED" });
    await service.sweep();
    expect(await codeOf(tenant, runId)).toEqual(before);
  });

  it("is REJECTED for a run that its runner refused", async () => {
    const { tenant } = await createTenantWithRunner(service.database, [{ status: 422 }]);
    expect(await codeOf(tenant, await invoke(service, tenant))).toMatchObject({ failure_code: "REJECTED" });
  });

  it("is UNREACHED for a run whose workflow's URL is refused, since no runner has seen it", async () => {
    const tenant = await createTenant(service.database, { runnerUrl: "https://8.8.8.8/" });
    expect(await codeOf(tenant, await invoke(service, tenant))).toMatchObject({ failure_code: "UNREACHED" });
  });

  it("is STOPPED for a run that somebody stopped, whether it ran or waited", async () => {
    const tenant = await newTenant();
    for (const runId of [await invoke(service, tenant), await invoke(service, tenant)].reverse()) {
      await stop(tenant, runId);
      expect(await codeOf(tenant, runId)).toMatchObject({ failure_code: "STOPPED" });
    }
  });
});
