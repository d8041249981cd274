/**
 * How agents sign in, by OAuth 2.1 as the Model Context Protocol of 2026-07-28 has it. `/mcp` is the protected resource, and the service is its own
 * authorization server. None of these routes is a part of the API, since their forms are those of the standards.
 *
 * 1. An agent without a token is answered 401 by `/mcp`, with the address of the resource's metadata (RFC 9728), which name the server's (RFC 8414).
 * 2. It registers (RFC 7591), unless its `client_id` is the URL of its own document: see `agent-clients.ts`.
 * 3. It opens `/app/agent` in a browser. When the person agrees, `agree_to_agent` makes a grant, and the browser takes a code to the agent.
 * 4. `/oauth/token` exchanges the code, which is bound to the client and to its PKCE verifier, for an access token of an hour and a refresh
 *    token. `renew_agent_grant` counts the refresh tokens, and ends the grant when one is used again more than a minute later.
 * 5. `/mcp` alone takes the access token. The request of a tool gets the person's rights through its environment, so the token never
 *    reaches the API.
 */
import { buildOAuthProtectedResourceMetadata, oauthMetadataResponse } from "@modelcontextprotocol/server";
import type { Context } from "hono";
import { z } from "zod";
import type { Config } from "../config.ts";
import { Unauthenticated } from "../db/access.ts";
import {
  AGENT_SCOPES,
  hashOf,
  resourceOf,
  signAgentAccess,
  signClientId,
  signRefreshToken,
  verifyAgentCode,
  verifyRefreshToken,
} from "../http/credentials/agent-token.ts";
import { requireCell } from "../http/credentials/cell.ts";
import { cellOfToken } from "../http/credentials/jwt-keys.ts";
import type { AppEnv } from "../http/env.ts";
import { provideServices } from "../http/middleware/provide-services.ts";
import { createRouter } from "../http/router.ts";
import { challengeOf } from "../people/sign-ins/command-line-verbs.ts";
import { perform } from "../verbs/perform.ts";
import { clientMetadataSchema, MAX_CLIENT_ID } from "./agent-clients.ts";
import { renewAgentGrant } from "./agent-verbs.ts";

/** How long an access token works. */
const ACCESS_SECONDS = 3600;

export const agentSignIn = createRouter();

/** What the service says of itself as an authorization server, and of `/mcp`. */
const metadataOf = (config: Config) => ({
  oauthMetadata: {
    issuer: config.publicUrl,
    authorization_endpoint: `${config.publicUrl}/app/agent`,
    token_endpoint: `${config.publicUrl}/oauth/token`,
    registration_endpoint: `${config.publicUrl}/oauth/register`,
    scopes_supported: [...AGENT_SCOPES],
    response_types_supported: ["code"],
    grant_types_supported: ["authorization_code", "refresh_token"],
    code_challenge_methods_supported: ["S256"],
    token_endpoint_auth_methods_supported: ["none"],
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: true,
  },
  resourceServerUrl: new URL(resourceOf(config)),
  scopesSupported: [...AGENT_SCOPES],
  resourceName: "workflow-runs",
});

agentSignIn.get("/.well-known/oauth-protected-resource", (c) =>
  c.json(buildOAuthProtectedResourceMetadata(metadataOf(c.env.config))),
);
agentSignIn.get("/.well-known/*", (c) => oauthMetadataResponse(c.req.raw, metadataOf(c.env.config)) ?? c.notFound());

/** An error in the form of RFC 6749, section 5.2, which is also that of RFC 7591. */
const refuse = (c: Context<AppEnv>, error: string, description: string) =>
  c.json({ error, error_description: description }, 400, { "Cache-Control": "no-store" });

