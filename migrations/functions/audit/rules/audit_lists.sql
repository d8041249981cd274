-- Lists of the audit log: which rows they have, and how the API shows one.

-- The newest `p_limit` rows of a tenant from `p_since` on and before a position, newest first. One filter chooses the index that is read:
-- the object, otherwise the user who acted, otherwise the action. The caller applies the others.
--
-- It is planned for the given values: a plan for any values would expect so few rows that it would read all of them, and sort them.
create or replace function public.audit_rows(
  p_tenant_id uuid, p_actor_id uuid, p_object_id uuid, p_action text, p_since timestamptz, p_before_at timestamptz, p_before_id uuid,
  p_limit integer
) returns table (at timestamptz, id uuid)
language plpgsql stable set plan_cache_mode = force_custom_plan as $$
begin
  if p_object_id is not null then
    return query
      select found.at, found.id
      from (
        (
          select e.at, e.id from public.audit_events e
          where e.tenant_id = p_tenant_id and e.object_id = p_object_id
            and e.at >= p_since and (e.at, e.id) < (p_before_at, p_before_id)
          order by e.at desc, e.id desc
          limit p_limit
        )
        -- An event on an object is not about the same one.
        union all
        (
          select e.at, e.id from public.audit_events e
          where e.tenant_id = p_tenant_id and e.about_id = p_object_id
            and e.at >= p_since and (e.at, e.id) < (p_before_at, p_before_id)
          order by e.at desc, e.id desc
          limit p_limit
        )
      ) found
      order by found.at desc, found.id desc
      limit p_limit;
  else
    -- The plan is made for these values, so a filter that is null is not in it.
    return query
      select e.at, e.id from public.audit_events e
      where e.tenant_id = p_tenant_id and e.at >= p_since and (e.at, e.id) < (p_before_at, p_before_id)
        and (p_actor_id is null or e.actor_id = p_actor_id)
        and (p_actor_id is not null or p_action is null or e.action = p_action)
      order by e.at desc, e.id desc
      limit p_limit;
  end if;
end $$;

-- A row of the audit log as the API shows it.
create or replace function public.audit_event_response(e public.audit_events) returns jsonb
language sql stable as $$
  select jsonb_build_object(
    'id', e.id, 'at', public.wire_instant(e.at), 'action', e.action,
    'actor', jsonb_build_object('user_id', e.actor_id, 'name', e.actor_name, 'credential_kind', e.credential_kind,
      'credential_id', e.credential_id, 'credential_name', e.credential_name),
    'object', jsonb_build_object('kind', e.object_kind, 'id', e.object_id, 'name', e.object_name),
    'about', case when e.about_kind is not null
      then jsonb_build_object('kind', e.about_kind, 'id', e.about_id, 'name', e.about_name) end,
    'before', e.before, 'after', e.after, 'hidden', e.hidden, 'detail', e.detail, 'request_id', e.request_id)
$$;

-- The newest rows on an object or about it, as the pages of the object show them to an OWNER or ADMIN; [] for a USER. With `p_action` or
-- `p_field`, only those with this action, or those that have changed this field of it, among its newest 200.
create or replace function public.last_changes(
  p_role text, p_tenant_id uuid, p_object_id uuid, p_limit integer, p_action text default null, p_field text default null
) returns jsonb
language plpgsql stable as $$
declare
  c_window constant integer := 200;
begin
  if not public.is_administrator(p_role) then
    return '[]';
  end if;
  return (
    select coalesce(jsonb_agg(public.audit_event_response(shown.event) order by shown.at desc, shown.id desc), '[]')
    from (
      select row.event, found.at, found.id
      from public.audit_rows(p_tenant_id, null, p_object_id, null, '-infinity', 'infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff',
        case when num_nonnulls(p_action, p_field) > 0 then c_window else p_limit end) found
      cross join lateral (
        select e as event
        from public.audit_events e
        where e.tenant_id = p_tenant_id and e.at = found.at and e.id = found.id and (p_action is null or e.action = p_action)
          and (p_field is null or e.object_id = p_object_id and e.after ? p_field)
        limit 1
      ) row
      order by found.at desc, found.id desc
      limit p_limit
    ) shown);
end $$;
