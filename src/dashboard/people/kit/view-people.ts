import { and, count, desc, eq, gt, inArray, isNull, type SQL, sql } from "drizzle-orm";
import { type AgentGrant, agentGrantColumns, isGrantOf } from "../../../agents/agent-grants.ts";
import type { AuditEvent } from "../../../audit/audit-events.ts";
import type { Credential } from "../../../db/access.ts";
import {
  type Caller as CallerExpression,
  callerBy,
  isOfSomebody,
  maySeeUser,
  requireCaller,
} from "../../../db/caller.ts";
import { type Database, repeatable } from "../../../db/client.ts";
import { agentGrants, logins, signInSessions } from "../../../db/people/login-tables.ts";
import { apiKeys, invites, pathParts, userPermissions, users } from "../../../db/tables.ts";
import { type ApiKey, apiKeyColumns, keyWorks } from "../../../people/api-keys.ts";
import { type Invite, inviteColumns, isOfAdministrator, mayBeInvited } from "../../../people/invites.ts";
import { isOpenSession, type SignInSession, signInSessionColumns } from "../../../people/sign-ins/sign-in-sessions.ts";
import { isPartOfPermission, type Permission, permissionColumns } from "../../../people/user-permissions.ts";
import { isOfTenant, userColumns } from "../../../people/users.ts";
import { r } from "../../../runs/run-rows.ts";
import { lastChanges } from "../../activity/kit/changes.tsx";
import { type Caller, nameOf, selectCaller } from "../../caller.ts";
import { nameOfWorkflow } from "../../files/kit/view-folder.ts";
import { userMatches } from "../../search/kit/words.ts";

/** A user of the tenant, with the numbers of their permissions and of their keys that are neither revoked nor expired. */
export type Person = Pick<typeof users.$inferSelect, keyof typeof userColumns> & {
  name: string;
  permissions: number;
  keys: number;
  /** True when the user has never had a key, so that an invite may sign them in. */
  mayBeInvited: boolean;
};

/** True for a user whom the caller sees on these pages: themselves; for an OWNER or ADMIN, each user of the tenant. */
export const isSeenPerson = (caller: CallerExpression): SQL | undefined =>
  and(isOfTenant(caller), maySeeUser(caller, users.id));

/** The columns of {@link Person}. */
const personColumns = (db: Database) => ({
  ...userColumns,
  name: nameOf(users),
  permissions: db.$count(
    userPermissions,
    and(eq(userPermissions.tenantId, users.tenantId), eq(userPermissions.userId, users.id)),
  ),
  keys: db.$count(apiKeys, and(eq(apiKeys.tenantId, users.tenantId), eq(apiKeys.userId, users.id), keyWorks)),
  mayBeInvited,
});

export type PeopleView = { caller: Caller; people: Person[]; total: number; invites: Invite[] };

/** How a list of users can be sorted. */
export const PEOPLE_ORDERS = ["email", "name", "role", "newest"] as const;
export type PeopleOrder = (typeof PEOPLE_ORDERS)[number];

const ORDERS: Record<PeopleOrder, SQL[]> = {
  email: [sql`lower(${users.email})`],
  name: [sql`lower(${nameOf(users)})`],
  role: [sql`array_position(array['OWNER', 'ADMIN', 'USER'], ${users.role})`, sql`lower(${users.email})`],
  newest: [desc(users.createdAt)],
};

type PeoplePage = {
  limit: number;
  offset: number;
  order: PeopleOrder;
  /** Only users whose name or email has words that begin with each of these. */
  words: string;
};

/** How many open invites are shown. */
const SHOWN_INVITES = 50;

/**
 * A page of the users whom the caller sees; for an OWNER or ADMIN also the open invites.
 * @throws Unauthenticated
 */
export async function viewPeople(
  db: Database,
  credential: Credential,
  { limit, offset, order, words }: PeoplePage,
): Promise<PeopleView> {
  const caller = callerBy(db, credential);
  const isListed = and(isSeenPerson(caller), words === "" ? undefined : userMatches(caller, words));
  const isOpen = and(
    isOfAdministrator(caller),
    isNull(invites.acceptedAt),
    gt(invites.expiresAt, sql`statement_timestamp()`),
  );
  const {
    callers,
    counts: [counted],
    people,
    open,
  } = await repeatable(db).batch({
    callers: selectCaller(db, caller),
    counts: db.with(caller).select({ total: count() }).from(caller).innerJoin(users, isListed),
    people: db
      .with(caller)
      .select(personColumns(db))
      .from(caller)
      .innerJoin(users, isListed)
      .orderBy(...ORDERS[order], users.id)
      .limit(limit)
      .offset(offset),
    open: db
      .with(caller)
      .select(inviteColumns)
      .from(caller)
      .innerJoin(invites, isOpen)
      .orderBy(desc(invites.createdAt), desc(invites.id))
      .limit(SHOWN_INVITES),
  });
  return { caller: requireCaller(callers), people, total: counted?.total ?? 0, invites: open };
}

