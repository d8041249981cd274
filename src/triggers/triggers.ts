/** The verbs on triggers, and reads of them. */
import { z } from "zod";
import type { Credential } from "../db/access.ts";
import { jsonText, openSet, readFor } from "../db/call.ts";
import type { Database } from "../db/client.ts";
import { FIRING_CAUSES, FIRING_OUTCOMES, TRIGGER_KINDS, WHEN_BUSY } from "../db/enums.ts";
import { labelsField } from "../runs/labels.ts";
import { defineVerb } from "../verbs/verb.ts";
import { webhookConfigSchema } from "./inbound/receiver.ts";
import { resumeProblem, triggerOfDefinitionProblem, triggerProblem, triggerRefusalSchema } from "./refusals.ts";
import { runTriggerSchema } from "./run-trigger.ts";
import { scheduleSchema } from "./schedule/schedule.ts";
import { contentArguments, inputsOf, type TriggerContent } from "./trigger-content.ts";

/** A trigger as the API shows it: `trigger_response` in SQL. Instants are RFC 3339. */
export const triggerRowSchema = z.object({
  id: z.string(),
  workflow_definition_id: z.string(),
  user_id: z.string(),
  name: z.string(),
  kind: openSet(TRIGGER_KINDS),
  /** The field of its kind; the others are null. */
  schedule: scheduleSchema.nullable(),
  webhook: webhookConfigSchema.extend({ old_secret_until: z.string().nullable() }).nullable(),
  run: runTriggerSchema.nullable(),
  input: jsonText.pipe(z.record(z.string(), z.unknown())).nullable(),
  labels: labelsField,
  concurrency_key: z.string().nullable(),
  // The functions of an older release do not know it.
  priority: z.int().default(0),
  when_busy: openSet(WHEN_BUSY).nullable(),
  is_active: z.boolean(),
  next_at: z.string().nullable(),
  paused_at: z.string().nullable(),
  pause_note: z.string().nullable(),
  paused_by: z.object({ user_id: z.string(), name: z.string() }).nullable(),
  created_at: z.string(),
  updated_at: z.string(),
});

export type TriggerRow = z.infer<typeof triggerRowSchema>;

/** A firing: `firing_response` in SQL. */
export const firingSchema = z.object({
  id: z.string(),
  trigger_id: z.string(),
  at: z.string(),
  outcome: openSet(FIRING_OUTCOMES),
  cause: openSet(FIRING_CAUSES),
  scheduled_at: z.string().nullable(),
  scheduled_until: z.string().nullable(),
  count: z.int(),
  late_ms: z.number().nullable(),
  run_id: z.string().nullable(),
  of_run_id: z.string().nullable(),
  of_attempt: z.int().nullable(),
  reason: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()).nullable(),
  user_id: z.string().nullable(),
  delivery_id: z.string().nullable(),
});

export type Firing = z.infer<typeof firingSchema>;

export type NewTrigger = {
  definitionId: string;
  id: string;
  content: TriggerContent;
  /** Null unless it receives webhooks. */
  secretEncrypted: string | null;
};

const OF_TRIGGER = {
  refusals: triggerRefusalSchema,
  refuse: (refusal: z.infer<typeof triggerRefusalSchema>) => triggerProblem(refusal),
};

/** What the verbs on one trigger have in common. Refused with Problem `not_found` or `forbidden`. */
export const TRIGGER_VERB = { result: z.object({ trigger: triggerRowSchema }), ...OF_TRIGGER };

/**
 * Creates a trigger, whose schedule was checked. `is_new` is false when an earlier call with this id and another secret has created it. One that
 * receives webhooks needs a secret: `createTriggerWithSecret` makes it.
 * Refused with Problem `not_found`, `forbidden`, or `conflict` when the workflow has too many, and with ValidationFailed for a
 * schedule that is past.
 */
export const createTrigger = defineVerb({
  ...TRIGGER_VERB,
  name: "create_trigger",
  args: ({ definitionId, id, content, secretEncrypted }: NewTrigger) => ({
    definition_id: definitionId,
    trigger_id: id,
    ...contentArguments(id, content, secretEncrypted),
  }),
  inputs: ({ definitionId, content }) => inputsOf(definitionId, content),
  result: z.object({ trigger: triggerRowSchema, is_new: z.boolean() }),
  refuse: triggerOfDefinitionProblem,
  isRepeatable: true,
});

/** Replaces the content of a trigger, whose schedule was checked. Refused as {@link createTrigger} is. */
export const replaceTrigger = defineVerb({
  ...TRIGGER_VERB,
  name: "replace_trigger",
  args: ({ id, content }: { id: string; content: TriggerContent }) => ({
    trigger_id: id,
    ...contentArguments(id, content),
  }),
  inputs: ({ id, content }) => inputsOf(id, content),
  isRepeatable: true,
});

