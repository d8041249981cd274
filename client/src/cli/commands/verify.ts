import process from "node:process";
import type { Command } from "commander";
import { toWebhook } from "../../to-webhook.ts";
import { type ProbeReport, type VerifyReport, verifyRunner } from "../../verify/verify.ts";
import { type GlobalFlags, modeOf } from "../context.ts";
import { CliError, EXIT } from "../exit.ts";
import { integer } from "../input.ts";
import { paint, print } from "../output.ts";

type Flags = GlobalFlags & { secret?: string; previousSecret?: string; answerSeconds: number };

export function addVerify(program: Command): void {
  program
    .command("verify")
    .argument("<runner>", "the URL of the runner")
    .description("Check whether a runner with a URL follows the protocol; exit code 1 if it does not")
    .option("--secret <secret>", "the workflow's webhook secret; by default WORKFLOW_RUNS_WEBHOOK_SECRET")
    .option("--previous-secret <secret>", "during a rotation: the old secret, which must still be accepted")
    .option("--answer-seconds <n>", "how long an answer may take", integer(1, 60), 15)
    .addHelpText(
      "after",
      `
No probe asks for work: each message is signed and marked as a test, and its run is stopped before it is dispatched.

Examples:
  $ WORKFLOW_RUNS_WEBHOOK_SECRET=whsec_… workflow-runs verify https://runner.example.com/hook
  $ workflow-runs verify http://localhost:8080 --secret whsec_… --json`,
    )
    .action(async (url: string, _, command: Command) => {
      const flags = command.optsWithGlobals<Flags>();
      const secret = flags.secret ?? process.env.WORKFLOW_RUNS_WEBHOOK_SECRET;
      if (!secret)
        throw new CliError("Give the webhook secret: --secret, or WORKFLOW_RUNS_WEBHOOK_SECRET.", EXIT.invalid);
      if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
        throw new CliError(`"${url}" is not a URL such as https://runner.example.com/hook.`, EXIT.invalid);
      }
      const { previousSecret, answerSeconds } = flags;
      requireSecret(secret);
      if (previousSecret) requireSecret(previousSecret);
      const report = await verifyRunner({ url, secret, answerSeconds, ...(previousSecret && { previousSecret }) });
      show(modeOf(flags), report);
      if (!report.ok) process.exitCode = EXIT.failed;
    });
}

/** Refuses a secret that cannot sign anything: that is not a fault of the runner. */
function requireSecret(secret: string): void {
  try {
    toWebhook(secret);
  } catch {
    throw new CliError('After "whsec_" a webhook secret must be base64.', EXIT.invalid);
  }
}

function show(mode: ReturnType<typeof modeOf>, report: VerifyReport): void {
  if (mode === "json") print(JSON.stringify(report, null, 2));
  if (mode === "quiet") for (const { name } of report.probes.filter(isFailed)) print(name);
  if (mode !== "people") return;
  for (const probe of report.probes) print(linesOf(probe).join("\n"));
  const failed = report.probes.filter(isFailed).length;
  print(
    failed === 0 ? "The runner follows the protocol." : `The runner fails ${failed} of ${report.probes.length} probes.`,
  );
}

const isFailed = ({ outcome }: ProbeReport): boolean => outcome === "failed";

function linesOf({ name, outcome, problem, why, protocol }: ProbeReport): string[] {
  if (outcome === "passed") return [`${paint("green", "✓")} ${name}`];
  if (outcome === "skipped") return [`${paint("yellow", "–")} ${name}: skipped. ${problem}`];
  return [`${paint("red", "✗")} ${name}: ${problem}`, `  ${why}`, `  See ${protocol}.`];
}
