import { hostname } from "node:os";
import process from "node:process";
import type { Command } from "commander";
import type { Client } from "../../client.ts";
import { ApiProblem, InvalidRequest } from "../../problem.ts";
import { type Assignment, createRunner, type Outcome } from "../../runner/index.ts";
import type { Workflow } from "../../types.ts";
import { type Context, contextOf } from "../context.ts";
import { CliError, EXIT } from "../exit.ts";
import { Outage } from "../follow.ts";
import { integer, loadVariables, several, severalIntegers, tagsIn } from "../input.ts";
import { findWorkflow, isId } from "../names.ts";
import { harmless, paintState, plural, print, say } from "../output.ts";
import { readPolicy, setPolicy } from "../policy.ts";
import { commandWork, isCommand } from "../run/command-work.ts";
import { stopWhenAsked } from "../run/stop-when-asked.ts";

type Flags = {
  workflow?: string[];
  envFile?: string;
  concurrency: number;
  once?: boolean;
  setPolicy?: boolean;
  leaseSeconds?: number;
  graceSeconds: number;
  /** Of `--no-retry-on`. */
  retryOn: number[];
  name: string;
  tags?: string[];
};

export function addRun(program: Command): void {
  program
    .command("run")
    .argument("<command...>", "what to run, after --")
    .description("Act as the runner of a workflow: start a command for each run")
    .option("--workflow <workflow>", "take the runs of this workflow, by its name or id; can be repeated", several)
    .option("--tags <tags>", "what this machine has, such as gpu,eu: workflows may want that of their runners", tagsIn)
    .option("--env-file <file>", "where the service, the key and the workflow are, as `init` has written it")
    .option(
      "--concurrency <n>",
      "how many runs to work on at the same time, of all workflows together",
      integer(1, 100),
      1,
    )
    .option("--once", "take one run, then exit with the command's exit code, or with 75 if the run is suspended")
    .option("--set-policy", "let the workflow hand its runs to runners that ask for them")
    .option("--lease-seconds <n>", "with --set-policy: how long a runner may be silent, 30 to 3600", integer(30, 3600))
    .option("--grace-seconds <n>", "seconds between SIGTERM and SIGKILL", integer(0, 300), 5)
    .option(
      "--no-retry-on <code>",
      "an exit code after which the run is not retried, although the policy retries what is REPORTED; can be repeated",
      severalIntegers(1, 255),
    )
    // Without this, a flag with --no- is true until it is given. A default of the option itself would be shown in the help.
    .setOptionValue("retryOn", [])
    .option("--name <name>", "the name that people see for this runner", hostname().slice(0, 100))
    .showHelpAfterError('(The command comes after "--": workflow-runs run --workflow NAME -- COMMAND …)')
    .addHelpText(
      "after",
      `
The command gets the run as JSON on stdin: run_id, attempt, deadline_at, run_snapshot and input. The same is in the
variables WORKFLOW_RUN_ID, WORKFLOW_RUN_ATTEMPT, WORKFLOW_RUN_DEADLINE_AT, WORKFLOW_RUN_SNAPSHOT, WORKFLOW_RUN_INPUT,
WORKFLOW_RUN_WORKFLOW_ID and WORKFLOW_RUN_WORKFLOW_NAME. What it prints is the run's log, and not shown here. A line
such as "::progress 40 reading" is shown as progress. The files that it leaves at the top of the folder
WORKFLOW_RUN_ARTIFACTS are stored with the run.

With exit code 0 the run is COMPLETED, and the last line of stdout is its output if it is JSON; else it is FAILED with
the last lines of stderr, and retried if the policy of the workflow retries what is REPORTED
(\`workflows update --retry-on REPORTED --max-attempts 3\`) and --no-retry-on does not name its code.

In the command, \`workflow-runs checkpoint\`, \`ask\` and \`sleep\` let the run go on later where it was: it is suspended,
and the command is started again. WORKFLOW_RUN_RESUME is a file with what has come and what was kept.

A stop is passed on as SIGTERM, and as SIGKILL after the grace. Ctrl-C or SIGTERM gives unfinished runs back.

Examples:
  $ workflow-runs run --workflow "Quarterly report" -- python summarise.py
  $ workflow-runs run --env-file runner.env -- sh work.sh
  $ workflow-runs run --workflow "Quarterly report" --no-retry-on 2 -- python summarise.py
  $ workflow-runs run --workflow "Quarterly report" --set-policy --once -- ./report.sh`,
    )
    .action(async (words: string[], flags: Flags, command: Command) => {
      const [program = "", ...args] = words;
      if (flags.leaseSeconds !== undefined && !flags.setPolicy) {
        throw new CliError("--lease-seconds changes the workflow. Add --set-policy to allow that.", EXIT.invalid);
      }
      if (!isCommand(program)) {
        throw new CliError(`There is no command "${program}". No run was taken.`, EXIT.invalid);
      }
      if (flags.envFile !== undefined) loadVariables(flags.envFile);
      const ofFile = process.env.WORKFLOW_RUNS_WORKFLOW;
      const named = flags.workflow ?? (ofFile ? [ofFile] : []);
      if (named.length === 0) throw new CliError("Say whose runs it takes: --workflow NAME.", EXIT.invalid);
      const context = contextOf(command);
      const workflows = await Promise.all(named.map((name) => findLeasable(context, name, flags)));
      await work(context, flags, workflows, program, args);
    });
}

/** A workflow whose runs can be leased. `slots` is how many runs it has at the same time; null when this key may not read it. */
type Leasable = { id: string; slots: number | null };

