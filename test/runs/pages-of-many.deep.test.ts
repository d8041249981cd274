/**
 * For a page of the runs of a workflow, with a label, or with words in their errors, only so many runs are looked at. When more match, the
 * pages still show each run once.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { placeAfter } from "../../src/runs/labelled-runs.ts";
import type { RunCursor } from "../../src/runs/run-filter.ts";
import { writeUnchecked } from "../support/database.ts";
import { insertRun } from "../support/lifecycle.ts";
import { type Service, startService } from "../support/service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

let service: Service;
let tenant: TestTenant;

const FAILED_RUNS = 2_400;
const LABELS = 10_080;
/** Where the USER's runs are among those with the label, from the newest: also at the 10,000th place, from either end. */
const LABELLED = [1, 81, 5_000, 9_999, 10_000, 10_080];
const LIMIT = 20;

// Every 40th FAILED run is that of the USER, also one that is the last of 500. Between the FAILED runs are overdue ones of the USER.
beforeAll(async () => {
  service = await startService();
  tenant = await createTenant(service.database);
  const failed = await insertRun(service.database, tenant, { status: "FAILED", error: "It timed out." });
  const overdue = await insertRun(service.database, tenant, { status: "RUNNING", overdueSeconds: 60 });
  const copy = (id: string, owner: string, slot: string, every: number, shift: string) =>
    service.database.sql.query(
      `insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, slot_no, run_snapshot,
         created_at, started_at, deadline_at, dispatched_at, completed_at, updated_at, ended_by, failure_code, error)
       select gen_random_uuid(), r.tenant_id, r.workflow_definition_id, ${owner}, r.runner_type, r.status, ${slot}, r.run_snapshot,
         now() - make_interval(mins => n) - $2::interval, r.started_at, r.deadline_at, r.dispatched_at, r.completed_at,
         r.updated_at, r.ended_by, r.failure_code, r.error
       from workflow_runs r, generate_series(20, ${FAILED_RUNS + 19}, ${every}) n
       where r.id = $1 and $3::uuid is not null`,
      [id, shift, tenant.user.id],
    );
  await copy(failed, "case when (n + 1) % 40 = 0 then $3 else r.user_id end", "null", 1, "0");
  await copy(overdue, "$3", "n", 150, "30 seconds");
  await service.database.sql`delete from workflow_runs where id = ${failed}`;

  // The other labels are of runs that do not exist: they are looked at, too.
  const { sql } = service.database;
  const completed = await insertRun(service.database, tenant, { status: "COMPLETED" });
  await writeUnchecked(sql, [
    sql`
      insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot, created_at, started_at,
        deadline_at, completed_at, updated_at, ended_by)
      select gen_random_uuid(), r.tenant_id, r.workflow_definition_id, ${tenant.user.id}, r.runner_type, r.status, r.run_snapshot,
        date_trunc('day', now()) - make_interval(mins => n), r.started_at, r.deadline_at, r.completed_at, r.updated_at, r.ended_by
      from workflow_runs r, unnest(${LABELLED}::integer[]) n
      where r.id = ${completed}`,
    sql`
      insert into workflow_run_labels (tenant_id, run_id, label, created_at)
      select ${tenant.id}, coalesce(r.id, gen_random_uuid()), 'many:yes', placed.at
      from (select date_trunc('day', now()) - make_interval(mins => n) as at from generate_series(1, ${LABELS}::integer) n) placed
      left join workflow_runs r on r.created_at = placed.at and r.user_id = ${tenant.user.id} and r.status = 'COMPLETED'`,
  ]);
});

type Row = { id: string; created_at: string; is_found: boolean };

type Page = (cursor: RunCursor | null, isOlder: boolean) => Promise<Row[]>;

/** A page of the USER's runs that `found` finds, with the row that says how far was looked: those of a workflow, or of all. */
const pageOf =
  (found: string, definitionId = "null"): Page =>
  async (cursor, isOlder) =>
    (await service.database.sql.query(
      `select id, created_at::text, is_found from public.${found}, null, ${definitionId}, $3, null, null, $4, $5::timestamptz, $6::uuid, $7)`,
      [tenant.id, tenant.owner.id, tenant.user.id, isOlder, cursor?.createdAt ?? null, cursor?.id ?? null, LIMIT + 1],
    )) as Row[];

const withError = pageOf("runs_with_error('OWNER', $1, $2, 'timed', '{}'");
const withLabel = pageOf("labelled_runs('OWNER', $1, $2, '{many:yes}'");
const ofWorkflow = pageOf(
  "labelled_runs('OWNER', $1, $2, '{}'",
  "(select d.id from workflow_definitions d where d.tenant_id = $1)",
);

/** The ids of all pages. */
async function readPages(page: Page, isOlder: boolean): Promise<string[]> {
  const ids: string[] = [];
  let cursor: RunCursor | null = null;
  do {
    const rows: Row[] = await page(cursor, isOlder);
    const found = rows.filter(({ is_found }) => is_found);
    const lookedAt = rows.find(({ is_found }) => !is_found);
    const last = found.length > LIMIT ? found[LIMIT - 1] : undefined;
    ids.push(...found.slice(0, LIMIT).map(({ id }) => id));
    cursor = last === undefined ? null : { createdAt: last.created_at, id: last.id };
    if (lookedAt) {
      cursor = placeAfter({ createdAt: lookedAt.created_at, id: lookedAt.id }, isOlder ? "older" : "newer");
    }
  } while (cursor !== null);
  return ids;
}

const DIRECTIONS: [string, boolean][] = [
  ["from the newest", true],
  ["from the oldest", false],
];

/** The ids of the USER's runs, newest first: those that are COMPLETED, those that are not, or all. */
const idsOf = async (status: "COMPLETED" | "FAILED" | null) => {
  const runs = await service.database.sql`
    select id from workflow_runs where user_id = ${tenant.user.id} and coalesce((status = 'COMPLETED') = (${status}::text = 'COMPLETED'), true)
    order by created_at desc, id desc`;
  return runs.map(({ id }) => id);
};

describe("the pages of runs with words in their errors that thousands have", () => {
  it.each(DIRECTIONS)("have each failed and each overdue run once, in their order, %s", async (_, isOlder) => {
    const ids = await idsOf("FAILED");
    expect(ids).toHaveLength(FAILED_RUNS / 40 + FAILED_RUNS / 150);
    expect(await readPages(withError, isOlder)).toEqual(isOlder ? ids : ids.toReversed());
  });
});

describe("the pages of runs with a label that thousands have", () => {
  it.each(DIRECTIONS)("have each run once, in their order, %s", async (_, isOlder) => {
    const ids = await idsOf("COMPLETED");
    expect(ids).toHaveLength(LABELLED.length);
    expect(await readPages(withLabel, isOlder)).toEqual(isOlder ? ids : ids.toReversed());
  });
});

describe("the pages of the runs of a workflow that has thousands", () => {
  it.each(DIRECTIONS)("have each run of a user once, in their order, %s", async (_, isOlder) => {
    const ids = await idsOf(null);
    expect(await readPages(ofWorkflow, isOlder)).toEqual(isOlder ? ids : ids.toReversed());
  });
});
