/**
 * Functions of the database. Postgres plans a statement each time that it gets it over HTTP, but what is in a function
 * once for each of its own connections. That pays for what is asked most and takes longer to plan than to do.
 *
 * Migrations create them; `npm run check` fails when the newest migration of one says something else than this file.
 */
import { type SQL, sql } from "drizzle-orm";
import { principalWho, provenByApiKey, provenBySession, runIsVisible, type SessionClaims } from "../db/access.ts";
import { isRunning, placeInQueue, runColumns } from "./run-rows.ts";

/** A claim of the session, as {@link SessionClaims} has it. */
const claim = (name: keyof SessionClaims) => sql.raw(`(session_claims ->> '${name}')`);

/**
 * Answers `{ of_tenant, run }` to a caller with an API key or a session: `run` is null when there is none that they may
 * see. Null to any other caller. To hash the run here costs less than to read the answer's body once more.
 */
const findRun = sql`
create or replace function find_run(sought_id uuid, api_key_hash text, session_claims jsonb) returns jsonb
language plpgsql stable as $$
begin
  return (
    with ${principalWho(sql`${provenByApiKey(sql`api_key_hash`)}
      union all ${provenBySession({
        userId: claim("userId"),
        tenantId: claim("tenantId"),
        expiresAt: claim("expiresAt"),
        notBefore: claim("notBefore"),
        apiKeyId: claim("apiKeyId"),
      })}`)}
    select jsonb_build_object('of_tenant', p.tenant_id, 'run', to_jsonb(visible) || jsonb_build_object('etag',
      encode(sha256(convert_to((to_jsonb(visible) - '{queue_position,blocked_by}'::text[])::text, 'UTF8')), 'hex')))
    from principal p
    left join lateral (
      select ${runColumns},
        ${placeInQueue} as queue_position,
        case when r.status = 'PENDING' then (
          select r.id from workflow_runs r
          where r.workflow_definition_id = definition.id
            and ${isRunning} and ${runIsVisible}
        ) end as blocked_by
      from workflow_runs r
      cross join lateral (select r.workflow_definition_id as id) definition
      where r.id = sought_id and ${runIsVisible}
    ) visible on true
  );
end $$`;

/** Each by its name. */
export const functions: Record<string, SQL> = { find_run: findRun };
