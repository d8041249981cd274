/*
 * Where to begin: a test file starts one service, and creates its own tenants in it.
 *
 *     const service = await startService();                                             // the Worker, with a database of its own
 *     const tenant = await createTenant(service.database, { runnerUrl: runner.url });   // people with keys, files, a definition
 *     const runId = await invoke(service, tenant);                                      // lifecycle.ts: the life of a run
 *
 * The other helpers, by the names of their files:
 *
 * - `database`: the database behind the service: count its requests, break its connections, stop its server.
 * - `of-each-test`: one new tenant for each test of a file.
 * - `tenant`, `path-parts`, `lifecycle`: insert things, backdate their times, read their state.
 * - `fake-runner`: an HTTP server that gives configured answers, and remembers the requests that it got.
 * - `callers`: sessions, and callers with valid and invalid credentials.
 * - `stage`, `operations`: a tenant with some of everything, and the table of all operations of the API.
 * - `held-transaction`: keep a transaction open while something else is done.
 * - `contract`, `document`: judge an answer by the contract, and by the service's own OpenAPI document.
 * - `random`: the same choices for the same seed.
 *
 * Helpers for a few tests are in their folders: streams and Durable Objects in `test/hub`, the invariants of all runs in `test/model`,
 * large backlogs in `test/sweep`, the plans of statements in `test/plans`.
 *
 * Tests run in workerd. What needs Node (Postgres, HTTP servers, processes) runs around them: `test/global-setup.ts` and
 * `node/`, which the tests ask over HTTP (`harness`, `harness-protocol`).
 */
import { createExecutionContext, createScheduledController, env, waitOnExecutionContext } from "cloudflare:test";
import { neonConfig } from "@neondatabase/serverless";
import * as sendingModule from "../../src/notify/sending/send-notifications.ts";
import worker, { Notifier } from "../../src/worker.ts";
import { createDatabase, type DatabaseOptions, type TestDatabase } from "./database.ts";
import { SETTINGS } from "./settings.ts";

declare global {
  namespace Cloudflare {
    interface Env {
      ARTIFACTS: R2Bucket;
    }
  }
}

type Init = RequestInit<IncomingRequestCfProperties>;

