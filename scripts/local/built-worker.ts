/** The built Worker in workerd, with everything that it has in production: a database, a runner, its bindings and its cron. */
import { createServer } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import pg from "pg";
import { Webhook } from "standardwebhooks";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { z } from "zod";
import { readConfig } from "../../src/config.ts";
import { migrate } from "../migrate.ts";
import { type Bundle, forMiniflare } from "./bundle.ts";
import { DEMO, seedDemo } from "./demo.ts";
import { root } from "./folders.ts";
import { startPostgres } from "./postgres.ts";
import { startSqlEndpoint } from "./sql-endpoint.ts";
import { exampleVars } from "./stack.ts";

/** What the service sends to a runner. */
const dispatchSchema = z.object({
  type: z.literal("workflow_run.dispatched"),
  data: z.object({ run_id: z.string(), callback_token: z.string() }),
});

export type Dispatch = z.infer<typeof dispatchSchema>["data"];

export type Answer = { status: number; headers: Headers; body: string };

export type BuiltWorkerOptions = {
  /** A flag of wrangler.toml that it is started without. */
  lackingFlag?: string;
  /** Another built Worker, whose hubs and register are used instead of those of the first one. It has the same vars. */
  objectsOf?: Pick<Bundle, "modules">;
  /** Vars beyond those of the local stack, such as the name of the cell. */
  vars?: Record<string, string>;
  /** Gives it a bucket for the files of runs. */
  hasBucket?: boolean;
  /** Fills the new database before it is migrated. */
  fill?: (databaseUrl: string) => Promise<void>;
};

export type BuiltWorker = {
  /** The Worker's vars, for another process that runs it with the same database. */
  vars: Record<string, string>;
  /** The URL of a runner that accepts what is signed with the secret of the demo tenant's definitions. */
  runnerUrl: string;
  /** Where it listens, for a program that sends requests by itself. */
  url: string;
  /** Sends a request to a path of the service. Redirects are not followed. */
  request(method: string, path: string, options?: { headers?: Record<string, string>; body?: string }): Promise<Answer>;
  /** Waits for the dispatch of a run, and verifies its signature. Throws after 30 s. */
  dispatchOf(runId: string): Promise<Dispatch>;
  /** Fires the cron once, and waits until the sweep has ended. */
  sweep(): Promise<void>;
  /** How many requests the database has got so far. */
  countRequests(): number;
  /** Executes one statement directly in Postgres. */
  query(statement: string, values: readonly unknown[]): Promise<void>;
  /** Stops the SQL endpoint: from then on the Worker cannot reach its database. */
  cutDatabase(): Promise<void>;
  stop(): Promise<void>;
};

const DISPATCH_TIMEOUT_MS = 30_000;
const POLL_MS = 20;

/** The Worker that has the objects when the first one does not use its own. */
const OTHER = "objects";
const OTHER_OBJECTS = {
  HUB: { className: "Hub", scriptName: OTHER, useSQLite: true },
  REGISTER: { className: "Register", scriptName: OTHER, useSQLite: true },
};

/**
 * The options with which Miniflare runs a build as this config of wrangler says, with its rate limits and other bindings, and with these
 * vars, but without the flag `lackingFlag`. Options that do not belong to the built module are left out: the assets are files beside it,
 * and the rules are for the build.
 */
export function readWorkerOptions(
  config: string,
  { modules }: Pick<Bundle, "modules">,
  vars: Record<string, string>,
  lackingFlag?: string,
) {
  const { assets: _, modulesRules: __, ...options } = unstable_getMiniflareWorkerOptions(config).workerOptions;
  const flags: unknown = options.compatibilityFlags;
  const compatibilityFlags = Array.isArray(flags) ? flags.filter((flag) => flag !== lackingFlag) : [];
  return { ...options, compatibilityFlags, modules: forMiniflare(modules), bindings: vars };
}

