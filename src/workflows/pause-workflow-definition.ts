import { sql } from "drizzle-orm";
import { authenticated, type Credential, definitionIsVisible, mayWrite, ofTenant, principal } from "../db/access.ts";
import type { Database } from "../db/client.ts";
import { Problem } from "../http/problems.ts";
import type { DispatchRow } from "../runners/dispatch.ts";
import { type Promotion, promoteLocked, timeOutLocked } from "../runs/slots.ts";
import { lockDefinition } from "./change-workflow-definition.ts";
import { NO_DEFINITION, NO_WRITE_ON_DEFINITION } from "./workflow-definitions.ts";

/**
 * Pauses a definition, or lets it go on: the first of the runs that wait then starts.
 * @throws Problem `unauthenticated`, `not_found` or `forbidden`
 */
export async function changeActivity(
  db: Database,
  credential: Credential,
  request: { id: string; isActive: boolean } & Promotion,
): Promise<void> {
  // Guarantees: nothing but `is_active` changes.
  // Closes the race with an invoke: both hold the definition's lock.
  const [, , { rows }, { rows: dispatches }] = await db.batch([
    db.execute(lockDefinition(credential, request.id)),
    db.execute(timeOutLocked),
    db.execute<{ id: string | null; is_allowed: boolean }>(sql`
      with ${principal(credential)}, found as (
        select d.id, ${mayWrite(sql`node.materialized_path`)} as is_allowed
        from principal p
        join workflow_definitions d on d.id = ${request.id} and ${definitionIsVisible}
        join path_parts node on node.tenant_id = d.tenant_id and node.id = d.path_part_id
      ), changed as (
        update workflow_definitions d
        set is_active = ${request.isActive}::boolean, updated_at = statement_timestamp()
        from found
        where d.id = found.id and found.is_allowed and d.is_active <> ${request.isActive}::boolean
      )
      select found.id, found.is_allowed, ${ofTenant} from principal p left join found on true`),
    db.execute<DispatchRow>(promoteLocked(request)),
  ]);
  request.onPromoted(dispatches);
  const { id, is_allowed } = authenticated(rows);
  if (id === null) throw new Problem("not_found", NO_DEFINITION);
  if (!is_allowed) throw new Problem("forbidden", NO_WRITE_ON_DEFINITION);
}
