import { CommanderError } from "commander";
import { ApiProblem, InvalidRequest } from "../problem.ts";
import { reasonOf } from "../runner/run-calls.ts";

/** The exit codes. */
export const EXIT = { done: 0, failed: 1, notSignedIn: 2, notThere: 3, invalid: 4, runFailed: 5 } as const;

/** Ends the command with a message and an exit code. */
export class CliError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The message to print for an error, and the exit code. */
export function explainError(error: unknown): { text: string; exitCode: number } {
  if (error instanceof CliError) return { text: error.message, exitCode: error.exitCode };
  // Commander has already printed the message. Its exit code is 0 for --help and --version.
  if (error instanceof CommanderError) return { text: "", exitCode: error.exitCode === 0 ? EXIT.done : EXIT.invalid };
  if (error instanceof InvalidRequest) return { text: error.message, exitCode: EXIT.invalid };
  if (error instanceof ApiProblem) return { text: textOf(error), exitCode: exitCodeOf(error.status) };
  return { text: `The service could not be reached: ${reasonOf(error)}`, exitCode: EXIT.failed };
}

function textOf({ message, status, requestId }: ApiProblem): string {
  if (status === 401) return "The service does not know this API key. Run `workflow-runs login`.";
  return status >= 500 && requestId !== null ? `${message} (request ${requestId})` : message;
}

function exitCodeOf(status: number): number {
  if (status === 401) return EXIT.notSignedIn;
  if (status === 404) return EXIT.notThere;
  return status === 422 || status === 400 || status === 413 ? EXIT.invalid : EXIT.failed;
}
