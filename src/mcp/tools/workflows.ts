/** The tools for workflows: which there are, and what each does. */
import { z } from "zod";
import { type AgentTool, defineTool, READS } from "../tool.ts";
import { page, total, workflowId } from "./fields.ts";

const named = {
  id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  is_active: z.boolean().describe("False while it is paused: it accepts no runs."),
};

export const WORKFLOW_TOOLS: readonly AgentTool[] = [
  defineTool({
    name: "list_workflows",
    title: "List workflows",
    description: "The workflows that you may see, newest first. Long descriptions are cut: see describe_workflow.",
    input: z.strictObject(page),
    output: z.object({ items: z.array(z.object(named)), total: total() }),
    annotations: READS,
    longestText: 300,
    call: (api, query) => api.json({ path: "/v1/workflow-definitions", query }),
  }),
  defineTool({
    name: "describe_workflow",
    title: "Describe a workflow",
    description: "One workflow: what it does, what its runs read and write, and how long they may take.",
    input: z.strictObject({ workflow_id: workflowId() }),
    output: z.object({
      ...named,
      runner_type: z.string(),
      max_run_duration_seconds: z.number(),
      source_path_part_ids: z.array(z.string()).describe("What its runs read."),
      instruction_path_part_ids: z.array(z.string()).describe("What its runs follow."),
      output_path_part_ids: z.array(z.string()).describe("Where its runs write."),
      template_path_part_id: z.string().nullable(),
    }),
    annotations: READS,
    call: (api, { workflow_id }) => api.json({ path: `/v1/workflow-definitions/${workflow_id}` }),
  }),
  defineTool({
    name: "get_input_schema",
    title: "Get the input schema of a workflow",
    description:
      "The JSON Schema that the input of its runs must fit; null when any object fits. Ask for it before you trigger a run.",
    input: z.strictObject({ workflow_id: workflowId() }),
    output: z.object({ input_schema: z.record(z.string(), z.unknown()).nullable() }),
    annotations: READS,
    call: (api, { workflow_id }) => api.json({ path: `/v1/workflow-definitions/${workflow_id}/input-schema` }),
  }),
];
