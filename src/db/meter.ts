/**
 * Counts the requests to the database. A request of the API or of a page costs one, and the tests count. These cost more:
 *
 * - the session of a runner whose key has 100 open ones: two, since the hub knows which of them are silent;
 * - a backfill: two, the schedule, from which the Worker computes instants, and the firings;
 * - a form of a workflow that somebody else has changed since it was opened: two to read that, and one to save what was merged;
 * - a call with inputs that the isolate could not check before it: one more, see workflows/rules/input_schemas.sql;
 * - a request that waits, such as that of an agent for the end of its run: one more for each time that it reads again;
 * - a message to a trigger: two, the sealed secret, which an isolate then keeps for a minute, and the firing;
 * - the upload of a file: two, before and after the bucket;
 * - once an hour at most, and after an answer, an isolate tells which keys and sessions it has seen (`noteUse`). Pages show when each was
 *   last used, and no request writes that. The answer also names the tenants with large rate limits, so no request has to ask for its limits.
 */
import { AsyncLocalStorage } from "node:async_hooks";

/** How much a request, or a sweep, has used the database so far. */
export type Meter = {
  databaseMs: number;
  databaseRequests: number;
  /** Of these, how many the limit of the database's proxy has refused. */
  databaseRefused: number;
  /** The tenant of the caller; null until the database has found the caller. */
  tenantId: string | null;
};

const meters = new AsyncLocalStorage<Meter>();

/** Runs `action` with a new meter, which counts all database requests that the action starts. */
export function metered<Result>(action: (meter: Meter) => Result): Result {
  const meter: Meter = { databaseMs: 0, databaseRequests: 0, databaseRefused: 0, tenantId: null };
  return meters.run(meter, () => action(meter));
}

/** Counts one request to the database. `isRefused`: the limit of its proxy has refused it. */
export function countDatabaseRequest(ms: number, isRefused: boolean): void {
  isolate.requests += 1;
  if (isRefused) isolate.refused += 1;
  const meter = meters.getStore();
  if (!meter) return;
  meter.databaseMs += ms;
  meter.databaseRequests += 1;
  if (isRefused) meter.databaseRefused += 1;
}

/** How many requests to the database there were, and how many of them the limit of its proxy has refused. */
export type DatabaseUse = { requests: number; refused: number };

const isolate: DatabaseUse = { requests: 0, refused: 0 };

/** What this isolate has sent to the database since the last call, whoever caused it. */
export function takeDatabaseUse(): DatabaseUse {
  const taken = { ...isolate };
  returnDatabaseUse({ requests: -taken.requests, refused: -taken.refused });
  return taken;
}

/** Counts again what was taken and could not be told. */
export function returnDatabaseUse({ requests, refused }: DatabaseUse): void {
  isolate.requests += requests;
  isolate.refused += refused;
}

/** Notes the tenant of the request's caller. */
export function noteTenant(tenantId: string): void {
  const meter = meters.getStore();
  if (meter) meter.tenantId = tenantId;
}

/** The tenant of the request's caller; null until the database has found the caller, or a token has proved it. */
export const tenantOfRequest = (): string | null => meters.getStore()?.tenantId ?? null;
