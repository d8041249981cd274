import type { Workflow } from "../types.ts";
import type { Context } from "./context.ts";
import { ago, duration, facts, harmless, paint, printOne } from "./output.ts";
import { readPolicy } from "./policy.ts";

export const stateOf = ({ is_active }: Workflow): string => (is_active ? "active" : paint("yellow", "paused"));

/** Prints a workflow. For people, its policy is included. */
export async function printWorkflow({ client, mode }: Context, workflow: Workflow): Promise<void> {
  const policy = mode === "people" ? await readPolicy(client, workflow.id) : null;
  printOne(mode, workflow, workflow.id, () =>
    facts({
      id: workflow.id,
      name: harmless(workflow.name),
      description: workflow.description === null ? null : harmless(workflow.description),
      state: stateOf(workflow),
      handover: policy?.handover,
      lease: policy?.handover === "lease" ? duration(policy.lease_seconds) : null,
      attempts:
        policy && policy.max_attempts > 1 ? `${policy.max_attempts}, after ${policy.retry_on.join(", ")}` : null,
      runner: workflow.runner_config === null ? null : harmless(workflow.runner_config.url),
      "time limit": duration(workflow.max_run_duration_seconds),
      changed: ago(workflow.updated_at),
    }),
  );
}
