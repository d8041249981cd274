import { describe, expect, it } from "vitest";
import type { RunStatus } from "../../src/db/enums.ts";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { callBack, inSeconds, invoke, invokePath, makeOverdue, passInstants, readRun } from "../support/lifecycle.ts";
import { startService } from "../support/service.ts";
import { callerOf, callSqlFunction } from "../support/sql-function.ts";
import { createTenant, runToken, type TestTenant } from "../support/tenant.ts";

const service = await startService();

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

type VerbRow = [name: string, verb: Verb, outcomes: string];

/** The states that verbs leave behind, by their first letters; - is a run that is gone. */
const LEFT: Readonly<Record<string, RunStatus | null>> = {
  P: "PENDING",
  R: "RUNNING",
  C: "COMPLETED",
  F: "FAILED",
  "-": null,
};

/** What a change of many runs leaves behind. It is 200, and lists the runs that it has refused to change. */
const MANY = {
  stop: "200F    200F    200F      200F    200F    200F    200C      200F",
  retry: "200P    200P    200P      200R    200R    200R    200C      200R",
  delete: "200-    200-    200-      200-    200R    200-    200-      200-",
};

/**
 * Each verb, and what it answers and leaves behind for a run in each state: `200F` is 200, and the run is FAILED then.
 *
 *     PENDING DELAYED SUSPENDED EXPIRED RUNNING OVERDUE COMPLETED FAILED
 */
const VERBS: VerbRow[] = [
  ["stop", change("POST", "/stop"), "200F    200F    200F      409F    200F    409F    409C      409F"],
  [
    "stop with grace",
    (tenant, runId) => service.send("POST", `/v1/workflow-runs/${runId}/stop`, tenant.owner.key, { grace_seconds: 60 }),
    "200F    200F    200F      409F    200R    409F    409C      409F",
  ],
  [
    // A run that is in the queue does not wait for an instant.
    "start now",
    change("POST", "/start-now"),
    "409P    200R    409P      409F    409R    409F    409C      409F",
  ],
  [
    "prioritize",
    (tenant, runId) => service.send("PUT", `/v1/workflow-runs/${runId}/priority`, tenant.owner.key, { priority: 9 }),
    "200P    200P    200P      409F    409R    409F    409C      409F",
  ],
  ["retry", change("POST", "/retry"), "409P    409P    409P      202R    409R    202R    409C      202R"],
  ["delete", change("DELETE", ""), "204-    204-    204-      204-    409R    204-    204-      204-"],
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
    "409P    409P    409P      409F    200C    409F    200C      409F",
  ],
  [
    "a callback of FAILED",
    (tenant, runId) => callBack(service, tenant, runId, { status: "FAILED" }),
    "409P    409P    409P      409F    200F    409F    409C      200F",
  ],
  [
    "a heartbeat",
    async (tenant, runId) =>
      service.send("POST", `/v1/workflow-runs/${runId}/heartbeat`, await runToken(tenant, runId)),
    "409P    409P    409P      409F    200R    409F    409C      409F",
  ],
  [
    // A runner with a URL is sent the run again at once.
    "a release",
    async (tenant, runId) => service.send("POST", `/v1/workflow-runs/${runId}/release`, await runToken(tenant, runId)),
    "409P    409P    409P      409F    200R    409F    409C      409F",
  ],
  [
    // It is of the first attempt, and the same that has suspended the run.
    "a suspension",
    suspend,
    "409P    409P    200P      409F    200P    409F    409C      409F",
  ],
  [
    "an answer",
    (tenant, runId) =>
      service.send("POST", `/v1/workflow-runs/${runId}/waits/a/answer`, tenant.owner.key, { value: "yes" }),
    "404P    404P    200R      404F    404R    404F    404C      404F",
  ],
  [
    "the sweep",
    async () => {
      await service.sweep();
      return new Response(null, { status: 204 });
    },
    "204P    204P    204P      204F    204R    204F    204C      204F",
  ],
];

describe.each(VERBS)("%s", (_, verb, outcomes) => {
  it.each(STATES)("changes a %s run only by an allowed transition", async (state) => {
    const { tenant, runId } = await runIn(state);
    const outcome = outcomes.split(/ +/)[STATES.indexOf(state)] ?? "";
    const left = LEFT[outcome.slice(3)];
    expect(`${(await verb(tenant, runId)).status}`).toBe(outcome.slice(0, 3));
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
