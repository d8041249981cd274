import { CommanderError } from "commander";
import { ApiProblem, InvalidRequest } from "../problem.ts";
import { reasonOf } from "../reason.ts";

/** The exit codes. */
export const EXIT = {
  done: 0,
  failed: 1,
  notSignedIn: 2,
  notThere: 3,
  invalid: 4,
  runFailed: 5,
  timeIsOver: 6,
  /** `apply` would delete something, and nobody could be asked. */
  unconfirmed: 7,
  /** The run of this command is suspended, so the command must end. 75 is what programs use for "try again later". */
  suspended: 75,
  /** 128 and the number of SIGINT, as a shell reports it. */
  interrupted: 130,
} as const;

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
  if (error instanceof ApiProblem) return { text: textOf(error), exitCode: exitCodeOf(error) };
  return { text: failureOf(error), exitCode: EXIT.failed };
}

function failureOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isUnreachable(error)) return `The service could not be reached: ${reasonOf(error)}`;
  if (error instanceof SyntaxError) return `The answer is not JSON. Is the URL that of the service? ${error.message}`;
  // A file: the message says which one, and why.
  if ("syscall" in error) return error.message;
  return `This is a fault of the command line itself. Please report it:\n${withoutSecrets(error.stack ?? error.message)}`;
}

/** A report for others, without what may be a secret: values of headers, which the errors of `Headers` repeat, and keys and tokens. */
const withoutSecrets = (text: string): string =>
  text
    .replaceAll(/"[\s\S]*?" is an invalid header/g, "… is an invalid header")
    .replaceAll(/\b(Bearer) +[^\s"]+/gi, "$1 …")
    .replaceAll(/\b(wr_|whsec_|eyJ)[\w.+/=-]+/g, "$1…");

/** True when no answer came. */
const isUnreachable = (error: unknown): boolean =>
  error instanceof Error &&
  (error.name === "TimeoutError" || (error instanceof TypeError && error.cause instanceof Error));

/** True when the same request may succeed later: the service is unreachable, unavailable or busy. */
export const isOutage = (error: unknown): boolean =>
  isUnreachable(error) || (error instanceof ApiProblem && error.isTemporary);

/** The service answers a runner key in the same way as an unknown key, so the text names both. */
const UNKNOWN_KEY =
  "The service does not accept this API key: it is unknown, revoked or expired, or it is a runner key, which can only lease " +
  "runs (`workflow-runs run`). Run `workflow-runs login` with a user's API key.";

/** The service names a field of its API, and people of the command line have two flags for it. */
const NO_RUNNER =
  "The workflow has no runner. Give it one by `workflow-runs workflows update <workflow>` with --lease, for runners that ask for " +
  "work, as `workflow-runs run` does, or with --runner-url.";

const PAUSED = "The workflow is paused. Resume it by `workflow-runs workflows resume <workflow>`.";

/** The key was not sent to the other cell, since that may be a server of somebody else. */
const otherCell = (cellUrl: string) =>
  `This API key is of another cell of the service, at ${cellUrl}. That is not below the same domain, so the key was not sent there. If ` +
  `you know the address, run \`workflow-runs login --url ${cellUrl}\`, or set WORKFLOW_RUNS_URL.`;

function textOf({ message, status, code, requestId, cellUrl }: ApiProblem): string {
  if (cellUrl !== null) return otherCell(cellUrl);
  if (code === "unknown" && status < 500) return `${message} Is the URL that of the service?`;
  if (status === 401) return UNKNOWN_KEY;
  if (status === 409 && message.startsWith("The workflow has no runner.")) return NO_RUNNER;
  if (status === 409 && message.startsWith("The workflow is paused.")) return PAUSED;
  return status >= 500 && requestId !== null ? `${message} (request ${requestId})` : message;
}

function exitCodeOf({ status, code }: ApiProblem): number {
  if (code === "unknown") return EXIT.failed;
  if (status === 401 || status === 421) return EXIT.notSignedIn;
  if (status === 404) return EXIT.notThere;
  return status === 422 || status === 400 || status === 413 ? EXIT.invalid : EXIT.failed;
}
