import type { Client } from "../client.ts";
import type { Policy, Workflow } from "../types.ts";
import type { Context } from "./context.ts";
import { pathOf } from "./names.ts";
import { ago, duration, facts, harmless, paint, plural, print, printOne } from "./output.ts";
import { DEFAULT_LEASE_SECONDS, type PolicyFlags, readPolicy } from "./policy.ts";

export const stateOf = ({ is_active }: Workflow): string => (is_active ? "active" : paint("yellow", "paused"));

/**
 * Prints a workflow with its policy, for people also with the paths of its files and folders. `given` are the flags of the command
 * that has changed it.
 */
export async function printWorkflow(
  { client, mode }: Context,
  workflow: Workflow,
  given: PolicyFlags = {},
): Promise<void> {
  if (mode === "quiet") return void print(workflow.id);
  const policy = await readPolicy(client, workflow.id);
  const paths = mode === "people" ? await pathsOf(client, workflow) : null;
  const children = policy && mode === "people" ? await childrenText(client, policy) : null;
  printOne(mode, { ...workflow, policy }, workflow.id, () =>
    facts({
      id: workflow.id,
      name: harmless(workflow.name),
      description: workflow.description === null ? null : harmless(workflow.description),
      state: stateOf(workflow),
      ...paths,
      handover: policy?.handover,
      lease: policy && leaseText(policy, given),
      attempts:
        policy && policy.max_attempts > 1 ? `${policy.max_attempts}, after ${policy.retry_on.join(", ")}` : null,
      "at a time": policy && policy.max_running > 1 ? `${policy.max_running} runs` : null,
      "per key": policy && policy.max_running_per_key !== null ? plural(policy.max_running_per_key, "run") : null,
      "key from": policy && policy.key_from !== null ? harmless(policy.key_from) : null,
      "when busy": policy && whenBusyText(policy),
      "waiting runs": policy && policy.max_queued !== null ? `at most ${policy.max_queued}` : null,
      "runner tags": policy?.runner_tags.join(", "),
      "may trigger": children,
      "run by":
        policy && workflow.output_path_part_ids.length === 0
          ? `who may ${policy.run_needs === "read" ? "see" : "change"} it`
          : null,
      input:
        policy && policy.input_schema !== null
          ? "must fit its schema: see `workflow-runs workflows input-schema`"
          : null,
      runner: workflow.runner_config === null ? null : harmless(workflow.runner_config.url),
      "time limit": duration(workflow.max_run_duration_seconds),
      changed: ago(workflow.updated_at),
    }),
  );
}

/** How long a lease lasts. Also shown where runs are not leased, if somebody has said it. */
function leaseText({ handover, lease_seconds: seconds }: Policy, { leaseSeconds }: PolicyFlags): string | null {
  if (handover === "lease") return duration(seconds);
  const isGiven = leaseSeconds !== undefined || seconds !== DEFAULT_LEASE_SECONDS;
  return isGiven ? `${duration(seconds)}, which has no effect while its runs are not leased` : null;
}

/** What an invoke does when the workflow is busy; null when its run simply waits. */
function whenBusyText({ when_busy: mode, replace_grace_seconds: seconds }: Policy): string | null {
  if (mode === "queue") return null;
  return mode === "replace_running" && seconds > 0 ? `${mode}, with ${duration(seconds)} to end its work` : mode;
}

/** The workflows whose runs its runs may trigger, one in a line: their names, or the ids of those that are not the caller's to see. */
async function childrenText(client: Client, policy: Policy): Promise<string | null> {
  // An older service has no children.
  const { may_trigger: ids = [] }: Partial<Policy> = policy;
  if (ids.length === 0) return null;
  const names = new Map<string, string>();
  for await (const { id, name } of client.workflows()) names.set(id, name);
  return ids.map((id) => harmless(names.get(id) ?? id)).join("\n");
}

/** The paths of the files and folders of a workflow, one in a line. */
async function pathsOf(client: Client, workflow: Workflow): Promise<Record<string, string>> {
  const lines = async (ids: readonly string[]) => {
    const paths = await Promise.all(
      ids.map(async (id) => (await pathOf(client, id)) ?? `${id} (deleted, or not yours to see)`),
    );
    return paths.map(harmless).join("\n");
  };
  const template = workflow.template_path_part_id;
  const [sources, instructions, outputs, templates] = await Promise.all([
    lines(workflow.source_path_part_ids),
    lines(workflow.instruction_path_part_ids),
    lines(workflow.output_path_part_ids),
    lines(template === null ? [] : [template]),
  ]);
  return { sources, instructions, outputs, template: templates };
}
