/** The pages of the runs with words in their errors, when more runs have them than can all be looked at. */
import { beforeAll, describe, expect, it } from "vitest";
import { placeAfter } from "../../src/runs/labelled-runs.ts";
import type { RunCursor } from "../../src/runs/run-filter.ts";
import { insertRun } from "../support/lifecycle.ts";
import { type Service, startService } from "../support/service.ts";
import { createTenant, type TestTenant } from "../support/tenant.ts";

let service: Service;
let tenant: TestTenant;

const FAILED_RUNS = 2_400;
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
});

type Row = { id: string; created_at: string; is_found: boolean };

/** A page of the USER's runs whose errors have the word, with the row that says how far was looked. */
async function page(cursor: RunCursor | null, isOlder: boolean): Promise<Row[]> {
  const rows = await service.database.sql`
    select id, created_at::text, is_found
    from public.runs_with_error('OWNER', ${tenant.id}, ${tenant.owner.id}, 'timed', '{}', null, null, ${tenant.user.id}, null, null,
      ${isOlder}, ${cursor?.createdAt ?? null}::timestamptz, ${cursor?.id ?? null}::uuid, ${LIMIT + 1})`;
  return rows as Row[];
}

/** The ids of all pages. */
async function readPages(isOlder: boolean): Promise<string[]> {
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

describe("the pages of runs with words in their errors that thousands have", () => {
  it.each([
    ["from the newest", true],
    ["from the oldest", false],
  ])("have each failed and each overdue run once, in their order, %s", async (_, isOlder) => {
    const all = await service.database.sql`
      select id from workflow_runs where user_id = ${tenant.user.id} order by created_at desc, id desc`;
    const ids = all.map(({ id }) => id);
    expect(ids).toHaveLength(FAILED_RUNS / 40 + FAILED_RUNS / 150);
    expect(await readPages(isOlder)).toEqual(isOlder ? ids : ids.toReversed());
  });
});
