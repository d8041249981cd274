import { and, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import { type Caller, maySeeUser } from "../db/caller.ts";
import { agentGrants } from "../db/people/login-tables.ts";

/** The columns of {@link AgentGrant}. */
export const agentGrantColumns = {
  id: agentGrants.id,
  clientName: agentGrants.clientName,
  redirectHost: agentGrants.redirectHost,
  scopes: agentGrants.scopes,
  createdAt: agentGrants.createdAt,
  renewedAt: agentGrants.renewedAt,
};

/** That an agent has access. `renewedAt` is when it last got a token, which works for an hour. */
export type AgentGrant = Pick<typeof agentGrants.$inferSelect, keyof typeof agentGrantColumns>;

/** True for the grants of this user that agents have taken, if the caller may see them: a USER only their own. */
export const isGrantOf = (caller: Caller, userId: SQLWrapper): SQL | undefined =>
  and(
    maySeeUser(caller, userId),
    sql`${agentGrants.tenantId} = ${caller.tenantId} and ${agentGrants.userId} = ${userId} and ${agentGrants.generation} > 0`,
  );
