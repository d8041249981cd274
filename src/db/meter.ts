import { AsyncLocalStorage } from "node:async_hooks";

/** What a request, or a sweep, has asked of the database so far. */
export type Meter = {
  databaseMs: number;
  databaseRequests: number;
  /** On whose behalf, once the database has said so. */
  tenantId: string | null;
};

const meters = new AsyncLocalStorage<Meter>();

/** Runs `action` with a meter of its own, which counts whatever the action begins. */
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

/** Notes whose request it is. */
export function noteTenant(tenantId: string): void {
  const meter = meters.getStore();
  if (meter) meter.tenantId = tenantId;
}
