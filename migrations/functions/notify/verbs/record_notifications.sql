-- Records the outcomes of claimed notifications of one endpoint: [{"id", "try_count" and "claimed_until": as it was claimed, "outcome":
-- "delivered", "failed" or "gone", "status": of the answer or null, "duration_ms", "reason": null when it was delivered,
-- "answer": the beginning of what the endpoint answered when it refused, or null, "retry_after_seconds": the least pause that the
-- endpoint asked for}]. A Worker of an older release does not know "claimed_until". `p_url` is where they were sent: of a chat the hash of
-- its address. `p_is_probe` is as they were claimed. `p_is_asked` is true when a person asked for one of them, and may be looking at its page.
--
-- A notification is tried eight times. An endpoint that fails five times in a row then gets one probe at a time, with the same
-- delays. A pause that a chat has asked for holds for all messages to its address. An endpoint that says it is gone (410), or that has
-- failed for five days, is disabled, with an event. The five days begin anew when nothing was sent to it for a day: what fails then gets its
-- tries, however long ago something else has failed.
--
-- Guarantees: each try counts once. The result of a caller whose claim is over changes nothing once somebody else has claimed it or has
-- asked for it again, since it is then claimed until another instant. `try_count` alone does not say that: it begins again when somebody
-- asks.
-- Closes the race between two callers: both lock the endpoint's row.
--
-- Answers {"result": {"has_due": true when more can be sent to the endpoint now}}.
create or replace function public.record_notifications(
  p_context jsonb, p_endpoint_id uuid, p_url text, p_is_probe boolean, p_is_asked boolean, p_results jsonb
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  c_max_tries constant integer := 8;
  c_tries_kept constant integer := 20;
  c_failures_until_probe constant integer := 5;
  c_longest_failing constant interval := interval '5 days';
  -- Longer than any pause between two tries.
  c_idle constant interval := interval '1 day';
  v_now timestamptz;
  v_tenant_id uuid;
  v_url text;
  v_address_hash text;
  v_failures integer;
  v_failing_since timestamptz;
  v_probes integer;
  v_disabled_at timestamptz;
  v_delivered integer;
  v_failed integer;
  v_gone text;
  v_last_reason text;
  v_why_disabled text;
begin
  -- 1. Lock the endpoint.
  perform public.lock_address(p_endpoint_id);
  select e.tenant_id, e.url, e.address_hash, e.failures, e.failing_since, e.failed_probes, e.disabled_at
  into v_tenant_id, v_url, v_address_hash, v_failures, v_failing_since, v_probes, v_disabled_at
  from public.notification_endpoints e
  where e.id = p_endpoint_id;
  if v_tenant_id is null then
    return public.answer_of(p_context, null, '{"result": {"has_due": false}}');
  end if;
  v_now := clock_timestamp();

  -- 2. Record the tries.
  with recorded as (
    update public.notifications n
    set tries = jsonb_path_query_array(
        n.tries || jsonb_build_object('at', public.wire_instant(v_now), 'status', result.status,
          'duration_ms', result.duration_ms, 'reason', result.reason, 'answer', result.answer),
        '$[$from to last]',
        jsonb_build_object('from', greatest(jsonb_array_length(n.tries) + 1 - c_tries_kept, 0))),
      delivered_at = case when result.outcome = 'delivered' then v_now else n.delivered_at end,
      next_try_at = case
        when result.outcome = 'delivered' or result.try_count >= c_max_tries or v_disabled_at is not null then null
        else v_now + make_interval(secs => greatest(
          public.notification_delay_seconds(result.try_count, random()), coalesce(result.retry_after_seconds, 0)))
      end,
      asked_at = null
    from jsonb_to_recordset(p_results) as result (
      id uuid, try_count integer, claimed_until timestamptz, outcome text, status integer, duration_ms integer, reason text,
      answer text, retry_after_seconds float8)
    where n.id = result.id and n.endpoint_id = p_endpoint_id and n.try_count = result.try_count
      and n.next_try_at = coalesce(result.claimed_until, n.next_try_at)
    returning result.outcome, result.reason
  )
  select count(*) filter (where outcome = 'delivered'), count(*) filter (where outcome <> 'delivered'),
    max(reason) filter (where outcome = 'gone'), max(reason)
  into v_delivered, v_failed, v_gone, v_last_reason
  from recorded;

  -- 3. Update the state of the endpoint.
  if v_disabled_at is null and coalesce(v_address_hash, v_url) = p_url then
    perform public.pace_address(v_tenant_id, v_address_hash, v_now + make_interval(secs => asked.seconds))
    from (
      select max((result.value ->> 'retry_after_seconds')::float8) as seconds from jsonb_array_elements(p_results) result (value)
    ) asked
    where v_address_hash is not null and asked.seconds is not null;
    if v_delivered > 0 then
      update public.notification_endpoints e
      set failures = 0, failing_since = null, probe_at = null, failed_probes = 0
      where e.id = p_endpoint_id and e.failures > 0;
    elsif v_failed > 0 then
      if v_failing_since <= v_now - c_longest_failing and not exists (
        select from public.notifications n
        cross join jsonb_array_elements(n.tries) try (value)
        where n.endpoint_id = p_endpoint_id
          and try.value ->> 'at' >= public.wire_instant(v_now - c_idle) and try.value ->> 'at' < public.wire_instant(v_now)) then
        v_failing_since := null;
        v_probes := 0;
      end if;
      v_failures := v_failures + v_failed;
      v_failing_since := coalesce(v_failing_since, v_now);
      if p_is_probe then
        v_probes := v_probes + 1;
      end if;
      update public.notification_endpoints e
      set failures = v_failures, failing_since = v_failing_since, failed_probes = v_probes,
        -- Other tries may have been under way when the first probe was planned: they do not change its time.
        probe_at = case
          when e.probe_at is not null and not p_is_probe then e.probe_at
          when v_failures >= c_failures_until_probe
            then v_now + make_interval(secs => public.notification_delay_seconds(v_probes + 1, random()))
        end
      where e.id = p_endpoint_id;
      v_why_disabled := case
        when v_gone is not null then v_gone
        when v_failing_since <= v_now - c_longest_failing then 'It has failed for five days. ' || v_last_reason
      end;
    end if;
  end if;

  -- 4. Disable the endpoint, if necessary.
  if v_why_disabled is not null then
    perform public.disable_endpoint(p_endpoint_id, v_why_disabled, v_now);
    insert into public.workflow_run_events (tenant_id, type, at, detail)
    values (v_tenant_id, 'ENDPOINT_DISABLED', v_now, jsonb_build_object(
      'endpoint_id', p_endpoint_id, 'server', public.runner_origin(v_url), 'reason', v_why_disabled));
  end if;
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', jsonb_build_object('has_due', p_endpoint_id = any (public.due_endpoints(v_tenant_id)))),
    jsonb_build_object('is_due', true, 'others', p_is_asked));
end $$;
