import { beforeAll, expect, it } from "vitest";
import { createRunner, type Outcome, type Work } from "../../../client/src/runner/index.ts";
import { invoke, readRun } from "../../support/lifecycle.ts";
import { passLease, useLeases } from "../../support/runners.ts";
import { type Service, startService } from "../../support/service.ts";
import { createTenant, type TestTenant } from "../../support/tenant.ts";

const STEPS = 10;

let service: Service;

beforeAll(async () => {
  service = await startService();
});

/** When a runner is killed: after its first step and before the service has kept the checkpoint of that step, or after that. */
type Moment = "before its checkpoint" | "after its checkpoint";

/** Lets a new runner of the kit work on one attempt. Resolves to its outcome, or to null once it was killed: from then on it does nothing. */
function workOnce({ owner }: TestTenant, work: Work, killedAt: Moment | null): Promise<Outcome | null> {
  return new Promise((resolve) => {
    let isKilled = false;
    const kill = (): Promise<never> => {
      isKilled = true;
      resolve(null);
      return new Promise(() => {});
    };
    const runner = createRunner({
      lease: { url: "https://service.test", key: owner.key, onEnd: (_run, outcome) => resolve(outcome) },
      work,
      async fetch(input, init) {
        const request = new Request(input, init);
        const { url, method, headers } = request;
        const isCheckpoint = method === "PUT";
        if (isKilled || (isCheckpoint && killedAt === "before its checkpoint")) return kill();
        const body = await request.text();
        const response = await service.fetch(url, { method, headers, ...(body && { body }) });
        return isKilled || (isCheckpoint && killedAt === "after its checkpoint") ? kill() : response;
      },
    });
    runner.run({ most: 1 });
  });
}

it("a run of ten steps whose runner is killed at 20 points does again only what was not kept yet", async () => {
  const tenant = await createTenant(service.database);
  await useLeases(service, tenant);
  const runId = await invoke(service, tenant);
  const done: number[] = [];
  const steps = Array.from({ length: STEPS }, (_, n) => n + 1);
  const work: Work = async (run) => {
    const values = [];
    for (const n of steps) {
      const step = await run.step(`step-${n}`, () => {
        done.push(n);
        return n * n;
      });
      values.push(step);
    }
    return { output: values };
  };

  for (const n of steps) {
    for (const moment of ["before its checkpoint", "after its checkpoint"] as const) {
      expect([n, moment, await workOnce(tenant, work, moment)]).toEqual([n, moment, null]);
      await passLease(service, runId);
      expect((await service.send("POST", `/v1/workflow-runs/${runId}/retry`, tenant.owner.key)).status).toBe(202);
    }
  }
  expect(await workOnce(tenant, work, null)).toMatchObject({ status: "COMPLETED", report: "recorded" });

  // Each step was done once before the kill that came before its checkpoint, and once more.
  expect(done).toEqual(steps.flatMap((n) => [n, n]));
  expect(await readRun(service, tenant, runId)).toMatchObject({ status: "COMPLETED" });
  const result = await service.get(`/v1/workflow-runs/${runId}/result`, tenant.owner.key);
  expect(await result.json()).toMatchObject({ attempt: 2 * STEPS + 1, output: steps.map((n) => n * n) });
});
