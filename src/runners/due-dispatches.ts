import { type SQL, sql } from "drizzle-orm";
import type { Database } from "../db/client.ts";
import { DISPATCH_LEASE_SECONDS, dispatchColumns } from "../runs/slots.ts";
import { holdChosen, tenantsHaving } from "../sweep/in-turn.ts";
import type { DispatchRow } from "./dispatch.ts";

/** True for a run `r` whose dispatch is due. */
export const isDue = sql`(r.next_dispatch_at <= statement_timestamp() and r.deadline_at > statement_timestamp())`;

/** Scheme, host and port of a runner's URL: not what follows, which may be secret. */
export const originOf = (url: SQL) => sql`coalesce(substring(${url} from '^[^:]+://[^/?#]+'), '')`;

/** The runner of a definition `d`, as one of its tenant's: what it does to us must not touch another tenant's runs. */
const runner = sql`(d.tenant_id || ' ' || ${originOf(sql`d.runner_url`)})`;

export type ClaimedDispatch = DispatchRow & {
  /** The same for all dispatches to one runner. */
  runner: string;
};

export type Claim = {
  limit: number;
  /** Runners that are sent as many as are due; others are sent one. */
  quick: readonly string[];
  /** Runners that are sent none. */
  busy: readonly string[];
};

/** How many due dispatches a claim looks at: in all, and at least of each tenant. */
const WINDOW = { total: 200, tenant: 10 };

/**
 * Takes up to `limit` due dispatches under a lease: until it runs out nobody else does. The tenants take turns, and
 * of each the longest due come first.
 */
export async function claimDueDispatches(db: Database, { limit, quick, busy }: Claim): Promise<ClaimedDispatch[]> {
  // Guarantees: a due dispatch is taken by one caller at a time, and comes back when that caller dies.
  // Closes the race between two sweeps: each passes over the rows that the other holds.
  const { rows } = await db.execute<ClaimedDispatch>(sql`
    with recursive ${tenantsHaving(sql`r.next_dispatch_at is not null`)}, seen as (
      select r.*, row_number() over (partition by r.runner order by r.next_dispatch_at) as place
      from tenant
      cross join lateral (
        select r.id, r.tenant_id, r.next_dispatch_at, ${runner} as runner
        from workflow_runs r
        join workflow_definitions d on d.id = r.workflow_definition_id
        where r.tenant_id = tenant.id and ${isDue}
        order by r.next_dispatch_at
        limit (select greatest(${WINDOW.total}::bigint / count(*), ${WINDOW.tenant}) from tenant)
      ) r
    ), chosen as (
      select s.id, s.next_dispatch_at as since,
        row_number() over (partition by s.tenant_id order by s.next_dispatch_at) as turn
      from seen s
      where (s.place = 1 or s.runner = any(${sql.param(quick)}::text[])) and s.runner <> all(${sql.param(busy)}::text[])
    ), due as (${holdChosen({ wanted: isDue, limit })}), claimed as (
      update workflow_runs r
      set next_dispatch_at = statement_timestamp() + make_interval(secs => ${DISPATCH_LEASE_SECONDS}::int),
          dispatch_count = r.dispatch_count + 1
      from due
      where r.id = due.id
      returning r.*
    )
    select ${dispatchColumns}, ${runner} as runner
    from claimed r join workflow_definitions d on d.id = r.workflow_definition_id`);
  return rows;
}

/** More than a hanging runner usually has; what is left is put off when the next try has hung, too. */
const PUT_OFF_LIMIT = 5_000;

/** Spread out, so that a runner which is up again is not flooded. */
const PUT_OFF_SECONDS = { least: 60, most: 300 };

/** Makes what is due for a runner due some minutes later, untried: it does not answer, and others wait. */
export async function putOffDispatches(db: Database, hanging: ClaimedDispatch): Promise<void> {
  // Guarantees: nothing that is being delivered is touched.
  // Closes the race with whoever changes one of these runs: it passes over the rows that somebody holds.
  await db.execute(sql`
    with waiting as (
      select r.id
      from workflow_runs r
      join workflow_definitions d on d.id = r.workflow_definition_id
      where r.tenant_id = ${hanging.tenant_id} and ${isDue} and ${runner} = ${hanging.runner}
      limit ${PUT_OFF_LIMIT}
      for update of r skip locked
    )
    update workflow_runs r
    set next_dispatch_at = statement_timestamp() + make_interval(
      secs => ${PUT_OFF_SECONDS.least} + random() * ${PUT_OFF_SECONDS.most - PUT_OFF_SECONDS.least})
    from waiting
    where r.id = waiting.id`);
}
