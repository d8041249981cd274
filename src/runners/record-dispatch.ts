/** Records the outcome of a dispatch. None of these functions changes a run that has ended or is at another attempt. */
import { z } from "zod";
import { callFunction } from "../db/call.ts";
import type { OnChanged } from "../db/changes.ts";
import type { Database } from "../db/client.ts";
import { type Dispatch, dispatchesSchema, type Promotion, promotionArguments } from "./dispatch.ts";

/** A dispatch that its runner accepted, with the HTTP status of the answer. */
export type Acceptance = { dispatch: Dispatch; status: number };

/** Records that runners accepted these dispatches. It is idempotent. */
export async function acceptDispatches(
  db: Database,
  acceptances: readonly Acceptance[],
  onChanged: OnChanged,
): Promise<void> {
  if (acceptances.length === 0) return;
  const json = acceptances.map(({ dispatch: { run_id, tenant_id, attempt }, status }) => ({
    ...{ run_id, tenant_id, attempt },
    status,
  }));
  const options = { isRepeatable: true, onChanged };
  await callFunction(db, "accept_dispatches", { acceptances: { json } }, z.unknown(), options);
}

/** Records why a dispatch failed, and in how many seconds it is tried again. */
export async function postponeDispatch(
  db: Database,
  dispatch: Dispatch,
  next: { reason: string; delaySeconds: number; onChanged: OnChanged },
): Promise<void> {
  const args = { ...attemptArguments(dispatch), reason: next.reason, delay_seconds: next.delaySeconds };
  await callFunction(db, "postpone_dispatch", args, z.unknown(), { onChanged: next.onChanged });
}

/** Postpones, by 1 to 5 minutes, all other due dispatches to the runner of a dispatch that was not answered in time. */
export async function postponeDispatchesTo(
  db: Database,
  { tenant_id, runner }: Dispatch,
  onChanged: OnChanged,
): Promise<void> {
  const reason = "The runner did not answer another dispatch.";
  await callFunction(db, "postpone_dispatches_to", { tenant_id, runner, reason }, z.unknown(), { onChanged });
}

/**
 * Fails a run that its runner refuses, or that can be sent to no runner (`isRefused` is false), and starts the one that waits
 * behind it. `pause` also pauses the definition, so that nothing more is sent to a runner that is gone.
 */
export async function giveUpDispatch(
  db: Database,
  dispatch: Dispatch,
  options: { reason: string; isRefused: boolean; pause: boolean } & Promotion,
): Promise<void> {
  const { dispatches } = await callFunction(
    db,
    "give_up_dispatch",
    {
      ...attemptArguments(dispatch),
      reason: options.reason,
      pause: options.pause,
      runner_url: options.isRefused ? dispatch.runner_url : null,
      ...promotionArguments(options),
    },
    dispatchesSchema,
    { onChanged: options.onChanged },
  );
  options.onPromoted(dispatches);
}

const attemptArguments = ({ run_id, tenant_id, attempt }: Dispatch) => ({ run_id, tenant_id, attempt });
