-- Who holds the slots of a definition: at most `max_running` of its runs are RUNNING, by default one, and with `max_running_per_key`
-- at most so many with the same concurrency key. A slot is a fact about a RUNNING run, and nothing is counted that is not a row, so no
-- slot can be lost. `next_run.sql` says which run gets a free one.

-- The runs of a definition that are stored as RUNNING, and whether each has ended by time at an instant. Usually no attempt of the tenant is
-- over. One look into an index finds that out, and saves a look for each run.
create or replace function public.running_at(p_definition_id uuid, p_now timestamptz)
returns table (run_id uuid, concurrency_key text, slot_no integer, key_slot_no integer, is_over boolean)
language sql stable as $$
  select run.id, run.concurrency_key, run.slot_no, run.key_slot_no,
    run.deadline_at <= p_now or (
      (select exists (
        select from public.running_attempts a
        where a.tenant_id = (select d.tenant_id from public.workflow_definitions d where d.id = p_definition_id)
          and a.ends_at <= p_now))
      and run.ends_at <= p_now)
  from public.running_runs(p_definition_id) run
$$;

-- The RUNNING runs of a definition, each of which holds a slot. With `p_now`, a run that has ended by time holds none, even when
-- its end is not recorded yet; readers pass it. Verbs do not: they record such ends first.
create or replace function public.held_slots(p_definition_id uuid, p_now timestamptz default null)
returns table (run_id uuid, concurrency_key text, slot_no integer, key_slot_no integer)
language sql stable as $$
  select run.run_id, run.concurrency_key, run.slot_no, run.key_slot_no
  from public.running_at(p_definition_id, p_now) run
  where p_now is null or not run.is_over
$$;

-- How many more runs of a definition may start (below 1 when none may), and `max_running_per_key`: one row. For `p_held_at` see
-- `held_slots`. While runs of the whole definition are still to be superseded, none may start: see `superseded_groups`.
create or replace function public.free_slots(p_definition_id uuid, p_held_at timestamptz default null)
returns table (free bigint, per_key integer)
language sql stable as $$
  select
    case
      when exists (
        select from public.superseded_groups(d.id, d.max_running_per_key) superseded where superseded.concurrency_key is null) then 0
      else d.max_running - (select count(*) from public.held_slots(d.id, p_held_at))
    end,
    d.max_running_per_key
  from public.workflow_definitions d
  where d.id = p_definition_id
  offset 0 -- keeps the planner from merging this query, which would count the slots again for each use of `free`
$$;

-- The same with what is needed when keys take turns (`per_key` is not null): one row. No run of `full_keys` may start. A key of which runs
-- are still to be superseded counts as full. It reads the slots once.
create or replace function public.slots_of(p_definition_id uuid, p_held_at timestamptz default null)
returns table (free bigint, per_key integer, last_key text, full_keys text[])
language sql stable as $$
  select
    case when superseded.has_all then 0 else d.max_running - held.runs end,
    d.max_running_per_key, d.last_key, held.full_keys || superseded.keys
  from public.workflow_definitions d
  cross join lateral (
    select coalesce(sum(of_key.runs), 0)::bigint as runs, array_agg(of_key.concurrency_key) filter (
      where of_key.concurrency_key <> '' and of_key.runs >= d.max_running_per_key) as full_keys
    from (
      select held.concurrency_key, count(*) as runs
      from public.held_slots(d.id, p_held_at) held
      group by held.concurrency_key
    ) of_key
  ) held
  cross join lateral (
    select coalesce(bool_or(s.concurrency_key is null), false) as has_all,
      coalesce(array_agg(s.concurrency_key) filter (where s.concurrency_key is not null), '{}') as keys
    from public.superseded_groups(d.id, d.max_running_per_key) s
  ) superseded
  where d.id = p_definition_id
$$;

-- True when so many runs with this key are RUNNING that no further one may start. For `p_held_at` see `held_slots`.
create or replace function public.key_is_full(p_definition_id uuid, p_key text, p_held_at timestamptz default null)
returns boolean
language plpgsql stable as $$
begin
  return coalesce(
    (select p_key = any (slots.full_keys) from public.slots_of(p_definition_id, p_held_at) slots), false);
end $$;

-- The smallest number, from 1 on, that is not in this sorted list of slots that are held. The list is null when none is. Before the first gap
-- each number stands at its own place, so the gap is found by halving.
create or replace function public.first_free(p_held integer[]) returns bigint
language plpgsql immutable as $$
declare
  v_without_gap integer := 0;
  v_at_most integer := coalesce(cardinality(p_held), 0);
  v_place integer;
begin
  while v_without_gap < v_at_most loop
    v_place := (v_without_gap + v_at_most + 1) / 2;
    if p_held[v_place] = v_place then
      v_without_gap := v_place;
    else
      v_at_most := v_place - 1;
    end if;
  end loop;
  return v_without_gap + 1;
end $$;

-- The number of the slot that a run gets when it starts now, the smallest that is free: of its definition, or with `p_key` among those of
-- its key. A key counts its slots also while it has no limit, so that a limit that is set later knows them.
create or replace function public.free_slot(p_definition_id uuid, p_key text default null) returns bigint
language plpgsql stable as $$
begin
  return public.first_free(case
    when p_key is null then array(
      select run.slot_no from public.running_runs(p_definition_id) run order by run.slot_no)
    else array(
      select r.key_slot_no from public.workflow_runs r
      where r.workflow_definition_id = p_definition_id and r.status = 'RUNNING' and r.concurrency_key = p_key and r.key_slot_no is not null
      order by r.key_slot_no)
  end);
end $$;

-- The groups of a definition, with this `max_running_per_key`, of which runs are still to be superseded: their concurrency keys, and null
-- for the whole definition. When keys take no turns any more, the rest of a key keeps all from starting.
create or replace function public.superseded_groups(p_definition_id uuid, p_per_key integer) returns table (concurrency_key text)
language sql stable as $$
  select case when p_per_key is not null then s.concurrency_key end
  from public.supersessions s
  where s.workflow_definition_id = p_definition_id
$$;

-- True when one slot is all that each group of a definition has, so that a new run can take the place of a RUNNING one: see `make_room`.
-- The CHECK `workflow_definitions_when_busy_check` says the same of the policy's own `when_busy`.
create or replace function public.has_one_slot_for_each_group(p_definition_id uuid) returns boolean
language plpgsql stable as $$
begin
  return (
    select d.max_running = 1 or coalesce(d.max_running_per_key = 1, false) and d.key_from is not null
    from public.workflow_definitions d
    where d.id = p_definition_id);
end $$;