async function findLeasable({ client }: Context, name: string, flags: Flags): Promise<Leasable> {
  const found = await findUnlessHidden(client, name);
  if (found === null) return { id: name, slots: null };
  const policy = await readPolicy(client, found.id);
  const isLeased = policy?.handover === "lease";
  const leasable = { id: found.id, slots: policy?.max_running ?? null };
  const seconds = flags.leaseSeconds ?? policy?.lease_seconds;
  if (isLeased && seconds === policy.lease_seconds) return leasable;
  if (flags.setPolicy) {
    await setPolicy(client, found.id, { handover: "lease", ...(seconds !== undefined && { lease_seconds: seconds }) });
    const name = `"${harmless(found.name)}"`;
    if (!isLeased) say(`${name} now hands its runs to runners that ask for them.`);
    if (seconds !== policy?.lease_seconds) say(`A lease of ${name} now lasts ${seconds} seconds.`);
    return leasable;
  }
  throw new CliError(
    `"${harmless(found.name)}" sends its runs to a URL, so none can be taken here. Add --set-policy to change that: ` +
      "its runs then wait for runners such as this one.",
  );
}

/** Null when the workflow cannot be looked up with this key: a runner key may only lease runs. */
async function findUnlessHidden(client: Client, name: string): Promise<Workflow | null> {
  try {
    return await findWorkflow(client, name);
  } catch (error) {
    if (!(error instanceof ApiProblem && (error.status === 401 || error.code === "forbidden"))) throw error;
    if (isId(name)) return null;
    const text =
      "The service does not know this API key, or it is a runner key: with that, give the id of the workflow.";
    throw new CliError(text, EXIT.notSignedIn);
  }
}

async function work(context: Context, flags: Flags, workflows: Leasable[], command: string, args: string[]) {
  const { client, mode, apiKey } = context;
  let exitCode = 0;
  const outage = new Outage();
  const commands = commandWork({
    command,
    args,
    graceSeconds: flags.graceSeconds,
    finalCodes: flags.retryOn,
    onExit: (code) => {
      exitCode = code;
    },
  });
  const runner = createRunner({
    lease: {
      url: client.url,
      key: apiKey,
      name: flags.name,
      workflowIds: workflows.map(({ id }) => id),
      capacity: flags.once ? 1 : flags.concurrency,
      ...(flags.tags && { tags: flags.tags }),
      onStart: (run) => {
        outage.isOver();
        if (mode === "people") say(`Run ${run.run_id} of "${harmless(run.run_snapshot.workflow_name)}" has begun.`);
      },
      onEnd: (run, outcome) => {
        if (exitCode === 0 || outcome.report === "suspended") exitCode = exitCodeOf(outcome);
        tell(mode, run, outcome);
      },
      onRetry: outage.tell,
    },
    work: commands.work,
    onNote: ({ run_id, text }) => say(`Run ${run_id}: ${harmless(text)}`),
  });

  // However this process ends, its commands end with it. They are process groups of their own, and would otherwise go on.
  process.once("exit", commands.killAll);
  const stopped = stopWhenAsked({ stop: () => runner.stop(), graceSeconds: flags.graceSeconds });
  sayMost(flags, workflows);
  if (mode === "people") say("Waiting for runs. Ctrl-C ends it, and gives unfinished runs back.");
  await runner.run(flags.once ? { most: 1 } : {}).catch(explainRefusal);
  await stopped();
  if (flags.once) process.exitCode = exitCode;
}

/** Says how many runs there can be at the same time, when that is known and less than what was asked for. */
function sayMost({ once, concurrency }: Flags, workflows: readonly Leasable[]): void {
  const slots = [...new Map(workflows.map(({ id, slots }) => [id, slots ?? Number.POSITIVE_INFINITY])).values()];
  const most = slots.reduce((sum, slot) => sum + slot, 0);
  if (once || concurrency <= most) return;
  const runs = plural(most, "run");
  const allowed = `By the policies of its workflows, this runner works on at most ${runs} at the same time`;
  say(`${allowed}, and not on ${concurrency}.`);
}

/** A runner key cannot look up workflows, so the command learns only here that the key or a workflow does not exist. */
function explainRefusal(error: unknown): never {
  if (error instanceof ApiProblem && error.status === 401) {
    const text = "The service does not accept this API key: it is unknown, revoked or expired.";
    throw new CliError(text, EXIT.notSignedIn);
  }
  if (!(error instanceof InvalidRequest)) throw error;
  const fault = error.faults.find(({ loc }) => loc.includes("workflow_definition_ids"));
  throw fault === undefined ? error : new CliError(fault.msg, EXIT.notThere);
}

/** The exit code for a run whose command succeeded, or has suspended it. The service may still have refused its result. */
function exitCodeOf({ report, status }: Outcome): number {
  if (report === "suspended") return EXIT.suspended;
  if (report !== "recorded") return EXIT.failed;
  return status === "COMPLETED" ? EXIT.done : EXIT.runFailed;
}

function tell(mode: Context["mode"], { run_id, attempt }: Assignment, outcome: Outcome): void {
  if (mode === "json") print(JSON.stringify({ run_id, attempt, ...outcome }));
  if (mode === "quiet") print(run_id);
  if (mode !== "people") return;
  const { report, status, error } = outcome;
  const reason = error === null ? "" : ` ${harmless(error)}`;
  if (report === "recorded") say(`Run ${run_id} is ${paintState(status ?? "")}.${reason}`);
  else if (report === "released") say(`Run ${run_id} was given back.`);
  else if (report === "suspended") say(`Run ${run_id} is suspended.`);
  else if (report === "refused") say(`The service refused the result of run ${run_id}:${reason}`);
  else say(`The result of run ${run_id} is not wanted any more:${reason}`);
}
