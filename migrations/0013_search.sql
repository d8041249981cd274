-- The search of the dashboard: by words, each of which begins a word of what is found, and by the end of a run's id. The indexes
-- below are made with these functions, so they stand here and never change: others would need new names and new indexes.

-- The words of a text, in lower case, and its tenant as one more word. So a search reads the entries of one tenant. What is neither
-- a letter nor a digit of ASCII separates words, whatever the locale of the database; other scripts are kept as they are. Only the
-- beginning of a text counts, since a word may have at most 2,046 bytes.
CREATE FUNCTION public.search_words(p_tenant_id uuid, p_text text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  select ('t' || replace(p_tenant_id::text, '-', '') || ' '
    || regexp_replace(lower(left(coalesce(p_text, ''), 400)), '[\x01-\x2F\x3A-\x60\x7B-\x7F]+', ' ', 'g'))::tsvector
$$;--> statement-breakpoint
-- What finds all words that begin with the words of a text, in one tenant. Null when the text has none, so that it finds nothing.
CREATE FUNCTION public.search_query(p_tenant_id uuid, p_text text) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  select ('t' || replace(p_tenant_id::text, '-', '') || string_agg(' & ''' || word || ''':*', ''))::tsquery
  from regexp_split_to_table(lower(left(p_text, 100)), '[\x01-\x2F\x3A-\x60\x7B-\x7F]+') word
  where word <> ''
$$;--> statement-breakpoint
CREATE INDEX "workflow_runs_id_end_index" ON "workflow_runs" USING btree (right("id"::text, 4));--> statement-breakpoint
CREATE INDEX "workflow_runs_error_words_index" ON "workflow_runs" USING gin (public.search_words("tenant_id", "error")) WHERE error is not null and ended_by <> 'DEADLINE';--> statement-breakpoint
CREATE INDEX "path_parts_words_index" ON "path_parts" USING gin (public.search_words("tenant_id", "name")) WHERE part_type <> 'WORKFLOW_DEFINITION';--> statement-breakpoint
CREATE INDEX "users_words_index" ON "users" USING gin (public.search_words("tenant_id",
          coalesce("first_name", '') || ' ' || coalesce("last_name", '') || ' ' || coalesce("email", ''))) WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "workflow_definitions_words_index" ON "workflow_definitions" USING gin (public.search_words("tenant_id", "name"));--> statement-breakpoint
CREATE INDEX "workflow_definitions_name_index" ON "workflow_definitions" USING btree ("tenant_id","name","id");