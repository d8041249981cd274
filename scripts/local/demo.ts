/**
 * The demo tenant of the local stack. Its ids and keys are fixed, so that every command in the README can be pasted. They exist
 * only in databases into which this file has put them.
 */
import { sql } from "drizzle-orm";
import type { Config } from "../../src/config.ts";
import { type Database, openDatabase } from "../../src/db/client.ts";
import type { PartType } from "../../src/db/enums.ts";
import { tenants } from "../../src/db/people/tenant-tables.ts";
import type { RunSnapshot } from "../../src/db/run-snapshot.ts";
import { workflowRuns } from "../../src/db/run-tables.ts";
import { apiKeys, pathParts, userPermissions, users, workflowDefinitions } from "../../src/db/tables.ts";
import { hashApiKey, suffixOfApiKey } from "../../src/http/credentials/api-key.ts";
import { seedHistory } from "./demo-history.ts";
import { demoEmail, demoId } from "./demo-id.ts";
import { type ExampleRunner, followExampleRunner, runnerColumns } from "./demo-runner.ts";
import { seedTriggers, triggeredBy } from "./demo-triggers.ts";
import { MORE_FILES, MORE_PEOPLE, MORE_WORKFLOWS, partOf, toMoreDefinition } from "./demo-world.ts";

export const DEMO = {
  tenantId: demoId(1),
  owner: { id: demoId(201), apiKeyId: demoId(251), key: "wr_demo_owner" },
  admin: { id: demoId(202), apiKeyId: demoId(252), key: "wr_demo_admin" },
  user: { id: demoId(203), apiKeyId: demoId(253), key: "wr_demo_user" },
  /** Has finished runs, a free slot and the example runner. */
  quarterlyReportId: demoId(301),
  /** Signs what is sent to the example runner. */
  webhookSecret: "whsec_bG9jYWwtc3RhY2std2ViaG9vay1zZWNyZXQtMDEyMzQ=",
  /** It also has the example runner, a RUNNING run of 24 hours that the runner does not know, and a PENDING run behind it. */
  nightlyDigestId: demoId(302),
  /** A schedule of the quarterly report. It is paused. Its id is that of the examples in /docs. */
  triggerId: "01920000-0000-7000-8000-000000000a01",
  runs: { pending: demoId(401), running: demoId(402), completed: demoId(403), failed: demoId(404) },
} as const;

const WORKFLOWS_FOLDER = demoId(100);
const Q1 = { path_part_id: demoId(103), materialized_path: "/shared/reports/q1", part_type: "FOLDER" } as const;
const HOW_TO = {
  path_part_id: demoId(104),
  materialized_path: "/shared/how-to-summarise.md",
  part_type: "DOCUMENT",
} as const;
const SUMMARIES = { path_part_id: demoId(105), materialized_path: "/shared/summaries", part_type: "FOLDER" } as const;
const TEMPLATE = partOf(demoId(134));
const DIGESTS = { path_part_id: demoId(106), materialized_path: "/shared/digests", part_type: "FOLDER" } as const;

/** Id, parent, path, kind. */
const TREE: [string, string | null, string, PartType][] = [
  [WORKFLOWS_FOLDER, null, "/workflows", "FOLDER"],
  [demoId(101), null, "/shared", "FOLDER"],
  [demoId(102), demoId(101), "/shared/reports", "FOLDER"],
  [Q1.path_part_id, demoId(102), Q1.materialized_path, "FOLDER"],
  [demoId(107), Q1.path_part_id, `${Q1.materialized_path}/sales.csv`, "DOCUMENT"],
  [demoId(108), Q1.path_part_id, `${Q1.materialized_path}/costs.csv`, "DOCUMENT"],
  [HOW_TO.path_part_id, demoId(101), HOW_TO.materialized_path, "DOCUMENT"],
  [SUMMARIES.path_part_id, demoId(101), SUMMARIES.materialized_path, "FOLDER"],
  [DIGESTS.path_part_id, demoId(101), DIGESTS.materialized_path, "FOLDER"],
  [demoId(111), WORKFLOWS_FOLDER, `/workflows/${DEMO.quarterlyReportId}`, "WORKFLOW_DEFINITION"],
  [demoId(112), WORKFLOWS_FOLDER, `/workflows/${DEMO.nightlyDigestId}`, "WORKFLOW_DEFINITION"],
  ...MORE_FILES,
  ...MORE_WORKFLOWS.map(({ id, pathPartId }): [string, string, string, PartType] => [
    pathPartId,
    WORKFLOWS_FOLDER,
    `/workflows/${id}`,
    "WORKFLOW_DEFINITION",
  ]),
];