const sentencesOf = ({ issues }: z.core.$ZodError) =>
  issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`).join(" ");

agentSignIn.post("/oauth/register", async (c) => {
  const body: unknown = await c.req.json().catch(() => null);
  const { data: client, error } = clientMetadataSchema.safeParse(body);
  if (error) {
    const isRedirect = error.issues.every(({ path }) => path[0] === "redirect_uris");
    return refuse(c, isRedirect ? "invalid_redirect_uri" : "invalid_client_metadata", sentencesOf(error));
  }
  const { client_name, redirect_uris } = client;
  const clientId = await signClientId(c.env.config.runTokenKeys, { name: client_name, redirectUris: redirect_uris });
  if (clientId.length > MAX_CLIENT_ID)
    return refuse(c, "invalid_client_metadata", "The addresses are too long: name fewer.");
  const registered = {
    client_id: clientId,
    client_name,
    redirect_uris,
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  };
  return c.json(registered, 201, { "Cache-Control": "no-store" });
});

const tokenRequestSchema = z.discriminatedUnion("grant_type", [
  z.object({
    grant_type: z.literal("authorization_code"),
    code: z.string(),
    client_id: z.string(),
    redirect_uri: z.string(),
    code_verifier: z.string().regex(/^[\w.~-]{43,128}$/),
    resource: z.string().optional(),
  }),
  z.object({
    grant_type: z.literal("refresh_token"),
    refresh_token: z.string(),
    client_id: z.string(),
    resource: z.string().optional(),
  }),
]);

type TokenRequest = z.infer<typeof tokenRequestSchema>;

agentSignIn.post("/oauth/token", async (c) => {
  const form = Object.fromEntries(new URLSearchParams(await c.req.text()));
  const { data: request, error } = tokenRequestSchema.safeParse(form);
  if (error) {
    const isUnknown = form.grant_type !== undefined && error.issues.some(({ path }) => path[0] === "grant_type");
    return refuse(c, isUnknown ? "unsupported_grant_type" : "invalid_request", sentencesOf(error));
  }
  const { config } = c.env;
  const resource = resourceOf(config);
  if ((request.resource ?? resource) !== resource) return refuse(c, "invalid_target", `The resource is ${resource}.`);
  requireCell(config, cellOfToken(request.grant_type === "refresh_token" ? request.refresh_token : request.code));
  const proof = await readProof(config, request);
  if (proof === null) return refuse(c, "invalid_grant", INVALID_GRANT);
  provideServices(c, {});
  try {
    const { grantId } = proof;
    const { result: grant } = await perform(c.var.services, renewAgentGrant, proof);
    const expiresAt = Math.floor(Date.now() / 1000) + ACCESS_SECONDS;
    const access = { grantId, tenantId: grant.tenant_id, userId: grant.user_id, scopes: grant.scopes, expiresAt };
    const next = { grantId, clientHash: await hashOf(request.client_id), generation: grant.generation };
    const tokens = {
      access_token: await signAgentAccess(config.runTokenKeys, access, { cell: config.cell, resource }),
      token_type: "Bearer",
      expires_in: ACCESS_SECONDS,
      refresh_token: await signRefreshToken(config.runTokenKeys, next, config.cell),
      scope: grant.scopes.join(" "),
    };
    return c.json(tokens, 200, { "Cache-Control": "no-store" });
  } catch (error) {
    if (error instanceof Unauthenticated) return refuse(c, "invalid_grant", INVALID_GRANT);
    throw error;
  }
});

const INVALID_GRANT =
  "The code or refresh token is wrong, of another client, too old, or was used before, or somebody has ended the access. Sign in again.";

/** The grant and the generation that a code or a refresh token proves; null when it does not come from the client that got it. */
async function readProof(
  { runTokenKeys }: Config,
  request: TokenRequest,
): Promise<{ grantId: string; generation: number } | null> {
  const clientHash = await hashOf(request.client_id);
  if (request.grant_type === "refresh_token") {
    const token = await verifyRefreshToken(runTokenKeys, request.refresh_token);
    return token?.clientHash === clientHash ? token : null;
  }
  const code = await verifyAgentCode(runTokenKeys, request.code);
  const isOfClient =
    code?.clientHash === clientHash &&
    code.redirectHash === (await hashOf(request.redirect_uri)) &&
    code.codeChallenge === (await challengeOf(request.code_verifier));
  return isOfClient ? { grantId: code.grantId, generation: 0 } : null;
}