export type Service = {
  database: TestDatabase;
  /** The Worker's environment. */
  bindings: object;
  /** Sends a request to the Worker, and waits for what it does after the answer. A path, or a whole URL. */
  fetch(path: string, init?: Init): Promise<Response>;
  /** Sends a request to a Worker that dies when the database has committed: it does nothing more, and does not answer. */
  fetchAndDie(path: string, init?: Init): Promise<void>;
  /** GETs as the holder of `key`. */
  get(path: string, key: string, headers?: Record<string, string>): Promise<Response>;
  /** Sends a request as the holder of `key`, with `body` as JSON if there is one. */
  send(method: string, path: string, key: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  /** The same, by a Worker whose database cannot be reached any more after its first request. Alarms and other requests reach it. */
  sendAndForget(method: string, path: string, key: string, body?: unknown): Promise<Response>;
  /** Fires the cron once. */
  sweep(): Promise<void>;
  /** Runs `action`, and returns what it returned and how many requests the database got for it. */
  counted<Result>(action: () => Promise<Result>): Promise<[Result, number]>;
};

export type ServiceOptions = DatabaseOptions & {
  /** Bindings and vars beyond those of every test. */
  settings?: Record<string, unknown>;
  /** A database that exists already. By default the service gets a new one. */
  database?: TestDatabase;
};

/** The services of the test file. */
const services: Pick<Service, "database" | "bindings">[] = [];

/** Forgets the services of the test file: what they have left running notifies nobody any more. */
export const endServices = (): void => void services.splice(0);

/**
 * Does the work of a `WorkerEntrypoint`, which runs in an invocation of its own. The runtime cancels an invocation that waits for nothing of its
 * own, since that has hung. In tests a module is loaded by another invocation, so one that imports a module waits for nothing of its own.
 * Therefore a timer runs meanwhile, and `load` is replaced by one that returns a module which is loaded already.
 */
export async function keptAlive<Result>(work: () => Promise<Result>): Promise<Result> {
  const timer = setInterval(() => {}, 1000);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

const { notify } = Notifier.prototype;

/*
 * The runtime of the tests has one environment for all files. The notifier gets that of the service whose endpoints it is to
 * notify, and whoever calls it waits until everything is sent.
 */
Notifier.prototype.notify = async function (this: Notifier, endpointIds) {
  const bindings = await findBindings(endpointIds);
  if (bindings === undefined) return;
  await keptAlive(async () => {
    const sending: Promise<unknown>[] = [];
    const ctx = { waitUntil: (work: Promise<unknown>) => void sending.push(work) };
    const own = { env: { value: bindings }, ctx: { value: ctx }, load: { value: async () => sendingModule } };
    await notify.call(Object.create(this, own), endpointIds);
    await Promise.all(sending);
  });
};

/** The environment of the service in whose database an endpoint is. */
async function findBindings(endpointIds: string[]): Promise<object | undefined> {
  // The driver has one SQL endpoint for all databases, so a service whose database is on another server is not in use now.
  const inUse = services.filter(({ database }) => database.sqlEndpoint === neonConfig.fetchEndpoint);
  for (const { database, bindings } of inUse) {
    if (inUse.length === 1) return bindings;
    const found = await database.sql`select from notification_endpoints where id = any(${endpointIds}::uuid[])`;
    if (found.length > 0) return bindings;
  }
}

/** The Worker, by default with a database of its own. A test file needs one, or one for each settings that it tests. */
export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const database = options.database ?? (await createDatabase(options));
  const bindings = {
    DATABASE_URL: database.url,
    NEON_FETCH_ENDPOINT: database.sqlEndpoint,
    ...{ ...SETTINGS, ARTIFACTS: env.ARTIFACTS },
    ...options.settings,
  };

  services.push({ database, bindings });

  async function fetchFromWorker(path: string, init?: Init, environment: object = bindings): Promise<Response> {
    const context = createExecutionContext();
    const request = new Request(/^https?:/.test(path) ? path : `https://service.test${path}`, init);
    const response = await worker.fetch(request, environment, context);
    await waitOnExecutionContext(context);
    return response;
  }

  return {
    database,
    bindings,
    fetch: fetchFromWorker,
    async fetchAndDie(path, init) {
      const context = createExecutionContext();
      // The call of `waitUntil` itself must fail: work that has been started would go on here, even if nobody waits for it.
      Object.defineProperty(context, "waitUntil", {
        get() {
          throw new Error("The Worker has died.");
        },
      });
      await worker.fetch(new Request(`https://service.test${path}`, init), bindings, context);
    },
    get: (path, key, headers) => fetchFromWorker(path, { headers: { Authorization: `Bearer ${key}`, ...headers } }),
    send: (method, path, key, body, headers) => fetchFromWorker(path, requestOf({ method, body, headers }, key)),
    async sendAndForget(method, path, key, body) {
      const DATABASE_URL = `${database.url}&application_name=forgetful`;
      await database.inflict({ kind: "cut before", skip: 1, of: "forgetful" });
      const response = await fetchFromWorker(path, requestOf({ method, body }, key), { ...bindings, DATABASE_URL });
      await database.mend();
      return response;
    },
    sweep: () => worker.scheduled(createScheduledController(), bindings),
    async counted(action) {
      const before = await database.countRequests();
      const result = await action();
      return [result, (await database.countRequests()) - before];
    },
  };
}

type Called = { method: string; path?: string; body?: unknown; headers?: Record<string, string> | undefined };

/** A call as a request of whoever holds the token; of nobody without one. */
export function requestOf({ method, body, headers }: Called, token?: string): Init {
  return {
    method,
    headers: {
      ...(body !== undefined && { "Content-Type": "application/json" }),
      ...headers,
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
}
