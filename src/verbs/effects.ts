/** The effects of a verb: what must follow its commit. The SQL function `answer_with` makes them, and {@link after} carries them out. */
import { z } from "zod";
import { jsonText } from "../db/call.ts";
import { resumeSchema } from "../db/resume.ts";
import { runSnapshotSchema } from "../db/run-snapshot.ts";

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
  /** Of the invoke, by their keys. */
  labels: z.record(z.string(), z.string()).default({}),
  /** From the second attempt on. */
  resume: resumeSchema.nullish(),
  /** The instant of the schedule that has triggered the run, and the one before it that has triggered another. */
  scheduled_at: z.string().nullish(),
  previous_scheduled_at: z.string().nullish(),
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

/** The message to the runner of a run that was stopped while it was RUNNING: `stop_judged_run` in SQL. Instants are RFC 3339. */
const stoppedRunSchema = z.object({
  run_id: z.string(),
  attempt: z.int(),
  workflow_definition_id: z.string(),
  runner_url: z.string(),
  webhook_secret_encrypted: z.string(),
  stopped_at: z.string(),
  reason: z.string().nullable(),
});
export type StoppedRun = z.infer<typeof stoppedRunSchema>;

const changedRunSchema = z.object({
  /** Null for all runs of a definition. When both ids are null, something that is not a run has changed, or runs were deleted. */
  run_id: z.string().nullable(),
  workflow_definition_id: z.string().nullable(),
  /** True when the run is COMPLETED or FAILED, or was deleted. */
  has_ended: z.boolean(),
  /** True when only the run's log or its progress has changed; `is_progress` says that it was the progress. */
  is_log: z.boolean().optional(),
  is_progress: z.boolean().optional(),
});

/** A run that was changed or deleted, as listeners are told of it. */
export type ChangedRun = z.infer<typeof changedRunSchema>;

/** The change of something that is not a run, such as a permission or a folder. */
export const NO_RUN: ChangedRun = { run_id: null, workflow_definition_id: null, has_ended: false };

/** Whether a runner that asks now would get a run of this definition, whose runs are leased: `effects.sql`. */
const leaseWorkSchema = z.object({
  workflow_definition_id: z.string(),
  is_leasable: z.boolean(),
  /** How many runs runners that ask now would get. A Worker of an earlier version does not tell it. */
  count: z.int().optional(),
  /** The tags that a runner needs; null or missing for none. */
  tags: z.array(z.string()).nullish(),
  /** Of two messages about the same definition, the one with the higher id is newer. */
  event_id: z.int(),
});
export type LeaseWork = z.infer<typeof leaseWorkSchema>;

const tenantEffectsSchema = z.object({
  tenant_id: z.string(),
  /**
   * Milliseconds from the database's now until something of these runs, or a notification of the tenant, is due. Null when
   * nothing is. What is due of other runs was told when they changed.
   */
  due_in_ms: z.number().nullable(),
  runs: z.array(changedRunSchema),
  /** Work of the definitions of these runs, and of other definitions that were changed. */
  work: z.array(leaseWorkSchema),
  /** The notification endpoints to which something can be sent now. */
  endpoint_ids: z.array(z.string()).optional(),
  /** The users of whom a credential has ended. */
  ended_user_ids: z.array(z.string()).optional(),
  /** True when a trigger of the tenant is due now. */
  fires: z.boolean().optional(),
});

/** What one tenant's hub and notifier are told. */
export type TenantEffects = z.infer<typeof tenantEffectsSchema>;

export const effectsSchema = z.object({
  tenants: z.array(tenantEffectsSchema).default([]),
  dispatches: z.array(dispatchSchema).default([]),
  stops: z.array(stopDispatchSchema).default([]),
  stopped: z.array(stoppedRunSchema).default([]),
});
export type Effects = z.infer<typeof effectsSchema>;
