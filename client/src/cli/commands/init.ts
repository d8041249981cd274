import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { Command } from "commander";
import type { Client } from "../../client.ts";
import { unwrap } from "../../connection.ts";
import type { Workflow } from "../../types.ts";
import { contextOf } from "../context.ts";
import { CliError, EXIT } from "../exit.ts";
import { type Language, WORKERS } from "../first-worker.ts";
import { oneOf } from "../input.ts";
import { harmless, printOne } from "../output.ts";
import { readPolicy, setFirstPolicy } from "../policy.ts";

/** What the worker of the first workflow is started with. Only its owner can read it, since it has the key of the runner. */
const ENV_FILE = "runner.env";

type Flags = { worker: Language; to: string };

export function addInit(program: Command): void {
  program
    .command("init")
    .argument("[name]", "of the workflow", "hello")
    .description("Begin: make a workflow, the key of a runner, and a worker of ten lines; for OWNER and ADMIN")
    .option(
      "--worker <language>",
      "what the worker is written in: shell, python or typescript",
      oneOf(["shell", "python", "typescript"]),
      "shell",
    )
    .option("--to <folder>", "where the files are written", ".")
    .addHelpText(
      "after",
      `
A workflow of this name whose runners ask for work is used as it is. The worker is kept, if it is there already. The
key of the runner, which can lease the runs of this one workflow and do nothing else, is written to ${ENV_FILE}, which
only you can read.

Examples:
  $ workflow-runs init
  $ workflow-runs init "Nightly job" --worker python --to nightly`,
    )
    .action(async (name: string, { worker: language, to }: Flags, command: Command) => {
      const { client, mode } = contextOf(command);
      const [worker, env] = [WORKERS[language], join(to, ENV_FILE)];
      if (existsSync(env)) {
        throw new CliError(
          `${env} is there already. Nothing was made: remove it, or name another folder with --to.`,
          EXIT.invalid,
        );
      }
      mkdirSync(to, { recursive: true });
      const workflow = await findOrCreate(client, name);
      const body = { name: `Runner of ${name}`.slice(0, 100), workflow_definition_ids: [workflow.id] };
      const { key } = await unwrap(client.api.POST("/v1/runner-keys", { body }));
      const settings = { URL: client.url, API_KEY: key, WORKFLOW: workflow.id };
      const lines = Object.entries(settings).map(([variable, value]) => `WORKFLOW_RUNS_${variable}=${value}\n`);
      writeFileSync(env, lines.join(""), { mode: 0o600 });
      const file = join(to, worker.file);
      const isKept = existsSync(file);
      if (!isKept) writeFileSync(file, worker.text);
      // npx finds what is installed in this folder. A shell does not.
      const cli = process.env.npm_command === "exec" ? "npx workflow-runs" : "workflow-runs";
      const commands = {
        start: worker.start({ cli, env: inShell(env), file: inShell(file) }),
        invoke: `${cli} invoke ${inShell(name)} --wait`,
      };
      printOne(mode, { workflow_definition_id: workflow.id, files: [file, env], commands }, workflow.id, () => [
        `The workflow "${harmless(name)}" is ready. Its worker is ${file}${isKept ? ", which was there already" : ""}, and the key of its runner is in ${env}.`,
        "",
        `Start the worker:  ${commands.start}`,
        `Trigger a run:     ${commands.invoke}`,
      ]);
    });
}

/** A text as one word of a shell. */
const inShell = (text: string) => (/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** The workflow of this name, whose runs are leased. It is created if it is missing. */
async function findOrCreate(client: Client, name: string): Promise<Workflow> {
  for await (const workflow of client.workflows()) {
    if (workflow.name !== name) continue;
    if ((await readPolicy(client, workflow.id))?.handover === "lease") return workflow;
    throw new CliError(
      `There is a workflow "${name}" already, which sends its runs to a URL. Give another name.`,
      EXIT.invalid,
    );
  }
  const workflow = await unwrap(
    client.api.POST("/v1/workflow-definitions", { body: { name, runner_type: "SELF_HOSTED" } }),
  );
  await setFirstPolicy(client, workflow.id, { handover: "lease" }, "--lease, and then `init` again");
  return workflow;
}
