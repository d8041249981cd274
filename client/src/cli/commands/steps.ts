/** What a command says to the runner that has started it: docs/suspend.md. */
import process from "node:process";
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import type { Question, WaitOutcome } from "../../runner/types.ts";
import { type GlobalFlags, modeOf } from "../context.ts";
import { CliError, EXIT } from "../exit.ts";
import { oneOf, several, severalOf } from "../input.ts";
import { laterInstant, lengthOfTime } from "../instants.ts";
import { parseJson } from "../json.ts";
import { print } from "../output.ts";
import { callRunner } from "../run/steps-of-command.ts";

export function addCheckpoint(program: Command): void {
  const checkpoint = program
    .command("checkpoint")
    .description("In the command of a run: keep what an attempt need not do again");

  checkpoint
    .command("get")
    .argument("<key>")
    .description("Print what is kept, as JSON in one line; exit code 3 if nothing is")
    .addHelpText(
      "after",
      "\nExample:\n  $ workflow-runs checkpoint get ocr || ./ocr | workflow-runs checkpoint put ocr",
    )
    .action(async (key: string) => {
      print(JSON.stringify(await callRunner({ call: "get", key })));
    });

  checkpoint
    .command("put")
    .argument("<key>")
    .argument("[json]", "the value; by default it is read from stdin")
    .description("Keep JSON of up to 64 KiB, and print what is kept: the first value of a key stays")
    .addHelpText(
      "after",
      `
Examples:
  $ ./ocr invoice.pdf | workflow-runs checkpoint put ocr
  $ workflow-runs checkpoint put pages 12`,
    )
    .action(async (key: string, given: string | undefined) => {
      const value = readValue(given ?? (await text(process.stdin)));
      print(JSON.stringify(await callRunner({ call: "put", key, value })));
    });
}

function readValue(json: string): unknown {
  try {
    return parseJson(json);
  } catch (error) {
    throw new CliError(`The value is not JSON: ${error instanceof Error ? error.message : error}`, EXIT.invalid);
  }
}

type AskFlags = {
  choice?: string[];
  role?: NonNullable<NonNullable<Question["by"]>["roles"]>;
  user?: string[];
  notRequester?: boolean;
  programsToo?: boolean;
  timeout?: number;
  onTimeout?: "fail" | "continue";
  note?: string;
};

export function addAsk(program: Command): void {
  program
    .command("ask")
    .argument("<key>", "it identifies the question for good in its run")
    .argument("<question>", "shown to people as text")
    .description(
      "In the command of a run: ask people, and print the answer; exit code 75 when the run is suspended for it",
    )
    .option("--choice <word>", "an answer to choose, 2 to 10 times; without any, the answer is a text", several)
    .option(
      "--role <role>",
      "who may answer: users with this role; can be repeated",
      severalOf(["OWNER", "ADMIN", "USER"]),
    )
    .option("--user <id>", "who may answer: this user; can be repeated", several)
    .option("--not-requester", "not the user who has triggered the run")
    .option("--programs-too", "also programs with an API key, and agents")
    .option("--timeout <time>", "how long to wait at most, such as 3d; by default 7d", lengthOfTime)
    .option("--on-timeout <what>", "fail, or continue, which prints nothing", oneOf(["fail", "continue"]))
    .option("--note <text>", "what people should know besides")
    .addHelpText(
      "after",
      `
Then end the command, as \`set -e\` does. It is started again when somebody has answered, and asks again; then it gets
the answer at once. With --json, it is {"outcome", "value", "comment", "user_id", "at"}.

Example:
  $ answer=$(workflow-runs ask approve "Pay invoice 4711?" --choice yes --choice no --timeout 3d)`,
    )
    .action(async (key: string, prompt: string, flags: AskFlags, command: Command) => {
      const outcome = await callRunner({ call: "ask", key, question: questionOf(prompt, flags) });
      printOutcome(command, outcome as WaitOutcome);
    });
}

function questionOf(prompt: string, flags: AskFlags): Question {
  const { choice, role, user, notRequester, programsToo, timeout, onTimeout, note } = flags;
  const by = {
    ...(role && { roles: role }),
    ...(user && { user_ids: user }),
    ...(notRequester && { not_requester: true }),
  };
  return {
    prompt,
    ...(choice && { choices: choice }),
    ...(Object.keys(by).length > 0 && { by }),
    ...(programsToo && { people_only: false }),
    ...(timeout !== undefined && { timeout_seconds: timeout }),
    ...(onTimeout && { on_timeout: onTimeout }),
    ...(note !== undefined && { note }),
  } as Question;
}

export function addSleep(program: Command): void {
  program
    .command("sleep")
    .argument("<key>", "it identifies the timer for good in its run")
    .argument("<time>", "how long from the first call on, such as 90s, 2h or 7d, or an instant")
    .description("In the command of a run: go on later; exit code 75 when the run is suspended for it")
    .addHelpText(
      "after",
      `
Then end the command, as \`set -e\` does. It is started again at that time.

Examples:
  $ workflow-runs sleep tomorrow 1d
  $ workflow-runs sleep new-year 2027-01-01T00:00Z`,
    )
    .action(async (key: string, time: string) => {
      await callRunner({ call: "sleep", key, until: untilOf(time) });
    });
}

/** A length of time counts from the first call on, so it must not become an instant here. */
const untilOf = (time: string) =>
  /^\d+(s|m|min|h|d)?$/.test(time) ? { seconds: secondsOf(time) } : { at: laterInstant(time) };

const secondsOf = (time: string): number => (/^0+\D*$/.test(time) ? 0 : lengthOfTime(time));

function printOutcome(command: Command, outcome: WaitOutcome): void {
  if (modeOf(command.optsWithGlobals<GlobalFlags>()) === "json") print(JSON.stringify(outcome));
  else if (outcome.value !== undefined) print(outcome.value);
}
