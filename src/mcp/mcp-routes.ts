/**
 * `/mcp`: the service for agents, by the Model Context Protocol. The route makes an MCP server for each message, so nothing is kept between
 * messages, and clients of 2026-07-28 and of 2025 have the same tools.
 *
 * A tool (`tools/`) is data: the schemas of its arguments and of its answer, its annotations, and `call`, which sends requests to the API
 * within the Worker, with the caller's key or, for one that has signed in (`agents/`), with the rights of the person (`api.ts`). So a tool
 * cannot do what the API would refuse, and costs what its requests to the API cost. The schema of its answer picks the fields that an agent
 * gets. Ids are checked before they become a part of a path.
 *
 * Any other message, such as that for the list of tools, first asks the API who the caller is, so a wrong key is answered 401. When the access
 * of an agent that has signed in has ended, its call of a tool is answered 401, too, since clients sign in again only after that. A call of a tool
 * writes two lines to the log, with the same request id.
 */
import { createMcpHandler, getOAuthProtectedResourceMetadataUrl } from "@modelcontextprotocol/server";
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { z } from "zod";
import type { Config } from "../config.ts";
import type { Fetch } from "../http/areas.ts";
import {
  AGENT_SCOPES,
  type AgentAccess,
  isAgentToken,
  jwtOfAgentToken,
  resourceOf,
  verifyAgentAccess,
} from "../http/credentials/agent-token.ts";
import { isApiKey } from "../http/credentials/api-key.ts";
import { requireCell } from "../http/credentials/cell.ts";
import { cellOfToken } from "../http/credentials/jwt-keys.ts";
import type { AppEnv } from "../http/env.ts";
import { bearerToken } from "../http/middleware/authenticate.ts";
import { Problem } from "../http/problems.ts";
import { createRouter } from "../http/router.ts";
import { createAgentServer, TOOLS } from "./agent-server.ts";
import { type Api, openApi } from "./api.ts";

/**
 * Refuses pages of unknown origins, as the protocol demands. The address of the request proves nothing, since a page can have its own
 * host name point at this service (DNS rebinding). Programs send no `Origin`.
 */
const requireKnownOrigin = createMiddleware<AppEnv>(async (c, next) => {
  const origin = c.req.header("Origin");
  const { publicUrl, corsOrigins } = c.env.config;
  const isKnown = origin === undefined || [new URL(publicUrl).origin, ...corsOrigins].includes(origin);
  if (!isKnown) {
    throw new Problem("forbidden", `Pages of ${origin} may not use /mcp. CORS_ORIGINS lists those that may.`);
  }
  await next();
});

/** Tells an agent where it may sign in (RFC 9728, section 5.1), and what with. */
const challengeOf = (config: Config, error?: string): Record<string, string> => ({
  "WWW-Authenticate": [
    `Bearer resource_metadata="${getOAuthProtectedResourceMetadataUrl(new URL(resourceOf(config)))}"`,
    `scope="${AGENT_SCOPES.join(" ")}"`,
    ...(error === undefined ? [] : [`error="${error}"`]),
  ].join(", "),
});

/**
 * The access of the agent that sent the request; null for an API key, which the API judges later. Cookies do not count here. That the
 * grant is still there is judged by the API, too.
 * @throws Problem `unauthenticated`, `misdirected`
 */
async function readAccess(c: Context<AppEnv>): Promise<AgentAccess | null> {
  const token = bearerToken(c);
  const { config } = c.env;
  if (token !== undefined && isApiKey(token)) return null;
  if (token === undefined || !isAgentToken(token)) {
    const how = "Sign in by OAuth, or send an API key: `Authorization: Bearer wr_…`.";
    throw new Problem("unauthenticated", how, challengeOf(config));
  }
  requireCell(config, cellOfToken(jwtOfAgentToken(token)));
  const access = await verifyAgentAccess(config.runTokenKeys, token, resourceOf(config));
  if (access === null || access.expiresAt * 1000 < Date.now()) {
    throw wrongToken(config);
  }
  return access;
}

