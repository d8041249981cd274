import { AsyncLocalStorage } from "node:async_hooks";

/** How much a request, or a sweep, has used the database so far. */
export type Meter = {
  databaseMs: number;
  databaseRequests: number;
  /** The tenant of the caller; null until the database has found the caller. */
  tenantId: string | null;
};

const meters = new AsyncLocalStorage<Meter>();

/** Runs `action` with a new meter, which counts all database requests that the action starts. */
export function metered<Result>(action: (meter: Meter) => Result): Result {
  const meter: Meter = { databaseMs: 0, databaseRequests: 0, tenantId: null };
  return meters.run(meter, () => action(meter));
}

/** Counts one request to the database. */
export function countDatabaseRequest(ms: number): void {
  const meter = meters.getStore();
  if (!meter) return;
  meter.databaseMs += ms;
  meter.databaseRequests += 1;
}

/** Notes the tenant of the request's caller. */
export function noteTenant(tenantId: string): void {
  const meter = meters.getStore();
  if (meter) meter.tenantId = tenantId;
}

/** The tenant of the request's caller; null until the database has found the caller, or a token has proved it. */
export const tenantOfRequest = (): string | null => meters.getStore()?.tenantId ?? null;
