-- Who may answer the questions of suspended runs.

-- True for a sign-in session that began with a login: a person, and neither a program with a key nor an agent that asks for a person.
create or replace function public.is_person(p_credential jsonb) returns boolean
language sql immutable as $$
  select coalesce(
    num_nulls(p_credential ->> 'sign_in_session_id', p_credential ->> 'login_id') = 0 and p_credential ->> 'agent_grant_id' is null,
    false)
$$;

-- True when a caller who may invoke the workflow may answer a question of its run. Each condition only narrows that: `p_people_only` (see
-- `is_person`), and `p_by`, {"roles"?, "user_ids"?, "not_requester"?}: with roles or users, one of the two must fit.
create or replace function public.may_answer(
  p_role text, p_user_id uuid, p_is_person boolean, p_requester_id uuid, p_by jsonb, p_people_only boolean
) returns boolean
language sql immutable as $$
  select (p_is_person or not p_people_only)
    and (not p_by ?| array['roles', 'user_ids']
      or coalesce(p_by -> 'roles' ? p_role, false) or coalesce(p_by -> 'user_ids' ? p_user_id::text, false))
    and (p_requester_id <> p_user_id or not coalesce((p_by ->> 'not_requester')::boolean, false))
$$;