const PEOPLE = [
  { ...DEMO.owner, role: "OWNER", firstName: "Olivia", lastName: "Owner" },
  { ...DEMO.admin, role: "ADMIN", firstName: "Adam", lastName: "Admin" },
  { ...DEMO.user, role: "USER", firstName: "Uma", lastName: "User" },
] as const;

/** The people of the demo, as the example login service knows them. */
export const DEMO_PEOPLE = [
  ...PEOPLE.map(({ role, firstName, lastName }) => ({ email: demoEmail(role), name: `${firstName} ${lastName}` })),
  ...MORE_PEOPLE.map(([, firstName, lastName]) => ({ email: demoEmail(firstName), name: `${firstName} ${lastName}` })),
];

const DEFINITIONS = [
  {
    id: DEMO.quarterlyReportId,
    pathPartId: demoId(111),
    name: "Quarterly report",
    maxRunDurationSeconds: 300,
    output: SUMMARIES,
  },
  {
    id: DEMO.nightlyDigestId,
    pathPartId: demoId(112),
    name: "Nightly digest",
    maxRunDurationSeconds: 86_400,
    output: DIGESTS,
  },
];

/** Id, user, part, capability. */
const PERMISSIONS = [
  [demoId(501), demoId(204), demoId(120), "READ_WRITE"],
  [demoId(502), demoId(204), demoId(113), "READ_ONLY"],
  [demoId(503), demoId(205), demoId(101), "READ_ONLY"],
  [demoId(504), demoId(207), demoId(125), "READ_WRITE"],
] as const;

/** The definitions whose runs go to the example runner. */
const FOLLOWERS = [...DEFINITIONS, ...MORE_WORKFLOWS].map(({ id }) => id);

type DatabaseOptions = Pick<Config, "databaseUrl" | "neonFetchEndpoint">;

export type DemoOptions = DatabaseOptions & Pick<Config, "encryptionKeys"> & { runnerPort: number };

/** Inserts missing demo data. Existing data is not changed. */
export async function seedDemo(options: DemoOptions): Promise<void> {
  const db = openDatabase({ ...options, databaseTimeoutSeconds: 30 });
  const { tenantId } = DEMO;
  const keys = await Promise.all(
    PEOPLE.map(async (person) => ({
      id: person.apiKeyId,
      tenantId,
      userId: person.id,
      name: "Demo key",
      keyHash: `\\x${await hashApiKey(person.key)}`,
      keySuffix: suffixOfApiKey(person.key),
    })),
  );
  const example = { ...options, webhookSecret: DEMO.webhookSecret };
  const definitions = await Promise.all([
    ...DEFINITIONS.map((definition) => toDefinition(definition, example)),
    ...MORE_WORKFLOWS.map((workflow) => toMoreDefinition(tenantId, workflow, example)),
  ]);
  await db.batch([
    db.insert(tenants).values({ id: tenantId, name: "Demo" }).onConflictDoNothing(),
    db
      .insert(users)
      .values(
        PEOPLE.map(({ id, role, firstName, lastName }) => ({
          id,
          tenantId,
          role,
          firstName,
          lastName,
          email: demoEmail(role),
        })),
      )
      .onConflictDoNothing(),
    db
      .insert(users)
      .values(
        MORE_PEOPLE.map(([id, firstName, lastName, role]) => ({
          id,
          tenantId,
          role,
          firstName,
          lastName,
          email: demoEmail(firstName),
        })),
      )
      .onConflictDoNothing(),
    db.insert(apiKeys).values(keys).onConflictDoNothing(),
    db.insert(pathParts).values(TREE.map(toPathPart)).onConflictDoNothing(),
    db.insert(workflowDefinitions).values(definitions).onConflictDoNothing(),
    db
      .insert(userPermissions)
      .values(
        PERMISSIONS.map(([id, userId, pathPartId, capability]) => ({ id, tenantId, userId, pathPartId, capability })),
      )
      .onConflictDoNothing(),
    ...seedRuns(db),
    ...seedTriggers(db, DEMO),
  ]);
  await seedHistory(db, DEMO);
  for (const id of FOLLOWERS) await followExampleRunner(db, example, id);
}

function toPathPart([id, parentId, materializedPath, partType]: (typeof TREE)[number]) {
  const name = materializedPath.slice(materializedPath.lastIndexOf("/") + 1);
  const definition = [...DEFINITIONS, ...MORE_WORKFLOWS].find(({ pathPartId }) => pathPartId === id);
  return {
    id,
    tenantId: DEMO.tenantId,
    parentId,
    name,
    partType,
    materializedPath,
    metadataObjId: definition?.id ?? null,
    systemManaged: id === WORKFLOWS_FOLDER || definition !== undefined,
  };
}

