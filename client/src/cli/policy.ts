import type { Command } from "commander";
import type { Client } from "../client.ts";
import { unwrap } from "../connection.ts";
import { ApiProblem } from "../problem.ts";
import type { Policy } from "../types.ts";
import { CliError, EXIT, explainError } from "./exit.ts";
import { integer, oneOf, readInput, several, severalOf, tagsIn } from "./input.ts";
import { findWorkflow } from "./names.ts";

type FailureCode = Policy["retry_on"][number];
export type WhenBusy = Policy["when_busy"];
type RunNeeds = Policy["run_needs"];

/** How long a lease of a new workflow lasts. */
export const DEFAULT_LEASE_SECONDS = 300;

/** The flags that `addPolicyFlags` adds to a command. */
export type PolicyFlags = {
  leaseSeconds?: number;
  maxAttempts?: number;
  retryOn?: FailureCode[];
  maxRunning?: number;
  maxRunningPerKey?: number | "any";
  keyFrom?: string;
  whenBusy?: WhenBusy;
  replaceGraceSeconds?: number;
  maxQueued?: number | "any";
  runNeeds?: RunNeeds;
  runnerTags?: string[];
  /** The names or ids of workflows; `["none"]` for none. */
  mayTrigger?: string[];
  /** A JSON Schema, `@file`, or "any". */
  inputSchema?: string;
};

const RETRYABLE: readonly FailureCode[] = ["LOST", "UNREACHED", "DEADLINE", "REPORTED"];

export const WHEN_BUSY: readonly WhenBusy[] = ["queue", "skip", "replace_queued", "replace_running"];

const RUN_NEEDS: readonly RunNeeds[] = ["write", "read"];

const queueLength = integer(1, 1000);

const ofWorkflow = (id: string) => ({ params: { path: { definition_id: id } } });

/** The flags for a command that creates a workflow, or changes one. */
export const addPolicyFlags = (command: Command): Command =>
  command
    .option(
      "--lease-seconds <n>",
      `how long its runner may be silent before a run is LOST: 30 to 3600; ${DEFAULT_LEASE_SECONDS} for a new workflow`,
      integer(30, 3600),
    )
    .option(
      "--max-attempts <n>",
      "how many attempts a run has, with --retry-on: 1 to 10; 1 for a new workflow",
      integer(1, 10),
    )
    .option(
      "--retry-on <code>",
      `a failure after which a run is retried: ${RETRYABLE.join(", ")}; can be repeated`,
      severalOf(RETRYABLE),
    )
    .option(
      "--max-running <n>",
      "how many runs it has at the same time, at most: 1 to 100; 1 for a new workflow",
      integer(1, 100),
    )
    .option(
      "--max-running-per-key <n>",
      'how many of these have the same concurrency key, at most: 1 to 100, or "any"; keys then take turns',
      (text: string) => (text === "any" ? text : integer(1, 100)(text)),
    )
    .option("--key-from </pointer>", 'where the input has the concurrency key, such as /customer/id, or "none"')
    .option(
      "--when-busy <what>",
      `what an invoke does when as many runs are unfinished as may be RUNNING: ${WHEN_BUSY.join(", ")}; queue for a new workflow`,
      oneOf(WHEN_BUSY),
    )
    .option(
      "--replace-grace-seconds <n>",
      "with replace_running: how long the replaced run has to end its work: 0 to 300; 0 for a new workflow",
      integer(0, 300),
    )
    .option(
      "--max-queued <n>",
      'how many runs wait at most, 1 to 1000, or "any"; a further invoke is refused',
      (text: string) => (text === "any" ? text : queueLength(text)),
    )
    .option(
      "--run-needs <right>",
      "without outputs: what a USER needs on the workflow to run it: write or read; write for a new workflow",
      oneOf(RUN_NEEDS),
    )
    .option(
      "--runner-tags <tags>",
      'with --lease: what a runner needs to get its runs, such as gpu,eu; "none" for any runner',
      (text: string) => (text === "none" ? [] : tagsIn(text)),
    )
    .option(
      "--may-trigger <workflow>",
      'a workflow, by its name or id, whose runs its runs may trigger; can be repeated, or "none"',
      several,
    )
    .option(
      "--input-schema <json>",
      'the JSON Schema that each input must fit: as text, as @file, or "any" for no schema',
    );

