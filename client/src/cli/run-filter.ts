import { Option } from "commander";
import type { Client } from "../client.ts";
import type { RunFilter, RunStatus } from "../types.ts";
import { severalOf } from "./input.ts";
import { findWorkflow } from "./names.ts";

/** The flags that choose runs. */
export type RunFilterFlags = { status?: RunStatus[]; workflow?: string; since?: string; until?: string };

const STATES: readonly RunStatus[] = ["PENDING", "RUNNING", "COMPLETED", "FAILED"];

export const statusOption = (note = "") =>
  new Option("--status <state>", `only in this state; can be repeated${note}`).argParser(severalOf(STATES));
export const workflowOption = () => new Option("--workflow <workflow>", "only of this workflow, by its name or id");

/** The filter of the API for these flags. */
export async function runFilterOf(client: Client, flags: RunFilterFlags): Promise<RunFilter> {
  const { status, workflow, since, until } = flags;
  return {
    ...(status && { status }),
    ...(workflow !== undefined && { workflow_definition_id: (await findWorkflow(client, workflow)).id }),
    ...(since !== undefined && { created_after: since }),
    ...(until !== undefined && { created_before: until }),
  };
}
