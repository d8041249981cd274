import { beforeAll, describe, expect, it } from "vitest";
import type { RunStatus } from "../../src/db/enums.ts";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { callBack, inSeconds, invoke, invokePath, makeOverdue, passInstants, readRun } from "../support/lifecycle.ts";
import { type Service, startService } from "../support/service.ts";
import { callerOf, callSqlFunction } from "../support/sql-function.ts";
import { createTenant, runToken, type TestTenant } from "../support/tenant.ts";

let service: Service;

beforeAll(async () => {
  service = await startService();
});

/**
 * How a run stands before a verb. OVERDUE is RUNNING in the database, and FAILED for every reader; EXPIRED is PENDING there. DELAYED
 * is PENDING, and waits for its `start_after`, while its definition has a free slot. SUSPENDED is PENDING, and waits for an answer.
 */
const STATES = ["PENDING", "DELAYED", "SUSPENDED", "EXPIRED", "RUNNING", "OVERDUE", "COMPLETED", "FAILED"] as const;
type State = (typeof STATES)[number];

/** A run in that state, of a definition of its own. */
async function runIn(state: State): Promise<{ tenant: TestTenant; runId: string }> {
  const tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
  if (state === "DELAYED" || state === "EXPIRED") {
    const runId = await invoke(service, tenant, tenant.owner.key, {
      start_after: inSeconds(3600),
      must_start_by: inSeconds(7200),
    });
    if (state === "EXPIRED") await passInstants(service, runId, 7201);
    return { tenant, runId };
  }
  const first = await invoke(service, tenant);
  const runId = state === "PENDING" ? await invoke(service, tenant) : first;
  if (state === "OVERDUE") await makeOverdue(service, runId);
  if (state === "SUSPENDED") await suspend(tenant, runId);
  if (state === "COMPLETED" || state === "FAILED") await callBack(service, tenant, runId, { status: state });
  return { tenant, runId };
}

const QUESTION = { key: "a", kind: "question", prompt: "?", people_only: false };

const suspend = async (tenant: TestTenant, runId: string, attempt = 1) =>
  service.send("POST", `/v1/workflow-runs/${runId}/suspend`, await runToken(tenant, runId, attempt), {
    waits: [QUESTION],
  });

type Verb = (tenant: TestTenant, runId: string) => Promise<Response>;

const change =
  (method: string, action: string): Verb =>
  (tenant, runId) =>
    service.send(method, `/v1/workflow-runs/${runId}${action}`, tenant.owner.key);

type VerbRow = [string, Verb, Record<State, [status: number, left: RunStatus | null]>];

/** What a change of many runs leaves behind. It is 200, and lists the runs that it has refused to change. */
const MANY: Record<"stop" | "retry" | "delete", Record<State, [status: number, left: RunStatus | null]>> = {
  stop: {
    PENDING: [200, "FAILED"],
    DELAYED: [200, "FAILED"],
    SUSPENDED: [200, "FAILED"],
    EXPIRED: [200, "FAILED"],
    RUNNING: [200, "FAILED"],
    OVERDUE: [200, "FAILED"],
    COMPLETED: [200, "COMPLETED"],
    FAILED: [200, "FAILED"],
  },
  retry: {
    PENDING: [200, "PENDING"],
    DELAYED: [200, "PENDING"],
    SUSPENDED: [200, "PENDING"],
    EXPIRED: [200, "RUNNING"],
    RUNNING: [200, "RUNNING"],
    OVERDUE: [200, "RUNNING"],
    COMPLETED: [200, "COMPLETED"],
    FAILED: [200, "RUNNING"],
  },
  delete: {
    PENDING: [200, null],
    DELAYED: [200, null],
    SUSPENDED: [200, null],
    EXPIRED: [200, null],
    RUNNING: [200, "RUNNING"],
    OVERDUE: [200, null],
    COMPLETED: [200, null],
    FAILED: [200, null],
  },
};

