import { z } from "zod";

const changedRunSchema = z.object({
  run_id: z.string(),
  workflow_definition_id: z.string(),
  /** True when the run is COMPLETED or FAILED. */
  has_ended: z.boolean(),
});

/** Whether a runner that asks now would get a run of a definition whose runs are leased: `lease_work` in SQL. */
export const leaseWorkSchema = z.object({
  workflow_definition_id: z.string(),
  is_leasable: z.boolean(),
  /** Of two statements about one definition, the one with the higher id is the later one. */
  event_id: z.int(),
});
export type LeaseWork = z.infer<typeof leaseWorkSchema>;

/** What a call has changed in one tenant: `changes_after` in SQL. */
export const changeSchema = z.object({
  tenant_id: z.string(),
  /** In how many milliseconds, from the database's now, something of the tenant is due. Null when nothing will be. */
  due_in_ms: z.number().nullable(),
  runs: z.array(changedRunSchema),
  /** Of the definitions of these runs, and of others that were changed. */
  work: z.array(leaseWorkSchema).default([]),
  /** The notification endpoints to which something can be sent now. */
  endpoint_ids: z.array(z.string()).optional(),
});

/**
 * A run that has changed, or was deleted. Null for what is not known of runs that were deleted: `run_id` for those of a
 * definition, or both for any. Both are null, too, when something that is not a run has changed; then `has_ended` is false.
 * `is_log`: its log has a new entry, and nothing else has changed.
 */
export type ChangedRun = {
  run_id: string | null;
  workflow_definition_id: string | null;
  has_ended: boolean;
  is_log?: true;
};

export type Change = Omit<z.infer<typeof changeSchema>, "runs"> & { runs: readonly ChangedRun[] };

/** A change of something that is not a run, such as a permission or a folder. */
export const changeOfOthers = (tenantId: string): Change => ({
  tenant_id: tenantId,
  due_in_ms: null,
  runs: [{ run_id: null, workflow_definition_id: null, has_ended: false }],
  work: [],
});

/** A new entry in the log of a run. No event tells of it. */
export const changeOfLog = (tenantId: string, runId: string): Change => ({
  tenant_id: tenantId,
  due_in_ms: null,
  runs: [{ run_id: runId, workflow_definition_id: null, has_ended: false, is_log: true }],
  work: [],
});

/** That runs were deleted: one, those of a definition, or any. No event tells of it, since their events are deleted with them. */
export const changeByDeletion = (tenantId: string, { runId = null, definitionId = null }: Deleted = {}): Change => ({
  tenant_id: tenantId,
  due_in_ms: null,
  runs: [{ run_id: runId, workflow_definition_id: definitionId, has_ended: true }],
  work: [],
});

type Deleted = { runId?: string | null; definitionId?: string | null };

/** What to do about the changes of a call. It is called as soon as they are committed. */
export type OnChanged = (changes: readonly Change[]) => void;

/** Tells of work for runners after a change that no event of a run tells of. It is skipped where no definition is leased. */
export function tellWork(onChanged: OnChanged, tenantId: string | undefined, work: readonly LeaseWork[]): void {
  if (tenantId === undefined || work.length === 0) return;
  onChanged([{ tenant_id: tenantId, due_in_ms: null, runs: [], work: [...work] }]);
}

/** The part of a verb's answer that {@link tellWork} needs. */
export const workSchema = z.object({ tenant_id: z.string().optional(), work: z.array(leaseWorkSchema).default([]) });