const wrongToken = (config: Config) =>
  new Problem(
    "unauthenticated",
    "The access token is wrong or has expired, or the access has ended.",
    challengeOf(config, "invalid_token"),
  );

/**
 * The answer to a call of a tool by an agent that has signed in, unless its access has ended. The API says so to the first request of the
 * tool, before anything is done, so the client can repeat the call. Clients of 2025 get a stream, which begins before the API has
 * answered. So the stream is held back until the API answers, or until it has a first part: a tool that is called with wrong arguments does not
 * ask the API at all.
 * @throws Problem `unauthenticated`
 */
async function unlessEnded(config: Config, api: Api, answer: Response): Promise<Response> {
  if (answer.body === null) return answer;
  const [beginning, body] = answer.body.tee();
  const reader = beginning.getReader();
  const status = await Promise.race([api.firstStatus, reader.read().then(() => null)]);
  // Not awaited: it ends when the other branch has ended, too.
  reader.cancel().catch(() => {});
  if (status !== 401) return new Response(body, answer);
  body.cancel().catch(() => {});
  throw wrongToken(config);
}

/** The message of a body; null when it is not JSON. */
function parseMessage(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Refuses a message that cannot be handled, with an error of JSON-RPC. */
const refuse = (c: Context<AppEnv>, code: number, message: string) =>
  c.json({ jsonrpc: "2.0", id: null, error: { code, message } }, 400);

const toolCallSchema = z.object({
  method: z.literal("tools/call"),
  params: z.object({ name: z.string() }).partial().catch({}),
});

/** The name of the tool that a message calls, which may be unknown or missing; null for any other message. */
const calledTool = (message: unknown): string | null => {
  const { data } = toolCallSchema.safeParse(message);
  return data === undefined ? null : (data.params.name ?? "");
};

const READERS = new Set(TOOLS.filter(({ onlyReads }) => onlyReads).map(({ name }) => name));
const isReader = (tool: string): boolean => READERS.has(tool);

/**
 * The routes for agents. `fetch` is the whole service. Each message gets a server of its own, so nothing is kept between messages, and clients
 * of all protocol versions have the same tools. The API judges the key in the request of the called tool. For any other message it is asked
 * who the caller is. So each message costs one request to the database.
 */
export function agents(fetch: Fetch) {
  const router = createRouter();
  router.post("/mcp", requireKnownOrigin, async (c) => {
    const access = await readAccess(c);
    const api = openApi(c, fetch, access);
    const message = parseMessage(await c.req.text());
    if (Array.isArray(message)) return refuse(c, -32600, "Send one message in each request: there are no batches.");
    const tool = calledTool(message);
    if (tool !== null && access !== null && !access.scopes.includes("run") && !isReader(tool)) {
      const why = "The person who has let the agent in allows it to read only.";
      throw new Problem("forbidden", why, challengeOf(c.env.config, "insufficient_scope"));
    }
    if (tool === null) {
      const caller = await api.ask({ path: "/v1/users/me" });
      if (!caller.ok) {
        const refusal = new Response(caller.body, caller);
        if (caller.status !== 401) return refusal;
        for (const [name, value] of Object.entries(challengeOf(c.env.config, "invalid_token")))
          refusal.headers.set(name, value);
        return refusal;
      }
    }
    if (message === null) return refuse(c, -32700, "The body is not valid JSON.");
    // The service announces nothing to subscribers, so it takes none.
    const { fetch: handle } = createMcpHandler(() => createAgentServer(api), { maxSubscriptions: 0 });
    const { method, headers, signal } = c.req.raw;
    // What was judged is what is carried out: from the body, the handler might read another message.
    const answer = await handle(new Request(c.req.url, { method, headers, signal }), { parsedBody: message });
    return access === null || tool === null ? answer : unlessEnded(c.env.config, api, answer);
  });
  return router;
}