/** Each verb, and what it answers and leaves behind for each state: null is a run that is gone. */
const VERBS: VerbRow[] = [
  [
    "stop",
    change("POST", "/stop"),
    {
      PENDING: [200, "FAILED"],
      DELAYED: [200, "FAILED"],
      SUSPENDED: [200, "FAILED"],
      EXPIRED: [409, "FAILED"],
      RUNNING: [200, "FAILED"],
      OVERDUE: [409, "FAILED"],
      COMPLETED: [409, "COMPLETED"],
      FAILED: [409, "FAILED"],
    },
  ],
  [
    "stop with grace",
    (tenant, runId) => service.send("POST", `/v1/workflow-runs/${runId}/stop`, tenant.owner.key, { grace_seconds: 60 }),
    {
      PENDING: [200, "FAILED"],
      DELAYED: [200, "FAILED"],
      SUSPENDED: [200, "FAILED"],
      EXPIRED: [409, "FAILED"],
      RUNNING: [200, "RUNNING"],
      OVERDUE: [409, "FAILED"],
      COMPLETED: [409, "COMPLETED"],
      FAILED: [409, "FAILED"],
    },
  ],
  [
    // A run that is in the queue does not wait for an instant.
    "start now",
    change("POST", "/start-now"),
    {
      PENDING: [409, "PENDING"],
      DELAYED: [200, "RUNNING"],
      SUSPENDED: [409, "PENDING"],
      EXPIRED: [409, "FAILED"],
      RUNNING: [409, "RUNNING"],
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
      DELAYED: [409, "PENDING"],
      SUSPENDED: [409, "PENDING"],
      EXPIRED: [202, "RUNNING"],
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
      DELAYED: [204, null],
      SUSPENDED: [204, null],
      EXPIRED: [204, null],
      RUNNING: [409, "RUNNING"],
      OVERDUE: [204, null],
      COMPLETED: [204, null],
      FAILED: [204, null],
    },
  ],
  ...(["stop", "retry", "delete"] as const).map(
    (action): VerbRow => [
      `${action} among many`,
      (tenant, runId) => service.send("POST", "/v1/workflow-runs/bulk", tenant.owner.key, { action, run_ids: [runId] }),
      MANY[action],
    ],
  ),
  [
    "a callback of COMPLETED",
    (tenant, runId) => callBack(service, tenant, runId, { status: "COMPLETED" }),
    {
      PENDING: [409, "PENDING"],
      DELAYED: [409, "PENDING"],
      SUSPENDED: [409, "PENDING"],
      EXPIRED: [409, "FAILED"],
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
      DELAYED: [409, "PENDING"],
      SUSPENDED: [409, "PENDING"],
      EXPIRED: [409, "FAILED"],
      RUNNING: [200, "FAILED"],
      OVERDUE: [409, "FAILED"],
      COMPLETED: [409, "COMPLETED"],
      FAILED: [200, "FAILED"],
    },
  ],
  [
    "a heartbeat",
    async (tenant, runId) =>
      service.send("POST", `/v1/workflow-runs/${runId}/heartbeat`, await runToken(tenant, runId)),
    {
      PENDING: [409, "PENDING"],
      DELAYED: [409, "PENDING"],
      SUSPENDED: [409, "PENDING"],
      EXPIRED: [409, "FAILED"],
      RUNNING: [200, "RUNNING"],
      OVERDUE: [409, "FAILED"],
      COMPLETED: [409, "COMPLETED"],
      FAILED: [409, "FAILED"],
    },
  ],
  [
    // A runner with a URL is sent the run again at once.
    "a release",
    async (tenant, runId) => service.send("POST", `/v1/workflow-runs/${runId}/release`, await runToken(tenant, runId)),
    {
      PENDING: [409, "PENDING"],
      DELAYED: [409, "PENDING"],
      SUSPENDED: [409, "PENDING"],
      EXPIRED: [409, "FAILED"],
      RUNNING: [200, "RUNNING"],
      OVERDUE: [409, "FAILED"],
      COMPLETED: [409, "COMPLETED"],
      FAILED: [409, "FAILED"],
    },
  ],
  [
    // It is of the first attempt, and the same that has suspended the run.
    "a suspension",
    suspend,
    {
      PENDING: [409, "PENDING"],
      DELAYED: [409, "PENDING"],
      SUSPENDED: [200, "PENDING"],
      EXPIRED: [409, "FAILED"],
      RUNNING: [200, "PENDING"],
      OVERDUE: [409, "FAILED"],
      COMPLETED: [409, "COMPLETED"],
      FAILED: [409, "FAILED"],
    },
  ],
  [
    "an answer",
    (tenant, runId) =>
      service.send("POST", `/v1/workflow-runs/${runId}/waits/a/answer`, tenant.owner.key, { value: "yes" }),
    {
      PENDING: [404, "PENDING"],
      DELAYED: [404, "PENDING"],
      SUSPENDED: [200, "RUNNING"],
      EXPIRED: [404, "FAILED"],
      RUNNING: [404, "RUNNING"],
      OVERDUE: [404, "FAILED"],
      COMPLETED: [404, "COMPLETED"],
      FAILED: [404, "FAILED"],
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
      DELAYED: [204, "PENDING"],
      SUSPENDED: [204, "PENDING"],
      EXPIRED: [204, "FAILED"],
      RUNNING: [204, "RUNNING"],
      OVERDUE: [204, "FAILED"],
      COMPLETED: [204, "COMPLETED"],
      FAILED: [204, "FAILED"],
    },
  ],
];

