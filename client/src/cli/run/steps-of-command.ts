/**
 * The steps of a run for the command that works on it. The command has no credential of the run, so `workflow-runs checkpoint`, `ask` and
 * `sleep` call the runner that has started it, by a socket. Only the user of this process can open the folder of the socket.
 */
import { randomUUID } from "node:crypto";
import { mkdtemp, writeFile } from "node:fs/promises";
import { createServer, request as startRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { text } from "node:stream/consumers";
import { reasonOf } from "../../reason.ts";
import { type KeptOfRun, type Question, WorkEnded, type WorkRun } from "../../runner/types.ts";
import { CliError, EXIT } from "../exit.ts";

/** A request of the command to its runner. `at` is an instant in RFC 3339. */
export type StepCall =
  | { call: "get"; key: string }
  | { call: "put"; key: string; value: unknown }
  | { call: "ask"; key: string; question: Question }
  | { call: "sleep"; key: string; until: { seconds: number } | { at: string } };

/** `found` is what is kept, or what has come. */
type StepAnswer = { found: unknown } | { isAbsent: true } | { isSuspended: true } | { error: string };

const SOCKET = "WORKFLOW_RUN_SOCKET";

export type StepsOfCommand = {
  folder: string;
  /** The environment variables of the command. */
  variables: Record<string, string>;
  close(): void;
};

/**
 * Listens for the calls of a command. `beforeWait` is called before the run may be suspended, after which nothing of the attempt counts.
 * @throws Error when the service does not say what earlier attempts have kept
 */
export async function openSteps(run: WorkRun, beforeWait: () => Promise<void>): Promise<StepsOfCommand> {
  const kept = await keptOf(run);
  const folder = await mkdtemp(join(tmpdir(), "workflow-run-steps-"));
  const [file, path] = [join(folder, "resume.json"), socketIn(folder)];
  await writeFile(file, JSON.stringify(kept));
  const server = createServer(async (request, response) => {
    const answer = await text(request)
      .then((asked) => answerTo(JSON.parse(asked), run, beforeWait))
      .catch(
        (error: unknown): StepAnswer =>
          error instanceof WorkEnded && error.kind === "suspended" ? { isSuspended: true } : { error: reasonOf(error) },
      );
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  return {
    folder,
    variables: { WORKFLOW_RUN_RESUME: file, [SOCKET]: path },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const socketIn = (folder: string): string =>
  process.platform === "win32" ? `\\\\.\\pipe\\workflow-run-${randomUUID()}` : join(folder, "socket");

/** A service of before checkpoints says nothing of them, and keeps none. */
async function keptOf(run: WorkRun): Promise<KeptOfRun> {
  if (run.attempt > 1 && run.resume === undefined) return { outcomes: {}, checkpoints: {} };
  return run.kept();
}

async function answerTo(asked: StepCall, run: WorkRun, beforeWait: () => Promise<void>): Promise<StepAnswer> {
  const { key } = asked;
  if (asked.call === "put") return { found: await run.step(key, () => asked.value) };
  const { checkpoints, outcomes } = await run.kept();
  if (asked.call === "get") return Object.hasOwn(checkpoints, key) ? { found: checkpoints[key] } : { isAbsent: true };
  if (!Object.hasOwn(outcomes, key)) await beforeWait();
  if (asked.call === "ask") return { found: await run.ask(key, asked.question) };
  return { found: await run.sleep(key, "at" in asked.until ? new Date(asked.until.at) : asked.until.seconds) };
}

/**
 * Calls the runner that has started this command. Returns what is kept or has come.
 * @throws CliError, without a text and with the exit code `notThere` or `suspended`, when nothing is kept, or when the run is suspended
 */
export async function callRunner(asked: StepCall): Promise<unknown> {
  const socketPath = process.env[SOCKET];
  if (!socketPath) {
    const text = "This works only in a command that `workflow-runs run` has started. See docs/suspend.md.";
    throw new CliError(text, EXIT.invalid);
  }
  const answer: StepAnswer = JSON.parse(await send(socketPath, JSON.stringify(asked)));
  if ("found" in answer) return answer.found;
  if ("isAbsent" in answer) throw new CliError("", EXIT.notThere);
  if ("isSuspended" in answer) throw new CliError("", EXIT.suspended);
  throw new CliError(answer.error);
}

const send = (socketPath: string, body: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const failed = (error: Error) => reject(new CliError(`The runner does not answer: ${reasonOf(error)}`));
    const request = startRequest({ socketPath, method: "POST", path: "/" }, (response) => {
      text(response).then(resolve, failed);
    });
    request.once("error", failed);
    request.end(body);
  });
