import { type NeonQueryFunction, neon, neonConfig } from "@neondatabase/serverless";
import { askHarness } from "./harness.ts";
import type { Fault } from "./harness-protocol.ts";

export type TestDatabase = {
  /** The connection string that the service gets. Requests with it are refused when the test file has ended. */
  url: string;
  sqlEndpoint: string;
  /** A separate connection for the test, whose requests are not counted. */
  sql: NeonQueryFunction<false, false>;
  /** How many requests the service has sent to the database so far. */
  countRequests(): Promise<number>;
  /** How many of these are over. */
  countAnswers(): Promise<number>;
  /** Sets the fault for the service's next requests, and replaces an earlier one. */
  inflict(fault: Fault): Promise<void>;
  /** Ends the fault. */
  mend(): Promise<void>;
  /** Replaces all SQL functions: see `swapFunctions`. */
  swapFunctions(number: number): Promise<void>;
  /** Stops the Postgres server. Only allowed with `ownServer`. */
  stop(): Promise<void>;
  start(): Promise<void>;
};

/**
 * Executes statements that write very many rows, in one transaction. Triggers do not fire, and foreign keys are not checked: to check so many
 * takes as long as to write them, and whoever calls this gives only rows whose keys exist.
 */
export const writeUnchecked = (sql: TestDatabase["sql"], statements: ReturnType<TestDatabase["sql"]>[]) =>
  sql.transaction([sql`set local session_replication_role = replica`, ...statements]);

export type DatabaseOptions = {
  /** Use a separate Postgres server, which the test may stop. "oldest": one of the oldest version that we support. */
  ownServer?: boolean | "oldest";
  /**
   * Use a database that no other file has used. Tests need it whose result depends on plans: a table that was analyzed while it was empty
   * gets other plans than a new one. It has no autovacuum, so its statistics are only those that the test makes.
   */
  isNew?: boolean;
};

/** The databases of the test file. */
const inUse: Record<string, string>[] = [];

/** Gives back the databases of the test file, for the files after it. */
export async function endDatabases(): Promise<void> {
  await Promise.all(inUse.splice(0).map((target) => askHarness("/databases/end", target)));
}

/** A migrated, empty database. */
export async function createDatabase({
  ownServer = false,
  isNew = false,
}: DatabaseOptions = {}): Promise<TestDatabase> {
  const version: Record<string, string> = ownServer === "oldest" ? { oldest: "" } : {};
  const server = ownServer ? await askHarness<{ server: number }>("/servers", version) : undefined;
  const parameters: Record<string, string> = server ? { server: String(server.server) } : {};
  const { url, sqlEndpoint } = await askHarness<{ url: string; sqlEndpoint: string }>(
    isNew ? "/databases/new" : "/databases",
    parameters,
  );
  neonConfig.fetchEndpoint = sqlEndpoint;
  const target = { ...parameters, database: new URL(url).pathname.slice(1) };
  if (!ownServer) inUse.push(target);
  const count = () => askHarness<{ requests: number; answers: number }>("/requests", target);
  return {
    url,
    sqlEndpoint,
    sql: neon(`${url}&application_name=harness`),
    countRequests: async () => (await count()).requests,
    countAnswers: async () => (await count()).answers,
    inflict: (fault) => askHarness("/faults", target, fault),
    mend: () => askHarness("/faults/withdraw", target),
    swapFunctions: (number) => askHarness("/functions", target, number),
    stop: () => askHarness("/stop", parameters),
    start: () => askHarness("/start", parameters),
  };
}
