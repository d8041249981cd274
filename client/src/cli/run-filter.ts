import { Option } from "commander";
import type { Client } from "../client.ts";
import type { RunFilter, RunStatus } from "../types.ts";
import { CliError, EXIT } from "./exit.ts";
import { severalLabels, severalOf } from "./input.ts";
import { findWorkflow } from "./names.ts";

/** The flags that choose runs. */
export type RunFilterFlags = {
  status?: RunStatus[];
  workflow?: string;
  label?: string[];
  batch?: string;
  suspended?: boolean;
  since?: string;
  until?: string;
};

const STATES: readonly RunStatus[] = ["PENDING", "RUNNING", "COMPLETED", "FAILED"];

export const statusOption = (note = "") =>
  new Option("--status <state>", `only in this state; can be repeated${note}`).argParser(severalOf(STATES));
export const workflowOption = () => new Option("--workflow <workflow>", "only of this workflow, by its name or id");
export const labelOption = () =>
  new Option("--label <key:value>", "only with this label; can be repeated").argParser(severalLabels);
export const batchOption = () => new Option("--batch <id>", "only of this batch");

/**
 * The filter of the API for these flags.
 * @throws CliError when no run can be in the time that they say
 */
export async function runFilterOf(client: Client, flags: RunFilterFlags): Promise<RunFilter> {
  const { status, workflow, label, batch, suspended, since, until } = flags;
  if (since !== undefined && until !== undefined && Date.parse(since) > Date.parse(until)) {
    throw new CliError("--since is later than --until, so no run can match.", EXIT.invalid);
  }
  return {
    ...(status && { status }),
    ...(label && { label }),
    ...(batch !== undefined && { batch }),
    ...(suspended && { suspended: "true" as const }),
    ...(workflow !== undefined && { workflow_definition_id: (await findWorkflow(client, workflow)).id }),
    ...(since !== undefined && { created_after: since }),
    ...(until !== undefined && { created_before: until }),
  };
}
