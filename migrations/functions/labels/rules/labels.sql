-- The labels of runs: `key:value` in the table, {"key": "value"} in answers.

-- The labels of a run: {} when it has none. One row, for queries about one run, into which it is inlined.
create or replace function public.run_labels(p_run_id uuid) returns table (labels jsonb)
language sql stable as $$
  select coalesce(jsonb_object_agg(split_part(l.label, ':', 1), substr(l.label, strpos(l.label, ':') + 1)), '{}')
  from public.workflow_run_labels l
  where l.run_id = p_run_id
$$;

-- The same for queries about several runs. It keeps its plan, by which it looks the labels up by the run.
create or replace function public.labels_of(p_run_id uuid) returns jsonb
language plpgsql stable as $$
begin
  return (select run.labels from public.run_labels(p_run_id) run);
end $$;

-- True when a run has all of these labels. For a few runs at once: a list begins with `labelled_runs`. It is plpgsql, so that it
-- looks the labels up by the run. As a subquery, the planner might read all runs with a label.
create or replace function public.has_labels(p_run_id uuid, p_labels text[]) returns boolean
language plpgsql stable as $$
begin
  return not exists (
    select from unnest(p_labels) wanted (label)
    where not exists (
      select from public.workflow_run_labels l where l.run_id = p_run_id and l.label = wanted.label));
end $$;

-- The labels of a run that a trigger with `p_labels` fires after a run: those of the trigger, and those of the run. When both have a key,
-- the trigger's counts. When they are too many, the last ones in the order of their keys are left out. Null for none.
create or replace function public.labels_passed_on(p_labels jsonb, p_run_id uuid) returns jsonb
language plpgsql stable as $$
declare
  c_max_labels constant integer := 10;
begin
  return (
    select jsonb_object_agg(kept.key, kept.value)
    from (
      select label.key, label.value
      from (
        select own.key, own.value, 1 as place from jsonb_each_text(p_labels) own
        union all
        select passed.key, passed.value, 2 from jsonb_each_text(public.labels_of(p_run_id)) passed
        where p_labels is null or not p_labels ? passed.key
      ) label
      order by label.place, label.key
      limit c_max_labels
    ) kept);
end $$;
