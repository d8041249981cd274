/** The command line: `npx workflow-runs`, or `wr` when it is installed. */
import { readFileSync } from "node:fs";
import process from "node:process";
import { Command } from "commander";
import { explainError } from "./exit.ts";
import { harmless, say } from "./output.ts";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

const EPILOGUE = `
Where the service is and who you are comes from --url and --api-key, then from WORKFLOW_RUNS_URL and
WORKFLOW_RUNS_API_KEY, then from what \`login\` has written. Workflows are named by name or id.

Exit codes: 0 done, 1 failed, 2 not signed in, 3 not found, 4 invalid input, 5 the run FAILED, 6 the time of --timeout
is over, 7 \`apply\` would delete something and nobody can be asked, 75 the run is suspended, 130 Ctrl-C.

Examples:
  $ workflow-runs login --url https://runs.example.com
  $ workflow-runs init
  $ workflow-runs invoke "Quarterly report" --input '{"quarter": "2026-Q1"}' --wait
  $ workflow-runs runs list --status FAILED --since 24h
  $ workflow-runs run --workflow "Quarterly report" -- python summarise.py`;

const login = async () => (await import("./commands/login.ts")).addLogin;
/** Loads the module of a command and returns the function that adds it, in the order of `--help`. */
const commands: Record<string, () => Promise<(program: Command) => void>> = {
  login,
  logout: login,
  whoami: login,
  init: async () => (await import("./commands/init.ts")).addInit,
  workflows: async () => (await import("./commands/workflows.ts")).addWorkflows,
  invoke: async () => (await import("./commands/invoke.ts")).addInvoke,
  runs: async () => (await import("./commands/runs.ts")).addRuns,
  batches: async () => (await import("./commands/batches.ts")).addBatches,
  waits: async () => (await import("./commands/waits.ts")).addWaits,
  signal: async () => (await import("./commands/signal.ts")).addSignal,
  files: async () => (await import("./commands/files.ts")).addFiles,
  artifacts: async () => (await import("./commands/artifacts.ts")).addArtifacts,
  events: async () => (await import("./commands/events.ts")).addEvents,
  audit: async () => (await import("./commands/audit.ts")).addAudit,
  keys: async () => (await import("./commands/keys.ts")).addKeys,
  users: async () => (await import("./commands/users.ts")).addUsers,
  invites: async () => (await import("./commands/invites.ts")).addInvites,
  triggers: async () => (await import("./commands/triggers.ts")).addTriggers,
  apply: async () => (await import("./commands/apply.ts")).addApply,
  export: async () => (await import("./commands/export.ts")).addExport,
  notify: async () => (await import("./commands/notify.ts")).addNotify,
  open: async () => (await import("./commands/open.ts")).addOpen,
  run: async () => (await import("./commands/run.ts")).addRun,
  checkpoint: async () => (await import("./commands/steps.ts")).addCheckpoint,
  ask: async () => (await import("./commands/steps.ts")).addAsk,
  sleep: async () => (await import("./commands/steps.ts")).addSleep,
  verify: async () => (await import("./commands/verify.ts")).addVerify,
};

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

// To load all commands takes a tenth of a second, so only the one that is asked for is loaded. For help, and to suggest a command when
// there is none of that name, all are.
const isValue = (before = "") => program.options.some(({ long, required }) => required && long === before);
const given = process.argv.slice(2);
// Commander's own `help` knows only the first word of a command: `help runs list` is `runs list --help`.
const words = given[0] === "help" && given.length > 1 ? [...given.slice(1), "--help"] : given;
const asked = words.find((word, at) => !(word.startsWith("-") || isValue(words[at - 1])));
const named = Object.entries(commands).filter(([name]) => name === asked);
const loads = new Set((named.length > 0 ? named : Object.entries(commands)).map(([, load]) => load));
for (const add of await Promise.all([...loads].map((load) => load()))) add(program);

// When a program that reads our output, such as `head`, has read enough and ends, that is no error. A command that has more to do
// before it ends, such as `run`, listens, too.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  if (process.stdout.listenerCount("error") === 1) process.exit(0);
});

// Nor is a terminal that was closed. The command still ends properly.
process.stderr.on("error", () => {});

try {
  await program.parseAsync(words, { from: "user" });
} catch (error) {
  const { text, exitCode } = explainError(error);
  if (text !== "") say(harmless(text));
  process.exitCode = exitCode;
}
