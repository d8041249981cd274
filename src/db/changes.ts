import { z } from "zod";

const changedRunSchema = z.object({
  run_id: z.string(),
  workflow_definition_id: z.string(),
  /** True when the run is COMPLETED or FAILED. */
  has_ended: z.boolean(),
});

/** What a call has changed in one tenant: `changes_after` in SQL. */
export const changeSchema = z.object({
  tenant_id: z.string(),
  /** In how many milliseconds, from the database's now, something of the tenant is due. Null when nothing will be. */
  due_in_ms: z.number().nullable(),
  runs: z.array(changedRunSchema),
});

/** What has changed: a run, or with two nulls something that is not a run. */
export type ChangedRun =
  | z.infer<typeof changedRunSchema>
  | { run_id: null; workflow_definition_id: null; has_ended: false };

export type Change = Omit<z.infer<typeof changeSchema>, "runs"> & { runs: readonly ChangedRun[] };

/** A change of something that is not a run, such as a permission or a folder. */
export const changeOfOthers = (tenantId: string): Change => ({
  tenant_id: tenantId,
  due_in_ms: null,
  runs: [{ run_id: null, workflow_definition_id: null, has_ended: false }],
});

/** What to do about the changes of a call. It is called as soon as they are committed. */
export type OnChanged = (changes: readonly Change[]) => void;
