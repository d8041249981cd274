-- Instants as answers have them.

-- An instant in the format of the API, `2026-01-31T12:00:00.000Z`, whatever the session's time zone. It is rounded as a column of
-- milliseconds rounds it, so an instant reads the same before and after it is stored.
create or replace function public.wire_instant(p_at timestamptz) returns text
language sql stable as $$
  select to_char(p_at::timestamptz(3) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;

-- The beginning of the step in which an instant lies, which is never before `p_begin`. Steps begin at multiples of their length since 1970.
create or replace function public.step_at(p_at timestamptz, p_begin timestamptz, p_step_seconds integer) returns timestamptz
language sql stable as $$
  select greatest(p_begin, to_timestamp(floor(extract(epoch from p_at) / p_step_seconds) * p_step_seconds))
$$;

-- Milliseconds from the current time (not the start of the statement) until an instant.
create or replace function public.ms_until(p_at timestamptz) returns float8
language sql as $$
  select round(extract(epoch from p_at - clock_timestamp()) * 1000)::float8
$$;
