/**
 * `/mcp`: the service for agents, by the Model Context Protocol. The route makes an MCP server for each message, so nothing is kept between
 * messages, and clients of 2026-07-28 and of 2025 have the same tools.
 *
 * A tool (`tools/`) is data: the schemas of its arguments and of its answer, its annotations, and `call`, which sends requests to the API within
 * the Worker, with the caller's key (`api.ts`). So a tool cannot do what the API would refuse, and costs what its requests to the API cost. The
 * schema of its answer picks the fields that an agent gets. Ids are checked before they become a part of a path.
 *
 * Any other message, such as that for the list of tools, first asks the API who the caller is, so a wrong key is answered 401. A call of a tool
 * writes two lines to the log, with the same request id.
 */
import { createMcpHandler } from "@modelcontextprotocol/server";
import { createMiddleware } from "hono/factory";
import type { Fetch } from "../http/areas.ts";
import { isApiKey } from "../http/credentials/api-key.ts";
import type { AppEnv } from "../http/env.ts";
import { bearerToken } from "../http/middleware/authenticate.ts";
import { Problem } from "../http/problems.ts";
import { createRouter } from "../http/router.ts";
import { createAgentServer } from "./agent-server.ts";
import { openApi } from "./api.ts";

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

/** Refuses a request without an API key. Cookies do not count here. The API judges later whether the key is valid. */
const requireApiKey = createMiddleware<AppEnv>(async (c, next) => {
  const token = bearerToken(c);
  if (token === undefined || !isApiKey(token)) {
    throw new Problem("unauthenticated", "Send an API key: `Authorization: Bearer wr_…`.");
  }
  await next();
});

/** The message of a body; null when it is not JSON, which the protocol's handler then refuses. */
function parseMessage(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const isToolCall = (message: unknown) =>
  typeof message === "object" && message !== null && "method" in message && message.method === "tools/call";

/**
 * The routes for agents. `fetch` is the whole service. Each message gets a server of its own, so nothing is kept between messages, and clients
 * of all protocol versions have the same tools. The API judges the key in the request of the called tool. For any other message it is asked
 * who the caller is. So each message costs one request to the database.
 */
export function agents(fetch: Fetch) {
  const router = createRouter();
  router.post("/mcp", requireKnownOrigin, requireApiKey, async (c) => {
    const api = openApi(c, fetch);
    const body = await c.req.text();
    const message = parseMessage(body);
    if (Array.isArray(message)) {
      const error = { code: -32600, message: "Send one message in each request: there are no batches." };
      return c.json({ jsonrpc: "2.0", id: null, error }, 400);
    }
    if (!isToolCall(message)) {
      const caller = await api.ask({ path: "/v1/users/me" });
      if (!caller.ok) return caller;
    }
    // The service announces nothing to subscribers, so it takes none.
    const { fetch: handle } = createMcpHandler(() => createAgentServer(api), { maxSubscriptions: 0 });
    const { method, headers, signal } = c.req.raw;
    return handle(new Request(c.req.url, { method, headers, body, signal }));
  });
  return router;
}
