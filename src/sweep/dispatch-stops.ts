import { z } from "zod";
import { callFunction } from "../db/call.ts";
import { DISPATCH_LEASE_SECONDS, stopDispatchSchema } from "../runners/dispatch.ts";
import type { DispatchServices } from "../runners/send-dispatches.ts";
import { sendStop } from "../runners/stop-dispatch.ts";

/** A Worker can wait for six answers at once, and one of them is the database's. */
const CLAIM = 5;

const answerSchema = z.object({ stops: z.array(stopDispatchSchema) });

/**
 * Sends the due webhooks of stops, a few at once, until none is left or `mayGoOn` returns false. With `tenantId`, only that
 * tenant's.
 */
export async function dispatchStops(
  services: DispatchServices,
  mayGoOn: () => boolean,
  tenantId: string | null = null,
): Promise<void> {
  while (mayGoOn()) {
    const args = { tenant_id: tenantId, limit: CLAIM, dispatch_lease_seconds: DISPATCH_LEASE_SECONDS };
    const { stops } = await callFunction(services.db, "claim_stop_dispatches", args, answerSchema);
    if (stops.length === 0) return;
    await Promise.all(stops.map((stop) => sendStop(services, stop)));
  }
}
