import { z } from "zod";
import type { OnChanged } from "../db/changes.ts";
import { runSnapshotSchema } from "../db/run-snapshot.ts";
import { jsonText } from "../http/json-value.ts";

/** Longer than sending a dispatch may take, so that nobody else sends it meanwhile. */
export const DISPATCH_LEASE_SECONDS = 30;

/** A run that has to be dispatched, and all that this takes: `dispatch_of` in SQL. Instants are RFC 3339. */
export const dispatchSchema = z.object({
  run_id: z.string(),
  tenant_id: z.string(),
  workflow_definition_id: z.string(),
  attempt: z.int(),
  /** How often it has been tried, this time included. */
  dispatch_count: z.int(),
  deadline_at: z.string(),
  run_snapshot: runSnapshotSchema,
  /** What the run was given when it was triggered: a JSON object, or null. */
  input: jsonText.nullable(),
  /** Null when the definition has lost its runner since. */
  runner_url: z.string().nullable(),
  webhook_secret_encrypted: z.string().nullable(),
  /** The same for all dispatches of a tenant to one server. */
  runner: z.string(),
  /** When this try began, by the database's clock. */
  claimed_at: z.string(),
});
export type Dispatch = z.infer<typeof dispatchSchema>;

/** What a verb that may promote runs answers beside its own outcome. */
export const dispatchesSchema = z.object({ dispatches: z.array(dispatchSchema) });

/**
 * What a verb that may promote runs is given: the seconds of grace that are added to their deadlines, and what to do with
 * the dispatches of the promoted runs. `onPromoted` is called as soon as they are committed, also when the verb then
 * refuses what it was asked for. So is `onChanged`, with all runs that the verb has changed.
 */
export type Promotion = {
  graceSeconds: number;
  onPromoted: (dispatches: readonly Dispatch[]) => void;
  onChanged: OnChanged;
};

/** The arguments of a SQL function that may promote runs. */
export const promotionArguments = ({ graceSeconds }: Promotion) => ({
  grace_seconds: graceSeconds,
  dispatch_lease_seconds: DISPATCH_LEASE_SECONDS,
});
