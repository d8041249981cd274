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

/** After so many days in which the agent has asked for no token, the person has to agree again. */
export const IDLE_DAYS = 90;

/** True for the grants of this user that agents have taken and may still renew, if the caller may see them: a USER only their own. */
export const isGrantOf = (caller: Caller, userId: SQLWrapper): SQL | undefined =>
  and(
    maySeeUser(caller, userId),
    sql`${agentGrants.tenantId} = ${caller.tenantId} and ${agentGrants.userId} = ${userId} and ${agentGrants.generation} > 0`,
    sql`${agentGrants.renewedAt} >= statement_timestamp() - make_interval(days => ${IDLE_DAYS})`,
  );
