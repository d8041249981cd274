/** The verbs on dispatches, and on the webhooks of stops. None of those that record an outcome changes a run that has ended or has a newer attempt. */
import { z } from "zod";
import { log } from "../base/log.ts";
import type { Round } from "../db/round.ts";
import { type Dispatch, dispatchSchema, type StopDispatch, stopDispatchSchema } from "../verbs/effects.ts";
import { defineVerb } from "../verbs/verb.ts";

/** A dispatch that its runner accepted, with the HTTP status of the answer. */
export type Acceptance = { dispatch: Dispatch; status: number };

type Attempt = { run_id: string; tenant_id: string; attempt: number };

const attemptOf = ({ run_id, tenant_id, attempt }: Attempt): Attempt => ({ run_id, tenant_id, attempt });

/**
 * Records that runners accepted these dispatches. `accepted` is how many were not recorded before, and `left` are the ids of runs that
 * another transaction has locked. For these, it is called again, with one acceptance at a time: such a call waits.
 */
export const recordAcceptances = defineVerb({
  name: "record_acceptances",
  args: (acceptances: readonly Acceptance[]) => ({
    acceptances: { json: acceptances.map(({ dispatch, status }) => ({ ...attemptOf(dispatch), status })) },
  }),
  result: z.object({ accepted: z.int(), left: z.array(z.string()) }),
  isRepeatable: true,
});

/**
 * Records why a dispatch failed. It is retried after a back-off, but not sooner than the runner asked for. `postponed` is false when the
 * run no longer waits for this dispatch.
 */
export const recordPostponement = defineVerb({
  name: "record_postponement",
  args: (failed: { dispatch: Dispatch; reason: string; retryAfterSeconds: number | null }) => ({
    ...attemptOf(failed.dispatch),
    reason: failed.reason,
    retry_after_seconds: failed.retryAfterSeconds,
  }),
  result: z.object({ postponed: z.boolean() }),
});

/**
 * When a dispatch to a runner was not answered in time, postpones all other due dispatches to the same runner by 1 to 5
 * minutes. `postponed` is how many.
 */
export const postponeRunner = defineVerb({
  name: "postpone_runner",
  args: ({ tenant_id, runner }: Dispatch) => ({
    tenant_id,
    runner,
    reason: "The runner did not answer another dispatch.",
  }),
  result: z.object({ postponed: z.int() }),
});

/**
 * Fails a run that its runner refuses, or that can be sent to no runner (`isRefused` is false), and starts the next run in the
 * queue. `pause` also pauses the definition, so that nothing more is sent to a runner that is gone.
 */
export const giveUpDispatch = defineVerb({
  name: "give_up_dispatch",
  args: (given: { dispatch: Dispatch; reason: string; isRefused: boolean; pause: boolean }) => ({
    ...attemptOf(given.dispatch),
    reason: given.reason,
    pause: given.pause,
    runner_url: given.isRefused ? given.dispatch.runner_url : null,
  }),
  result: z.unknown(),
});

/** What was claimed. An item that cannot be read stays claimed, is logged, and does not keep the others from being sent. */
const eachReadable = <Item>(schema: z.ZodType<Item>) =>
  z.array(z.unknown()).transform((items) =>
    items.flatMap((item) => {
      const { success, data, error } = schema.safeParse(item);
      if (success) return [data];
      const { data: { run_id: runId } = {} } = z.object({ run_id: z.string() }).safeParse(item);
      const where = error.issues.map(({ path }) => path.join("."));
      log("error", "dispatch", { run_id: runId, error: `What was claimed cannot be read: ${where.join(", ")}` });
      return [];
    }),
  );

type Claim = Partial<Round> & {
  tenantId: string | null;
  limit: number;
  quick: readonly string[];
  busy: readonly string[];
};

/**
 * Claims up to `limit` due dispatches; until the claim is over, nobody else sends them. They are of all tenants, in rounds. A quick runner gets
 * several of its dispatches, a busy one none, and any other runner one. With `tenantId`, only that tenant's are claimed. Otherwise
 * `after` is how far the round is.
 */
export const claimDispatches = defineVerb({
  name: "claim_dispatches",
  args: (claim: Claim) => ({
    tenant_id: claim.tenantId,
    limit: claim.limit,
    quick: claim.quick,
    busy: claim.busy,
    after: claim.after ?? null,
  }),
  result: z.object({ dispatches: eachReadable(dispatchSchema), after: z.string().nullish() }),
});

/** Claims up to `limit` due webhooks of stops. With `tenantId`, only that tenant's are claimed; otherwise those of all tenants, in rounds. */
export const claimStopDispatches = defineVerb({
  name: "claim_stop_dispatches",
  args: ({ tenantId, ...rest }: { tenantId: string | null; limit: number } & Round) => ({
    tenant_id: tenantId,
    ...rest,
  }),
  result: z.object({ stops: eachReadable(stopDispatchSchema), after: z.string().nullish() }),
});

/**
 * Records the outcome of a stop's webhook: the HTTP status with which the runner accepted it, or the reason why it did not, and
 * whether it is retried, after a back-off.
 */
export const recordStopDispatch = defineVerb({
  name: "record_stop_dispatch",
  args: (sent: { stop: StopDispatch; status: number | null; reason: string | null; isRetried: boolean }) => ({
    ...attemptOf(sent.stop),
    ends_at: sent.stop.ends_at,
    status: sent.status,
    reason: sent.reason,
    is_retried: sent.isRetried,
  }),
  result: z.unknown(),
});
