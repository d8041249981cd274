import type { Config } from "../config.ts";
import type { Database } from "../db/client.ts";
import { describeError, log } from "../log.ts";
import { deliverAll } from "../runners/deliver.ts";
import { type Acceptance, recordDispatchesAccepted } from "../runners/dispatches.ts";
import { type ClaimedDispatch, claimDueDispatches, putOffDispatches } from "../runners/due-dispatches.ts";

/** A Worker may wait for six answers at once: five runners', and one of the database's. */
const LANES = 5;

/** As many as are begun well within their lease. */
const CLAIM = 2 * LANES;

/** Later, what is left of a claim is left to its lease: it would run out during the delivery. */
const CLAIM_IS_FRESH_MS = 10_000;

/** Runners that answer within this time are sent several runs at once. */
const QUICK_MS = 1_000;

/** Runners that take longer do not answer at all, or hardly. Below the time limit of a delivery. */
const HANGING_MS = 10_000;

/** How many quick runners are kept in mind; the others are found out again. */
const QUICK_RUNNERS = 50;

/**
 * Delivers what is due, several at once, until nothing is left or `mayGoOn` (to one more than `count`) says no, and
 * returns how many it tried. A runner that we know nothing of gets one run, and more only after a quick answer: one
 * that hangs takes up one lane, once.
 */
export async function deliverDue(
  services: { db: Database; config: Config },
  mayGoOn: (count: number) => boolean,
): Promise<number> {
  const inFlight = new Set<Promise<void>>();
  const busy = new Set<string>();
  const quick = new Set<string>();
  let claimed: ClaimedDispatch[] = [];
  let claimedAt = 0;
  let accepted: Acceptance[] = [];
  let count = 0;

  const onAccepted = async (acceptance: Acceptance) => void accepted.push(acceptance);

  async function recordAccepted(): Promise<void> {
    const batch = accepted;
    accepted = [];
    await recordDispatchesAccepted(services.db, batch);
  }

  async function deliver(dispatch: ClaimedDispatch): Promise<void> {
    const { runner } = dispatch;
    if (!quick.has(runner)) busy.add(runner);
    const began = Date.now();
    await deliverAll(services, [dispatch], onAccepted);
    const ms = Date.now() - began;
    quick.delete(runner);
    if (ms < QUICK_MS) quick.add(runner);
    if (ms >= HANGING_MS) await putOffDispatches(services.db, dispatch);
    busy.delete(runner);
    const [oldest] = quick;
    if (oldest !== undefined && quick.size > QUICK_RUNNERS) quick.delete(oldest);
  }

  while (mayGoOn(count)) {
    if (claimed.length === 0) {
      const claim = { limit: CLAIM, quick: [...quick], busy: [...busy] };
      [claimed] = await Promise.all([claimDueDispatches(services.db, claim), recordAccepted()]);
      claimedAt = Date.now();
    }
    if (claimed.length === 0 && inFlight.size === 0) break;
    if (Date.now() - claimedAt > CLAIM_IS_FRESH_MS) claimed = [];
    while (inFlight.size < LANES) {
      const dispatch = claimed.shift();
      if (!dispatch) break;
      const delivery = deliver(dispatch)
        .catch((error: unknown) => log("error", "delivery", { run_id: dispatch.run_id, ...describeError(error) }))
        .finally(() => inFlight.delete(delivery));
      inFlight.add(delivery);
      count += 1;
    }
    if (inFlight.size > 0) await Promise.race(inFlight);
  }
  await Promise.all(inFlight);
  await recordAccepted();
  return count;
}
