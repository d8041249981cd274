/** Runners that ask for work at the same time, and while others change the workflows. */
import { beforeEach, describe, expect, it } from "vitest";
import { holdTransaction } from "../support/held-transaction.ts";
import { brokenInvariants } from "../support/invariants.ts";
import { startRunner, useLeases } from "../support/runners.ts";
import { startService } from "../support/service.ts";
import { addDefinition, createStage, invokeDefinition, type Stage } from "../support/stage.ts";

const service = await startService();
let stage: Stage;

beforeEach(async () => {
  stage = await createStage(service, "leases");
});

/** So many workflows whose runs are leased, each with a run that waits, the oldest first. */
async function createWork(count: number): Promise<{ definitionId: string; runId: string }[]> {
  const work: { definitionId: string; runId: string }[] = [];
  for (let n = 0; n < count; n++) {
    const definitionId = await addDefinition(stage);
    await useLeases(service, stage.tenant, { definitionId });
    work.push({ definitionId, runId: await invokeDefinition(stage, definitionId) });
  }
  return work;
}

/** A transaction that holds the locks of workflows, as each change of their runs does. */
const hold = (definitionIds: string[], afterwards: Parameters<typeof holdTransaction>[2] = []) => {
  const { sql } = service.database;
  return holdTransaction(
    service.database,
    [sql`select from workflow_definitions where id = any (${definitionIds}::uuid[]) for update`],
    afterwards,
  );
};

const leaseOne = async () => {
  const runner = await startRunner(service, stage.tenant);
  return (await runner.lease({ max: 1 })).leases.map(({ run_id }) => run_id);
};

describe("a request for work", () => {
  it("passes over a workflow that another change holds, when another workflow has work", async () => {
    const [first, second] = await createWork(2);
    const { letGo } = await hold([first?.definitionId ?? ""]);
    expect(await leaseOne()).toEqual([second?.runId]);
    await letGo();
    expect(await leaseOne()).toEqual([first?.runId]);
  });

  it("waits for the workflows that others hold when no other has work, and takes what is left of any of them", async () => {
    const work = await createWork(2);
    const [first, second] = work;
    const { sql } = service.database;
    const { committed } = await hold(
      work.map(({ definitionId }) => definitionId),
      [sql`delete from workflow_runs where id = ${first?.runId}`],
    );
    expect(await leaseOne()).toEqual([second?.runId]);
    await committed;
  });

  it("waits for no workflow with a lower id than one that it holds, so no two requests wait for each other", async () => {
    const work = (await createWork(3)).toSorted((a, b) => (a.definitionId < b.definitionId ? -1 : 1));
    const [lowest, middle, highest] = work;
    // What waits there has expired. So the request holds these two, and has nothing of them.
    await service.database.sql`
      update workflow_runs set deadline_at = statement_timestamp() - interval '1 second'
      where id in (${lowest?.runId}, ${highest?.runId})`;
    const { letGo } = await hold([middle?.definitionId ?? ""]);
    expect(await leaseOne()).toEqual([]);
    await letGo();
    expect(await leaseOne()).toEqual([middle?.runId]);
  });

  it("gets no run of a workflow that wants tags since the request waits for it", async () => {
    const [first] = await createWork(1);
    const { committed } = await holdTransaction(service.database, [
      service.database.sql`update workflow_definitions set runner_tags = '{gpu}' where id = ${first?.definitionId}`,
    ]);
    expect(await leaseOne()).toEqual([]);
    await committed;
  });

  it("gets nothing for a session that is closed while the request waits, and that still holds a run", async () => {
    const [first] = await createWork(2);
    const runner = await startRunner(service, stage.tenant, { capacity: 2 });
    expect((await runner.lease({ max: 1 })).leases).toMatchObject([{ run_id: first?.runId }]);
    const context = { session: { session_id: runner.id, tenant_id: stage.tenant.id }, slack_seconds: 0, sends: false };
    const { committed } = await holdTransaction(service.database, [
      service.database.sql`select close_runner_session(${JSON.stringify(context)}::jsonb)`,
    ]);
    expect((await runner.lease({ max: 1 })).leases).toEqual([]);
    await committed;
  });

  it("gets one run for each of as many runners as there are runs, all at once", async () => {
    for (let round = 0; round < 4; round++) {
      const work = await createWork(5);
      const runners = await Promise.all(work.map(() => startRunner(service, stage.tenant)));
      const leased = await Promise.all(runners.map(async (runner) => (await runner.lease({ max: 1 })).leases));
      expect(leased.flatMap((leases) => leases.map(({ run_id }) => run_id)).toSorted()).toEqual(
        work.map(({ runId }) => runId).toSorted(),
      );
    }
    expect(await brokenInvariants(service.database.sql.query, { tenantId: stage.tenant.id })).toEqual([]);
  });
});
