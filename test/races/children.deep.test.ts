import { beforeAll, describe, expect, it } from "vitest";
import { askForChildren, complete, createFamily, fail, triggerChildren } from "../support/children.ts";
import { extent } from "../support/in-turn.ts";
import { brokenInvariants } from "../support/invariants.ts";
import { eventTypes, invoke, readRun } from "../support/lifecycle.ts";
import { type Service, startService } from "../support/service.ts";
import { endSoon, suspend } from "../support/suspensions.ts";
import type { TestTenant } from "../support/tenant.ts";

const TIMES = extent(8, 1000);
const WAIT = { key: "pages", kind: "children" };

let service: Service;
let family: { tenant: TestTenant; childId: string };
let tenant: TestTenant;

beforeAll(async () => {
  service = await startService();
  family = await createFamily(service);
  ({ tenant } = family);
});

/** A run with children, again and again. After all races, everything must be consistent, and nothing is left to do. */
async function raceOften(keys: string[], act: (runId: string, childIds: string[], n: number) => Promise<void>) {
  for (let n = 0; n < TIMES; n++) {
    const runId = await invoke(service, tenant);
    const childIds = (await triggerChildren(service, family, runId, keys)).map(({ run_id }) => run_id);
    await act(runId, childIds, n);
  }
  await service.sweep();
  const broken = await brokenInvariants(service.database.sql.query, {
    ...{ tenantId: tenant.id, limited: [tenant.definitionId, family.childId] },
  });
  expect(broken).toEqual([]);
  const due = await service.database.sql`select from due_firings where tenant_id = ${tenant.id}`;
  expect(due).toHaveLength(0);
}

const starts = async (runId: string) =>
  (await eventTypes(service, tenant, runId)).filter((type) => type === "STARTED").length;
const statusOf = async (runId: string) => (await readRun(service, tenant, runId)).status;
const stop = (runId: string) => service.send("POST", `/v1/workflow-runs/${runId}/stop`, tenant.owner.key);

describe(`of ${TIMES} parents`, () => {
  it("the last two children that end at the same moment resume each once", async () => {
    await raceOften(["one", "two"], async (runId, [one = "", two = ""]) => {
      expect((await suspend(service, tenant, runId, [WAIT])).status).toBe(200);
      await Promise.all([complete(service, tenant, one), fail(service, tenant, two)]);
      // The Worker that ended the first one may have found the definition locked by the other.
      await service.sweep();
      expect([await statusOf(runId), await starts(runId)]).toEqual(["RUNNING", 2]);
      await service.send("POST", `/v1/workflow-runs/${runId}/stop`, tenant.owner.key);
    });
  });

  it("a suspension and the end of the last child at the same moment never leave one waiting", async () => {
    await raceOften(["one"], async (runId, [one = ""], n) => {
      const both = [() => suspend(service, tenant, runId, [WAIT]), () => complete(service, tenant, one)];
      await Promise.all((n % 2 === 0 ? both : both.toReversed()).map((act) => act()));
      await service.sweep();
      expect(await statusOf(runId)).toBe("RUNNING");
      await stop(runId);
    });
  });

  it("a child that is triggered while its parent is stopped is stopped, or never there", async () => {
    await raceOften(["one"], async (runId, [one = ""], n) => {
      const child = [{ workflow_definition_id: family.childId, key: "late" }];
      const both = [() => askForChildren(service, tenant, runId, child), () => stop(runId)];
      const answers = await Promise.all((n % 2 === 0 ? both : both.toReversed()).map((act) => act()));
      expect(answers.map(({ status }) => status).filter((status) => status !== 200 && status !== 409)).toEqual([]);
      await service.sweep();
      const left = await service.database.sql`
        select from workflow_runs where parent_run_id = ${runId} and status in ('PENDING', 'RUNNING')`;
      expect([await statusOf(runId), await statusOf(one), left]).toEqual(["FAILED", "FAILED", []]);
    });
  });

  it.each(["fail", "continue"])(
    "its deadline and the end of its last child leave each one outcome (%s)",
    async (on_timeout) => {
      await raceOften(["one"], async (runId, [one = ""], n) => {
        await suspend(service, tenant, runId, [WAIT], { on_timeout, timeout_seconds: 3600 });
        await endSoon(service, runId, n);
        await Promise.all([complete(service, tenant, one), service.sweep()]);
        await service.sweep();
        const status = await statusOf(runId);
        expect(on_timeout === "continue" ? ["RUNNING"] : ["RUNNING", "FAILED"]).toContain(status);
        expect(await starts(runId)).toBe(status === "RUNNING" ? 2 : 1);
        await stop(runId);
      });
    },
  );
});
