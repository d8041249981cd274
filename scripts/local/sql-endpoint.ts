import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { z } from "zod";
import { isLoopback } from "./loopback.ts";
import { createExecutor, type ExecutorOptions, type SqlAnswer, type SqlTransaction } from "./sql-executor.ts";

/*
 * Neon's SQL over HTTP in front of any Postgres, so that the worker's real driver speaks its real protocol to a local
 * server. Modelled on the proxy that Neon runs (neondatabase/neon, proxy/src/serverless/sql_over_http.rs), with one
 * difference: where Postgres can't be reached we always answer 503, and Neon 400 or 500, depending on the cause.
 */

/** A request that is well-formed, and has not been carried out yet. */
export type SqlRequest = SqlTransaction & {
  /** As the client sent it. */
  connectionString: string;
  /** Carries it out: once, however often it is called. What goes wrong is an answer too, so it never rejects. */
  run(): Promise<SqlAnswer>;
  request: IncomingMessage;
  response: ServerResponse;
};

/**
 * Sees every request before it is carried out, and may count it, hold it up, answer in our place or cut the
 * connection (`request.socket.destroy()`), before or after calling `run()`. It says "continue" to have the answer of
 * `run()` sent, or "handled" if nothing is left to do.
 */
export type Intercept = (request: SqlRequest) => Promise<"continue" | "handled">;

export type SqlEndpoint = {
  /** What NEON_FETCH_ENDPOINT is set to. */
  url: string;
  port: number;
  /** Cuts every connection on both sides; what has not been committed is rolled back. */
  close(): Promise<void>;
};

export type SqlEndpointOptions = ExecutorOptions & {
  /** Whose host and port are used. User, password and database are the requests' own. */
  postgresUrl: string;
  /** 0: any free one. */
  port: number;
  intercept?: Intercept;
};

/** Neon's limit: https://neon.com/docs/serverless/serverless-driver */
const MAX_REQUEST_BYTES = 64 * 1024 * 1024;
/** Longer than any client keeps an idle connection, so that we never close one that is just being used again. */
const KEEP_ALIVE_MS = 10 * 60_000;

const statementSchema = z.object({
  query: z.string(),
  params: z.array(z.unknown()).default([]),
  arrayMode: z.boolean().optional(),
});
const payloadSchema = z.union([statementSchema, z.object({ queries: z.array(statementSchema) })]);
const isolationLevelSchema = z.enum(["ReadUncommitted", "ReadCommitted", "RepeatableRead", "Serializable"]).optional();

/** Serves `POST /sql` on the loopback interface. */
export async function startSqlEndpoint({
  postgresUrl,
  port,
  intercept,
  ...options
}: SqlEndpointOptions): Promise<SqlEndpoint> {
  const executor = createExecutor(postgresUrl, options);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isFromThisMachine(request)) {
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
      // The client went away while it sent its request, or the intercept threw.
      send(response, refusal(500, error instanceof Error ? error.message : String(error)));
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  const boundPort = typeof address === "object" && address ? address.port : port;

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
 * False for what a web page may have sent: SQL here can run programs, as the user whom Postgres runs as.
 *
 * 1. A page of any site can make its own host name resolve to 127.0.0.1 (DNS rebinding); then `Host` has that name.
 * 2. A page that asks `localhost` itself, from another site or another port, sends an `Origin`. Our clients send none.
 */
function isFromThisMachine({ headers }: IncomingMessage): boolean {
  const host = headers.host ?? "";
  return (
    headers.origin === undefined && URL.canParse(`http://${host}`) && isLoopback(new URL(`http://${host}`).hostname)
  );
}

/** Undefined if it is larger than Neon takes. */
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
  response.writeHead(status, { "content-type": "application/json" }).end(json);
}
