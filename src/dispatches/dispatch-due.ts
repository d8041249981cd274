import type { Round } from "../db/round.ts";
import type { Dispatch } from "../verbs/effects.ts";
import { performInParts } from "../verbs/in-parts.ts";
import { perform } from "../verbs/perform.ts";
import type { VerbServices } from "../verbs/services.ts";
import { WEBHOOKS_AT_ONCE } from "../webhooks/post-webhook.ts";
import { type Acceptance, claimDispatches, postponeRunner } from "./dispatch-verbs.ts";
import { logDispatchFailure, recordOrLog } from "./record-acceptance-soon.ts";
import { sendDispatches } from "./send-dispatches.ts";

/** How many dispatches are claimed at once. All of them are started long before the claim is over. */
const CLAIM = 2 * WEBHOOKS_AT_ONCE;

/**
 * When a claim is older than this, its remaining dispatches are not sent, since the claim could be over meanwhile. They
 * become due again.
 */
const CLAIM_IS_FRESH_MS = 10_000;

/** A runner that answers within this time counts as quick, and then gets several runs at once. */
const QUICK_MS = 1_000;

/** A runner that takes longer than this counts as hanging. It is less than the timeout of one dispatch. */
const HANGING_MS = 10_000;

/** How many quick runners are remembered. The oldest one is forgotten first, and then has to prove again that it is quick. */
const QUICK_RUNNERS = 50;

/**
 * Sends the due dispatches, several at once, until none is left or `mayGoOn` returns false. `mayGoOn` gets the number of tries
 * so far; the final number is returned. An unknown runner gets one dispatch, and more only after a quick answer. So a runner
 * that hangs blocks only one lane, and only once. With `tenantId`, only that tenant's dispatches are sent. Otherwise it goes from
 * tenant to tenant, and `round` is how far it is.
 */
export async function dispatchDue(
  services: VerbServices,
  mayGoOn: (count: number) => boolean,
  tenantId: string | null = null,
  round: Round = { after: null },
): Promise<number> {
  const inFlight = new Set<Promise<void>>();
  const busy = new Set<string>();
  const quick = new Set<string>();
  let claimed: Dispatch[] = [];
  let claimedAt = 0;
  let accepted: Acceptance[] = [];
  let count = 0;
  const onAccepted = (acceptance: Acceptance) => void accepted.push(acceptance);

  async function recordAccepted(): Promise<void> {
    const batch = accepted;
    accepted = [];
    if (batch.length > 0) await recordOrLog(services, batch, () => mayGoOn(count));
  }

  async function send(dispatch: Dispatch): Promise<void> {
    const { runner } = dispatch;
    if (!quick.has(runner)) busy.add(runner);
    const began = Date.now();
    await sendDispatches(services, [dispatch], onAccepted);
    const ms = Date.now() - began;
    quick.delete(runner);
    if (ms < QUICK_MS) quick.add(runner);
    if (ms >= HANGING_MS) await perform(services, postponeRunner, dispatch);
    busy.delete(runner);
    const [oldest] = quick;
    if (oldest !== undefined && quick.size > QUICK_RUNNERS) quick.delete(oldest);
  }

  while (mayGoOn(count)) {
    // What a runner was busy for when it was claimed may be claimed when the runner has answered meanwhile.
    const wasBusy = inFlight.size > 0;
    if (claimed.length === 0) {
      const claim = { tenantId, limit: CLAIM, quick: [...quick], busy: [...busy], after: round.after };
      // The claims of the first part are as old as the call.
      claimedAt = Date.now();
      const [results] = await Promise.all([
        performInParts(services, "dispatches", claimDispatches, claim, () => mayGoOn(count)),
        recordAccepted(),
      ]);
      claimed = results.flatMap(({ dispatches }) => dispatches);
      round.after = results.at(-1)?.after ?? null;
    }
    if (claimed.length === 0 && !wasBusy) break;
    if (Date.now() - claimedAt > CLAIM_IS_FRESH_MS) claimed = [];
    while (inFlight.size < WEBHOOKS_AT_ONCE) {
      const dispatch = claimed.shift();
      if (!dispatch) break;
      const sending = send(dispatch)
        .catch((error: unknown) => logDispatchFailure(dispatch, error))
        .finally(() => inFlight.delete(sending));
      inFlight.add(sending);
      count += 1;
    }
    if (inFlight.size > 0) await Promise.race(inFlight);
  }
  await Promise.all(inFlight);
  await recordAccepted();
  return count;
}
