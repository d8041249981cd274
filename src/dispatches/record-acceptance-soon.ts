/**
 * Records the acceptances of all requests of an isolate together, since one transaction for many acceptances costs much less than
 * one transaction for each. If a run ends before its acceptance is recorded, nothing is left to record, since `record_result` has
 * recorded that the runner accepted the run.
 */

import { describeError, log } from "../base/log.ts";
import type { Database } from "../db/client.ts";
import type { Dispatch } from "../verbs/effects.ts";
import { inParts, whileRecording } from "../verbs/in-parts.ts";
import { perform } from "../verbs/perform.ts";
import type { VerbServices } from "../verbs/services.ts";
import { type Acceptance, recordAcceptances } from "./dispatch-verbs.ts";

/** How long acceptances are collected before they are recorded. */
const COLLECT_MS = 100;

/**
 * A batch that is still open after this time belongs to an invocation that died. Its acceptances are then recorded with the
 * next batch.
 */
const ABANDONED_AFTER_MS = 1_000;

type Batch = { openedAt: number; acceptances: Acceptance[] };

const openBatches = new WeakMap<Database, Batch>();

/** Logs that a dispatch was not sent, or that its outcome was not recorded. */
export const logDispatchFailure = ({ run_id, attempt }: Dispatch, error: unknown): void =>
  log("error", "dispatch", { run_id, attempt, ...describeError(error) });

/**
 * Records an acceptance within about {@link COLLECT_MS}. The first request opens a batch, waits, and then records the whole batch.
 * The other requests add their acceptances to the batch and do not wait. If the invocation of the first request dies and no other
 * acceptance follows, the batch is lost. Its dispatches then stay due, and the sweep sends them again. They also stay due when the
 * database cannot record the batch. Then an error is logged for each run of the batch, and nothing is thrown.
 */
export async function recordAcceptanceSoon(services: VerbServices, acceptance: Acceptance): Promise<void> {
  const { db } = services;
  const known = openBatches.get(db);
  if (known && Date.now() - known.openedAt < ABANDONED_AFTER_MS) {
    known.acceptances.push(acceptance);
    return;
  }
  const batch = { openedAt: Date.now(), acceptances: [...(known?.acceptances ?? []), acceptance] };
  openBatches.set(db, batch);
  await new Promise((resolve) => setTimeout(resolve, COLLECT_MS));
  // Another request has replaced this batch if it took this invocation for dead.
  if (openBatches.get(db) === batch) openBatches.delete(db);
  await recordOrLog(services, batch.acceptances);
}

/**
 * Records acceptances. When there is an outage, it is logged for each of them. Those that fail are looked for while `mayGoOn` returns true, or
 * for a few seconds.
 */
export async function recordOrLog(
  services: VerbServices,
  acceptances: readonly Acceptance[],
  mayGoOn = () => false,
): Promise<void> {
  try {
    await recordInParts(services, acceptances, whileRecording(mayGoOn));
  } catch (error) {
    for (const { dispatch } of acceptances) logDispatchFailure(dispatch, error);
  }
}

/**
 * Records acceptances. One that cannot be recorded does not keep the others from it, and its dispatch is set aside. Those of runs that
 * another transaction had locked are recorded after the others, one by one. When one waits for its run in vain, that is logged, and it is
 * dispatched again.
 */
async function recordInParts(
  services: VerbServices,
  acceptances: readonly Acceptance[],
  mayGoOn: () => boolean,
): Promise<void> {
  const items = acceptances.map((of) => ({ id: of.dispatch.run_id, tenant_id: of.dispatch.tenant_id, of }));
  const recordPart = async (part: readonly (typeof items)[number][]) => {
    const acceptancesOfPart = part.map(({ of }) => of);
    const { left } = (await perform(services, recordAcceptances, acceptancesOfPart)).result;
    for (const acceptance of acceptancesOfPart.filter(({ dispatch }) => left.includes(dispatch.run_id))) {
      await perform(services, recordAcceptances, [acceptance]).catch((error: unknown) =>
        logDispatchFailure(acceptance.dispatch, error),
      );
    }
  };
  await inParts(services, "dispatches", items, recordPart, mayGoOn);
}
