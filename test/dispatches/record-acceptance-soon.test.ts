import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { metered } from "../../src/db/meter.ts";
import { claimDispatches } from "../../src/dispatches/dispatch-verbs.ts";
import { recordAcceptanceSoon, recordOrLog } from "../../src/dispatches/record-acceptance-soon.ts";
import type { Dispatch, TenantEffects } from "../../src/verbs/effects.ts";
import { perform } from "../../src/verbs/perform.ts";
import type { VerbServices } from "../../src/verbs/services.ts";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { holdTransaction } from "../support/held-transaction.ts";
import { invoke, makeDue } from "../support/lifecycle.ts";
import { type Service, startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";
import { verbServices } from "../support/verb-services.ts";

let service: Service;
let services: VerbServices;
let announced: TenantEffects[];
let dispatches: Dispatch[];

// Three runs whose dispatches another Worker has claimed.
beforeEach(async () => {
  service = await startService();
  announced = [];
  services = verbServices(service, announced);
  for (let n = 0; n < 3; n++) {
    const runId = await invoke(service, await createTenant(service.database, { runnerUrl: BUSY_RUNNER }));
    await makeDue(service, runId);
  }
  const claim = { tenantId: null, limit: 10, quick: [], busy: [] };
  dispatches = (await perform(services, claimDispatches, claim)).result.dispatches;
  expect(dispatches).toHaveLength(3);
});

afterEach(() => vi.restoreAllMocks());

const record = (dispatch: Dispatch | undefined) => {
  if (!dispatch) throw new Error("There is no such dispatch.");
  return recordAcceptanceSoon(services, { dispatch, status: 202 });
};

async function acceptedRuns(): Promise<unknown[]> {
  const rows = await service.database.sql`select id from workflow_runs where dispatched_at is not null`;
  return rows.map(({ id }) => id).sort();
}

it("records the acceptances of several requests by one request to the database", async () => {
  const ids = dispatches.map(({ run_id }) => run_id).sort();
  const requests = await metered(async (meter) => {
    await Promise.all(dispatches.map((dispatch) => record(dispatch)));
    return meter.databaseRequests;
  });
  expect(requests).toBe(1);
  expect(await acceptedRuns()).toEqual(ids);
  expect(announced.flatMap(({ runs }) => runs.map(({ run_id }) => run_id)).sort()).toEqual(ids);
});

it("records what comes after a batch by a new one", async () => {
  const [first, second] = dispatches;
  await record(first);
  expect(await acceptedRuns()).toEqual([first?.run_id]);
  await record(second);
  expect(await acceptedRuns()).toHaveLength(2);
});

it("also records the acceptances of a batch whose invocation has died", async () => {
  const [first, second, third] = dispatches;
  // The timer of a dead invocation never fires.
  vi.spyOn(globalThis, "setTimeout").mockImplementationOnce(() => 0 as never);
  void record(first);
  await record(second);
  expect(await acceptedRuns()).toEqual([]);
  vi.spyOn(Date, "now").mockReturnValue(Date.now() + 2_000);
  await record(third);
  expect(await acceptedRuns()).toHaveLength(3);
});

it.each([1, 3])("waits for a stop that gives the runner time: of %i acceptances, none is lost", async (count) => {
  const [dispatch] = dispatches;
  const { committed } = await holdTransaction(
    service.database,
    [service.database.sql`select id from workflow_runs where id = ${dispatch?.run_id} for update`],
    [
      service.database.sql`
        insert into running_attempts (run_id, tenant_id, attempt, stop_requested_at, stop_ends_at)
        values (${dispatch?.run_id}, ${dispatch?.tenant_id}, 1, now(), now() + interval '5 minutes')`,
    ],
  );
  await Promise.all([...dispatches.slice(0, count).map((one) => record(one)), committed]);
  expect(await acceptedRuns()).toHaveLength(count);
});

it("logs the acceptance that waits for its run in vain, and no other", async () => {
  const { sql } = service.database;
  const [dispatch] = dispatches;
  await sql`alter function public.record_acceptances set lock_timeout = '10ms'`;
  const { committed } = await holdTransaction(
    service.database,
    [sql`select id from workflow_runs where id = ${dispatch?.run_id} for update`],
    [
      sql`
        do $$ begin
          for i in 1..1000 loop
            exit when exists (select from tenants where name = 'All are recorded');
            perform pg_sleep(0.01);
          end loop;
        end $$`,
    ],
  );
  const logged = vi.spyOn(console, "error").mockReturnValue();
  await Promise.all(dispatches.map((one) => record(one)));
  await sql`update tenants set name = 'All are recorded' where id = ${dispatch?.tenant_id}`;
  await committed;
  const lines = logged.mock.calls.map(([line]) => JSON.parse(String(line)));
  expect(lines).toMatchObject([{ event: "dispatch", run_id: dispatch?.run_id }]);
  expect(await acceptedRuns()).toEqual([dispatches[1]?.run_id, dispatches[2]?.run_id].toSorted());
});

it("looks for the acceptance that fails only as long as its step has room, and for a few seconds", async () => {
  const { sql } = service.database;
  const [first, second, third] = dispatches;
  await sql.transaction([
    sql`create table refused as select ${first?.run_id}::uuid as id`,
    sql`
      create function refuse_one() returns trigger language plpgsql as $$ begin
        if exists (select from refused where id = new.id) then raise exception 'this one fails'; end if;
        return new;
      end $$`,
    sql`create trigger refuse_one before update on workflow_runs for each row execute function refuse_one()`,
  ]);
  vi.spyOn(console, "error").mockReturnValue();
  const acceptances = dispatches.map((dispatch) => ({ dispatch, status: 202 }));
  const now = Date.now();
  const clock = vi
    .spyOn(Date, "now")
    .mockReturnValueOnce(now)
    .mockReturnValue(now + 5_001);
  // The chunk, and a part of none.
  const [, requests] = await service.counted(() => recordOrLog(services, acceptances, () => false));
  expect([requests, await acceptedRuns()]).toEqual([2, []]);
  await recordOrLog(services, acceptances, () => true);
  clock.mockRestore();
  expect(await acceptedRuns()).toEqual([second?.run_id, third?.run_id].toSorted());
});

it("leaves the dispatches due when they can't be recorded, logs each of them, and records the next batch", async () => {
  const [first, second, third] = dispatches;
  const logged = vi.spyOn(console, "error").mockReturnValue();
  await service.database.sql`alter function public.record_acceptances rename to record_nothing`;
  await Promise.all([record(first), record(third)]);
  const lines = logged.mock.calls.map(([line]) => JSON.parse(String(line)));
  expect(lines).toEqual(
    [first, third].map((dispatch) =>
      expect.objectContaining({ event: "dispatch", run_id: dispatch?.run_id, attempt: 1 }),
    ),
  );
  expect(lines[0].error).toContain("record_acceptances");
  await service.database.sql`alter function public.record_nothing rename to record_acceptances`;
  const due = await service.database.sql`select id from workflow_runs where next_dispatch_at is not null`;
  expect(due).toHaveLength(3);
  await record(second);
  expect(await acceptedRuns()).toEqual([second?.run_id]);
});
