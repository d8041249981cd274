import { Option } from "commander";
import type { Client } from "../client.ts";
import { unwrap } from "../connection.ts";
import { byCursor } from "../pages.ts";
import { InvalidRequest } from "../problem.ts";
import type { ListedDetails, Run, RunFilter, RunStatus } from "../types.ts";
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

const refusesDetails = (error: unknown): boolean =>
  error instanceof InvalidRequest && error.faults.every(({ loc }) => loc.join(".") === "query.details");

/**
 * The newest runs of a filter, `most` of them at most. With `withDetails`, `details` has what the list says of each beside it, by its id; of
 * none when the service is so old that it refuses to say it.
 */
export async function findRuns(
  { api }: Client,
  filter: RunFilter,
  { most, withDetails }: { most: number; withDetails: boolean },
): Promise<{ runs: Run[]; details: Map<string, ListedDetails> }> {
  const details = new Map<string, ListedDetails>();
  let asksDetails = withDetails;
  const ask = (cursor: string | undefined) => {
    const more = { ...(cursor !== undefined && { cursor }), ...(asksDetails && { details: "true" as const }) };
    return unwrap(
      api.GET("/v1/workflow-runs", { params: { query: { ...filter, limit: Math.min(most, 100), ...more } } }),
    );
  };
  const found = byCursor(async (cursor) => {
    const page = await ask(cursor).catch((error: unknown) => {
      if (!refusesDetails(error)) throw error;
      asksDetails = false;
      return ask(cursor);
    });
    for (const one of page.details ?? []) details.set(one.run_id, one);
    return page;
  });
  const runs: Run[] = [];
  for await (const run of found) if (runs.push(run) >= most) break;
  return { runs, details };
}
