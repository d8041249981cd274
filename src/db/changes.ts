import { z } from "zod";

const changedRunSchema = z.object({
  run_id: z.string(),
  workflow_definition_id: z.string(),
  /** True when the run is COMPLETED or FAILED. */
  has_ended: z.boolean(),
});

/** Whether a runner that asks now would get a run of this definition, whose runs are leased: `lease_work` in SQL. */
export const leaseWorkSchema = z.object({
  workflow_definition_id: z.string(),
  is_leasable: z.boolean(),
  /** Of two messages about the same definition, the one with the higher id is newer. */
  event_id: z.int(),
});
export type LeaseWork = z.infer<typeof leaseWorkSchema>;

/** What a call has changed in one tenant: `changes_after` in SQL. */
export const changeSchema = z.object({
  tenant_id: z.string(),
  /**
   * Milliseconds from the database's now until something of these runs, or a notification of the tenant, is due. Null when
   * nothing is. What is due of other runs was announced when they changed.
   */
  due_in_ms: z.number().nullable(),
  runs: z.array(changedRunSchema),
  /** Work of the definitions of these runs, and of other definitions that were changed. */
  work: z.array(leaseWorkSchema).default([]),
  /** The notification endpoints to which something can be sent now. */
  endpoint_ids: z.array(z.string()).optional(),
});

/**
 * A run that was changed or deleted. For deleted runs, the ids may be unknown: `run_id` is null for all runs of a definition,
 * and both ids are null for any runs. Both ids are also null when something that is not a run has changed; `has_ended` is then
 * false. `is_log` means that only the run's log or its progress has changed, and `is_progress` that it was the progress.
 */
export type ChangedRun = {
  run_id: string | null;
  workflow_definition_id: string | null;
  has_ended: boolean;
  is_log?: true;
  is_progress?: true;
};

export type Change = Omit<z.infer<typeof changeSchema>, "runs"> & { runs: readonly ChangedRun[] };

/** The change of something other than a run, such as a permission or a folder. */
export const NO_RUN: ChangedRun = { run_id: null, workflow_definition_id: null, has_ended: false };

/** A change with the given fields. The other fields are empty: no runs, no work, and nothing due. */
const changeOf = (tenantId: string, told: Partial<Change>): Change => ({
  tenant_id: tenantId,
  due_in_ms: null,
  runs: [],
  work: [],
  ...told,
});

/** A change of something that is not a run. */
export const changeOfOthers = (tenantId: string): Change => changeOf(tenantId, { runs: [NO_RUN] });

/** A change that only tells the hub when something of the tenant is due. No listener gets a nudge. */
export const dueAgain = (tenantId: string, dueInMs: number | null): Change =>
  changeOf(tenantId, { due_in_ms: dueInMs });

const LOG = { workflow_definition_id: null, has_ended: false, is_log: true } as const;

/** A new entry in the log of a run. It has no event. */
export const changeOfLog = (tenantId: string, runId: string): Change =>
  changeOf(tenantId, { runs: [{ run_id: runId, ...LOG }] });

/** New progress of a run. It has no event. */
export const changeOfProgress = (tenantId: string, runId: string): Change =>
  changeOf(tenantId, { runs: [{ run_id: runId, ...LOG, is_progress: true }] });

/**
 * The deletion of one run, of the runs of a definition, or of any runs. It has no event, since events are deleted with their
 * runs.
 */
export const changeByDeletion = (tenantId: string, { runId = null, definitionId = null }: Deleted = {}): Change =>
  changeOf(tenantId, { runs: [{ run_id: runId, workflow_definition_id: definitionId, has_ended: true }] });

type Deleted = { runId?: string | null; definitionId?: string | null };

/** These changes without their notifications, for a sweep, which starts all due ones together. */
export const withoutNotifications = (changes: readonly Change[]): Change[] =>
  changes.map((change) => ({ ...change, endpoint_ids: [] }));

/** Called with the changes of a call as soon as they are committed. */
export type OnChanged = (changes: readonly Change[]) => void;

/**
 * Announces work for runners after a change that has no event of a run. Does nothing when no definition of the tenant is
 * leased.
 */
export function tellWork(onChanged: OnChanged, tenantId: string | undefined, work: readonly LeaseWork[]): void {
  if (tenantId === undefined || work.length === 0) return;
  onChanged([changeOf(tenantId, { work: [...work] })]);
}

/** The part of a verb's answer that {@link tellWork} needs. */
export const workSchema = z.object({ tenant_id: z.string().optional(), work: z.array(leaseWorkSchema).default([]) });
