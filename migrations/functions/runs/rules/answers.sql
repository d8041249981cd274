-- Who may answer the question of a suspended run, and when it can be answered.

-- May this caller see the run, and answer its question? Returns {}, or {"refused"} which is one of:
--   not_found (also when it has no such question), forbidden, people_only
create or replace function public.judge_answerer(
  p_credential jsonb, p_role text, p_tenant_id uuid, p_user_id uuid, p_run_id uuid, p_key text
) returns jsonb
language plpgsql stable as $$
declare
  v_is_person constant boolean := public.is_person(p_credential);
  v_definition_id uuid;
  v_requester_id uuid;
  v_by jsonb;
  v_people_only boolean;
begin
  select r.workflow_definition_id, r.user_id, w.answer_by, w.people_only into v_definition_id, v_requester_id, v_by, v_people_only
  from public.workflow_runs r
  join public.run_waits w on w.run_id = r.id and w.key = p_key and w.kind = 'question'
  where r.id = p_run_id;
  return case
    when v_definition_id is null
      or not public.may_see_run(p_role, p_tenant_id, p_user_id, v_requester_id, v_definition_id) then '{"refused": "not_found"}'
    when not public.may_answer(p_role, p_user_id, true, v_requester_id, v_by, v_people_only)
      or not public.may_invoke(p_role, p_tenant_id, p_user_id, v_definition_id) then '{"refused": "forbidden"}'
    when v_people_only and not v_is_person then '{"refused": "people_only"}'
    else '{}'
  end;
end $$;

-- Can the question of a run be answered at this instant, and by this value? Returns {}, or {"result"} for the same answer again, or
-- {"refused"}, which is one of the following. Call it after overdue runs were ended.
--   answered      somebody else was first: "answer" is theirs, with "user_name"
--   closed        the run does not wait for it any more: its "status"
--   not_a_choice  the value is none of the "choices"
create or replace function public.judge_answer(p_run_id uuid, p_key text, p_value text, p_now timestamptz) returns jsonb
language plpgsql stable as $$
declare
  v_wait constant jsonb := public.wait_response(p_run_id, p_key);
  v_is_open boolean;
  v_status text;
begin
  select public.is_suspended(r.status, r.suspended_at, r.not_before, p_now) and public.wait_outcome(w, p_now) is null, r.status
  into v_is_open, v_status
  from public.workflow_runs r
  join public.run_waits w on w.run_id = r.id and w.key = p_key
  where r.id = p_run_id;
  return case
    when v_wait #>> '{answer,value}' = p_value then jsonb_build_object('result', jsonb_build_object('wait', v_wait))
    when v_wait ->> 'answer' is not null then jsonb_build_object('refused', 'answered', 'answer', v_wait -> 'answer'
      || jsonb_build_object('user_name', (
        select public.display_name(u.first_name, u.last_name, u.email, u.id) from public.users u
        where u.id = (v_wait #>> '{answer,user_id}')::uuid)))
    when not v_is_open then jsonb_build_object('refused', 'closed', 'status', v_status)
    when jsonb_typeof(v_wait -> 'choices') = 'array' and not v_wait -> 'choices' ? p_value
      then jsonb_build_object('refused', 'not_a_choice', 'choices', v_wait -> 'choices')
    else '{}'
  end;
end $$;
