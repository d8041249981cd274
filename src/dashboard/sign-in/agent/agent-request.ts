/** What an agent asks for when it opens the page, and how the page answers it. */
import { z } from "zod";
import { findAgentClient, hasRedirectUri, MAX_CLIENT_ID } from "../../../agents/agent-clients.ts";
import type { Config } from "../../../config.ts";
import {
  AGENT_SCOPES,
  type AgentScope,
  type RegisteredClient,
  resourceOf,
} from "../../../http/credentials/agent-token.ts";
import { type Fault, ValidationFailed } from "../../../http/problems.ts";

/** The fields of a request that must be right before anything is sent to the agent: they say where to. */
const addressSchema = z.object({ client_id: z.string().max(MAX_CLIENT_ID), redirect_uri: z.string().max(500) });

/** True for an address of the web. Any other is opened by an app. */
export const isOfWeb = ({ protocol }: URL): boolean => /^https?:$/.test(protocol);

/** Where an address leads, for people. For an app it is the scheme, since all after that is chosen by whoever registers the client. */
export const placeOf = (url: URL): string => (isOfWeb(url) ? url.host : url.protocol);

const askedSchema = z.object({
  response_type: z.literal("code"),
  code_challenge: z.string().regex(/^[\w-]{43}$/),
  code_challenge_method: z.literal("S256"),
  state: z.string().max(500).optional(),
  scope: z.string().max(200).optional(),
  resource: z.string().optional(),
});

/** Where the answer goes. */
export type AgentAddress = {
  clientId: string;
  client: RegisteredClient;
  redirectUri: string;
  state: string | undefined;
};
export type AgentRequest = AgentAddress & { codeChallenge: string; scopes: readonly AgentScope[] };

const fault = (field: string, msg: string): Fault => ({ loc: ["query", field], type: "value_error", msg });

/**
 * Finds out which client asks, and where its answer goes.
 * @throws ValidationFailed when the client is unknown or has not named the address: nothing may be sent there
 */
export async function readAddress(config: Config, given: Readonly<Record<string, string>>): Promise<AgentAddress> {
  const { data } = addressSchema.safeParse(given);
  if (data === undefined) {
    throw new ValidationFailed([fault("client_id", "The agent must send `client_id` and `redirect_uri`.")]);
  }
  const client = await findAgentClient(config, data.client_id);
  if (client === null) {
    throw new ValidationFailed([
      fault("client_id", "No such client is known. Connect the agent again, so that it registers again."),
    ]);
  }
  if (!hasRedirectUri(client, data.redirect_uri)) {
    throw new ValidationFailed([fault("redirect_uri", "The client has not named this address.")]);
  }
  return { clientId: data.client_id, client, redirectUri: data.redirect_uri, state: given.state?.slice(0, 500) };
}

/** What the agent asks for, or the error that it is sent (RFC 6749, section 4.1.2.1). */
export function readRequest(
  config: Config,
  given: Readonly<Record<string, string>>,
): Pick<AgentRequest, "codeChallenge" | "scopes"> | { error: string } {
  const { data, error } = askedSchema.safeParse(given);
  if (error) {
    const isOtherType = given.response_type !== undefined && given.response_type !== "code";
    return { error: isOtherType ? "unsupported_response_type" : "invalid_request" };
  }
  if (data.resource !== undefined && data.resource !== resourceOf(config)) return { error: "invalid_target" };
  const asked = data.scope?.split(" ") ?? AGENT_SCOPES;
  if (asked.includes("run")) return { codeChallenge: data.code_challenge, scopes: AGENT_SCOPES };
  if (asked.includes("read")) return { codeChallenge: data.code_challenge, scopes: ["read"] };
  return { error: "invalid_scope" };
}

/** The address of the agent, with an answer for it. `iss` says who answers (RFC 9207). */
export function backToAgent(
  { publicUrl }: Config,
  { redirectUri, state }: Pick<AgentAddress, "redirectUri" | "state">,
  answer: { code: string } | { error: string },
): string {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries({ ...answer, iss: publicUrl })) url.searchParams.set(name, value);
  if (state !== undefined) url.searchParams.set("state", state);
  return url.href;
}
