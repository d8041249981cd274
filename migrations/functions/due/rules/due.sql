-- When something of a run, of a tenant, or of the deployment is due. Each kind is asked for by a subquery of its own. With a view of all kinds,
-- the planner would read and sort all RUNNING runs: the parts of a UNION ALL that have conditions are not read in the order of an index.

-- When the sweep next has something to do for a tenant: a run ends by time, joins its queue, or is still to be superseded; a dispatch,
-- the webhook of a stop, a trigger or a notification is due. Dispatches, triggers, and PENDING runs of which something was already due
-- at `p_after` are left out. So are the ends of runs of the definitions `p_except`.
-- Notifications that were already due are checked 30 seconds later: by then, the Worker that is sending them must have ended.
create or replace function public.next_due_at(
  p_tenant_id uuid, p_after timestamptz, p_except uuid[] default '{}'
) returns timestamptz
language plpgsql as $$
declare
  v_notify_at timestamptz := public.notifications_due_at(p_tenant_id);
begin
  return least(
    (select min(r.deadline_at) from public.workflow_runs r
      where r.tenant_id = p_tenant_id and r.status = 'RUNNING' and r.workflow_definition_id <> all (p_except)),
    (select min(r.next_dispatch_at) from public.workflow_runs r
      where r.tenant_id = p_tenant_id and r.next_dispatch_at > p_after),
    (select min(least(r.not_before, r.deadline_at)) from public.workflow_runs r
      where r.tenant_id = p_tenant_id and r.status = 'PENDING' and least(r.not_before, r.deadline_at) > p_after
        and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone)),
    (select min(s.superseded_at) from public.supersessions s
      where s.tenant_id = p_tenant_id and s.workflow_definition_id <> all (p_except)),
    (select min(a.ends_at) from public.running_attempts a
      where a.tenant_id = p_tenant_id and (p_except = '{}' or (
        select r.workflow_definition_id from public.workflow_runs r where r.id = a.run_id) <> all (p_except))),
    (select min(a.next_stop_dispatch_at) from public.running_attempts a
      where a.tenant_id = p_tenant_id and a.next_stop_dispatch_at > p_after),
    public.triggers_due_at(p_tenant_id, p_after),
    case when v_notify_at <= p_after then p_after + interval '30 seconds' else v_notify_at end);
end $$;

-- When a trigger or a due firing of the tenant is next due, of those that are due after an instant and are not set aside.
create or replace function public.triggers_due_at(p_tenant_id uuid, p_after timestamptz default '-infinity') returns timestamptz
language plpgsql stable as $$
begin
  return least(
    (select min(t.due_at) from public.triggers t
      where t.tenant_id = p_tenant_id and t.due_at > p_after
        and (select true from public.set_aside s
          where s.step = 'firings' and s.row_id in (t.id, t.tenant_id) and s.until > statement_timestamp() limit 1) is null),
    (select min(f.due_at) from public.due_firings f
      where f.tenant_id = p_tenant_id and f.due_at > p_after
        and (select true from public.set_aside s
          where s.step = 'firings' and s.row_id in (f.trigger_id, f.parent_run_id, f.tenant_id) and s.until > statement_timestamp() limit 1) is null));
end $$;

-- An instant for which a run or a trigger only waits, as the cron counts it. The cron sweeps each minute while something is due within the
-- hour, since the deadline of a RUNNING run may have been changed by hand. What waits for hours or days must not keep the database awake
-- for so long. So it counts as due so much later that the cron begins to sweep 90 seconds before it.
create or replace function public.wakes_cron_at(p_waits_until timestamptz) returns timestamptz
language sql immutable as $$
  select p_waits_until + interval '1 hour' - interval '90 seconds'
$$;

-- The same as `next_due_at` for all tenants together, in milliseconds from now. Register and cron judge by it. What belongs to deleted
-- definitions, triggers, endpoints and parents is due for the cron alone: see `finish_deletions`.
create or replace function public.deployment_due_in_ms() returns float8
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_notify_at timestamptz;
begin
  -- What has waited for a disabled endpoint is due, too: the sweep gives it up.
  -- The probe of a failing endpoint must not keep the database awake, so here it counts as due an hour later. The alarm of the
  -- hub sends it on time; otherwise the hourly sweep does.
  select min(public.endpoint_due_at(e.id, e.opens_at) + case when e.probe_at is null then interval '0' else interval '1 hour' end)
  into v_notify_at
  from public.endpoints_in_wait() waiting
  cross join lateral (
    select e.id, case when e.disabled_at is null then e.probe_at end as probe_at,
      case when e.disabled_at is null then public.endpoint_opens_at(e) end as opens_at
    from public.notification_endpoints e
    where e.id = waiting.id
    limit 1) e;
  return public.ms_until(least(v_notify_at,
    (select min(r.next_dispatch_at) from public.workflow_runs r where r.next_dispatch_at is not null),
    (select min(r.deadline_at) from public.workflow_runs r where r.status = 'RUNNING'),
    public.wakes_cron_at((select min(least(r.not_before, r.deadline_at)) from public.workflow_runs r
      where r.status = 'PENDING' and least(r.not_before, r.deadline_at) is not null)),
    (select min(s.superseded_at) from public.supersessions s),
    public.wakes_cron_at((select min(t.due_at) from public.triggers t where t.due_at is not null)),
    (select min(f.due_at) from public.due_firings f),
    (select min(a.ends_at) from public.running_attempts a),
    (select min(gone.deleted_at) from public.deleted_definitions gone),
    (select min(gone.deleted_at) from public.deleted_triggers gone),
    (select min(gone.deleted_at) from public.deleted_endpoints gone),
    (select min(gone.deleted_at) from public.deleted_parents gone),
    -- What the last sweep has not tried again is still set aside.
    (select min(s.until) from public.set_aside s where s.until > (select state.began_at from public.sweep_state state)),
    -- Few runs have a stop to send, and there is an index with only those.
    (select min(a.next_stop_dispatch_at) from public.running_attempts a where a.next_stop_dispatch_at is not null)));
end $$;
