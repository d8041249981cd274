ALTER TABLE "users" ADD COLUMN "had_api_key" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "runner_sessions_tenant_key_index" ON "runner_sessions" USING btree ("tenant_id","api_key_id","expires_at");--> statement-breakpoint
CREATE INDEX "api_keys_end_index" ON "api_keys" USING btree (least("revoked_at", "expires_at"));--> statement-breakpoint
-- The search of the dashboard: by words, each of which begins a word of what is found. Each entry of its indexes is a word with the
-- tenant before it. GIN reads all entries that begin with a searched word, so this keeps a search in the entries of its tenant. (The
-- tenant was an entry of its own before, beside the words, and every search read the entries of all tenants.)
--
-- The indexes below are made with these functions. When a function changes, the indexes have to be made anew, as here.
DROP INDEX "workflow_runs_error_words_index";--> statement-breakpoint
DROP INDEX "path_parts_words_index";--> statement-breakpoint
DROP INDEX "users_words_index";--> statement-breakpoint
DROP INDEX "workflow_definitions_words_index";--> statement-breakpoint
-- The words of the beginning of a text in lower case, separated by spaces. What is neither a letter nor a digit of ASCII separates
-- words, and so do the spaces of Unicode, whatever the locale of the database; other scripts are kept as they are.
CREATE FUNCTION public.searched_text(p_text text, p_length integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  select regexp_replace(lower(left(p_text, p_length)),
    '[\x01-\x2F\x3A-\x60\x7B-\x7F\u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]+', ' ', 'g')
$$;--> statement-breakpoint
-- What the indexes have of a text. Only its beginning counts, since an entry may have at most 2,046 bytes.
CREATE OR REPLACE FUNCTION public.search_words(p_tenant_id uuid, p_text text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  select regexp_replace(
    public.searched_text(coalesce(p_text, ''), 400), '[^ ]+', replace(p_tenant_id::text, '-', '') || '\&', 'g')::tsvector
$$;--> statement-breakpoint
-- What finds all words that begin with the words of a text, in one tenant. Only the first eight words count. Null when the text has
-- none, so that it finds nothing.
CREATE OR REPLACE FUNCTION public.search_query(p_tenant_id uuid, p_text text) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  select ('''' || replace(p_tenant_id::text, '-', '') || array_to_string(
    (string_to_array(nullif(trim(public.searched_text(p_text, 100)), ''), ' '))[1:8],
    ''':* & ''' || replace(p_tenant_id::text, '-', '')) || ''':*')::tsquery
$$;--> statement-breakpoint
CREATE INDEX "workflow_runs_error_words_index" ON "workflow_runs" USING gin (public.search_words("tenant_id", "error")) WHERE error is not null and ended_by <> 'DEADLINE';--> statement-breakpoint
CREATE INDEX "path_parts_words_index" ON "path_parts" USING gin (public.search_words("tenant_id", "name")) WHERE part_type <> 'WORKFLOW_DEFINITION';--> statement-breakpoint
CREATE INDEX "users_words_index" ON "users" USING gin (public.search_words("tenant_id",
          coalesce("first_name", '') || ' ' || coalesce("last_name", '') || ' ' || coalesce("email", ''))) WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "workflow_definitions_words_index" ON "workflow_definitions" USING gin (public.search_words("tenant_id", "name"));
