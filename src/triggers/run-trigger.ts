/** A trigger that fires after another run. */
import { z } from "zod";

/** After which ends it fires. A failure that the policy retries is not an end. */
export const RUN_ENDS = ["completed", "failed", "ended"] as const;

/**
 * What the new run gets as its input. fixed: the `input` of the trigger. output: the output of the run that has ended, if that is an object.
 * run: its id, status, output and error.
 */
export const INPUTS_FROM = ["fixed", "output", "run"] as const;

/** As it is stored and shown. `of` is the id of the workflow whose runs it fires after. */
export const runTriggerSchema = z.object({ of: z.string(), on: z.enum(RUN_ENDS), input_from: z.enum(INPUTS_FROM) });
export type RunTrigger = z.infer<typeof runTriggerSchema>;
