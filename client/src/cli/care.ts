/** Changes that cannot be undone: they are shown by --dry-run, and asked about on a terminal. */
import process from "node:process";
import type { Command } from "commander";
import { CliError, EXIT } from "./exit.ts";
import { confirm } from "./input.ts";
import { say } from "./output.ts";

export type CareFlags = { dryRun?: boolean; yes?: boolean };

export const NOT_DONE = "Nothing was changed, because of --dry-run.";

/** Adds the flags of {@link CareFlags} to a command. */
export const withCare = (command: Command): Command =>
  command
    .option("--dry-run", "change nothing, and only say what would be changed")
    .option("-y, --yes", "do not ask; needed when nobody can be asked");

/**
 * True when a change is to be made. `change` says what it is, as a sentence. False with --dry-run, which prints the sentence.
 * @throws CliError when the answer is no, and when nobody can be asked: then the exit code is `unasked`
 */
export async function isWanted(
  change: string,
  { dryRun, yes }: CareFlags,
  unasked: number = EXIT.invalid,
): Promise<boolean> {
  if (dryRun) {
    say(`${change} ${NOT_DONE}`);
    return false;
  }
  if (yes) return true;
  if (process.stdin.isTTY !== true) {
    throw new CliError(`${change} Add --yes to do it, since nobody can be asked here.`, unasked);
  }
  if (await confirm(`${change} Do it?`)) return true;
  throw new CliError("Nothing was changed.");
}
