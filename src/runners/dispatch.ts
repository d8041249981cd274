import { z } from "zod";
import type { OnChanged } from "../db/changes.ts";
import { runSnapshotSchema } from "../db/run-snapshot.ts";
import { jsonText } from "../http/json-value.ts";

/** The lease of a claimed dispatch. It is longer than sending may take, so that two Workers never send the same dispatch at once. */
export const DISPATCH_LEASE_SECONDS = 30;

/** A run that has to be dispatched, with all data that sending needs: `dispatch_of` in SQL. Instants are RFC 3339. */
export const dispatchSchema = z.object({
  run_id: z.string(),
  tenant_id: z.string(),
  workflow_definition_id: z.string(),
  attempt: z.int(),
  /** The number of tries, including this one. */
  dispatch_count: z.int(),
  deadline_at: z.string(),
  run_snapshot: runSnapshotSchema,
  /** What the run was given when it was triggered: a JSON object, or null. */
  input: jsonText.nullable(),
  /** The trace of the invoke: a header of W3C Trace Context. Not there in an answer of the functions of an earlier release. */
  traceparent: z.string().nullish(),
  /** Null when the definition has lost its runner since. */
  runner_url: z.string().nullable(),
  webhook_secret_encrypted: z.string().nullable(),
  /** Identifies the server: the same for all dispatches of a tenant to one scheme, host and port. */
  runner: z.string(),
  /** When this try started, by the database's clock. */
  claimed_at: z.string(),
});
export type Dispatch = z.infer<typeof dispatchSchema>;

/** The part of the answer that all verbs have which may promote runs. */
export const dispatchesSchema = z.object({ dispatches: z.array(dispatchSchema) });

/**
 * The arguments of a verb that may promote runs: the seconds of grace that are added to their deadlines, and a function that
 * gets the dispatches of the promoted runs. `onPromoted` is called after the commit, also when the verb refused its own work:
 * it may still have promoted a run. So is `onChanged`, with all runs that the verb has changed.
 */
export type Promotion = {
  graceSeconds: number;
  onPromoted: (dispatches: readonly Dispatch[]) => void;
  onChanged: OnChanged;
};

/** The same as arguments of a SQL function. */
export const promotionArguments = ({ graceSeconds }: Promotion) => ({
  grace_seconds: graceSeconds,
  dispatch_lease_seconds: DISPATCH_LEASE_SECONDS,
});
