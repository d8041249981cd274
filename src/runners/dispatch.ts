import { z } from "zod";
import type { OnChanged } from "../db/changes.ts";
import { runSnapshotSchema } from "../db/run-snapshot.ts";
import { jsonText } from "../http/json-value.ts";

/**
 * How long a Worker's claim of dispatches, stops or notifications lasts, so that no other Worker sends them meanwhile. It is longer
 * than the 37 s that may pass: the last one is started 12 s after the claim, waits up to 15 s for its answer, and the outcome is
 * recorded within the 10 s that `DATABASE_TIMEOUT_SECONDS` is by default.
 */
export const CLAIM_SECONDS = 60;

/** A run that has to be dispatched, with all data needed for sending: `dispatch_of` in SQL. Instants are RFC 3339. */
export const dispatchSchema = z.object({
  run_id: z.string(),
  tenant_id: z.string(),
  workflow_definition_id: z.string(),
  attempt: z.int(),
  /** The number of tries, including this one. */
  dispatch_count: z.int(),
  deadline_at: z.string(),
  run_snapshot: runSnapshotSchema,
  /** The input of the run from its trigger: a JSON object, or null. */
  input: jsonText.nullable(),
  /** The trace of the invoke: a header of W3C Trace Context. */
  traceparent: z.string().nullable(),
  /** Null when the definition no longer has a runner. */
  runner_url: z.string().nullable(),
  webhook_secret_encrypted: z.string().nullable(),
  /** Identifies the runner's server: equal for all dispatches of a tenant to the same scheme, host and port. */
  runner: z.string(),
  /** When this try started, by the database's clock. */
  claimed_at: z.string(),
});
export type Dispatch = z.infer<typeof dispatchSchema>;

/** A stop that has to be sent to a runner: `stop_dispatch_of` in SQL. Instants are RFC 3339. */
export const stopDispatchSchema = z.object({
  run_id: z.string(),
  tenant_id: z.string(),
  workflow_definition_id: z.string(),
  attempt: z.int(),
  /** The number of tries, including this one. */
  stop_dispatch_count: z.int(),
  reason: z.string().nullable(),
  /** When the run ends at the latest. It ends earlier when its runner reports a result. */
  ends_at: z.string(),
  /** Null when the definition no longer has a runner. */
  runner_url: z.string().nullable(),
  webhook_secret_encrypted: z.string().nullable(),
  claimed_at: z.string(),
});
export type StopDispatch = z.infer<typeof stopDispatchSchema>;

/** The part of the answer that all verbs have in common which may promote runs. */
export const dispatchesSchema = z.object({ dispatches: z.array(dispatchSchema) });

/**
 * The arguments of a verb that may promote runs. `graceSeconds` are added to the deadlines. `onPromoted` gets the dispatches of
 * the promoted runs, and `onChanged` gets all changed runs. Both are called after the commit, even when the verb has refused
 * its own work, since it may still have promoted a run.
 */
export type Promotion = {
  graceSeconds: number;
  onPromoted: (dispatches: readonly Dispatch[]) => void;
  onChanged: OnChanged;
};

/** The arguments of the SQL function of a verb that may promote runs. */
export const promotionArguments = ({ graceSeconds }: Promotion) => ({
  grace_seconds: graceSeconds,
  dispatch_lease_seconds: CLAIM_SECONDS,
});