/** Deletes a trigger and its firings. */
export const deleteTrigger = defineVerb({
  ...TRIGGER_VERB,
  name: "delete_trigger",
  args: (id: string) => ({ trigger_id: id }),
  result: z.unknown(),
});

/** Pauses a trigger. One that is paused already keeps its note. */
export const pauseTrigger = defineVerb({
  ...TRIGGER_VERB,
  name: "pause_trigger",
  args: ({ id, note }: { id: string; note: string | null }) => ({ trigger_id: id, note }),
  isRepeatable: true,
});

/**
 * Resumes a trigger. `catchesUp`: the last instant that was missed fires, unless it is too old. Refused with Problem `conflict` when the
 * caller does not see the workflow after whose runs it fires.
 */
export const resumeTrigger = defineVerb({
  ...TRIGGER_VERB,
  name: "resume_trigger",
  args: ({ id, catchesUp }: { id: string; catchesUp: boolean }) => ({ trigger_id: id, catches_up: catchesUp }),
  refuse: resumeProblem,
  isRepeatable: true,
});

/** Fires a trigger now, with the rights of its user. The caller needs those of an invoke, too. The result is the firing, whatever its outcome. */
export const fireTrigger = defineVerb({
  ...TRIGGER_VERB,
  name: "fire_trigger",
  args: (firing: { id: string; firingId: string; runId: string }) => ({
    trigger_id: firing.id,
    firing_id: firing.firingId,
    run_id: firing.runId,
  }),
  result: z.object({ firing: firingSchema }),
  isRepeatable: true,
});

/** An instant of the past for which a trigger fires, with the ids of the new firing and its run. */
type PastFiring = { at: string; firing_id: string; run_id: string };

/**
 * Fires a trigger for instants of the past, in order. It ends at the first that is refused. Refused with Problem `conflict` when
 * the trigger has another version.
 */
export const backfillTrigger = defineVerb({
  ...TRIGGER_VERB,
  name: "backfill_trigger",
  args: ({ id, version, firings }: { id: string; version: number; firings: readonly PastFiring[] }) => ({
    trigger_id: id,
    version,
    firings: { json: firings },
  }),
  result: z.object({ fired: z.int(), refused: firingSchema.nullable() }),
});

const foundSchema = z.object({
  trigger: triggerRowSchema,
  /** By the clock of the database. */
  now: z.string(),
});

/**
 * A trigger that the caller may see.
 * @throws Unauthenticated
 * @throws Problem `not_found`
 */
export const findTrigger = (db: Database, credential: Credential, id: string) =>
  readFor(db, credential, "find_trigger", { trigger_id: id }, foundSchema, OF_TRIGGER);

const backfillSchema = z.object({
  schedule: scheduleSchema,
  version: z.int(),
  /** By the clock of the database. */
  now: z.string(),
  /** The instants of the range that have fired. */
  fired: z.array(z.string()),
});

/**
 * What is needed for {@link backfillTrigger}. The instants of the range are RFC 3339.
 * @throws Unauthenticated
 * @throws Problem `not_found`, `forbidden`, or `conflict` for a trigger without a schedule
 */
export const findBackfill = (
  db: Database,
  credential: Credential,
  { id, ...range }: { id: string; from: string; until: string },
) => readFor(db, credential, "find_backfill", { trigger_id: id, ...range }, backfillSchema, OF_TRIGGER);

const pageSchema = z.object({ items: z.array(triggerRowSchema), total: z.int() });

/**
 * One page of a workflow's triggers, newest first.
 * @throws Unauthenticated
 * @throws Problem `not_found`
 */
export const listTriggers = (
  db: Database,
  credential: Credential,
  { definitionId, ...page }: { definitionId: string; limit: number; offset: number },
) =>
  readFor(db, credential, "list_triggers", { definition_id: definitionId, ...page }, pageSchema, {
    refusals: triggerRefusalSchema,
    refuse: triggerOfDefinitionProblem,
  });

const firingsSchema = z.object({ items: z.array(firingSchema), next: z.string().nullable() });

/**
 * One page of a trigger's firings, newest first, after the position `before`.
 * @throws Unauthenticated
 * @throws Problem `not_found`
 */
export const listFirings = (
  db: Database,
  credential: Credential,
  { triggerId, ...page }: { triggerId: string; before: string | null; limit: number },
) => readFor(db, credential, "list_firings", { trigger_id: triggerId, ...page }, firingsSchema, OF_TRIGGER);
