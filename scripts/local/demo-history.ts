/**
 * A week of the demo tenant's past: more people, files and workflows, and some hundred runs that have ended in every
 * way, so that there is something to look at. Made once, when the demo is; the ids are fixed, the times are not.
 */
import { sql } from "drizzle-orm";
import type { PartType } from "../../src/core/path.ts";
import type { RunSnapshot } from "../../src/core/run.ts";
import type { Database } from "../../src/store/client.ts";
import { demoId, pathSnapshot } from "./demo-id.ts";

const MINUTE = 60;
const HOUR = 3600;
const WEEK = 7 * 24 * HOUR;

/** The first run of the past: with it, all are there. */
const FIRST_RUN = 10_000;

/** Id, first and last name, role. They have no keys. */
export const MORE_PEOPLE = [
  [demoId(204), "Mia", "Tanaka", "USER"],
  [demoId(205), "Jonas", "Weber", "USER"],
  [demoId(206), "Amara", "Okafor", "ADMIN"],
  [demoId(207), "Lucía", "Fernández", "USER"],
] as const;

/** Id, parent, path, kind. */
export const MORE_FILES: [string, string, string, PartType][] = [
  [demoId(120), demoId(101), "/shared/invoices", "FOLDER"],
  [demoId(121), demoId(120), "/shared/invoices/2026-10", "FOLDER"],
  [demoId(122), demoId(121), "/shared/invoices/2026-10/acme-4711.pdf", "DOCUMENT"],
  [demoId(123), demoId(121), "/shared/invoices/2026-10/globex-0815.pdf", "DOCUMENT"],
  [demoId(124), demoId(120), "/shared/invoices/how-to-add-up.md", "DOCUMENT"],
  [demoId(125), demoId(101), "/shared/contracts", "FOLDER"],
  [demoId(126), demoId(125), "/shared/contracts/lease-berlin.docx", "DOCUMENT"],
  [demoId(127), demoId(101), "/shared/review-checklist.md", "DOCUMENT"],
  [demoId(128), demoId(101), "/shared/reviews", "FOLDER"],
  [demoId(129), demoId(101), "/shared/tickets", "FOLDER"],
  [demoId(130), demoId(129), "/shared/tickets/week-47.csv", "DOCUMENT"],
  [demoId(131), demoId(101), "/shared/templates", "FOLDER"],
  [demoId(132), demoId(131), "/shared/templates/letter.docx", "DOCUMENT"],
  [demoId(133), demoId(132), "/shared/templates/letter.docx/v2", "DOCUMENT_VERSION"],
];

type Workflow = {
  id: string;
  pathPartId: string;
  name: string;
  description: string;
  limitSeconds: number;
  isActive: boolean;
  /** Whose runner never answers. Without it, runs go to the example runner. */
  runnerUrl?: string;
  source: string;
  instruction: string;
  output: string;
  template: string | null;
};

/** Those that nobody invokes by the README, and which only live from their past. */
export const MORE_WORKFLOWS: Workflow[] = [
  {
    id: demoId(303),
    pathPartId: demoId(113),
    name: "Invoice totals",
    description: "Adds up the month’s invoices and flags those without an order number.",
    limitSeconds: 15 * MINUTE,
    isActive: true,
    source: demoId(121),
    instruction: demoId(124),
    output: demoId(105),
    template: null,
  },
  {
    id: demoId(304),
    pathPartId: demoId(114),
    name: "Contract review",
    description: "Compares each contract with the checklist and writes a letter.",
    limitSeconds: 2 * HOUR,
    isActive: true,
    runnerUrl: "https://runner.demo.example/hook",
    source: demoId(125),
    instruction: demoId(127),
    output: demoId(128),
    template: demoId(132),
  },
  {
    id: demoId(305),
    pathPartId: demoId(115),
    name: "Support triage",
    description: "Sorts the week’s tickets by urgency. Paused until the new form is out.",
    limitSeconds: 5 * MINUTE,
    isActive: false,
    source: demoId(129),
    instruction: demoId(127),
    output: demoId(106),
    template: null,
  },
];

