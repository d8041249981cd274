/**
 * Records the acceptances of all requests of an isolate together. A busy service has many at about the same time, and one
 * transaction for all of them costs much less than one for each. For a run that has ended in the meantime nothing is changed,
 * since its result has already proved that its runner accepted it.
 */
import type { OnChanged } from "../db/changes.ts";
import type { Database } from "../db/client.ts";
import { type Acceptance, acceptDispatches } from "./record-dispatch.ts";

/** How long acceptances are collected before they are recorded. */
const COLLECT_MS = 100;

/**
 * A batch that is still open after this time belongs to an invocation that died. Its acceptances are then recorded with the
 * next batch.
 */
const ABANDONED_AFTER_MS = 1_000;

type Batch = { openedAt: number; acceptances: Acceptance[] };

const openBatches = new WeakMap<Database, Batch>();

/**
 * Records an acceptance within about {@link COLLECT_MS}. The request that opens a batch records it, and waits for that here. All
 * others return at once. An acceptance that is lost because an invocation died stays due: the sweep sends the run again.
 */
export async function recordAcceptanceSoon(db: Database, acceptance: Acceptance, onChanged: OnChanged): Promise<void> {
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
  await acceptDispatches(db, batch.acceptances, onChanged);
}
