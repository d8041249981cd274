import type { Round } from "../db/round.ts";
import { performInParts } from "../verbs/in-parts.ts";
import type { VerbServices } from "../verbs/services.ts";
import { WEBHOOKS_AT_ONCE } from "../webhooks/post-webhook.ts";
import { claimStopDispatches } from "./dispatch-verbs.ts";

/**
 * Sends the due webhooks of stops, a few at once, until none is left or `mayGoOn` returns false. `mayGoOn` gets the number of tries so
 * far. With `tenantId`, only that tenant's are sent. Otherwise it goes from tenant to tenant, and `round` is how far it is.
 */
export async function dispatchStops(
  services: VerbServices,
  mayGoOn: (count: number) => boolean,
  tenantId: string | null = null,
  round: Round = { after: null },
): Promise<void> {
  let count = 0;
  while (mayGoOn(count)) {
    const claim = { tenantId, limit: WEBHOOKS_AT_ONCE, after: round.after };
    const results = await performInParts(services, "stops", claimStopDispatches, claim, () => mayGoOn(count));
    round.after = results.at(-1)?.after ?? null;
    const stops = results.flatMap((result) => result.stops);
    if (stops.length === 0) return;
    await services.send.stops(services, stops);
    count += stops.length;
  }
}
