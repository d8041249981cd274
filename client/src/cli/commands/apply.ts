import process from "node:process";
import type { Command } from "commander";
import type { Plan } from "../as-code/plan.ts";
import type { MadeSecret } from "../as-code/steps.ts";
import { type CareFlags, isWanted, NOT_DONE, withCare } from "../care.ts";
import { contextOf } from "../context.ts";
import { CliError, EXIT, explainError } from "../exit.ts";
import { readText } from "../input.ts";
import { harmless, type Mode, print, say, startProgress } from "../output.ts";
import { fileSchema } from "../workflows-schema.ts";

type Flags = CareFlags & { prune?: boolean; rotate?: boolean };

/** The exit code of --dry-run when something would change, as that of `terraform plan -detailed-exitcode`. */
const WOULD_CHANGE = 2;

export function addApply(program: Command): void {
  withCare(
    program
      .command("apply")
      .argument("<file>", "the file, or - for stdin")
      .description("Create and change workflows, policies and triggers so that they are as a file says"),
  )
    .option("--prune", "delete what is below the `root` of the file, and not in it")
    .option("--rotate", "set all secrets of the file anew, also of what has one already")
    .addHelpText(
      "after",
      `
It shows what changes, field by field, and asks on a terminal before it deletes something. Elsewhere it changes nothing then, and ends with
exit code 7: add --yes. With --dry-run the exit code is 0 when nothing would change, 2 when something would, and another one after a fault.
A secret, \${env:NAME}, is set when what needs it is created, when a runner with a URL changes, and with --rotate.
The old secret of a trigger is taken for 24 hours more, or until it is rotated again. So when --rotate has failed on its way, give the
senders their new secrets before you repeat it.

Examples:
  $ workflow-runs export > workflows.yaml
  $ workflow-runs apply workflows.yaml --dry-run
  $ workflow-runs apply workflows.yaml --prune --yes`,
    )
    .action(async (file: string, flags: Flags, command: Command) => {
      if (!flags.dryRun) return apply(file, flags, command);
      try {
        await apply(file, flags, command);
      } catch (error) {
        const { text, exitCode } = explainError(error);
        // With --dry-run this exit code says that something would change.
        throw new CliError(text, exitCode === WOULD_CHANGE ? EXIT.failed : exitCode);
      }
    });
}

async function apply(path: string, flags: Flags, command: Command): Promise<void> {
  const { client, mode } = contextOf(command);
  // Imported here and not above, since no other command needs to load a library for YAML.
  const [{ readFile, schemasIn }, { planOf }, { carryOut }, { deletionOf, planJson, planLines, summaryOf }] =
    await Promise.all([
      import("../as-code/file.ts"),
      import("../as-code/plan.ts"),
      import("../as-code/carry-out.ts"),
      import("../as-code/plan-lines.ts"),
    ]);
  const schema = fileSchema();
  const file = readFile(path === "-" ? "stdin" : path, await readText(path === "-" ? "@-" : `@${path}`), schema);
  const { dryRun = false, prune = false, rotate = false } = flags;
  const options = { dryRun, prune, rotate, variables: process.env };
  const plan = await planOf(client, file, schemasIn(schema), options);
  const { missing } = plan;

  const isEmpty = plan.changes.length === 0;
  if (mode === "people" && !isEmpty) print(planLines(plan).join("\n"));
  if (plan.left.length > 0) say(leftText(plan));
  if (isEmpty || dryRun) {
    for (const { variable } of missing) say(`The variable ${variable} is not set here. \`apply\` needs it.`);
    show(mode, plan, planJson(plan, !dryRun));
    if (mode === "people") {
      print(isEmpty ? "Everything is as the file says." : summaryOf(plan, false));
      if (!isEmpty) say(NOT_DONE);
    }
    if (!isEmpty) process.exitCode = WOULD_CHANGE;
    return;
  }
  const deletion = deletionOf(plan);
  if (deletion !== null) await isWanted(deletion, flags, EXIT.unconfirmed);

  const now = { state: "", note: "" };
  let progress = startProgress(() => now);
  try {
    await carryOut(plan, file, {
      tell(step, done, of) {
        now.state = `${done + 1} of ${of}`;
        now.note = step.text;
      },
      keep(secret) {
        progress.stop();
        tellSecret(secret);
        progress = startProgress(() => now);
      },
    });
  } finally {
    progress.stop();
  }
  show(mode, plan, planJson(plan, true));
  if (mode === "people") print(`Done: ${summaryOf(plan, true)}`);
}

function show(mode: Mode, { changes }: Plan, json: object): void {
  if (mode === "json") print(JSON.stringify(json, null, 2));
  if (mode === "quiet" && changes.length > 0) print([...new Set(changes.map(({ path }) => path))].join("\n"));
}

/** How many of them are named. */
const MOST_LEFT = 20;

function leftText({ left }: Plan): string {
  const named = left.slice(0, MOST_LEFT).map((one) => `  ${harmless(one)}`);
  const more = left.length > MOST_LEFT ? [`  and ${left.length - MOST_LEFT} more`] : [];
  return ["Not in the file, and left as it is, since there is no --prune:", ...named, ...more].join("\n");
}

/** Shows a secret that the service has made on a terminal only: elsewhere it would be kept in a log. */
function tellSecret({ path, name, triggerId, url, scheme, secret }: MadeSecret): void {
  const of = `the trigger "${harmless(name)}" of ${harmless(path)}`;
  if (process.stderr.isTTY === true) {
    say(`Keep the secret of ${of} now: it is not shown again.`);
    say(scheme === "token" ? `  ${url}/${secret}` : `  ${secret}`);
  } else {
    const again = `\`workflow-runs triggers rotate ${triggerId}\``;
    say(`The service has made a secret for ${of}. It is shown on a terminal only: ${again} makes a new one.`);
  }
}
