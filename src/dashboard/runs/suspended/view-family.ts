/** The runs that have triggered a run, and those that it has triggered. */
import { eq, sql } from "drizzle-orm";
import type { Caller as CallerExpression } from "../../../db/caller.ts";
import type { Database } from "../../../db/client.ts";
import { r, seenNow } from "../../../runs/run-rows.ts";
import { type ListedRun, selectListed } from "../kit/view-runs.ts";

/** The states in which children are counted, those that matter most first. */
export const CHILD_STATES = ["FAILED", "RUNNING", "SUSPENDED", "PENDING", "COMPLETED"] as const;
export type ChildCounts = Record<(typeof CHILD_STATES)[number], number>;

type Children = {
  children: Child[];
  /** How many there are in each state; null when there is none. */
  counts: ChildCounts | null;
};

/** A run that another one has triggered, with its own children. */
export type Child = ListedRun &
  Children & {
    key: string;
    /** False once it was triggered anew, since it had failed and a person has retried its parent. */
    is_live: boolean;
  };

/** Of those runs that the caller may see: `family_of` in SQL. */
export type Family = Children & {
  /** The run that has triggered all of them, and so on to the parent of the run. */
  path: ListedRun[];
  /** The key that the run has in its parent; null without one. */
  key: string | null;
  /** How many runs below the children are shown. When these are {@link MOST_BELOW}, there may be more. */
  below: number;
};

/** How many runs below the children of a run are shown, and how many are counted of each. */
export const MOST_BELOW = 150;
export const MOST_COUNTED_BELOW = 50;

export function selectFamily(db: Database, caller: CallerExpression, runId: string) {
  const seen = seenNow(db);
  return db
    .with(caller)
    .select({
      ...selectListed(db, seen),
      of_run_id: sql<string | null>`family.of_run_id`,
      key: sql<string | null>`family.key`,
      is_live: sql<boolean | null>`family.is_live`,
      level: sql<number>`family.level`,
      siblings: sql<ChildCounts | null>`family.siblings`,
    })
    .from(caller)
    .crossJoinLateral(
      sql`public.family_of(${caller.role}, ${caller.tenantId}, ${caller.userId}, ${runId}::uuid)
        with ordinality family (run_id, of_run_id, key, is_live, level, siblings, place)`,
    )
    .innerJoin(r, eq(r.id, sql`family.run_id`))
    .crossJoinLateral(seen)
    .orderBy(sql`family.place`);
}

type Row = Awaited<ReturnType<typeof selectFamily>>[number];

export function toFamily(rows: readonly Row[]): Family {
  const family: Family = { path: [], key: null, children: [], counts: null, below: 0 };
  const known = new Map<string | null, Children>();
  for (const { of_run_id, key, is_live, level, siblings, ...run } of rows) {
    if (level < 0) family.path.push(run);
    else if (level === 0) {
      family.key = key;
      known.set(run.id, family);
    } else {
      const child: Child = { ...run, key: key ?? "", is_live: is_live ?? true, children: [], counts: null };
      known.set(run.id, child);
      const parent = known.get(of_run_id);
      parent?.children.push(child);
      if (parent && siblings) parent.counts = siblings;
      if (level > 1) family.below += 1;
    }
  }
  return family;
}

/** True while one of the children goes on, or of those below that are shown, so that the page has to hear of it. */
export const goesOn = ({ counts, children }: Children): boolean =>
  counts !== null && (counts.RUNNING + counts.SUSPENDED + counts.PENDING > 0 || children.some(goesOn));
