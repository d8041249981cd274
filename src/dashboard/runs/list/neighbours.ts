import { asc, desc, sql } from "drizzle-orm";
import { type Caller, readableDefinitionsOf } from "../../../db/caller.ts";
import type { Database } from "../../../db/client.ts";
import { newestRuns } from "../../../runs/list-runs.ts";
import { NO_FILTER, type RunFilter } from "../../../runs/run-filter.ts";

type Neighbour = { id: string; filter: RunFilter | null; direction: "newer" | "older" };

/** Selects the run that comes before or after a run in the list with a filter. None without a filter. */
export function selectNeighbour(db: Database, caller: Caller, { id, filter, direction }: Neighbour) {
  const readable = readableDefinitionsOf(db, caller);
  const createdAt = sql`(select here.created_at from public.workflow_runs here where here.id = ${id}::uuid
    and here.tenant_id = ${caller.tenantId})`;
  const page = { filter: filter ?? NO_FILTER, cursor: { createdAt, id }, direction, limit: 1 };
  const newest = newestRuns(db, caller, readable, page);
  const first = direction === "newer" ? asc : desc;
  return db
    .with(caller, readable)
    .select({ id: newest.id })
    .from(caller)
    .crossJoinLateral(newest)
    .where(filter === null ? sql`false` : sql`${newest.isFound}`)
    .orderBy(first(newest.createdAt), first(newest.id))
    .limit(1);
}