/**
 * The fields of a policy that the flags change. `before` is the policy that the others are taken from, if there is one.
 * @throws CliError when no run would be retried, although more than one attempt was asked for, or the other way round,
 * when a schema cannot be read, and when there is no such workflow that its runs may trigger
 */
export async function policyChange(client: Client, flags: PolicyFlags, before?: Policy): Promise<Partial<Policy>> {
  const { leaseSeconds, maxAttempts, retryOn, maxRunning, whenBusy, replaceGraceSeconds, maxQueued, runNeeds } = flags;
  const { maxRunningPerKey, keyFrom, runnerTags, mayTrigger, inputSchema } = flags;
  const attempts = maxAttempts ?? before?.max_attempts ?? 1;
  const codes = retryOn ?? before?.retry_on ?? [];
  if (maxAttempts !== undefined && attempts > 1 && codes.length === 0) {
    throw new CliError("Say with --retry-on after which failures a run is tried again.", EXIT.invalid);
  }
  if (retryOn !== undefined && attempts === 1) {
    throw new CliError("Say with --max-attempts how many attempts a run has in total.", EXIT.invalid);
  }
  return {
    ...(leaseSeconds !== undefined && { lease_seconds: leaseSeconds }),
    ...(maxAttempts !== undefined && { max_attempts: maxAttempts }),
    ...(retryOn !== undefined && { retry_on: [...new Set(retryOn)] }),
    ...(maxRunning !== undefined && { max_running: maxRunning }),
    ...(maxRunningPerKey !== undefined && {
      max_running_per_key: maxRunningPerKey === "any" ? null : maxRunningPerKey,
    }),
    ...(keyFrom !== undefined && { key_from: keyFrom === "none" ? null : keyFrom }),
    ...(whenBusy !== undefined && { when_busy: whenBusy }),
    ...(replaceGraceSeconds !== undefined && { replace_grace_seconds: replaceGraceSeconds }),
    ...(maxQueued !== undefined && { max_queued: maxQueued === "any" ? null : maxQueued }),
    ...(runNeeds !== undefined && { run_needs: runNeeds }),
    ...(runnerTags !== undefined && { runner_tags: runnerTags }),
    ...(mayTrigger !== undefined && { may_trigger: await idsOf(client, mayTrigger) }),
    ...(inputSchema !== undefined && {
      input_schema: inputSchema === "any" ? null : await readInput(inputSchema, "--input-schema"),
    }),
  };
}

async function idsOf(client: Client, workflows: readonly string[]): Promise<string[]> {
  if (workflows.join() === "none") return [];
  return Promise.all(workflows.map(async (name) => (await findWorkflow(client, name)).id));
}

/** The policy of a workflow. Null when the caller may not see it. */
export async function readPolicy(client: Client, id: string): Promise<Policy | null> {
  try {
    return await unwrap(client.api.GET("/v1/workflow-definitions/{definition_id}/policy", ofWorkflow(id)));
  } catch (error) {
    if (error instanceof ApiProblem && (error.status === 404 || error.code === "forbidden")) return null;
    throw error;
  }
}

/** Changes some fields of a policy, and keeps the others. */
export async function setPolicy(client: Client, id: string, change: Partial<Policy>): Promise<void> {
  const body = { ...(await readPolicy(client, id)), ...change };
  await unwrap(client.api.PUT("/v1/workflow-definitions/{definition_id}/policy", { ...ofWorkflow(id), body }));
}

/**
 * Sets the policy of a workflow that was created just now. When that fails, the workflow stays, since somebody may have triggered a run
 * of it meanwhile. `flags` are those with which `workflows update` sets the policy.
 * @throws CliError that says so, with the id of the workflow
 */
export async function setFirstPolicy(
  client: Client,
  id: string,
  policy: Partial<Policy>,
  flags: string,
): Promise<void> {
  try {
    await setPolicy(client, id, policy);
  } catch (error) {
    const { text, exitCode } = explainError(error);
    const next = `Do not create another one: run \`workflow-runs workflows update ${id}\` with ${flags}.`;
    throw new CliError(`${text}\nThe workflow ${id} was created, but its policy was not set. ${next}`, exitCode);
  }
}
