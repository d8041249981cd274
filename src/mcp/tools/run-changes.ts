/** The tools that trigger and change runs, and that wait for one. */
import { z } from "zod";
import { type Api, Refused } from "../api.ts";
import { type AgentTool, defineTool, READS, type Report } from "../tool.ts";
import { runId, workflowId } from "./fields.ts";
import { follow } from "./follow.ts";
import { result, status } from "./runs.ts";

/** The longest wait of the API, in seconds. */
const LONGEST_WAIT = 60;

/** Below the 60 seconds after which clients usually give up. */
const USUAL_WAIT = 50;

const wait = () => z.int().min(1).max(LONGEST_WAIT);

/** The result of a run as soon as it has ended, or what is known when the time is up. Meanwhile, its progress is reported. */
async function waitForEnd(api: Api, id: string, seconds: number, report: Report | undefined): Promise<unknown> {
  const stop = report === undefined ? () => {} : follow(api, id, report);
  try {
    return await api.json({ path: `/v1/workflow-runs/${id}/result`, headers: { Prefer: `wait=${seconds}` } });
  } finally {
    stop();
  }
}

const triggered = z.object({ id: z.string(), status });

const changed = z.object({ id: z.string(), status, error: z.string().nullable() });

export const RUN_CHANGE_TOOLS: readonly AgentTool[] = [
  defineTool({
    name: "invoke_workflow",
    title: "Trigger a run",
    description:
      "Triggers a run of a workflow. With `wait_seconds` the answer comes when the run has ended, with its result, but at the latest after " +
      "that time: then go on with wait_for_run. With an `idempotency_key` of your own, the same call can be repeated without a second run.",
    input: z.strictObject({
      workflow_id: workflowId(),
      input: z.record(z.string(), z.unknown()).optional().describe("What the run gets: at most 32 KiB."),
      labels: z.record(z.string(), z.string()).optional().describe("To find the run by, such as `customer`: `4711`."),
      idempotency_key: z.string().optional(),
      concurrency_key: z.string().optional(),
      priority: z.int().min(0).max(9).optional().describe("9 passes all others of this workflow that wait."),
      start_after: z.string().optional().describe("RFC 3339: it waits until then."),
      must_start_by: z.string().optional().describe("RFC 3339: it fails unless it has started by then."),
      wait_seconds: wait().optional(),
    }),
    output: z.object({
      id: z.string(),
      status,
      is_replayed: z.boolean().describe("True for the run that this idempotency key has triggered before."),
      result: result.nullable().describe("Null unless you have waited."),
    }),
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false },
    async call(api, { workflow_id, wait_seconds: seconds, ...body }, report) {
      const response = await api.answer({ path: `/v1/workflow-definitions/${workflow_id}/invoke`, body });
      const run = triggered.parse(await response.json());
      const answer = { ...run, is_replayed: response.headers.has("Idempotency-Replayed"), result: null };
      if (seconds === undefined) return answer;
      try {
        const ended = result.parse(await waitForEnd(api, run.id, seconds, report));
        return { ...answer, status: ended.status, result: ended };
      } catch (error) {
        // The run was triggered, so the agent must learn of it, even if it could not be waited for.
        if (error instanceof Refused) return answer;
        throw error;
      }
    },
  }),
  defineTool({
    name: "wait_for_run",
    title: "Wait for a run",
    description:
      "Waits until a run has ended, and answers its result. If it is still PENDING or RUNNING when the time is up, call it again.",
    input: z.strictObject({ run_id: runId(), wait_seconds: wait().default(USUAL_WAIT) }),
    output: result,
    annotations: READS,
    call: (api, { run_id, wait_seconds }, report) => waitForEnd(api, run_id, wait_seconds, report),
  }),
  defineTool({
    name: "stop_run",
    title: "Stop a run",
    description:
      "Stops a run that waits or runs: it is FAILED at once, or with `grace_seconds` when its runner has had that time to end its work.",
    input: z.strictObject({
      run_id: runId(),
      reason: z.string().optional().describe("For people who look at the run."),
      grace_seconds: z.number().optional().describe("At most 300; by default 0."),
    }),
    output: changed,
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
    call: (api, { run_id, ...body }) => api.json({ path: `/v1/workflow-runs/${run_id}/stop`, body }),
  }),
  defineTool({
    name: "retry_run",
    title: "Retry a run",
    description: "Runs a FAILED run again, as its next attempt, with the same input.",
    input: z.strictObject({ run_id: runId() }),
    output: changed,
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false },
    call: (api, { run_id }) => api.json({ path: `/v1/workflow-runs/${run_id}/retry`, body: {} }),
  }),
];
