/**
 * The past week of the demo tenant: some hundred runs that have ended in every way, so that the pages have something to show.
 * Inserted once, together with the demo. The ids are fixed, the times are not.
 */
import { sql } from "drizzle-orm";
import type { Database } from "../../src/db/client.ts";
import type { RunSnapshot } from "../../src/db/run-snapshot.ts";
import { demoId } from "./demo-id.ts";
import { seedPresent } from "./demo-present.ts";
import { MORE_PEOPLE, MORE_WORKFLOWS, partsOf, type Workflow } from "./demo-world.ts";

const MINUTE = 60;
const HOUR = 3600;
const WEEK = 7 * 24 * HOUR;

/** The number of the first past run. When it exists, all of them exist. */
const FIRST_RUN = 10_000;

/** The pattern of a workflow's past runs. */
type Habit = {
  workflowId: string;
  workflowName: string;
  limitSeconds: number;
  everySeconds: number;
  tookSeconds: number;
  failures: number;
  errors: string[];
  /** True when the latest run was refused by its runner. */
  isRefused?: boolean;
  parts: Pick<RunSnapshot, "sources" | "instructions" | "outputs" | "template">;
};

type PastRun = {
  id: string;
  definition: string;
  user: string;
  created_ago: number;
  started_ago: number;
  ended_ago: number;
  limit: number;
  status: "COMPLETED" | "FAILED";
  ended_by: "CALLBACK" | "STOP" | "DEADLINE" | "DISPATCH";
  error: string | null;
  lag_ms: number;
  snapshot: RunSnapshot;
};

/** Numbers in [0, 1), the same at every start: https://en.wikipedia.org/wiki/Linear_congruential_generator. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** The past runs of a workflow, one after another, since a workflow has one slot. */
function pastOf(habit: Habit, people: readonly string[], firstNumber: number): PastRun[] {
  const random = createRandom(firstNumber);
  const runs: PastRun[] = [];
  let [now, slotFree] = [-WEEK, -WEEK];
  for (;;) {
    // Some runs are triggered together and wait for each other.
    now += random() < 0.2 ? 5 : habit.everySeconds * (0.3 + 1.4 * random());
    const started = Math.max(now, slotFree);
    const outcome = random();
    const isFailed = outcome < habit.failures;
    const kind = !isFailed
      ? "CALLBACK"
      : (["CALLBACK", "CALLBACK", "DEADLINE", "STOP"] as const)[Math.floor(random() * 4)];
    const took =
      kind === "DEADLINE" ? habit.limitSeconds : habit.tookSeconds * (0.4 + 1.2 * random() ** 2 + 0.4 * random());
    const ended = started + Math.min(took, habit.limitSeconds);
    if (ended > -10 * MINUTE) return habit.isRefused ? refuseLast(runs) : runs;
    slotFree = ended;
    const user = people[Math.floor(random() * people.length)] ?? demoId(201);
    const error = {
      CALLBACK: habit.errors[Math.floor(random() * habit.errors.length)] ?? "Failed.",
      DEADLINE: `Timed out: no result arrived within ${habit.limitSeconds} seconds of the start.`,
      STOP: "Stopped: wrong folder",
    }[kind ?? "CALLBACK"];
    runs.push({
      id: demoId(firstNumber + runs.length),
      definition: habit.workflowId,
      user,
      created_ago: -now,
      started_ago: -started,
      ended_ago: -ended,
      limit: habit.limitSeconds,
      status: isFailed ? "FAILED" : "COMPLETED",
      ended_by: kind ?? "CALLBACK",
      error: isFailed ? error : null,
      lag_ms: Math.round(1000 + 58_000 * random()),
      snapshot: {
        workflow_definition_id: habit.workflowId,
        workflow_name: habit.workflowName,
        runner_type: "SELF_HOSTED",
        user_id: user,
        max_run_duration_seconds: habit.limitSeconds,
        ...habit.parts,
      },
    });
  }
}

const REFUSAL = "The runner answered 403.";

/** Changes the last of the runs: its runner refuses its first dispatch. */
const refuseLast = (runs: readonly PastRun[]): PastRun[] =>
  runs.map((run, index) =>
    index < runs.length - 1
      ? run
      : { ...run, status: "FAILED", ended_by: "DISPATCH", error: REFUSAL, ended_ago: run.started_ago - 1 },
  );

