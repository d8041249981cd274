-- Gives an agent its next tokens, for its code (`p_generation` 0) or for a refresh token of that generation. A code works once, and within
-- `p_seconds`. For as long, a refresh token works again that was just used, since the agent may not have got the answer. One that was used
-- before, or a code that was used, is in the hands of somebody else as well, so the grant ends. A grant that was not renewed for `p_idle_days` is of no use.
--
-- Closes the race between two uses of one token: both lock the grant.
--
-- Answers {"result": {"tenant_id", "user_id", "scopes", "generation"}}, or "refused": unauthenticated
create or replace function public.renew_agent_grant(
  p_context jsonb, p_grant_id uuid, p_generation integer, p_seconds integer, p_idle_days integer
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_before jsonb;
  v_now timestamptz;
  g public.agent_grants;
begin
  select * into g from public.agent_grants held where held.id = p_grant_id for no key update;
  v_now := clock_timestamp();
  if g.id is null or public.role_of(g.tenant_id, g.user_id) is null or g.renewed_at < v_now - make_interval(days => p_idle_days)
    or (g.generation = 0 and g.created_at < v_now - make_interval(secs => p_seconds)) then
    return public.answer_of(p_context, g.tenant_id, '{"refused": "unauthenticated"}');
  end if;
  if p_generation <> g.generation
    and (p_generation = 0 or p_generation <> g.generation - 1 or g.renewed_at < v_now - make_interval(secs => p_seconds)) then
    v_before := public.audited('agent_grant', g.id);
    delete from public.agent_grants held where held.id = g.id;
    perform public.audit_change(p_context, g.tenant_id, 'agent_grant.ended', 'agent_grant', g.id, v_before, '{"reason": "reused"}',
      jsonb_build_object('user_id', g.user_id, 'credential_kind', 'agent', 'credential_id', g.id));
    return public.answer_of(p_context, g.tenant_id, '{"refused": "unauthenticated"}', '{"others": true}');
  end if;
  update public.agent_grants held
  set generation = p_generation + 1, renewed_at = case when p_generation = g.generation then v_now else g.renewed_at end
  where held.id = g.id;
  return public.answer_of(p_context, g.tenant_id, jsonb_build_object('result', jsonb_build_object(
    'tenant_id', g.tenant_id, 'user_id', g.user_id, 'scopes', g.scopes, 'generation', p_generation + 1)));
end $$;
