import { z } from "zod";
import { jsonText, openSet } from "./call.ts";
import { WAIT_KINDS, WAIT_OUTCOMES } from "./enums.ts";

/** What has come of what a run has waited for, by their keys: `wait_outcomes` in SQL. Instants are RFC 3339. */
export const waitOutcomesSchema = z.record(
  z.string(),
  z.object({
    kind: openSet(WAIT_KINDS),
    outcome: openSet(WAIT_OUTCOMES),
    at: z.string(),
    /** Of an answer. */
    value: z.string().optional(),
    comment: z.string().nullish(),
    user_id: z.string().optional(),
    /** Of a signal. */
    signal_id: z.string().optional(),
    payload: jsonText.nullish(),
  }),
);

/** What an attempt after the first one gets: `resume_of` in SQL. */
export const resumeSchema = z.object({ outcomes: waitOutcomesSchema, checkpoints: z.int() });