/** What a workflow's past is like. */
type Habit = {
  workflowId: string;
  workflowName: string;
  limitSeconds: number;
  everySeconds: number;
  tookSeconds: number;
  failures: number;
  errors: string[];
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

/** Numbers in [0, 1) that are the same at every start: https://en.wikipedia.org/wiki/Linear_congruential_generator. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** One after the other, since a workflow has one slot. */
function pastOf(habit: Habit, people: readonly string[], firstNumber: number): PastRun[] {
  const random = createRandom(firstNumber);
  const runs: PastRun[] = [];
  let [now, slotFree] = [-WEEK, -WEEK];
  for (;;) {
    // Some come in a row and wait for each other.
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
    if (ended > -10 * MINUTE) return runs;
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

const partOf = (id: string) => {
  const found = MORE_FILES.find(([known]) => known === id);
  if (found) return pathSnapshot(id, found[2], found[3]);
  const [path, type] = KNOWN_FILES[id] ?? ["/shared", "FOLDER"];
  return pathSnapshot(id, path, type);
};

const KNOWN_FILES: Record<string, [string, PartType]> = {
  [demoId(103)]: ["/shared/reports/q1", "FOLDER"],
  [demoId(104)]: ["/shared/how-to-summarise.md", "DOCUMENT"],
  [demoId(105)]: ["/shared/summaries", "FOLDER"],
  [demoId(106)]: ["/shared/digests", "FOLDER"],
};

const partsOf = ({ source, instruction, output, template }: Omit<Workflow, "id" | "name">) => ({
  sources: [partOf(source)],
  instructions: [partOf(instruction)],
  outputs: [partOf(output)],
  template: template === null ? null : partOf(template),
});

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
  const report = { source: demoId(103), instruction: demoId(104), output: demoId(105), template: null };
  return [
    {
      workflowId: quarterlyReportId,
      workflowName: "Quarterly report",
      limitSeconds: 300,
      parts: {
        sources: [partOf(report.source)],
        instructions: [partOf(report.instruction)],
        outputs: [partOf(report.output)],
        template: null,
      },
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
      errors: [
        "lease-berlin.docx has changed while it was being read.",
        "Clause 14 refers to an annex that is missing.",
      ],
    }),
    of(triage, { everySeconds: 9 * HOUR, tookSeconds: 40, failures: 0.2, errors: ["week-47.csv is empty."] }),
  ];
}

/** The runs of the past, with what happened to them; and what goes on now. */
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
        created_at, started_at, deadline_at, dispatched_at, dispatch_count, completed_at, updated_at, ended_by, error)
      select id, ${demo.tenantId}, definition, "user", 'SELF_HOSTED', status, snapshot, created_at, started_at,
        started_at + make_interval(secs => "limit"), started_at + interval '400 ms', 1, ended_at, ended_at, ended_by, error
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
      (4, 'DISPATCHED', started_at + interval '400 ms', jsonb_build_object('status', 202, 'tries', 1)),
      (5, case ended_by when 'DEADLINE' then 'TIMED_OUT' when 'STOP' then 'STOPPED' else status end, ended_at,
        case ended_by when 'DEADLINE' then jsonb_build_object('lag_ms', lag_ms)
          when 'STOP' then jsonb_build_object('reason', 'wrong folder', 'user_id', "user") end)
    ) e (step, type, at, detail)
    where e.type is not null and exists (select from inserted)
    order by created_at, e.step`);
  await seedPresent(db, demo.tenantId);
}

/** Two runs that go on, one of them towards a runner that does not answer, and two that wait. */
async function seedPresent(db: Database, tenantId: string): Promise<void> {
  const [invoices, contracts] = MORE_WORKFLOWS;
  if (!invoices || !contracts) throw new RangeError("There are no such workflows.");
  const runs = [
    { id: demoId(411), of: invoices, user: demoId(204), begun_ago: 190, dispatched: true },
    { id: demoId(412), of: invoices, user: demoId(205), begun_ago: null, dispatched: false },
    { id: demoId(413), of: invoices, user: demoId(201), begun_ago: null, dispatched: false },
    { id: demoId(414), of: contracts, user: demoId(206), begun_ago: 400, dispatched: false },
  ].map(({ of, user, ...run }) => ({
    ...run,
    user,
    definition: of.id,
    limit: of.limitSeconds,
    snapshot: {
      workflow_definition_id: of.id,
      workflow_name: of.name,
      runner_type: "SELF_HOSTED",
      user_id: user,
      max_run_duration_seconds: of.limitSeconds,
      ...partsOf(of),
    } satisfies RunSnapshot,
  }));
  await db.execute(sql`
    with present as (
      select p.*, coalesce(statement_timestamp() - make_interval(secs => begun_ago), statement_timestamp()) as begun_at
      from jsonb_to_recordset(${JSON.stringify(runs)}::jsonb) as p (id uuid, definition uuid, "user" uuid, begun_ago float8,
        dispatched boolean, "limit" int, snapshot jsonb)
    ), inserted as (
      insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot,
        created_at, started_at, deadline_at, dispatched_at, next_dispatch_at, dispatch_count, updated_at)
      select id, ${tenantId}, definition, "user", 'SELF_HOSTED', case when begun_ago is null then 'PENDING' else 'RUNNING' end,
        snapshot, begun_at - interval '1 second', case when begun_ago is not null then begun_at end,
        case when begun_ago is not null then begun_at + make_interval(secs => "limit") end,
        case when dispatched then begun_at + interval '300 ms' end,
        case when begun_ago is not null and not dispatched then statement_timestamp() + interval '2 minutes' end,
        case when begun_ago is null then 0 when dispatched then 1 else 3 end, begun_at
      from present order by id
      on conflict do nothing
      returning id
    )
    insert into workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
    select ${tenantId}, id, 1, e.type, e.at, e.detail
    from present join inserted using (id)
    cross join lateral (values
      (1, 'TRIGGERED', begun_at - interval '1 second', null::jsonb),
      (2, case when begun_ago is null then 'QUEUED' else 'STARTED' end, begun_at, null),
      (3, case when dispatched then 'DISPATCHED' end, begun_at + interval '300 ms', jsonb_build_object('status', 202, 'tries', 1)),
      (4, case when begun_ago is not null and not dispatched then 'DISPATCH_FAILED' end, begun_at + interval '40 seconds',
        jsonb_build_object('reason', 'The runner could not be reached.', 'tries', 3))
    ) e (step, type, at, detail)
    where e.type is not null
    order by id, e.step`);
}
