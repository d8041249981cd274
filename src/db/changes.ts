import { z } from "zod";

/** What a call has changed in one tenant: `changes_after` in SQL. */
export const changeSchema = z.object({
  tenant_id: z.string(),
  /** In how many milliseconds, from the database's now, something of the tenant is due. Null when nothing will be. */
  due_in_ms: z.number().nullable(),
  runs: z.array(
    z.object({
      run_id: z.string(),
      workflow_definition_id: z.string(),
      /** True when the run is COMPLETED or FAILED. */
      has_ended: z.boolean(),
    }),
  ),
});
export type Change = z.infer<typeof changeSchema>;

/** What to do about the changes of a call. It is called as soon as they are committed. */
export type OnChanged = (changes: readonly Change[]) => void;
