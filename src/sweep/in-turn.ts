/** How a sweep serves the tenants in turn, so that one with a million runs to sweep does not keep the others waiting. */
import { type SQL, sql } from "drizzle-orm";

/**
 * The arm `tenant (id)` of a `with recursive`: the tenants that have a run `r` which is `indexed`. That has to be the
 * condition of an index that begins with the tenant: the query hops from one to the next, so that it costs a look-up
 * for each tenant and not for each run.
 */
export const tenantsHaving = (indexed: SQL) => sql`tenant (id) as (
    (select r.tenant_id from workflow_runs r where ${indexed} order by r.tenant_id limit 1)
    union all
    select (
      select r.tenant_id from workflow_runs r where ${indexed} and r.tenant_id > tenant.id order by r.tenant_id limit 1
    )
    from tenant where tenant.id is not null
  )`;

/**
 * The arms of a `with recursive` that end with `chosen (id, workflow_definition_id, turn, since)`: up to `limit` of the
 * runs `r` that are `wanted`, each tenant's in the order of `since` and as many of each as their number allows. To be
 * taken in the order of `turn` and `since`. `since` is the second column of the index of {@link tenantsHaving}.
 */
export const chooseInTurn = (options: { indexed: SQL; wanted: SQL; since: SQL; limit: number }) => sql`
  ${tenantsHaving(options.indexed)}, wanting as (
    select tenant.id from tenant
    where exists (select from workflow_runs r where r.tenant_id = tenant.id and ${options.wanted})
  ), chosen as (
    select r.id, r.workflow_definition_id, r.since, row_number() over (partition by wanting.id order by r.since) as turn
    from wanting
    cross join lateral (
      select r.id, r.workflow_definition_id, ${options.since} as since from workflow_runs r
      where r.tenant_id = wanting.id and ${options.wanted}
      order by ${options.since}
      limit (select greatest(${options.limit}::bigint / nullif(count(*), 0), 1) from wanting)
    ) r
  )`;

/**
 * A query of `(id)`: takes hold of the first `limit` of `chosen (id, turn, since)` that are still `wanted`, and passes
 * over those that somebody else holds.
 */
export const holdChosen = (options: { wanted: SQL; limit: number }) => sql`
  select held.id
  from (select id from chosen order by turn, since limit ${options.limit}) next
  -- One by one, by the primary key: as a join, it may begin with all that are wanted.
  cross join lateral (
    select r.id from workflow_runs r where r.id = next.id and ${options.wanted} for update skip locked
  ) held`;
