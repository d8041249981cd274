-- Can a definition take a run now, and who starts its runs? All that decides or shows this reads it here.

-- Why a definition starts no run, and takes no new one: 'paused' or 'no_runner', the first that holds. Null when it can. A
-- definition has a runner when it has a URL, or when its runs are leased: then each runner asks for them.
create or replace function public.start_obstacle(p_is_active boolean, p_runner_url text, p_handover text) returns text
language sql immutable as $$
  select case
    when not p_is_active then 'paused'
    when p_runner_url is null and p_handover <> 'lease' then 'no_runner'
  end
$$;

-- True when the runs of a definition start by themselves, and are dispatched to its runner.
create or replace function public.starts_runs(p_is_active boolean, p_runner_url text, p_handover text) returns boolean
language sql immutable as $$
  select p_handover = 'webhook' and public.start_obstacle(p_is_active, p_runner_url, p_handover) is null
$$;

-- True when runs of this definition may be leased: its runs are leased, and it is not paused.
create or replace function public.leases_runs(p_is_active boolean, p_runner_url text, p_handover text) returns boolean
language sql immutable as $$
  select p_handover = 'lease' and public.start_obstacle(p_is_active, p_runner_url, p_handover) is null
$$;
