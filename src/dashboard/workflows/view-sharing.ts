import { and, count, eq, isNull, sql } from "drizzle-orm";
import type { AuditEvent } from "../../audit/audit-events.ts";
import type { Credential } from "../../db/access.ts";
import { callerBy, maySeeDefinition, requireCaller } from "../../db/caller.ts";
import { type Database, repeatable } from "../../db/client.ts";
import { users, workflowDefinitions } from "../../db/tables.ts";
import { isOfTenant } from "../../people/users.ts";
import { lastChanges } from "../activity/kit/changes.tsx";
import { type Caller, nameOf, selectCaller } from "../caller.ts";

/** A USER of the tenant. `missing` is the number of permissions that they lack to run the workflow; 0 when they may run it. */
export type PossibleRunner = { id: string; name: string; email: string | null; missing: number };

export type SharingView = {
  caller: Caller;
  /** Null when the workflow does not exist or the caller may not see it. */
  workflow: { id: string; name: string; shares: AuditEvent[] } | null;
  people: PossibleRunner[];
  total: number;
};

/**
 * A workflow with a page of the tenant's active USERs, sorted by email, whose name or email contains `search`. Only an OWNER or
 * ADMIN sees users.
 * @throws Unauthenticated
 */
export async function viewSharing(
  db: Database,
  credential: Credential,
  { id, search, limit, offset }: { id: string; search: string; limit: number; offset: number },
): Promise<SharingView> {
  const caller = callerBy(db, credential);
  const isListed = and(
    caller.isAdministrator,
    isOfTenant(caller),
    eq(users.role, "USER"),
    isNull(users.deactivatedAt),
    sql`strpos(lower(concat_ws(' ', ${users.firstName}, ${users.lastName}, ${users.email})), lower(${search})) > 0`,
  );
  // The page is selected first, so that missing permissions are counted only for the users on it.
  const page = db
    .select({
      id: sql<string>`${users.id}`.as("page_id"),
      name: nameOf(users).as("page_name"),
      email: sql<string | null>`${users.email}`.as("page_email"),
      role: sql<string>`${users.role}`.as("page_role"),
    })
    .from(caller)
    .innerJoin(users, isListed)
    .orderBy(sql`lower(${users.email})`, users.id)
    .limit(limit)
    .offset(offset)
    .as("page");
  const missing = sql<number>`(
    select count(*)::int from public.missing_permissions(${page.role}, ${caller.tenantId}, ${page.id}, ${id}::uuid))`;
  const {
    callers,
    workflows: [workflow = null],
    counts: [counted],
    people,
  } = await repeatable(db).batch({
    callers: selectCaller(db, caller),
    workflows: db
      .with(caller)
      .select({
        id: workflowDefinitions.id,
        name: workflowDefinitions.name,
        shares: lastChanges(caller, workflowDefinitions.id, "workflow_definition.shared"),
      })
      .from(caller)
      .innerJoin(
        workflowDefinitions,
        and(
          eq(workflowDefinitions.tenantId, caller.tenantId),
          eq(workflowDefinitions.id, id),
          maySeeDefinition(caller, workflowDefinitions.id),
        ),
      ),
    counts: db.with(caller).select({ total: count() }).from(caller).innerJoin(users, isListed),
    people: db
      .with(caller)
      .select({ id: page.id, name: page.name, email: page.email, missing })
      .from(caller)
      .crossJoin(page)
      .orderBy(sql`lower(${page.email})`, page.id),
  });
  return { caller: requireCaller(callers), workflow, people, total: counted?.total ?? 0 };
}
