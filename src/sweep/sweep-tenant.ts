import { describeError, log } from "../base/log.ts";
import { BEGIN_UNTIL_MS } from "../base/time-limit.ts";
import { metered } from "../db/meter.ts";
import { dispatchDue } from "../dispatches/dispatch-due.ts";
import { dispatchStops } from "../dispatches/dispatch-stops.ts";
import { fireDue } from "../triggers/fire-due.ts";
import { after } from "../verbs/after.ts";
import { orSetAside, performInParts } from "../verbs/in-parts.ts";
import type { VerbServices } from "../verbs/services.ts";
import type { SweepStep } from "../verbs/sweep-steps.ts";
import { type SweptTenant, sweepDueOfTenant } from "./sweep-verbs.ts";

/** Small enough that one transaction holds its locks only briefly. */
const LIMIT = 200;

/**
 * When more runs expire or join their queues at the same instant than one transaction handles, the next one follows at once, for so long.
 * What is left then is due at once, so the next alarm handles it. What these transactions start is sent after them.
 */
const REPEAT_UNTIL_MS = 3_000;

/** While the sweep is paused, the time until the hub asks again. */
const PAUSED_MS = 60_000;

/** The result of the sweep of a tenant. */
export type TenantSweep = {
  /** Milliseconds until something of the tenant is due next; negative when it is already due, null when nothing is planned. */
  dueInMs: number | null;
  /** False when nothing was due, or when an operator has paused the sweep. */
  hasMoved: boolean;
};

/**
 * Does what is due for one tenant: fails overdue runs, starts the runs behind them, fires triggers, and sends what is due. Usually it
 * returns after one request to the database; the rest is passed to `services.afterwards`.
 */
export async function sweepTenant(services: VerbServices, tenantId: string): Promise<TenantSweep> {
  return metered(async (meter) => {
    const began = Date.now();
    const parts = await sweepInParts(services, tenantId, () => Date.now() - began < BEGIN_UNTIL_MS);
    const swept = parts.at(-1);
    if (!swept) return { dueInMs: 0, hasMoved: false };
    const lagsMs = parts.flatMap(({ lags_ms }) => lags_ms);
    const hasDue = swept.has_due_dispatches || swept.has_due_stops || swept.has_due_triggers;
    if (hasDue) services.afterwards(() => sendDue(services, tenantId, swept));
    log("info", "tenant swept", {
      tenant_id: tenantId,
      ...(swept.is_paused && { paused: true }),
      timed_out: lagsMs.length,
      lag_max_ms: lagsMs.length === 0 ? null : Math.max(...lagsMs),
      ms: Date.now() - began,
      database_ms: meter.databaseMs,
      database_requests: meter.databaseRequests,
    });
    if (swept.is_paused) return { dueInMs: PAUSED_MS, hasMoved: false };
    return { dueInMs: swept.due_in_ms, hasMoved: parts.some(({ has_moved }) => has_moved) || hasDue };
  });
}

/** Ends and starts what is due. Nothing is returned when that has failed as a whole, which is then set aside. */
async function sweepInParts(services: VerbServices, tenantId: string, hasTime: () => boolean) {
  const parts: SweptTenant[] = [];
  await orSetAside(services, "ends", { id: tenantId, tenant_id: tenantId }, async () => {
    const began = Date.now();
    do {
      parts.push(...(await performInParts(services, "ends", sweepDueOfTenant, { tenantId, limit: LIMIT }, hasTime)));
    } while (parts.at(-1)?.has_more && Date.now() - began < REPEAT_UNTIL_MS);
  });
  return parts;
}

async function sendDue(
  services: VerbServices,
  tenantId: string,
  due: { has_due_dispatches: boolean; has_due_stops: boolean; has_due_triggers: boolean },
): Promise<void> {
  const began = Date.now();
  try {
    const hasTime = () => Date.now() - began < BEGIN_UNTIL_MS;
    const step = (name: SweepStep, work: () => Promise<unknown>) =>
      orSetAside(services, name, { id: tenantId, tenant_id: tenantId }, work);
    await Promise.all([
      due.has_due_triggers && step("firings", () => fireDue(services, tenantId, hasTime)),
      due.has_due_stops && step("stops", () => dispatchStops(services, hasTime, tenantId)),
      due.has_due_dispatches && step("dispatches", () => dispatchDue(services, hasTime, tenantId)),
    ]);
    // There may be more to send: the hub's next alarm continues.
    if (!hasTime()) await after(services, { tenants: [{ tenant_id: tenantId, due_in_ms: 0, runs: [], work: [] }] });
  } catch (error) {
    log("error", "dispatch", { tenant_id: tenantId, ...describeError(error) });
  }
}
