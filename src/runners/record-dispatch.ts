/** Records the outcomes of dispatches. None of these functions changes a run that has ended or has a newer attempt. */
import { z } from "zod";
import { callFunction } from "../db/call.ts";
import type { OnChanged } from "../db/changes.ts";
import type { Database } from "../db/client.ts";
import { describeError, log } from "../log.ts";
import { type Dispatch, dispatchesSchema, type Promotion, promotionArguments } from "./dispatch.ts";

/** A dispatch that its runner accepted, with the HTTP status of the answer. */
export type Acceptance = { dispatch: Dispatch; status: number };

const acceptedSchema = z.object({ accepted: z.int() });

/** Records that runners accepted these dispatches. Returns how many were not recorded before. Idempotent. */
export async function acceptDispatches(
  db: Database,
  acceptances: readonly Acceptance[],
  onChanged: OnChanged,
): Promise<number> {
  if (acceptances.length === 0) return 0;
  const json = acceptances.map(({ dispatch: { run_id, tenant_id, attempt }, status }) => ({
    ...{ run_id, tenant_id, attempt },
    status,
  }));
  const options = { isRepeatable: true, onChanged };
  return (await callFunction(db, "record_acceptances", { acceptances: { json } }, acceptedSchema, options)).accepted;
}

/** Logs that a dispatch was not sent, or that its outcome was not recorded. */
export const logDispatchFailure = ({ run_id, attempt }: Dispatch, error: unknown): void =>
  log("error", "dispatch", { run_id, attempt, ...describeError(error) });

const postponedSchema = z.object({ postponed: z.boolean() });

/**
 * Records why a dispatch failed, and in how many seconds it is retried. Returns false when the run no longer waits for this
 * dispatch.
 */
export async function postponeDispatch(
  db: Database,
  dispatch: Dispatch,
  next: { reason: string; delaySeconds: number; onChanged: OnChanged },
): Promise<boolean> {
  const args = { ...attemptArguments(dispatch), reason: next.reason, delay_seconds: next.delaySeconds };
  const options = { onChanged: next.onChanged };
  return (await callFunction(db, "record_postponement", args, postponedSchema, options)).postponed;
}

const postponedRunnerSchema = z.object({ postponed: z.int() });

/**
 * When a dispatch to a runner was not answered in time, postpones all other due dispatches to the same runner by 1 to 5
 * minutes. Returns how many.
 */
export async function postponeDispatchesTo(
  db: Database,
  { tenant_id, runner }: Dispatch,
  onChanged: OnChanged,
): Promise<number> {
  const args = { tenant_id, runner, reason: "The runner did not answer another dispatch." };
  return (await callFunction(db, "postpone_runner", args, postponedRunnerSchema, { onChanged })).postponed;
}

/**
 * Fails a run that its runner refuses, or that can be sent to no runner (`isRefused` is false), and starts the next run in the
 * queue. `pause` also pauses the definition, so that nothing more is sent to a runner that is gone.
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
