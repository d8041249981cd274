/** Queries on behalf of a caller, for drizzle's query builder. The rules are SQL functions: see access.sql. */
import { type SQL, type SQLWrapper, sql } from "drizzle-orm";
import { type Credential, credentialJson, Unauthenticated } from "./access.ts";
import type { Database } from "./client.ts";
import type { Role } from "./enums.ts";
import { noteTenant } from "./meter.ts";

/**
 * The common table expression `caller`: one row when the credential is valid now, else no row. A query that joins it cannot
 * read or change anything without a caller and a tenant.
 *
 * A query that must distinguish "no caller" from "nothing found" selects from `caller` and left-joins what it looks for.
 * Without a caller the query then returns no row, and {@link requireCaller} throws; with a caller it returns at least one.
 */
export function callerBy(db: Database, credential: Credential) {
  // drizzle does not qualify these names, so they must differ from the names of all tables' columns.
  return db.$with("caller").as(
    db
      .select({
        userId: sql<string>`user_id`.as("caller_id"),
        tenantId: sql<string>`tenant_id`.as("caller_tenant_id"),
        role: sql<Role>`role`.as("caller_role"),
        isAdministrator: sql<boolean>`public.is_administrator(role)`.as("caller_is_administrator"),
      })
      .from(sql`public.find_caller(${credentialJson(credential)}::jsonb)`),
  );
}

export type Caller = ReturnType<typeof callerBy>;

/**
 * The first row of a query that returns at least one row when there is a caller.
 * @throws Unauthenticated when there is no row, and so no caller
 */
export function requireCaller<Row extends { tenantId: string }>([row]: readonly Row[]): Row {
  if (row === undefined) throw new Unauthenticated();
  noteTenant(row.tenantId);
  return row;
}

/**
 * As {@link requireCaller}, for a query that selects all: its rows have the caller beside what was joined.
 * @throws Unauthenticated when there is no row, and so no caller
 */
export function requireJoinedCaller<Row extends { caller: { tenantId: string } }>([row]: readonly Row[]): Row {
  if (row === undefined) throw new Unauthenticated();
  noteTenant(row.caller.tenantId);
  return row;
}

/** The common table expression `permitted`: one row with the paths that a USER may read, and may write. Each covers all below it. */
export function permittedPathsOf(db: Database, caller: Caller) {
  return db.$with("permitted").as(
    db
      .select({
        readable: sql<string[] | null>`paths.readable`.as("readable_paths"),
        writable: sql<string[] | null>`paths.writable`.as("writable_paths"),
      })
      .from(caller)
      .crossJoinLateral(sql`public.permitted_paths(${caller.role}, ${caller.tenantId}, ${caller.userId}) paths`),
  );
}

export type PermittedPaths = ReturnType<typeof permittedPathsOf>;

/** True when the caller may write what lies at this path, for many at once: the permissions are looked up once. */
export const mayWriteAmong = (caller: Caller, permitted: PermittedPaths, path: SQLWrapper): SQL<boolean> =>
  sql<boolean>`public.is_permitted(${caller.role}, (select ${permitted.writable} from ${permitted}), ${path})`;

const right = (caller: Caller, column: "may_read" | "may_write", path: SQLWrapper): SQL<boolean> =>
  sql<boolean>`(select ${sql.identifier(column)}
    from public.rights_on(${caller.role}, ${caller.tenantId}, ${caller.userId}, ${path}))`;

/** True when the caller may read what lies at this path. For single rows. */
export const mayRead = (caller: Caller, path: SQLWrapper): SQL<boolean> => right(caller, "may_read", path);

/** True when the caller may write what lies at this path. For single rows: for many see {@link mayWriteAmong}. */
export const mayWrite = (caller: Caller, path: SQLWrapper): SQL<boolean> => right(caller, "may_write", path);

/** True when the caller may see what belongs to the user with this id: themselves; for an OWNER or ADMIN anybody of the tenant. */
export const maySeeUser = (caller: Caller, userId: SQLWrapper): SQL<boolean> =>
  sql<boolean>`public.may_see_user(${caller.role}, ${caller.userId}, ${userId})`;

/** A query of the paths of the caller's permissions that lie below no other of them. Administrators have none. */
export function topsOf(db: Database, caller: Caller) {
  const permissions = sql`public.permissions_of(${caller.role}, ${caller.tenantId}, ${caller.userId})`;
  return db
    .select({ path: sql<string>`permission.path`.as("top_path") })
    .from(sql`${permissions} permission`)
    .where(sql`not exists (select from ${permissions} wider where starts_with(permission.path, wider.path || '/'))`);
}

/** True when the caller may see the definition with this id. For single rows: a list begins with {@link readableDefinitionsOf}. */
export const maySeeDefinition = (caller: Caller, id: SQLWrapper): SQL<boolean> =>
  sql<boolean>`public.may_see_definition(${caller.role}, ${caller.tenantId}, ${caller.userId}, ${id})`;

/** The columns of a run by which the access rules decide. */
type RunColumns = { userId: SQLWrapper; workflowDefinitionId: SQLWrapper };

/** True when the caller may see a run of their tenant. For single rows: for many see {@link maySeeRunAmong}. */
export const maySeeRun = (caller: Caller, run: RunColumns): SQL<boolean> =>
  sql<boolean>`public.may_see_run(
    ${caller.role}, ${caller.tenantId}, ${caller.userId}, ${run.userId}, ${run.workflowDefinitionId})`;

/** The lateral subquery `counted`: how many definitions the caller sees. */
export const countDefinitions = (db: Database, caller: Caller) =>
  db
    .select({ total: sql<number>`total`.as("total") })
    .from(sql`public.count_definitions(${caller.role}, ${caller.tenantId}, ${caller.userId})`)
    .as("counted");

/** The lateral subquery `newest`: a page of the definitions that the caller sees, the newest first. */
export function newestDefinitions(db: Database, caller: Caller, { limit, offset }: { limit: number; offset: number }) {
  const id = sql<string>`id`.as("newest_id");
  return db
    .select({ id })
    .from(
      sql`public.newest_definitions(${caller.role}, ${caller.tenantId}, ${caller.userId}, ${limit + offset}::bigint)`,
    )
    .orderBy(sql`created_at desc, id desc`)
    .limit(limit)
    .offset(offset)
    .as("newest");
}

/** The common table expression `readable`: the definitions that a USER may read. Empty for administrators. */
export function readableDefinitionsOf(db: Database, caller: Caller) {
  return db.$with("readable").as(
    db
      .select({ id: sql<string>`definition.id`.as("readable_id") })
      .from(caller)
      .crossJoinLateral(
        sql`public.readable_definitions(${caller.role}, ${caller.tenantId}, ${caller.userId}) definition`,
      ),
  );
}

export type ReadableDefinitions = ReturnType<typeof readableDefinitionsOf>;

/** As {@link maySeeRun}, for many runs at once: their definitions are looked up among the readable ones. */
export const maySeeRunAmong = (caller: Caller, readable: ReadableDefinitions, run: RunColumns): SQL<boolean> =>
  sql<boolean>`public.run_is_visible(${caller.role}, ${caller.userId}, ${run.userId},
    ${run.workflowDefinitionId} in (select ${readable.id} from ${readable}))`;
