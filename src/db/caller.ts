/** Parts of queries on behalf of a caller, for drizzle's query builder. The access rules are SQL functions: see access.sql. */
import { type SQL, type SQLWrapper, sql } from "drizzle-orm";
import { type Credential, credentialJson, Unauthenticated } from "./access.ts";
import type { Database } from "./client.ts";
import { deletedDefinitions } from "./deletion-tables.ts";
import type { Role } from "./enums.ts";
import { noteTenant } from "./meter.ts";

/**
 * The common table expression `caller`: one row if the credential is valid now, otherwise none. A query that joins it can read
 * and change nothing without a caller and their tenant.
 *
 * A query that must distinguish "no caller" from "nothing found" selects from `caller` and left-joins what it looks for.
 * Without a caller it returns no row, and {@link requireCaller} throws. With a caller it returns at least one row.
 */
export function callerBy(db: Database, credential: Credential) {
  // drizzle does not qualify these names with the table, so they must differ from the column names of all tables.
  return db.$with("caller").as(
    db
      .select({
        userId: sql<string>`user_id`.as("caller_id"),
        tenantId: sql<string>`tenant_id`.as("caller_tenant_id"),
        role: sql<Role>`role`.as("caller_role"),
        isAdministrator: sql<boolean>`public.is_administrator(role)`.as("caller_is_administrator"),
        isPerson: sql<boolean>`public.is_person(${credentialJson(credential)}::jsonb)`.as("caller_is_person"),
      })
      .from(sql`public.find_caller_by_kept_plan(${credentialJson(credential)}::jsonb)`),
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
 * Like {@link requireCaller}, for a query that selects all columns: each row has the caller beside the joined tables.
 * @throws Unauthenticated when there is no row, and so no caller
 */
export function requireJoinedCaller<Row extends { caller: { tenantId: string } }>([row]: readonly Row[]): Row {
  if (row === undefined) throw new Unauthenticated();
  noteTenant(row.caller.tenantId);
  return row;
}

/**
 * The common table expression `permitted`: one row with the paths that a USER may read and may write. Each path covers all
 * below it.
 */
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

/** True when the caller may write the part at this path. For many parts at once: the permissions are read only once. */
export const mayWriteAmong = (caller: Caller, permitted: PermittedPaths, path: SQLWrapper): SQL<boolean> =>
  sql<boolean>`public.is_permitted(${caller.role}, (select ${permitted.writable} from ${permitted}), ${path})`;

const right = (caller: Caller, column: "may_read" | "may_write", path: SQLWrapper): SQL<boolean> =>
  sql<boolean>`(select ${sql.identifier(column)}
    from public.rights_on(${caller.role}, ${caller.tenantId}, ${caller.userId}, ${path}))`;

/** True when the caller may read the part at this path. For single rows. */
export const mayRead = (caller: Caller, path: SQLWrapper): SQL<boolean> => right(caller, "may_read", path);

/** True when the caller may write the part at this path. For single rows; for many rows use {@link mayWriteAmong}. */
export const mayWrite = (caller: Caller, path: SQLWrapper): SQL<boolean> => right(caller, "may_write", path);

/**
 * True when the caller may see what belongs to this user: a USER only sees their own things, an OWNER or ADMIN those of the
 * whole tenant.
 */
export const maySeeUser = (caller: Caller, userId: SQLWrapper): SQL<boolean> =>
  sql<boolean>`public.may_see_user(${caller.role}, ${caller.userId}, ${userId})`;

/** Selects the paths of the caller's permissions that are not below another of them. For an administrator there are none. */
export function topsOf(db: Database, caller: Caller) {
  const permissions = sql`public.permissions_of(${caller.role}, ${caller.tenantId}, ${caller.userId})`;
  return db
    .select({ path: sql<string>`permission.path`.as("top_path") })
    .from(sql`${permissions} permission`)
    .where(sql`not exists (select from ${permissions} wider where starts_with(permission.path, wider.path || '/'))`);
}

/**
 * True when the caller may see the definition with this id. For single rows; a list begins with {@link readableDefinitionsOf}.
 */
export const maySeeDefinition = (caller: Caller, id: SQLWrapper): SQL<boolean> =>
  sql<boolean>`public.may_see_definition(${caller.role}, ${caller.tenantId}, ${caller.userId}, ${id})`;

/** True when the caller may change the definition with this id, which they may see. For single rows. */
export const mayChangeDefinition = (caller: Caller, id: SQLWrapper): SQL<boolean> =>
  sql<boolean>`coalesce(public.may_change_definition(${caller.role}, ${caller.tenantId}, ${caller.userId}, ${id}), false)`;

/** The columns of a run that the access rules need. */
type RunColumns = { userId: SQLWrapper; workflowDefinitionId: SQLWrapper };

/** True when the caller may see a run of their tenant. For single rows; for many rows use {@link maySeeRunAmong}. */
export const maySeeRun = (caller: Caller, run: RunColumns): SQL<boolean> =>
  sql<boolean>`(public.may_see_run(
    ${caller.role}, ${caller.tenantId}, ${caller.userId}, ${run.userId}, ${run.workflowDefinitionId}) and ${isOfSomebody(run)})`;

/** The lateral subquery `counted`: the number of definitions that the caller may see. */
export const countDefinitions = (db: Database, caller: Caller) =>
  db
    .select({ total: sql<number>`total`.as("total") })
    .from(sql`public.count_definitions(${caller.role}, ${caller.tenantId}, ${caller.userId})`)
    .as("counted");

/** The lateral subquery `newest`: one page of the definitions that the caller may see, newest first. */
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

/** Like {@link maySeeRun}, for many runs at once: it looks their definitions up among the readable ones. */
export const maySeeRunAmong = (caller: Caller, readable: ReadableDefinitions, run: RunColumns): SQL<boolean> =>
  sql<boolean>`(public.run_is_visible(${caller.role}, ${caller.userId}, ${run.userId},
    ${run.workflowDefinitionId} in (select ${readable.id} from ${readable})) and ${isOfSomebody(run)})`;

/**
 * False for a run whose definition was deleted: nobody sees it, and the sweep will delete it. Each query that finds runs in another way than
 * by a definition that is there has this condition. For the reasons of its form see access.sql.
 */
export const isOfSomebody = ({ workflowDefinitionId }: Pick<RunColumns, "workflowDefinitionId">): SQL<boolean> =>
  sql<boolean>`(${workflowDefinitionId} not in (select gone.id from ${deletedDefinitions} gone))`;
