import { z } from "zod";
import { callFunction } from "../db/call.ts";
import type { BackgroundServices } from "../http/env.ts";
import { CLAIM_SECONDS, stopDispatchSchema } from "../runners/dispatch.ts";
import { WEBHOOKS_AT_ONCE } from "../runners/post-webhook.ts";
import { sendStop } from "../runners/stop-dispatch.ts";

const answerSchema = z.object({ stops: z.array(stopDispatchSchema) });

/**
 * Sends the due webhooks of stops, a few at once, until none is left or `mayGoOn` returns false. With `tenantId`, only that
 * tenant's.
 */
export async function dispatchStops(
  services: BackgroundServices,
  mayGoOn: () => boolean,
  tenantId: string | null = null,
): Promise<void> {
  while (mayGoOn()) {
    const args = { tenant_id: tenantId, limit: WEBHOOKS_AT_ONCE, dispatch_lease_seconds: CLAIM_SECONDS };
    const { stops } = await callFunction(services.db, "claim_stop_dispatches", args, answerSchema);
    if (stops.length === 0) return;
    await Promise.all(stops.map((stop) => sendStop(services, stop)));
  }
}
