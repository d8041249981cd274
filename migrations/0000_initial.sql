-- All tables of the service, as `src/db/*tables.ts` has them, and what drizzle-kit does not know: functions, triggers, rows, and
-- when autovacuum begins. `npm run migrate` applies this file and the functions of `functions/` in one transaction.

-- Functions that constraints, triggers and indexes call.

-- These three are only declared here, since a CHECK constraint and a trigger need their function when they are created.
-- `functions/rules/table_checks.sql` and `notify_endpoints.sql` define them, and replace these before the transaction ends.
create function public.run_is_consistent(
  p_status text, p_attempt integer, p_runner_type text, p_traceparent text, p_ended_by text, p_failure_code text,
  p_started_at timestamptz, p_deadline_at timestamptz, p_completed_at timestamptz, p_error text,
  p_next_dispatch_at timestamptz, p_not_before timestamptz
) returns boolean language plpgsql immutable as $$ begin return false; end $$;

create function public.event_is_consistent(p_type text, p_run_id uuid, p_attempt integer) returns boolean
language plpgsql immutable as $$ begin return false; end $$;

create function public.notify_endpoints() returns trigger language plpgsql as $$ begin return null; end $$;

-- The search of the dashboard: by words, each of which begins a word of what is found. Each entry of its indexes is a word with the
-- tenant before it. GIN reads all entries that begin with a searched word, so this keeps a search in the entries of its tenant.
--
-- The indexes below are made with these functions, so they are only defined here. When a function changes, the indexes have to be
-- made anew in the same migration.

-- The words of the beginning of a text in lower case, separated by spaces. What is neither a letter nor a digit of ASCII separates
-- words, and so do the spaces of Unicode, whatever the locale of the database; other scripts are kept as they are.
create function public.searched_text(p_text text, p_length integer) returns text
language sql immutable parallel safe as $$
  select regexp_replace(lower(left(p_text, p_length)),
    '[\x01-\x2F\x3A-\x60\x7B-\x7F\u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]+', ' ', 'g')
$$;

-- What the indexes have of a text. Only its beginning counts, since an entry may have at most 2,046 bytes.
create function public.search_words(p_tenant_id uuid, p_text text) returns tsvector
language sql immutable parallel safe as $$
  select regexp_replace(
    public.searched_text(coalesce(p_text, ''), 400), '[^ ]+', replace(p_tenant_id::text, '-', '') || '\&', 'g')::tsvector
$$;

