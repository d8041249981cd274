import { createExecutionContext, createScheduledController, waitOnExecutionContext } from "cloudflare:test";
import worker from "../../src/worker.ts";
import { createDatabase, type TestDatabase } from "./database.ts";

type Init = RequestInit<IncomingRequestCfProperties>;

export type Service = {
  database: TestDatabase;
  /** Sends a request to the Worker, and waits for what it does after the answer. */
  fetch(path: string, init?: Init): Promise<Response>;
  /** GETs as the holder of `key`. */
  get(path: string, key: string, headers?: Record<string, string>): Promise<Response>;
  /** Fires the cron once. */
  sweep(): Promise<void>;
  /** Runs `action`, and returns what it returned and how many requests the database got for it. */
  counted<Result>(action: () => Promise<Result>): Promise<[Result, number]>;
};

/** The Worker with a database of its own. Call it once for each test file. */
export async function startService(options: { ownServer?: boolean } = {}): Promise<Service> {
  const database = await createDatabase(options);
  const bindings = {
    DATABASE_URL: database.url,
    NEON_FETCH_ENDPOINT: database.sqlEndpoint,
    PUBLIC_URL: "https://service.test",
    ENCRYPTION_KEY: `k1:${btoa("0123456789abcdef0123456789abcdef")}`,
    RUN_TOKEN_SECRET: "k1:run-token-secret-of-the-tests-0123456789",
    ALLOW_LOCAL_RUNNERS: "true",
  };

  async function send(path: string, init?: Init): Promise<Response> {
    const context = createExecutionContext();
    const request = new Request(`https://service.test${path}`, init);
    const response = await worker.fetch(request, bindings, context);
    await waitOnExecutionContext(context);
    return response;
  }

  return {
    database,
    fetch: send,
    get: (path, key, headers) => send(path, { headers: { Authorization: `Bearer ${key}`, ...headers } }),
    sweep: () => worker.scheduled(createScheduledController(), bindings),
    async counted(action) {
      const before = await database.countRequests();
      const result = await action();
      return [result, (await database.countRequests()) - before];
    },
  };
}
