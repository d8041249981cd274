import { beforeEach, describe, expect, it } from "vitest";
import { startFakeRunner } from "../../support/fake-runner.ts";
import { callBack, invoke, makeOverdue } from "../../support/lifecycle.ts";
import { startService } from "../../support/service.ts";
import { answer, QUESTION, suspend } from "../../support/suspensions.ts";
import { createTenant, runToken, type TestTenant } from "../../support/tenant.ts";

const service = await startService();
let tenant: TestTenant;
let runner: Awaited<ReturnType<typeof startFakeRunner>>;
let runId: string;

beforeEach(async () => {
  runner = await startFakeRunner();
  tenant = await createTenant(service.database, { runnerUrl: runner.url });
  runId = await invoke(service, tenant);
});

const keep = async (key: string, value: unknown, attempt = 1) =>
  service.send("PUT", `/v1/workflow-runs/${runId}/checkpoints/${key}`, await runToken(tenant, runId, attempt), {
    value,
  });
const readResume = async (attempt: number) =>
  service.get(`/v1/workflow-runs/${runId}/resume`, await runToken(tenant, runId, attempt));

describe("a checkpoint", () => {
  it("keeps its first value: the same one again is 200, and another one is 409 and says what is kept", async () => {
    expect(await (await keep("ocr", { pages: 12, total: 1e308 })).json()).toEqual({ is_new: true });
    expect(await (await keep("ocr", { total: 1e308, pages: 12 })).json()).toEqual({ is_new: false });
    const another = await keep("ocr", { pages: 13 });
    expect([another.status, await another.text()]).toEqual([409, expect.stringContaining("which stays:")]);
    expect((await keep("nothing", null)).status).toBe(200);
  });

  it("is there for the next attempt, with all answers, and the token of the last one changes nothing", async () => {
    await keep("ocr", { pages: 12 });
    await suspend(service, tenant, runId);
    expect((await keep("late", 1)).status).toBe(409);
    await answer(service, tenant.owner.key, runId);
    const dispatches = await runner.requests(2);
    const { data } = JSON.parse(dispatches.at(-1)?.body ?? "") as { data: { resume: { checkpoints: number } } };
    expect(data.resume.checkpoints).toBe(1);
    expect((await readResume(1)).status).toBe(409);
    expect(await (await readResume(2)).json()).toMatchObject({
      outcomes: { approve: { value: "yes" } },
      checkpoints: { ocr: { pages: 12 } },
    });
    await suspend(service, tenant, runId, [{ ...QUESTION, key: "pay" }], { attempt: 2 });
    await answer(service, tenant.owner.key, runId, { value: "no" }, "pay");
    expect(await (await readResume(3)).json()).toMatchObject({
      outcomes: { approve: { value: "yes" }, pay: { value: "no" } },
    });
  });

  it("is refused when the run has ended, also by time, and when the token is of another run", async () => {
    const other = await createTenant(service.database, { runnerUrl: runner.url });
    const path = `/v1/workflow-runs/${runId}/checkpoints/ocr`;
    const theirs = await runToken(other, await invoke(service, other));
    expect((await service.send("PUT", path, theirs, { value: 1 })).status).toBe(409);
    await makeOverdue(service, runId);
    expect((await keep("ocr", 1)).status).toBe(409);
    expect((await readResume(1)).status).toBe(409);
  });

  it("stays when a person retries the run, is read by people, and goes with its run", async () => {
    await keep("ocr", [1, 2]);
    await callBack(service, tenant, runId, { status: "FAILED" });
    await service.send("POST", `/v1/workflow-runs/${runId}/retry`, tenant.owner.key);
    expect(await (await readResume(2)).json()).toEqual({ outcomes: {}, checkpoints: { ocr: [1, 2] } });
    const list = async (key: string) => service.get(`/v1/workflow-runs/${runId}/checkpoints`, key);
    expect(await (await list(tenant.owner.key)).json()).toMatchObject({
      ...{ total: 1, items: [{ key: "ocr", attempt: 1, bytes: 5, value: [1, 2] }] },
    });
    expect((await list(tenant.user.key)).status).toBe(404);
    await callBack(service, tenant, runId, { status: "COMPLETED" }, 2);
    await service.send("DELETE", `/v1/workflow-runs/${runId}`, tenant.owner.key);
    expect(await service.database.sql`select from run_checkpoints where run_id = ${runId}`).toEqual([]);
  });
});
