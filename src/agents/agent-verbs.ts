/** The verbs by which a person lets an agent use the service on their behalf, and ends that. */
import { z } from "zod";
import { AGENT_SCOPES, type AgentScope } from "../http/credentials/agent-token.ts";
import { agentGrantProblem } from "../people/refusals.ts";
import { defineVerb } from "../verbs/verb.ts";
import { IDLE_DAYS } from "./agent-grants.ts";

/** How long a code is valid. The browser sends it to the agent at once, which uses it at once. */
const CODE_SECONDS = 60;

/** How many grants a person may have. The oldest end by a new one. */
const MOST_GRANTS = 50;

/** What a person agrees to. `id` is new, and in the code of the agent. */
export type NewAgentGrant = { id: string; clientName: string; redirectHost: string; scopes: readonly AgentScope[] };

/** Lets an agent use the service on behalf of the caller, who needs a session of the dashboard. */
export const agreeToAgent = defineVerb({
  name: "agree_to_agent",
  args: ({ id, clientName, redirectHost, scopes }: NewAgentGrant) => ({
    grant_id: id,
    client_name: clientName,
    redirect_host: redirectHost,
    scopes,
    seconds: CODE_SECONDS,
    most: MOST_GRANTS,
  }),
  result: z.unknown(),
});

/** The newest refresh token of a grant has its `generation`. */
const renewedSchema = z.object({
  tenant_id: z.string(),
  user_id: z.string(),
  scopes: z.array(z.enum(AGENT_SCOPES)),
  generation: z.int(),
});

/**
 * Gives an agent its next tokens, for its code (generation 0) or for a refresh token. One that somebody has used before ends the grant.
 * Refused with Unauthenticated.
 */
export const renewAgentGrant = defineVerb({
  name: "renew_agent_grant",
  args: ({ grantId, generation }: { grantId: string; generation: number }) => ({
    grant_id: grantId,
    generation,
    seconds: CODE_SECONDS,
    idle_days: IDLE_DAYS,
  }),
  result: renewedSchema,
});

/** Ends a grant. Refused with Problem `not_found`, or `forbidden` for one of the OWNER, which only the OWNER may end. */
export const endAgentGrant = defineVerb({
  name: "end_agent_grant",
  args: (id: string) => ({ grant_id: id }),
  result: z.unknown(),
  refusals: z.object({ refused: z.enum(["not_found", "of_owner"]) }),
  refuse: ({ refused }) => agentGrantProblem(refused),
});
