-- The entries of a run's log in the order in which readers get them: those after the entry number `p_after` of the attempt
-- `p_attempt` (-1 for its beginning), up to the attempt `p_last_attempt`. `p_open_attempt` is the attempt that can still get
-- entries; null when none can.
--
-- Entries may arrive in any order. While entries are missing, those after the gap are held back, so that a reader who continues
-- from the last one gets all of them in order. The gap is skipped when nothing can fill it any more because the attempt has
-- ended, or 30 seconds after the entry behind it arrived. That entry then says how many entries are missing before it.
--
-- `held_until` is null for an entry that can be read now. For an entry that is held back, it is when that ends.
create or replace function public.log_in_order(
  p_run_id uuid, p_attempt integer, p_after bigint, p_last_attempt integer, p_open_attempt integer, p_now timestamptz,
  p_limit integer
) returns table (
  attempt integer, sequence integer, at timestamptz, text text, missing_before bigint, held_until timestamptz, omitted_bytes bigint
)
language sql stable as $$
  with page as (
    select e.attempt, e.sequence, e.at, e.text, coalesce(e.omitted_bytes, 0) as omitted_bytes, e.sequence - 1
      - lag(e.sequence::bigint, 1, case when e.attempt = p_attempt then p_after else -1 end)
        over (partition by e.attempt order by e.sequence) as missing_before
    from public.workflow_run_log_entries e
    where e.run_id = p_run_id and (e.attempt, e.sequence) > (p_attempt, p_after) and e.attempt <= p_last_attempt
    order by e.attempt, e.sequence
    limit p_limit
  )
  select page.attempt, page.sequence, page.at, page.text, page.missing_before,
    max(page.at + interval '30 seconds')
      filter (where page.missing_before > 0 and page.attempt = p_open_attempt and page.at > p_now - interval '30 seconds')
      over (partition by page.attempt order by page.sequence),
    page.omitted_bytes
  from page
$$;