describe.each(VERBS)("%s", (_, verb, outcomes) => {
  it.each(STATES)("changes a %s run only by an allowed transition", async (state) => {
    const { tenant, runId } = await runIn(state);
    const [status, left] = outcomes[state];
    expect((await verb(tenant, runId)).status).toBe(status);
    const read = await service.get(`/v1/workflow-runs/${runId}`, tenant.owner.key);
    if (left === null) expect(read.status).toBe(404);
    else expect((await readRun(service, tenant, runId)).status).toBe(left);
  });
});

/** Calls a SQL function that no route calls by itself. */
const call = (name: string, args: Record<string, unknown>) => callSqlFunction(service.database, name, args);

const attemptOf = (tenant: TestTenant, runId: string) => ({ run_id: runId, tenant_id: tenant.id, attempt: 1 });
const UNTOUCHED = {
  PENDING: "PENDING",
  DELAYED: "PENDING",
  SUSPENDED: "PENDING",
  EXPIRED: "FAILED",
  RUNNING: "RUNNING",
  COMPLETED: "COMPLETED",
  FAILED: "FAILED",
} as const;

async function triggerWhenBusy(tenant: TestTenant, mode: string): Promise<void> {
  await service.database.sql`update workflow_definitions set when_busy = ${mode} where id = ${tenant.definitionId}`;
  const refused = mode === "skip" ? [202, 409] : [202];
  expect(refused).toContain((await service.send("POST", invokePath(tenant), tenant.owner.key, {})).status);
}

