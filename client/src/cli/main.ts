/** The command line: `npx workflow-runs`, or `wr` when it is installed. */
import { readFileSync } from "node:fs";
import process from "node:process";
import { Command } from "commander";
import { addApply } from "./commands/apply.ts";
import { addArtifacts } from "./commands/artifacts.ts";
import { addAudit } from "./commands/audit.ts";
import { addEvents } from "./commands/events.ts";
import { addExport } from "./commands/export.ts";
import { addInvites } from "./commands/invites.ts";
import { addInvoke } from "./commands/invoke.ts";
import { addKeys } from "./commands/keys.ts";
import { addLogin } from "./commands/login.ts";
import { addNotify } from "./commands/notify.ts";
import { addOpen } from "./commands/open.ts";
import { addRun } from "./commands/run.ts";
import { addRuns } from "./commands/runs.ts";
import { addTriggers } from "./commands/triggers.ts";
import { addUsers } from "./commands/users.ts";
import { addVerify } from "./commands/verify.ts";
import { addWorkflows } from "./commands/workflows.ts";
import { explainError } from "./exit.ts";
import { harmless, say } from "./output.ts";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

const EPILOGUE = `
Where the service is and who you are comes from --url and --api-key, then from WORKFLOW_RUNS_URL and
WORKFLOW_RUNS_API_KEY, then from what \`login\` has written. Workflows are named by name or id.

Exit codes: 0 done, 1 failed, 2 not signed in, 3 not found, 4 invalid input, 5 the run FAILED, 6 the time of --timeout
is over, 7 \`apply\` would delete something and nobody can be asked, 130 Ctrl-C.

Examples:
  $ workflow-runs login --url https://runs.example.com
  $ workflow-runs invoke "Quarterly report" --input '{"quarter": "2026-Q1"}' --wait
  $ workflow-runs runs list --status FAILED --since 24h
  $ workflow-runs run --workflow "Quarterly report" -- python summarise.py`;

const program = new Command("workflow-runs")
  .description("Trigger workflow runs, follow them, and work on them.")
  .version(version)
  .option("--url <url>", "where the service is")
  .option("--api-key <key>", "an API key; other programs can see flags, so `login` or the environment is safer")
  .option("--json", "print only the API's answer, as JSON")
  .option("--quiet", "print ids only")
  .addHelpText("after", EPILOGUE)
  .configureHelp({ showGlobalOptions: true })
  .showSuggestionAfterError()
  .exitOverride();

for (const add of [
  addLogin,
  addWorkflows,
  addInvoke,
  addRuns,
  addArtifacts,
  addEvents,
  addAudit,
  addKeys,
  addUsers,
  addInvites,
  addTriggers,
  addApply,
  addExport,
  addNotify,
  addOpen,
  addRun,
  addVerify,
]) {
  add(program);
}

// When a program that reads our output, such as `head`, has read enough and ends, that is no error. A command that has more to do
// before it ends, such as `run`, listens, too.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  if (process.stdout.listenerCount("error") === 1) process.exit(0);
});

// Nor is a terminal that was closed. The command still ends properly.
process.stderr.on("error", () => {});

try {
  await program.parseAsync();
} catch (error) {
  const { text, exitCode } = explainError(error);
  if (text !== "") say(harmless(text));
  process.exitCode = exitCode;
}