-- What finds all words that begin with the words of a text, in one tenant. Only the first eight words count. Null when the text has
-- none, so that it finds nothing.
create function public.search_query(p_tenant_id uuid, p_text text) returns tsquery
language sql immutable parallel safe as $$
  select ('''' || replace(p_tenant_id::text, '-', '') || array_to_string(
    (string_to_array(nullif(trim(public.searched_text(p_text, 100)), ''), ' '))[1:8],
    ''':* & ''' || replace(p_tenant_id::text, '-', '')) || ''':*')::tsquery
$$;

-- Tenants and people.

create table tenants (
  id uuid primary key,
  name text not null,
  created_at timestamptz(3) default statement_timestamp() not null
);

create table users (
  id uuid primary key,
  tenant_id uuid not null,
  email text,
  first_name text,
  last_name text,
  idp_type text default 'PASSWORD' not null,
  role text not null,
  deactivated_at timestamptz(3),
  had_api_key boolean default false not null,
  deleted_at timestamptz(3),
  created_at timestamptz(3) default statement_timestamp() not null,
  updated_at timestamptz(3) default statement_timestamp() not null,
  constraint users_tenant_id_id_key unique (tenant_id, id),
  constraint users_deleted_check check (deleted_at is null or deactivated_at is not null),
  constraint users_role_check check (role in ('OWNER', 'ADMIN', 'USER')),
  constraint users_idp_type_check check (idp_type in ('PASSWORD', 'GOOGLE', 'TENANT')),
  constraint users_tenant_id_tenants_id_fk foreign key (tenant_id) references tenants (id) on delete cascade
);
create unique index users_tenant_id_email_key on users (tenant_id, lower(email)) where deleted_at is null;
create index users_words_index on users using gin (public.search_words(tenant_id,
    coalesce(first_name, '') || ' ' || coalesce(last_name, '') || ' ' || coalesce(email, ''))) where deleted_at is null;

create table api_keys (
  id uuid primary key,
  tenant_id uuid not null,
  user_id uuid not null,
  name text not null,
  key_hash bytea not null,
  key_suffix text not null,
  kind text default 'USER' not null,
  workflow_definition_ids uuid[],
  created_at timestamptz(3) default statement_timestamp() not null,
  expires_at timestamptz(3),
  revoked_at timestamptz(3),
  constraint api_keys_key_hash_key unique (key_hash),
  constraint api_keys_name_check check (char_length(name) between 1 and 100),
  constraint api_keys_key_hash_check check (octet_length(key_hash) = 32),
  constraint api_keys_kind_check check (kind in ('USER', 'RUNNER')),
  constraint api_keys_workflow_definitions_check check (kind = 'RUNNER' or workflow_definition_ids is null),
  constraint api_keys_user_fkey foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create index api_keys_user_index on api_keys (tenant_id, user_id, created_at);
create index api_keys_end_index on api_keys (least(revoked_at, expires_at));

create table invites (
  id uuid primary key,
  tenant_id uuid not null,
  email text not null,
  role text not null,
  secret_hash bytea not null,
  created_at timestamptz(3) default statement_timestamp() not null,
  updated_at timestamptz(3) default statement_timestamp() not null,
  expires_at timestamptz(3) not null,
  accepted_at timestamptz(3),
  constraint invites_email_check check (email = lower(email)),
  constraint invites_role_check check (role in ('ADMIN', 'USER')),
  constraint invites_secret_hash_check check (octet_length(secret_hash) = 32),
  constraint invites_tenant_id_tenants_id_fk foreign key (tenant_id) references tenants (id) on delete cascade
);
create unique index invites_open_email_key on invites (tenant_id, email) where accepted_at is null;
create index invites_newest_index on invites (tenant_id, created_at, id);

-- Files, and who may see them; workflows.

create table path_parts (
  id uuid primary key,
  tenant_id uuid not null,
  parent_id uuid,
  name text not null,
  part_type text not null,
  metadata_obj_id uuid,
  materialized_path text collate "C" not null,
  system_managed boolean default false not null,
  created_at timestamptz(3) default statement_timestamp() not null,
  updated_at timestamptz(3) default statement_timestamp() not null,
  constraint path_parts_tenant_id_id_key unique (tenant_id, id),
  constraint path_parts_materialized_path_key unique (tenant_id, materialized_path),
  constraint path_parts_parent_name_key unique nulls not distinct (tenant_id, parent_id, name),
  constraint path_parts_name_check check (char_length(name) between 1 and 255 and position('/' in name) = 0),
  constraint path_parts_materialized_path_check check (octet_length(materialized_path) <= 2048),
  constraint path_parts_part_type_check check (part_type in ('FOLDER', 'DOCUMENT', 'DOCUMENT_VERSION', 'SECTION', 'CHUNK', 'THREAD',
    'THREAD_MESSAGE', 'WORKFLOW_DEFINITION', 'WORKFLOW_RUN')),
  constraint path_parts_tenant_id_tenants_id_fk foreign key (tenant_id) references tenants (id) on delete cascade,
  constraint path_parts_parent_fkey foreign key (tenant_id, parent_id) references path_parts (tenant_id, id) on delete cascade
);
create index path_parts_definitions_index on path_parts (tenant_id, materialized_path) where part_type = 'WORKFLOW_DEFINITION';
create index path_parts_words_index on path_parts using gin (public.search_words(tenant_id, name))
  where part_type <> 'WORKFLOW_DEFINITION';

create table user_permissions (
  id uuid primary key,
  tenant_id uuid not null,
  user_id uuid not null,
  path_part_id uuid not null,
  capability text not null,
  created_at timestamptz(3) default statement_timestamp() not null,
  updated_at timestamptz(3) default statement_timestamp() not null,
  constraint user_permissions_user_path_part_key unique (tenant_id, user_id, path_part_id),
  constraint user_permissions_capability_check check (capability in ('READ_ONLY', 'READ_WRITE')),
  constraint user_permissions_user_fkey foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade,
  constraint user_permissions_path_part_fkey foreign key (tenant_id, path_part_id)
    references path_parts (tenant_id, id) on delete cascade
);
create index user_permissions_path_part_index on user_permissions (tenant_id, path_part_id);

create table workflow_definitions (
  id uuid primary key,
  tenant_id uuid not null,
  path_part_id uuid not null,
  name text not null,
  description text,
  runner_type text not null,
  runner_url text,
  webhook_secret_encrypted text,
  max_run_duration_seconds integer default 300 not null,
  source_path_part_ids uuid[] not null,
  instruction_path_part_ids uuid[] not null,
  output_path_part_ids uuid[] not null,
  template_path_part_id uuid,
  is_active boolean default true not null,
  handover text default 'webhook' not null,
  lease_seconds integer default 300 not null,
  max_attempts integer default 1 not null,
  retry_on text[] default '{}' not null,
  created_at timestamptz(3) default statement_timestamp() not null,
  updated_at timestamptz(3) default statement_timestamp() not null,
  constraint workflow_definitions_tenant_id_id_key unique (tenant_id, id),
  constraint workflow_definitions_path_part_key unique (tenant_id, path_part_id),
  constraint workflow_definitions_name_check check (char_length(name) <= 255),
  constraint workflow_definitions_runner_type_check check (runner_type in ('SELF_HOSTED')),
  constraint workflow_definitions_runner_check check ((runner_url is null) = (webhook_secret_encrypted is null)),
  constraint workflow_definitions_handover_check check (handover in ('webhook', 'lease')),
  constraint workflow_definitions_lease_seconds_check check (lease_seconds between 1 and 3600),
  constraint workflow_definitions_max_attempts_check check (max_attempts between 1 and 10),
  constraint workflow_definitions_retry_on_check check (retry_on <@ array['LOST', 'UNREACHED', 'DEADLINE']::text[]),
  constraint workflow_definitions_max_run_duration_check check (max_run_duration_seconds between 60 and 86400),
  constraint workflow_definitions_path_parts_check check (cardinality(source_path_part_ids) between 1 and 20
    and cardinality(instruction_path_part_ids) between 1 and 20
    and cardinality(output_path_part_ids) between 1 and 20),
  constraint workflow_definitions_tenant_id_tenants_id_fk foreign key (tenant_id) references tenants (id) on delete cascade,
  constraint workflow_definitions_path_part_fkey foreign key (tenant_id, path_part_id) references path_parts (tenant_id, id)
);
create index workflow_definitions_newest_index on workflow_definitions (tenant_id, created_at, id);
create index workflow_definitions_lease_index on workflow_definitions (tenant_id) where handover = 'lease';
create index workflow_definitions_path_parts_index on workflow_definitions using gin (
  (source_path_part_ids || instruction_path_part_ids || output_path_part_ids || template_path_part_id));
create index workflow_definitions_words_index on workflow_definitions using gin (public.search_words(tenant_id, name));
create index workflow_definitions_name_index on workflow_definitions (tenant_id, name, id);

-- Runs. Autovacuum begins earlier in the tables with rows that each run changes several times: each change leaves a dead row and
-- dead entries in the small indexes of unfinished runs. By default it waits until a fifth of a table is dead. With a million runs
-- that are 200,000 rows, which statements pass over until then.

create sequence workflow_run_queue;

create table workflow_runs (
  id uuid primary key,
  tenant_id uuid not null,
  workflow_definition_id uuid not null,
  user_id uuid not null,
  runner_type text not null,
  status text not null,
  attempt integer default 1 not null,
  run_snapshot jsonb not null,
  input json,
  traceparent text,
  idempotency_key text,
  queue_position bigint default nextval('workflow_run_queue') not null,
  started_at timestamptz(3),
  deadline_at timestamptz(3),
  completed_at timestamptz(3),
  error text,
  failure_code text,
  output json,
  summary text,
  artifacts json,
  ended_by text,
  next_dispatch_at timestamptz(3),
  dispatch_count integer default 0 not null,
  dispatch_error text,
  dispatched_at timestamptz(3),
  not_before timestamptz(3),
  created_at timestamptz(3) default statement_timestamp() not null,
  updated_at timestamptz(3) default statement_timestamp() not null,
  constraint workflow_runs_check check (public.run_is_consistent(status, attempt, runner_type, traceparent, ended_by,
    failure_code, started_at, deadline_at, completed_at, error, next_dispatch_at, not_before)),
  constraint workflow_runs_definition_fkey foreign key (tenant_id, workflow_definition_id)
    references workflow_definitions (tenant_id, id) on delete cascade,
  constraint workflow_runs_user_fkey foreign key (tenant_id, user_id) references users (tenant_id, id)
) with (autovacuum_vacuum_scale_factor = 0.02);
create unique index workflow_runs_slot_key on workflow_runs (workflow_definition_id) where status = 'RUNNING';
create index workflow_runs_queue_index on workflow_runs (workflow_definition_id, queue_position) where status = 'PENDING';
create index workflow_runs_deadline_index on workflow_runs (deadline_at) where status = 'RUNNING';
create index workflow_runs_tenant_deadline_index on workflow_runs (tenant_id, deadline_at) where status = 'RUNNING';
create index workflow_runs_dispatch_index on workflow_runs (tenant_id, next_dispatch_at) where next_dispatch_at is not null;
create index workflow_runs_not_before_index on workflow_runs (tenant_id, not_before) where not_before is not null;
create index workflow_runs_idempotency_index on workflow_runs (workflow_definition_id, idempotency_key)
  where idempotency_key is not null;
create index workflow_runs_definition_newest_index on workflow_runs (workflow_definition_id, created_at, id);
create index workflow_runs_definition_failed_index on workflow_runs (workflow_definition_id, created_at, id)
  where status = 'FAILED';
create index workflow_runs_tenant_status_newest_index on workflow_runs (tenant_id, status, created_at, id);
create index workflow_runs_user_status_newest_index on workflow_runs (tenant_id, user_id, status, created_at, id);
create index workflow_runs_ended_index on workflow_runs (tenant_id, completed_at) where completed_at is not null;
create index workflow_runs_id_end_index on workflow_runs (right(id::text, 4));
create index workflow_runs_error_words_index on workflow_runs using gin (public.search_words(tenant_id, error))
  where error is not null and ended_by <> 'DEADLINE';

-- The epoch of new events, which `raise_event_epoch` raises after a restore.
create table event_epoch (
  id integer primary key default 1 not null,
  epoch integer not null,
  constraint event_epoch_single_row_check check (id = 1)
);
insert into event_epoch (epoch) values (1);

create table workflow_run_events (
  id bigint primary key generated always as identity,
  tenant_id uuid not null,
  run_id uuid,
  attempt integer,
  type text not null,
  at timestamptz(3) default statement_timestamp() not null,
  detail jsonb,
  epoch integer default 1 not null,
  xid xid8 default pg_current_xact_id() not null,
  constraint workflow_run_events_check check (public.event_is_consistent(type, run_id, attempt))
);
create index workflow_run_events_run_index on workflow_run_events (run_id, id);
create index workflow_run_events_timed_out_index on workflow_run_events (tenant_id, at) where type = 'TIMED_OUT';
create index workflow_run_events_tenant_index on workflow_run_events (tenant_id, id);
create index workflow_run_events_feed_index on workflow_run_events (tenant_id, epoch, xid, id);
create unique index workflow_run_events_end_key on workflow_run_events (run_id, attempt)
  where type in ('COMPLETED', 'FAILED', 'TIMED_OUT', 'LOST', 'STOPPED');

create trigger workflow_run_events_notify after insert on workflow_run_events referencing new table as inserted
for each statement execute function public.notify_endpoints();

-- Deletes the events of runs that were deleted, by whatever statement. It sees the events of all who held a run's lock before
-- the run was deleted, since a statement in a trigger's function has a snapshot of its own.
create function public.delete_events_of_runs() returns trigger language plpgsql as $$
begin
  delete from public.workflow_run_events e using deleted where e.run_id = deleted.id;
  return null;
end $$;

create trigger workflow_runs_delete_events after delete on workflow_runs referencing old table as deleted
for each statement execute function public.delete_events_of_runs();

create table workflow_run_logs (
  run_id uuid not null,
  attempt integer not null,
  bytes integer default 0 not null,
  is_cut boolean default false not null,
  constraint workflow_run_logs_pkey primary key (run_id, attempt),
  constraint workflow_run_logs_run_id_workflow_runs_id_fk foreign key (run_id) references workflow_runs (id) on delete cascade
) with (autovacuum_vacuum_scale_factor = 0.02);

create table workflow_run_log_entries (
  run_id uuid not null,
  attempt integer not null,
  sequence integer not null,
  at timestamptz(3) not null,
  text text not null,
  constraint workflow_run_log_entries_pkey primary key (run_id, attempt, sequence),
  constraint workflow_run_log_entries_sequence_check check (sequence >= 0),
  constraint workflow_run_log_entries_log_fkey foreign key (run_id, attempt)
    references workflow_run_logs (run_id, attempt) on delete cascade
);

-- Runners.

create table runner_sessions (
  id uuid primary key,
  tenant_id uuid not null,
  api_key_id uuid not null,
  name text not null,
  workflow_definition_ids uuid[],
  capacity integer not null,
  created_at timestamptz(3) default statement_timestamp() not null,
  last_seen_at timestamptz(3) default statement_timestamp() not null,
  expires_at timestamptz(3) not null,
  constraint runner_sessions_name_check check (char_length(name) between 1 and 100),
  constraint runner_sessions_capacity_check check (capacity between 1 and 100),
  constraint runner_sessions_api_key_id_api_keys_id_fk foreign key (api_key_id) references api_keys (id) on delete cascade
) with (autovacuum_vacuum_scale_factor = 0.02);
create index runner_sessions_tenant_index on runner_sessions (tenant_id, expires_at);
create index runner_sessions_tenant_key_index on runner_sessions (tenant_id, api_key_id, expires_at);
create index runner_sessions_api_key_index on runner_sessions (api_key_id);

create table running_attempts (
  run_id uuid primary key,
  tenant_id uuid not null,
  attempt integer not null,
  session_id uuid,
  lease_request_id uuid,
  lease_seconds integer,
  lease_expires_at timestamptz(3),
  heartbeat_at timestamptz(3),
  progress_percent integer,
  progress_message text,
  stop_requested_at timestamptz(3),
  stop_user_id uuid,
  stop_reason text,
  stop_ends_at timestamptz(3),
  next_stop_dispatch_at timestamptz(3),
  stop_dispatch_count integer default 0 not null,
  stop_acknowledged_at timestamptz(3),
  ends_at timestamptz(3) generated always as (least(lease_expires_at, stop_ends_at)) stored,
  constraint running_attempts_lease_check check ((lease_seconds is null) = (lease_expires_at is null)),
  constraint running_attempts_stop_check check ((stop_requested_at is null) = (stop_ends_at is null)),
  constraint running_attempts_progress_check check (progress_percent between 0 and 100),
  constraint running_attempts_run_id_workflow_runs_id_fk foreign key (run_id) references workflow_runs (id) on delete cascade,
  constraint running_attempts_session_id_runner_sessions_id_fk foreign key (session_id)
    references runner_sessions (id) on delete set null
) with (autovacuum_vacuum_scale_factor = 0.02);
create index running_attempts_ends_index on running_attempts (ends_at);
create index running_attempts_tenant_ends_index on running_attempts (tenant_id, ends_at);
create index running_attempts_session_index on running_attempts (session_id) where session_id is not null;
create index running_attempts_stop_index on running_attempts (tenant_id, next_stop_dispatch_at)
  where next_stop_dispatch_at is not null;

-- Notifications.

create table notification_endpoints (
  id uuid primary key,
  tenant_id uuid not null,
  url text not null,
  description text,
  event_types text[] not null,
  workflow_definition_ids uuid[],
  secret_encrypted text not null,
  previous_secret_encrypted text,
  previous_secret_until timestamptz(3),
  failures integer default 0 not null,
  failing_since timestamptz(3),
  probe_at timestamptz(3),
  failed_probes integer default 0 not null,
  disabled_at timestamptz(3),
  disabled_reason text,
  created_at timestamptz(3) default statement_timestamp() not null,
  updated_at timestamptz(3) default statement_timestamp() not null,
  constraint notification_endpoints_disabled_check check ((disabled_at is null) = (disabled_reason is null)),
  constraint notification_endpoints_previous_secret_check check (
    (previous_secret_encrypted is null) = (previous_secret_until is null)),
  constraint notification_endpoints_tenant_id_tenants_id_fk foreign key (tenant_id) references tenants (id) on delete cascade
);
create index notification_endpoints_tenant_index on notification_endpoints (tenant_id, created_at, id);

create table notifications (
  id uuid primary key default gen_random_uuid() not null,
  tenant_id uuid not null,
  endpoint_id uuid not null,
  event_id text not null,
  event_name text not null,
  event_at timestamptz(3) not null,
  data jsonb not null,
  next_try_at timestamptz(3),
  try_count integer default 0 not null,
  asked_at timestamptz(3),
  delivered_at timestamptz(3),
  tries jsonb default '[]'::jsonb not null,
  created_at timestamptz(3) default statement_timestamp() not null
) with (autovacuum_vacuum_scale_factor = 0.02);
create index notifications_due_index on notifications (endpoint_id, next_try_at) where next_try_at is not null;
create index notifications_endpoint_index on notifications (endpoint_id, created_at, id);
create index notifications_created_index on notifications (created_at);

-- The sweep, and metrics.

create table sweep_state (
  id integer primary key default 1 not null,
  began_at timestamptz(3),
  ended_at timestamptz(3),
  paused_at timestamptz(3),
  timed_out integer default 0 not null,
  lag_p50_ms bigint,
  lag_max_ms bigint,
  delivered integer default 0 not null,
  deleted integer default 0 not null,
  overdue_left integer default 0 not null,
  due_left integer default 0 not null,
  constraint sweep_state_single_row_check check (id = 1)
);

create table metric_positions (
  tenant_id uuid primary key,
  epoch integer not null,
  xid xid8 not null,
  event_id bigint not null,
  constraint metric_positions_tenant_id_tenants_id_fk foreign key (tenant_id) references tenants (id) on delete cascade
);

create table metric_counters (
  tenant_id uuid not null,
  name text not null,
  label text not null,
  value double precision not null,
  constraint metric_counters_pkey primary key (tenant_id, name, label),
  constraint metric_counters_tenant_id_metric_positions_tenant_id_fk foreign key (tenant_id)
    references metric_positions (tenant_id) on delete cascade
);
