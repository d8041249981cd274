import { chmodSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { isLoopback } from "../../src/base/loopback.ts";
import { createRequestLimiter, type NeonLimits, TOO_MANY_REQUESTS } from "./neon-limits.ts";
import { createExecutor, type ExecutorOptions, type SqlAnswer, type SqlTransaction } from "./sql-executor.ts";

/*
 * Neon's SQL over HTTP in front of any Postgres, so that the Worker's real driver uses its real protocol with a local server.
 * It is modelled on the proxy that Neon runs (neondatabase/neon, proxy/src/serverless/sql_over_http.rs). There is one
 * difference: when Postgres cannot be reached, this always answers 503, and Neon 400 or 500, depending on the cause.
 */

/** A well-formed request that was not executed yet. */
export type SqlRequest = SqlTransaction & {
  /** As the client sent it. */
  connectionString: string;
  /** Executes the request once, however often it is called. Errors are answers as well, so it never rejects. */
  run(): Promise<SqlAnswer>;
  request: IncomingMessage;
  response: ServerResponse;
};

/**
 * Gets every request before it is executed. It can count the request, delay it, answer it, or cut the connection
 * (`request.socket.destroy()`), before or after it calls `run()`. Return "continue" to send the answer of `run()`, or "handled"
 * when nothing is left to do.
 */
export type Intercept = (request: SqlRequest) => Promise<"continue" | "handled">;

export type SqlEndpoint = {
  /** The value for NEON_FETCH_ENDPOINT. Behind a Unix socket, its host means nothing. */
  url: string;
  /** Of a Unix socket: 0. */
  port: number;
  /** Cuts every connection on both sides; uncommitted changes are rolled back. */
  close(): Promise<void>;
};

export type SqlEndpointOptions = ExecutorOptions & {
  /** Only its host and port are used. User, password and database come from the requests. */
  postgresUrl: string;
  /** The port; 0 means any free one. Or the path of a Unix socket, which only the user of this process can open. */
  port: number | string;
  intercept?: Intercept;
  /** Without them, the endpoint takes as many requests as come. */
  limits?: NeonLimits | undefined;
};

/** Neon's limit: https://neon.com/docs/serverless/serverless-driver */
const MAX_REQUEST_BYTES = 64 * 1024 * 1024;
/**
 * Longer than any client keeps an idle connection, so that the server never closes a connection that is just being used again.
 */
const KEEP_ALIVE_MS = 10 * 60_000;

const statementSchema = z.object({
  query: z.string(),
  params: z.array(z.unknown()).default([]),
  arrayMode: z.boolean().optional(),
});
const payloadSchema = z.union([statementSchema, z.object({ queries: z.array(statementSchema) })]);
const isolationLevelSchema = z.enum(["ReadUncommitted", "ReadCommitted", "RepeatableRead", "Serializable"]).optional();

/** Serves `POST /sql` on the loopback interface, or behind a Unix socket. */
export async function startSqlEndpoint({
  postgresUrl,
  port,
  intercept,
  limits,
  ...options
}: SqlEndpointOptions): Promise<SqlEndpoint> {
  const executor = createExecutor(postgresUrl, { idleConnections: limits?.idleConnections, ...options });
  const mayAsk = limits ? createRequestLimiter(limits) : () => true;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (typeof port === "number" && !isFromThisMachine(request)) {
      send(
        response,
        refusal(403, "This endpoint is for programs on this machine: ask it as localhost, and without Origin."),
      );
      return;
    }
    if (request.method !== "POST" || request.url !== "/sql") {
      send(response, refusal(404, "Not found. This is Neon's SQL over HTTP: POST /sql."));
      return;
    }
    const gone = new AbortController();
    response.once("close", () => response.writableFinished || gone.abort());

    const connectionString = request.headers["neon-connection-string"];
    if (typeof connectionString !== "string") {
      send(response, refusal(400, "The header Neon-Connection-String is missing."));
      return;
    }
    const body = await readBody(request);
    if (limits?.latencyMs) await delay(limits.latencyMs);
    if (!mayAsk(connectionString)) {
      send(response, refusal(500, TOO_MANY_REQUESTS));
      return;
    }
    const transaction = body === undefined ? refusal(400, "The request is too large.") : parse(request, body);
    if ("status" in transaction) {
      send(response, transaction);
      return;
    }
    let running: Promise<SqlAnswer> | undefined;
    const run = () => {
      running ??= executor.run(connectionString, transaction, gone.signal);
      return running;
    };
    const verdict = await intercept?.({ ...transaction, connectionString, run, request, response });
    if (verdict !== "handled") send(response, await run());
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      // The client disconnected while it sent its request, or the intercept threw.
      send(response, refusal(500, error instanceof Error ? error.message : String(error)));
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    if (typeof port === "string") server.listen(port, resolve);
    else server.listen(port, "127.0.0.1", resolve);
  });
  if (typeof port === "string") chmodSync(port, 0o600);
  const address = server.address();
  const boundPort = typeof address === "object" && address ? address.port : 0;

  return {
    url: `http://127.0.0.1:${boundPort}/sql`,
    port: boundPort,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await executor.close();
    },
  };
}

/**
 * False for a request that a web page may have sent. Such requests are dangerous: SQL can run programs here, as the user of the
 * Postgres process.
 *
 * 1. A page of any site can make its own host name resolve to 127.0.0.1 (DNS rebinding). Then `Host` has that name.
 * 2. A page of another site or port that requests `localhost` sends an `Origin`. Our clients send none.
 */
function isFromThisMachine({ headers }: IncomingMessage): boolean {
  const host = headers.host ?? "";
  return (
    headers.origin === undefined && URL.canParse(`http://${host}`) && isLoopback(new URL(`http://${host}`).hostname)
  );
}

/** The body; undefined when it is larger than Neon accepts. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= MAX_REQUEST_BYTES) chunks.push(chunk);
  }
  return size <= MAX_REQUEST_BYTES ? Buffer.concat(chunks).toString("utf8") : undefined;
}

function parse({ headers }: IncomingMessage, body: string): SqlTransaction | SqlAnswer {
  const isTrue = (name: string) => headers[name] === "true";
  const isolationLevel = isolationLevelSchema.safeParse(headers["neon-batch-isolation-level"]);
  if (!isolationLevel.success) return refusal(400, "invalid isolation level");
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return refusal(400, "The body is not JSON.");
  }
  const payload = payloadSchema.safeParse(json);
  if (!payload.success) return refusal(400, "The body is neither {query, params} nor {queries: [{query, params}]}.");

  const isBatch = "queries" in payload.data;
  const statements = "queries" in payload.data ? payload.data.queries : [payload.data];
  return {
    isBatch,
    statements: statements.map(({ query, params, arrayMode }) => ({
      query,
      params,
      arrayMode: arrayMode ?? isTrue("neon-array-mode"),
    })),
    rawTextOutput: isTrue("neon-raw-text-output"),
    isolationLevel: isolationLevel.data,
    readOnly: isTrue("neon-batch-read-only"),
    deferrable: isTrue("neon-batch-deferrable"),
  };
}

function refusal(status: number, message: string): SqlAnswer {
  return { status, json: JSON.stringify({ message, code: null }) };
}

function send(response: ServerResponse, { status, json }: SqlAnswer): void {
  if (response.destroyed || response.headersSent) return;
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(json) };
  response.writeHead(status, headers).end(json);
}
