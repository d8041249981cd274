/** How each tool for agents is called, and a part of what it answers. */
import { expect } from "vitest";
import { addDefinition, addTrigger, type Stage, suspensionBody } from "./stage.ts";
import { runToken } from "./tenant.ts";

type Called = { args: (key: string) => Promise<Record<string, unknown>>; answer: object };

/**
 * The calls of all tools on this stage. Each acts on a new object that the holder of the key may change. `tokenOf` makes the token of a run, when
 * the service has another secret than that of the tests.
 */
export function callsOn(
  stage: Stage,
  tokenOf = (runId: string) => runToken(stage.tenant, runId),
): Record<string, Called> {
  const send = async (path: string, key: string, body: object): Promise<{ id: string }> => {
    const response = await stage.service.send("POST", path, key, body);
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  };
  const definition = async () => ({ workflow_id: await addDefinition(stage) });
  const trigger = async () => ({ trigger_id: await addTrigger(stage) });
  const running = async (key: string) => {
    const { workflow_id } = await definition();
    const path = `/v1/workflow-definitions/${workflow_id}/invoke`;
    return { run_id: (await send(path, key, { labels: { customer: "4711" } })).id };
  };
  const failed = async (key: string) => {
    const { run_id } = await running(key);
    await send(`/v1/workflow-runs/${run_id}/stop`, key, { reason: "No such file" });
    return { run_id };
  };
  const suspended = async (key: string) => {
    const { run_id } = await running(key);
    await send(`/v1/workflow-runs/${run_id}/suspend`, await tokenOf(run_id), suspensionBody(stage));
    return { run_id };
  };

  return {
    list_workflows: { args: async () => ({ limit: 1 }), answer: { items: [{ description: stage.mark }] } },
    describe_workflow: { args: definition, answer: { description: stage.mark, is_active: true } },
    get_input_schema: { args: definition, answer: { input_schema: null } },
    invoke_workflow: {
      args: async () => ({ ...(await definition()), input: { a: [1] }, labels: { customer: "4711" } }),
      answer: { status: "RUNNING", is_replayed: false, result: null },
    },
    wait_for_run: { args: failed, answer: { status: "FAILED", failure_code: "STOPPED" } },
    stop_run: { args: running, answer: { status: "FAILED" } },
    retry_run: { args: failed, answer: { status: "RUNNING", error: null } },
    list_runs: {
      args: async (key) => {
        await Promise.all([running(key), running(key)]);
        return { label: ["customer:4711"], status: ["RUNNING", "COMPLETED"], limit: 1 };
      },
      answer: { items: [{ status: "RUNNING" }], next_cursor: expect.any(String) },
    },
    get_run: { args: running, answer: { status: "RUNNING", completed_at: null } },
    get_run_details: { args: running, answer: { attempt: 1, labels: { customer: "4711" } } },
    explain_run: { args: failed, answer: { status: "FAILED", message: expect.any(String) } },
    get_run_result: { args: failed, answer: { status: "FAILED", attempt: 1, output: null, artifacts: null } },
    list_run_files: { args: running, answer: { attempt: 1, artifacts: [] } },
    read_run_log: { args: running, answer: { text: "", left_out: 0, after: null } },
    list_waits: {
      args: async (key) => {
        await suspended(key);
        return { limit: 1 };
      },
      answer: { items: [{ key: "approve", prompt: stage.mark, choices: ["yes", "no"] }] },
    },
    answer_wait: {
      args: async (key) => ({ ...(await suspended(key)), key: "approve", value: "yes", comment: "As agreed" }),
      answer: { key: "approve", answer: { value: "yes", comment: "As agreed" } },
    },
    list_triggers: { args: definition, answer: { items: [], total: 0 } },
    fire_trigger: { args: trigger, answer: { outcome: "FIRED", run_id: expect.any(String) } },
    pause_trigger: { args: async () => ({ ...(await trigger()), note: "Later" }), answer: { pause_note: "Later" } },
    resume_trigger: { args: trigger, answer: { is_active: true } },
  };
}