function habits(quarterlyReportId: string): Habit[] {
  const of = (
    workflow: Workflow | undefined,
    habit: Omit<Habit, "workflowId" | "workflowName" | "limitSeconds" | "parts">,
  ) => {
    if (!workflow) throw new RangeError("There is no such workflow.");
    const { id, name, limitSeconds } = workflow;
    return { workflowId: id, workflowName: name, limitSeconds, parts: partsOf(workflow), ...habit };
  };
  const [invoices, contracts, triage] = MORE_WORKFLOWS;
  const report = { source: demoId(103), instruction: demoId(104), output: demoId(105), template: demoId(134) };
  return [
    {
      workflowId: quarterlyReportId,
      workflowName: "Quarterly report",
      limitSeconds: 300,
      parts: partsOf(report),
      everySeconds: 3 * HOUR,
      tookSeconds: 70,
      failures: 0.12,
      errors: ["costs.csv has no column `amount`.", "The model’s quota is used up. Try again after midnight."],
    },
    of(invoices, {
      everySeconds: 1.6 * HOUR,
      tookSeconds: 4 * MINUTE,
      failures: 0.08,
      errors: ["globex-0815.pdf cannot be read: it is encrypted.", "Two invoices have the number 4711."],
    }),
    of(contracts, {
      everySeconds: 7 * HOUR,
      tookSeconds: 35 * MINUTE,
      failures: 0.3,
      isRefused: true,
      errors: [
        "lease-berlin.docx has changed while it was being read.",
        "Clause 14 refers to an annex that is missing.",
      ],
    }),
    of(triage, { everySeconds: 9 * HOUR, tookSeconds: 40, failures: 0.2, errors: ["week-47.csv is empty."] }),
  ];
}

/** Inserts the past runs with their events, and the unfinished runs. */
export async function seedHistory(db: Database, demo: { tenantId: string; quarterlyReportId: string }): Promise<void> {
  const everybody = [demoId(201), demoId(202), demoId(203), ...MORE_PEOPLE.map(([id]) => id)];
  const past = habits(demo.quarterlyReportId).flatMap((habit, index) =>
    pastOf(habit, everybody, FIRST_RUN + index * 1000),
  );
  await db.execute(sql`
    with past as (
      select * from jsonb_to_recordset(${JSON.stringify(past)}::jsonb) as past (id uuid, definition uuid, "user" uuid,
        created_ago float8, started_ago float8, ended_ago float8, "limit" int, status text, ended_by text, error text,
        lag_ms int, snapshot jsonb)
      where not exists (select from workflow_runs where id = ${demoId(FIRST_RUN)})
    ), timed as (
      select past.*, statement_timestamp() - make_interval(secs => created_ago) as created_at,
        statement_timestamp() - make_interval(secs => started_ago) as started_at,
        statement_timestamp() - make_interval(secs => ended_ago) as ended_at
      from past
    ), inserted as (
      insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot,
        created_at, started_at, deadline_at, dispatched_at, dispatch_count, completed_at, updated_at, ended_by, failure_code,
        error)
      select id, ${demo.tenantId}, definition, "user", 'SELF_HOSTED', status, snapshot, created_at, started_at,
        started_at + make_interval(secs => "limit"), case when ended_by <> 'DISPATCH' then started_at + interval '400 ms' end, 1, ended_at, ended_at, ended_by,
        case when status = 'FAILED' then case ended_by
          when 'CALLBACK' then 'REPORTED' when 'STOP' then 'STOPPED' when 'DISPATCH' then 'REJECTED' else ended_by end end,
        error
      from timed order by created_at
      on conflict do nothing
      returning id
    )
    insert into workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
    select ${demo.tenantId}, timed.id, 1, e.type, e.at, e.detail
    from timed
    cross join lateral (values
      (1, 'TRIGGERED', created_at, null::jsonb),
      (2, case when started_at > created_at then 'QUEUED' end, created_at, null),
      (3, 'STARTED', started_at, null),
      (4, case ended_by when 'DISPATCH' then 'DISPATCH_FAILED' else 'DISPATCHED' end, started_at + interval '400 ms',
        case ended_by when 'DISPATCH' then jsonb_build_object('reason', error, 'tries', 1)
          else jsonb_build_object('status', 202, 'tries', 1) end),
      (5, case ended_by when 'DEADLINE' then 'TIMED_OUT' when 'STOP' then 'STOPPED' else status end, ended_at,
        case ended_by when 'DEADLINE' then jsonb_build_object('lag_ms', lag_ms)
          when 'STOP' then jsonb_build_object('reason', 'wrong folder', 'user_id', "user")
          when 'DISPATCH' then jsonb_build_object('reason', error, 'tries', 1) end)
    ) e (step, type, at, detail)
    where e.type is not null and exists (select from inserted)
    order by created_at, e.step`);
  await seedPresent(db, demo.tenantId);
}
