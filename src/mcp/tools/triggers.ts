/** The tools for triggers, which trigger runs by themselves. */
import { z } from "zod";
import { type AgentTool, defineTool, READS } from "../tool.ts";
import { page, total, triggerId, workflowId } from "./fields.ts";

const trigger = {
  id: z.string(),
  workflow_definition_id: z.string(),
  name: z.string(),
  kind: z.string().describe("schedule, webhook or run."),
  is_active: z.boolean().describe("False while it is paused."),
  schedule: z.object({ cron: z.string().nullable(), at: z.string().nullable(), time_zone: z.string() }).nullable(),
  next_at: z.string().nullable().describe("When it fires next by its schedule."),
  pause_note: z.string().nullable().describe("Why it was paused, or has paused itself."),
};

export const TRIGGER_TOOLS: readonly AgentTool[] = [
  defineTool({
    name: "list_triggers",
    title: "List triggers",
    description: "The triggers of a workflow: schedules, webhooks, and ends of other runs that trigger its runs.",
    input: z.strictObject({ workflow_id: workflowId(), ...page }),
    output: z.object({ items: z.array(z.object(trigger)), total: total() }),
    annotations: READS,
    longestText: 300,
    call: (api, { workflow_id, ...query }) =>
      api.json({ path: `/v1/workflow-definitions/${workflow_id}/triggers`, query }),
  }),
  defineTool({
    name: "fire_trigger",
    title: "Fire a trigger",
    description:
      "Fires a trigger now, also while it is paused. The outcome may be FIRED, or SKIPPED or REFUSED with the reason.",
    input: z.strictObject({ trigger_id: triggerId() }),
    output: z.object({
      id: z.string(),
      outcome: z.string(),
      run_id: z.string().nullable().describe("FIRED: its run. SKIPPED: the run that was in the way."),
      reason: z.string().nullable(),
    }),
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false },
    call: (api, { trigger_id }) => api.json({ path: `/v1/triggers/${trigger_id}/fire`, body: {} }),
  }),
  defineTool({
    name: "pause_trigger",
    title: "Pause a trigger",
    description: "It does not fire until it is resumed.",
    input: z.strictObject({
      trigger_id: triggerId(),
      note: z.string().optional().describe("Why, for those who find it paused."),
    }),
    output: z.object(trigger),
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
    call: (api, { trigger_id, ...body }) => api.json({ path: `/v1/triggers/${trigger_id}/pause`, body }),
  }),
  defineTool({
    name: "resume_trigger",
    title: "Resume a trigger",
    description: "It fires again, from then on with your rights.",
    input: z.strictObject({
      trigger_id: triggerId(),
      catch_up: z.boolean().optional().describe("True to fire late for the last instant of the pause."),
    }),
    output: z.object(trigger),
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true },
    call: (api, { trigger_id, ...body }) => api.json({ path: `/v1/triggers/${trigger_id}/resume`, body }),
  }),
];