/** What stops or goes on when a person is deactivated or deleted. */
type Work = {
  /** The open sessions of runners with their keys, counted up to one more than {@link MAX_RUNNER_SESSIONS}. */
  runnerSessions: number;
  /** Their PENDING and RUNNING runs, counted up to one more than {@link MAX_UNFINISHED}. */
  unfinished: number;
};

export type PersonWithWork = Person & Work;

export const MAX_UNFINISHED = 1_000;
export const MAX_RUNNER_SESSIONS = 100;

const workColumns = (db: Database) => ({
  runnerSessions: sql<number>`(select count(*)::int from (${db
    .select({ id: apiKeys.id })
    .from(apiKeys)
    .crossJoinLateral(
      sql`generate_series(1, public.count_open_sessions(${apiKeys.id}, statement_timestamp(), ${MAX_RUNNER_SESSIONS + 1}::int))`,
    )
    .where(and(eq(apiKeys.tenantId, users.tenantId), eq(apiKeys.userId, users.id), keyWorks))
    .limit(MAX_RUNNER_SESSIONS + 1)}) open)`,
  unfinished: sql<number>`(select count(*)::int from (${db
    .select({ id: r.id })
    .from(r)
    .where(
      and(
        eq(r.tenantId, users.tenantId),
        eq(r.userId, users.id),
        inArray(r.status, ["PENDING", "RUNNING"]),
        isOfSomebody(r),
      ),
    )
    .limit(MAX_UNFINISHED + 1)}) unfinished)`,
});

export type PersonView = {
  caller: Caller;
  person: PersonWithWork | null;
  permissions: (Permission & { workflowName: string | null })[];
  keys: ApiKey[];
  /** The account by which the user signs in, if they are tied to one. */
  login: Login | null;
  /** What an OWNER or ADMIN sees of the audit log about them. */
  changes: AuditEvent[];
  /** Those that began last. */
  sessions: SignInSession[];
  /** The agents that may use the service on behalf of the person. */
  agents: AgentGrant[];
};

/** How many sessions are shown. */
const SHOWN_SESSIONS = 20;

/** A login without its subject: who may see the page may know at which login service, and since when. */
export type Login = { issuer: string; createdAt: Date; lastUsedAt: Date | null };

/**
 * A user with their permissions, valid keys, login and open sessions. `person` is null when the user does not exist or the caller may not see them.
 * @throws Unauthenticated
 */
export async function viewPerson(db: Database, credential: Credential, id: string): Promise<PersonView> {
  const caller = callerBy(db, credential);
  const isAsked = and(eq(users.id, id), isSeenPerson(caller));
  const {
    callers,
    persons: [person = null],
    permissions,
    keys,
    tied: [login = null],
    changed: [about],
    sessions,
    agents,
  } = await repeatable(db).batch({
    callers: selectCaller(db, caller),
    persons: db
      .with(caller)
      .select({ ...personColumns(db), ...workColumns(db) })
      .from(caller)
      .innerJoin(users, isAsked),
    permissions: db
      .with(caller)
      .select({ ...permissionColumns, workflowName: nameOfWorkflow(pathParts) })
      .from(caller)
      .innerJoin(users, isAsked)
      .innerJoin(
        userPermissions,
        and(eq(userPermissions.tenantId, users.tenantId), eq(userPermissions.userId, users.id)),
      )
      .innerJoin(pathParts, isPartOfPermission)
      .orderBy(pathParts.materializedPath),
    keys: db
      .with(caller)
      .select(apiKeyColumns)
      .from(caller)
      .innerJoin(users, isAsked)
      .innerJoin(apiKeys, and(eq(apiKeys.tenantId, users.tenantId), eq(apiKeys.userId, users.id), keyWorks))
      .orderBy(desc(apiKeys.createdAt), desc(apiKeys.id)),
    tied: db
      .with(caller)
      .select({ issuer: logins.iss, createdAt: logins.createdAt, lastUsedAt: logins.lastUsedAt })
      .from(caller)
      .innerJoin(users, isAsked)
      .innerJoin(logins, and(eq(logins.tenantId, users.tenantId), eq(logins.userId, users.id))),
    changed: db
      .with(caller)
      .select({ changes: lastChanges(caller, users.id) })
      .from(caller)
      .innerJoin(users, isAsked),
    sessions: db
      .with(caller)
      .select(signInSessionColumns)
      .from(caller)
      .innerJoin(signInSessions, isOpenSession(caller, sql`${id}::uuid`))
      .orderBy(desc(signInSessions.beganAt), desc(signInSessions.id))
      .limit(SHOWN_SESSIONS),
    agents: db
      .with(caller)
      .select(agentGrantColumns)
      .from(caller)
      .innerJoin(agentGrants, isGrantOf(caller, sql`${id}::uuid`))
      .orderBy(desc(agentGrants.renewedAt), desc(agentGrants.id)),
  });
  return {
    caller: requireCaller(callers),
    person,
    permissions,
    keys,
    login,
    sessions,
    agents,
    changes: about?.changes ?? [],
  };
}