/** Starts a build with a new database that has the demo tenant. Its data is below `folder`. */
export async function startBuiltWorker(
  built: Pick<Bundle, "modules">,
  folder: string,
  { objectsOf, vars: more, hasBucket = false, fill, lackingFlag }: BuiltWorkerOptions = {},
): Promise<BuiltWorker> {
  const runner = await startRunner();
  const postgres = await startPostgres({ dataDir: join(folder, "postgres"), port: 0, persistent: false });
  let requests = 0;
  const endpoint = await startSqlEndpoint({
    postgresUrl: postgres.url(),
    port: 0,
    async intercept() {
      requests += 1;
      return "continue";
    },
  });
  const database = { databaseUrl: postgres.url(), neonFetchEndpoint: endpoint.url };
  const urls = { DATABASE_URL: database.databaseUrl, NEON_FETCH_ENDPOINT: endpoint.url };
  const vars: Record<string, string> = { ...exampleVars(), ...more, ...urls };
  await fill?.(postgres.url());
  await migrate({ directUrl: postgres.url(), log: () => {} });
  await seedDemo({ ...database, runnerPort: runner.port, encryptionKeys: readConfig(vars).encryptionKeys });
  const client = new pg.Client({ connectionString: postgres.url() });
  await client.connect();

  const settings = (bundle: Pick<Bundle, "modules">) => ({
    ...readWorkerOptions(join(root, "wrangler.toml"), bundle, vars, lackingFlag),
    ...(hasBucket && { r2Buckets: ["ARTIFACTS"] }),
  });
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      workers:
        objectsOf === undefined
          ? [settings(built)]
          : [
              { ...settings(built), durableObjects: OTHER_OBJECTS },
              { ...settings(objectsOf), durableObjects: OTHER_OBJECTS, name: OTHER },
            ],
      // Ignores the Worker's log lines.
      handleStructuredLogs: () => {},
    }),
  );
  const worker = await miniflare.getWorker();

  return {
    vars,
    url: (await miniflare.ready).origin,
    runnerUrl: `http://localhost:${runner.port}/hook`,
    async request(method, path, { headers, body } = {}) {
      const response = await miniflare.dispatchFetch(`http://localhost${path}`, {
        method,
        redirect: "manual",
        ...(headers && { headers }),
        ...(body !== undefined && { body }),
      });
      return { status: response.status, headers: new Headers([...response.headers]), body: await response.text() };
    },
    dispatchOf: runner.dispatchOf,
    async sweep() {
      const { outcome } = await worker.scheduled({ cron: "* * * * *" });
      if (outcome !== "ok") throw new Error(`The sweep ended with ${outcome}.`);
    },
    countRequests: () => requests,
    async query(statement, values) {
      await client.query(statement, [...values]);
    },
    cutDatabase: endpoint.close,
    async stop() {
      await miniflare.dispose();
      await client.end();
      await endpoint.close();
      await postgres.stop();
      await runner.stop();
    },
  };
}

/** A runner that accepts dispatches that are signed with the secret of the demo tenant's definitions, and refuses all others. */
async function startRunner() {
  const dispatches = new Map<string, Dispatch>();
  const webhook = new Webhook(DEMO.webhookSecret);
  const server = createServer(async (request, response) => {
    try {
      const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature } = request.headers;
      const signed = {
        "webhook-id": `${id}`,
        "webhook-timestamp": `${timestamp}`,
        "webhook-signature": `${signature}`,
      };
      const { data } = dispatchSchema.parse(webhook.verify(await text(request), signed));
      dispatches.set(data.run_id, data);
      response.writeHead(202).end();
    } catch (error) {
      response.writeHead(400).end(String(error));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The runner has no port.");
  return {
    port: address.port,
    async dispatchOf(runId: string): Promise<Dispatch> {
      for (let waitedMs = 0; waitedMs < DISPATCH_TIMEOUT_MS; waitedMs += POLL_MS) {
        const dispatch = dispatches.get(runId);
        if (dispatch) return dispatch;
        await delay(POLL_MS);
      }
      throw new Error(`The run ${runId} was not dispatched within ${DISPATCH_TIMEOUT_MS / 1000} s.`);
    },
    async stop(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
