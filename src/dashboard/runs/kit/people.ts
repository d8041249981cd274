import { and, asc, desc, eq, isNull, sql } from "drizzle-orm";
import type { Caller } from "../../../db/caller.ts";
import type { Database } from "../../../db/client.ts";
import { users } from "../../../db/tables.ts";
import { nameOf } from "../../caller.ts";

/** The newest people of the tenant, sorted by name, for an OWNER or ADMIN; none for anybody else. */
export function selectPeople(db: Database, caller: Caller, limit: number) {
  const newest = db
    .select({ id: sql<string>`${users.id}`.as("person_id"), name: nameOf(users).as("person_name") })
    .from(users)
    .where(and(sql`${caller.isAdministrator}`, eq(users.tenantId, caller.tenantId), isNull(users.deletedAt)))
    .orderBy(desc(users.id))
    .limit(limit)
    .as("person");
  return db
    .with(caller)
    .select({ id: newest.id, name: newest.name })
    .from(caller)
    .crossJoinLateral(newest)
    .orderBy(asc(newest.name), asc(newest.id));
}