/** The verbs of dispatches, alarms and definitions, and in which state each leaves a run: null is a run that is gone. */
const OTHER_VERBS: [
  string,
  (tenant: TestTenant, runId: string) => Promise<unknown>,
  Record<State, RunStatus | null>,
][] = [
  [
    "record_acceptances",
    (tenant, runId) =>
      call("record_acceptances", { acceptances: JSON.stringify([{ ...attemptOf(tenant, runId), status: 202 }]) }),
    { ...UNTOUCHED, OVERDUE: "FAILED" },
  ],
  [
    "record_postponement",
    (tenant, runId) =>
      call("record_postponement", { ...attemptOf(tenant, runId), reason: "Busy.", retry_after_seconds: null }),
    { ...UNTOUCHED, OVERDUE: "FAILED" },
  ],
  [
    "give_up_dispatch",
    (tenant, runId) =>
      call("give_up_dispatch", {
        ...attemptOf(tenant, runId),
        reason: "The runner answered 422.",
        pause: false,
        runner_url: BUSY_RUNNER,
      }),
    { ...UNTOUCHED, RUNNING: "FAILED", OVERDUE: "FAILED" },
  ],
  [
    "record_stop_dispatch",
    (tenant, runId) =>
      call("record_stop_dispatch", {
        ...attemptOf(tenant, runId),
        ...{ ends_at: new Date().toISOString(), status: 202, reason: null, is_retried: false },
      }),
    { ...UNTOUCHED, OVERDUE: "FAILED" },
  ],
  [
    "claim_stop_dispatches",
    (tenant) => call("claim_stop_dispatches", { tenant_id: tenant.id, limit: 5 }),
    { ...UNTOUCHED, OVERDUE: "FAILED" },
  ],
  [
    "sweep_tenant",
    (tenant) => call("sweep_tenant", { tenant_id: tenant.id, limit: 10 }),
    { ...UNTOUCHED, OVERDUE: "FAILED" },
  ],
  [
    "change_definition_activity",
    async (tenant) =>
      call("change_definition_activity", {
        ...(await callerOf(tenant.owner)),
        definition_id: tenant.definitionId,
        is_active: false,
      }),
    { ...UNTOUCHED, OVERDUE: "FAILED" },
  ],
  [
    "run_again",
    async (tenant, runId) =>
      call("run_again", {
        ...(await callerOf(tenant.owner)),
        run_id: runId,
        new_run_id: crypto.randomUUID(),
      }),
    { ...UNTOUCHED, OVERDUE: "FAILED" },
  ],
  [
    "trigger_run, where a new run replaces those that wait",
    (tenant) => triggerWhenBusy(tenant, "replace_queued"),
    { ...UNTOUCHED, PENDING: "FAILED", OVERDUE: "FAILED" },
  ],
  [
    "trigger_run, where a new run also replaces the one that is RUNNING",
    (tenant) => triggerWhenBusy(tenant, "replace_running"),
    { ...UNTOUCHED, PENDING: "FAILED", SUSPENDED: "FAILED", RUNNING: "FAILED", OVERDUE: "FAILED" },
  ],
  [
    "trigger_run, where a new run is refused",
    (tenant) => triggerWhenBusy(tenant, "skip"),
    { ...UNTOUCHED, OVERDUE: "FAILED" },
  ],
  [
    "delete_definition",
    (tenant) => service.send("DELETE", `/v1/workflow-definitions/${tenant.definitionId}`, tenant.owner.key),
    {
      ...{ PENDING: "PENDING", RUNNING: "RUNNING" },
      ...{ DELAYED: null, SUSPENDED: null, EXPIRED: null, OVERDUE: null, COMPLETED: null, FAILED: null },
    },
  ],
];

describe.each(OTHER_VERBS)("%s", (_, verb, left) => {
  it.each(STATES)("leaves a %s run in an allowed next state", async (state) => {
    const { tenant, runId } = await runIn(state);
    await verb(tenant, runId);
    const response = await service.get(`/v1/workflow-runs/${runId}`, tenant.owner.key);
    const run = await response.json<{ status: unknown }>();
    expect(response.status === 404 ? null : run.status).toBe(left[state]);
  });
});

describe("next_status, the only place that defines the transitions", () => {
  it("has these transitions and no others", async () => {
    const rows = await service.database.sql`
      select status || ' ' || event || ' ' || public.next_status(status, event) as transition
      from unnest(array['PENDING', 'RUNNING', 'COMPLETED', 'FAILED']) status
      cross join unnest(array['promote', 'lease', 'release', 'suspend', 'complete', 'fail', 'time_out', 'stop', 'start_now', 'retry', 'delete',
        'made_up']) event
      where public.next_status(status, event) is not null`;
    expect(rows.map(({ transition }) => transition).sort()).toEqual([
      "COMPLETED delete DELETED",
      "FAILED delete DELETED",
      "FAILED retry PENDING",
      "PENDING delete DELETED",
      "PENDING lease RUNNING",
      "PENDING promote RUNNING",
      "PENDING start_now PENDING",
      "PENDING stop FAILED",
      "PENDING time_out FAILED",
      "RUNNING complete COMPLETED",
      "RUNNING fail FAILED",
      "RUNNING release PENDING",
      "RUNNING stop FAILED",
      "RUNNING suspend PENDING",
      "RUNNING time_out FAILED",
    ]);
  });
});

describe("a free slot with a waiting run, as after a restore", () => {
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
