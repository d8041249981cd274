-- Which waiting runs a runner can lease now.

-- The run of this definition that a runner gets when it asks at this instant. A run that has ended by time holds no slot any more.
-- One row, or none.
create or replace function public.next_leasable_run(p_definition_id uuid, p_now timestamptz)
returns table (id uuid, ticket bigint)
language sql stable as $$
  select next.id, next.ticket
  from public.workflow_definitions d
  cross join lateral (
    select r.id, public.ticket_of(r.queue_position) as ticket from public.workflow_runs r where r.id = public.next_run(d.id, p_now, p_now) limit 1
  ) next
  where d.id = p_definition_id and public.leases_runs(d.is_active, d.runner_url, d.handover)
  limit 1 -- keeps the planner from merging this query into a list, where it might read all definitions
$$;

-- The runs of `next_leasable_run` of several definitions, in the order in which they joined their queues. Null when there are none.
create or replace function public.next_leasable_runs(p_definition_ids uuid[], p_now timestamptz) returns uuid[]
language plpgsql stable as $$
begin
  return (
    select array_agg(first.id order by first.ticket)
    from unnest(p_definition_ids) definition (id)
    cross join lateral public.next_leasable_run(definition.id, p_now) first);
end $$;

-- How many runs of a definition could be leased at this instant, one after the other. `p_is_active`, `p_runner_url` and `p_handover` are
-- columns of the definition. They are parameters because the caller has already read its row.
create or replace function public.count_leasable(
  p_definition_id uuid, p_is_active boolean, p_runner_url text, p_handover text, p_now timestamptz
) returns bigint
language sql stable as $$
  select case
    when public.leases_runs(p_is_active, p_runner_url, p_handover) then public.count_next_runs(p_definition_id, p_now, p_now)
    else 0
  end
$$;

-- Of these definitions, those whose runs are leased, how many runs could be leased of each now, and which tags a runner needs. It is
-- inlined into the query that calls it, so other definitions cost nothing.
create or replace function public.leased_work(p_definition_ids uuid[], p_now timestamptz)
returns table (workflow_definition_id uuid, count bigint, tags text[])
language sql stable as $$
  select d.id, leasable.count, d.runner_tags
  from public.workflow_definitions d
  cross join lateral (
    select case
      -- Usually nothing waits, and this finds it out sooner.
      when exists (
        select from public.workflow_runs r
        where r.workflow_definition_id = d.id and r.status = 'PENDING' and r.queue_position is not null)
        then public.count_leasable(d.id, d.is_active, d.runner_url, d.handover, p_now)
      else 0
    end as count
    offset 0) leasable
  where d.id = any (p_definition_ids) and d.handover = 'lease'
$$;
