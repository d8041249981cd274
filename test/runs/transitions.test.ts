import { beforeAll, describe, expect, it } from "vitest";
import type { RunStatus } from "../../src/db/enums.ts";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { callBack, invoke, makeOverdue, readRun } from "../support/lifecycle.ts";
import { type Service, startService } from "../support/service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

let service: Service;

beforeAll(async () => {
  service = await startService();
});

/** How a run stands before a verb. OVERDUE is RUNNING in the database, and FAILED for every reader. */
const STATES = ["PENDING", "RUNNING", "OVERDUE", "COMPLETED", "FAILED"] as const;
type State = (typeof STATES)[number];

/** A run in that state, of a definition of its own. */
async function runIn(state: State): Promise<{ tenant: TestTenant; runId: string }> {
  const tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
  const first = await invoke(service, tenant);
  const runId = state === "PENDING" ? await invoke(service, tenant) : first;
  if (state === "OVERDUE") await makeOverdue(service, runId);
  if (state === "COMPLETED" || state === "FAILED") await callBack(service, tenant, runId, { status: state });
  return { tenant, runId };
}

type Verb = (tenant: TestTenant, runId: string) => Promise<Response>;

const change =
  (method: string, action: string): Verb =>
  (tenant, runId) =>
    service.send(method, `/v1/workflow-runs/${runId}${action}`, tenant.owner.key);

/** Each verb, and what it answers and leaves behind for each state: null is a run that is gone. */
const VERBS: [string, Verb, Record<State, [status: number, left: RunStatus | null]>][] = [
  [
    "stop",
    change("POST", "/stop"),
    {
      PENDING: [200, "FAILED"],
      RUNNING: [200, "FAILED"],
      OVERDUE: [409, "FAILED"],
      COMPLETED: [409, "COMPLETED"],
      FAILED: [409, "FAILED"],
    },
  ],
  [
    "retry",
    change("POST", "/retry"),
    {
      PENDING: [409, "PENDING"],
      RUNNING: [409, "RUNNING"],
      OVERDUE: [202, "RUNNING"],
      COMPLETED: [409, "COMPLETED"],
      FAILED: [202, "RUNNING"],
    },
  ],
  [
    "delete",
    change("DELETE", ""),
    {
      PENDING: [204, null],
      RUNNING: [409, "RUNNING"],
      OVERDUE: [204, null],
      COMPLETED: [204, null],
      FAILED: [204, null],
    },
  ],
  [
    "a callback of COMPLETED",
    (tenant, runId) => callBack(service, tenant, runId, { status: "COMPLETED" }),
    {
      PENDING: [409, "PENDING"],
      RUNNING: [200, "COMPLETED"],
      OVERDUE: [409, "FAILED"],
      COMPLETED: [200, "COMPLETED"],
      FAILED: [409, "FAILED"],
    },
  ],
  [
    "a callback of FAILED",
    (tenant, runId) => callBack(service, tenant, runId, { status: "FAILED" }),
    {
      PENDING: [409, "PENDING"],
      RUNNING: [200, "FAILED"],
      OVERDUE: [409, "FAILED"],
      COMPLETED: [409, "COMPLETED"],
      FAILED: [200, "FAILED"],
    },
  ],
  [
    "the sweep",
    async () => {
      await service.sweep();
      return new Response(null, { status: 204 });
    },
    {
      PENDING: [204, "PENDING"],
      RUNNING: [204, "RUNNING"],
      OVERDUE: [204, "FAILED"],
      COMPLETED: [204, "COMPLETED"],
      FAILED: [204, "FAILED"],
    },
  ],
];

describe.each(VERBS)("%s", (_, verb, outcomes) => {
  it.each(STATES)("does to a %s run what may follow that state, and nothing else", async (state) => {
    const { tenant, runId } = await runIn(state);
    const [status, left] = outcomes[state];
    expect((await verb(tenant, runId)).status).toBe(status);
    const read = await service.get(`/v1/workflow-runs/${runId}`, tenant.owner.key);
    if (left === null) expect(read.status).toBe(404);
    else expect((await readRun(service, tenant, runId)).status).toBe(left);
  });
});

describe("next_status, the only place that defines the transitions", () => {
  it("has these transitions and no others", async () => {
    const rows = await service.database.sql`
      select status || ' ' || event || ' ' || public.next_status(status, event) as transition
      from unnest(array['PENDING', 'RUNNING', 'COMPLETED', 'FAILED']) status
      cross join unnest(array['promote', 'complete', 'fail', 'time_out', 'stop', 'retry', 'delete', 'made_up']) event
      where public.next_status(status, event) is not null`;
    expect(rows.map(({ transition }) => transition).sort()).toEqual([
      "COMPLETED delete DELETED",
      "FAILED delete DELETED",
      "FAILED retry PENDING",
      "PENDING delete DELETED",
      "PENDING promote RUNNING",
      "PENDING stop FAILED",
      "RUNNING complete COMPLETED",
      "RUNNING fail FAILED",
      "RUNNING stop FAILED",
      "RUNNING time_out FAILED",
    ]);
  });
});

describe("a slot that is free although a run waits, as after a restore", () => {
  it("is given to the first run that waits, by the sweep", async () => {
    const tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
    const [first, second, third] = [
      await invoke(service, tenant),
      await invoke(service, tenant),
      await invoke(service, tenant),
    ];
    await service.database.sql`delete from workflow_runs where id = ${first}`;
    await service.sweep();
    expect((await readRun(service, tenant, second)).status).toBe("RUNNING");
    expect((await readRun(service, tenant, third)).status).toBe("PENDING");
  });
});