async function toDefinition({ output, ...definition }: (typeof DEFINITIONS)[number], example: ExampleRunner) {
  return {
    ...definition,
    ...(await runnerColumns(example, definition.id)),
    tenantId: DEMO.tenantId,
    runnerType: "SELF_HOSTED" as const,
    sourcePathPartIds: [Q1.path_part_id],
    instructionPathPartIds: [HOW_TO.path_part_id],
    outputPathPartIds: [output.path_part_id],
    templatePathPartId: TEMPLATE.path_part_id,
  };
}

/** One run in each state. An existing run keeps its events as well. */
function seedRuns(db: Database) {
  const ago = (interval: string) => sql`statement_timestamp() - ${interval}::interval`;
  const run = (id: string, userId: string, definition: (typeof DEFINITIONS)[number]) => ({
    id,
    tenantId: DEMO.tenantId,
    workflowDefinitionId: definition.id,
    userId,
    runnerType: "SELF_HOSTED" as const,
    runSnapshot: snapshot(userId, definition),
  });
  const [report, digest] = DEFINITIONS;
  if (!report || !digest) throw new Error("The demo has two definitions.");
  const runs = db
    .insert(workflowRuns)
    .values([
      {
        ...run(DEMO.runs.completed, DEMO.user.id, report),
        status: "COMPLETED",
        createdAt: ago("2 hours"),
        startedAt: ago("2 hours"),
        dispatchedAt: sql`${ago("2 hours")} + interval '300 milliseconds'`,
        deadlineAt: sql`${ago("2 hours")} + interval '300 seconds'`,
        completedAt: ago("118 minutes"),
        updatedAt: ago("118 minutes"),
        endedBy: "CALLBACK",
      },
      {
        ...run(DEMO.runs.failed, DEMO.owner.id, report),
        triggeredBy: triggeredBy(DEMO),
        status: "FAILED",
        createdAt: ago("60.5 minutes"),
        startedAt: ago("1 hour"),
        dispatchedAt: sql`${ago("1 hour")} + interval '6 seconds'`,
        deadlineAt: sql`${ago("1 hour")} + interval '300 seconds'`,
        completedAt: ago("59 minutes"),
        updatedAt: ago("59 minutes"),
        endedBy: "CALLBACK",
        failureCode: "REPORTED",
        error: "costs.csv has no column `amount`.",
      },
      {
        ...run(DEMO.runs.running, DEMO.owner.id, digest),
        status: "RUNNING",
        slotNo: 1,
        startedAt: ago("0 seconds"),
        deadlineAt: sql`statement_timestamp() + interval '86400 seconds'`,
        dispatchedAt: ago("0 seconds"),
      },
      { ...run(DEMO.runs.pending, DEMO.owner.id, digest), status: "PENDING" },
    ])
    .onConflictDoNothing();
  // Derives events from the rows, for runs that have none yet.
  const events = db.execute(sql`
    insert into workflow_run_events (tenant_id, run_id, attempt, type, at)
    select r.tenant_id, r.id, r.attempt, e.type, e.at
    from workflow_runs r
    cross join lateral (values
      (1, 'TRIGGERED', r.created_at),
      (2, case when r.status = 'PENDING' or r.started_at > r.created_at then 'QUEUED' end, r.created_at),
      (3, case when r.started_at is not null then 'STARTED' end, r.started_at),
      (4, case when r.dispatched_at is not null then 'DISPATCHED' end, r.dispatched_at),
      (5, case when r.completed_at is not null then r.status end, r.completed_at)
    ) e (step, type, at)
    where r.tenant_id = ${DEMO.tenantId} and e.type is not null
      and not exists (select from workflow_run_events known where known.run_id = r.id)
    order by r.created_at, e.step`);
  return [runs, events] as const;
}

function snapshot(userId: string, definition: (typeof DEFINITIONS)[number]): RunSnapshot {
  return {
    workflow_definition_id: definition.id,
    workflow_name: definition.name,
    runner_type: "SELF_HOSTED",
    user_id: userId,
    max_run_duration_seconds: definition.maxRunDurationSeconds,
    sources: [Q1],
    instructions: [HOW_TO],
    outputs: [definition.output],
    template: TEMPLATE,
  };
}

/** The id of one run in each state that the database has now, since the states of the demo's runs change. */
export async function findRunInEachState(options: DatabaseOptions): Promise<{ status: string; id: string }[]> {
  const db = openDatabase({ ...options, databaseTimeoutSeconds: 30 });
  const { rows } = await db.execute<{ status: string; id: string }>(sql`
    select distinct on (status) status, id
    from (
      select case when status = 'RUNNING' and deadline_at <= statement_timestamp() then 'FAILED' else status end as status,
        id, created_at
      from workflow_runs where tenant_id = ${DEMO.tenantId}
    ) r
    -- Those that the README names, before those of the past.
    order by status, id not in (${sql.join(
      Object.values(DEMO.runs).map((id) => sql`${id}`),
      sql`, `,
    )}), created_at, id`);
  return rows;
}
