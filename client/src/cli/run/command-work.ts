/** Work that is done by a command of the user: `workflow-runs run … -- COMMAND`. */
import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, rmSync, statSync } from "node:fs";
import { constants as osConstants } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { FileOutput } from "../../runner/keep-output.ts";
import {
  type Work,
  type WorkContext,
  WorkEnded,
  WorkFailed,
  type WorkResult,
  type WorkRun,
} from "../../runner/types.ts";
import { NotKept, parseJson } from "../json.ts";
import { openArtifactsFolder, removeFolder, storeFiles, storeFilesOfFailure } from "./artifacts-folder.ts";
import { OutputReader } from "./output-reader.ts";
import { openSteps } from "./steps-of-command.ts";

export type CommandOptions = {
  command: string;
  args: readonly string[];
  /** The time between SIGTERM and SIGKILL, unless a requested stop says when the run ends. */
  graceSeconds: number;
  /** The exit codes after which the run must not be retried. */
  finalCodes?: readonly number[];
  /** Called with the exit code of each command that has exited. */
  onExit(code: number): void;
};

/** Environment variables that the command must not see. */
const SECRETS = ["WORKFLOW_RUNS_API_KEY", "WORKFLOW_RUNS_WEBHOOK_SECRET"];
/** Linux allows at most 128 KiB for one environment variable. A longer value is only passed on stdin. */
const LONGEST_VARIABLE_BYTES = 100_000;
/** The command is killed this long before the grace of a stop ends, so that its result still arrives in time. */
const REPORT_MS = 1_000;
/** How often to look whether the processes that a command has started have ended, too. */
const LOOK_MS = 100;
/** How long to wait for the end of the output. A child process of the command may continue and keep the output open. */
const OUTPUT_MS = 2_000;

/** True when the command exists, in PATH or at its path. */
export function isCommand(command: string): boolean {
  if (process.platform === "win32") return true;
  const candidates = command.includes("/")
    ? [command]
    : (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, command));
  return candidates.some((path) => {
    try {
      accessSync(path, constants.X_OK);
      return statSync(path).isFile();
    } catch {
      return false;
    }
  });
}

/** `killAll` ends the commands that are under way at once. */
export function commandWork(options: CommandOptions): { work: Work; killAll(): void } {
  const children = new Set<ChildProcess>();
  /** The folders of commands that are under way. */
  const folders = new Set<string>();
  const work: Work = async (run, context) => {
    const folder = await openArtifactsFolder();
    folders.add(folder);
    try {
      const steps = await openSteps(run, () => storeFiles(folder, context));
      folders.add(steps.folder);
      try {
        return await execute(run, context, folder, steps.variables);
      } finally {
        steps.close();
        await removeFolder(steps.folder);
        folders.delete(steps.folder);
      }
    } finally {
      await removeFolder(folder);
      folders.delete(folder);
    }
  };
  const execute = async (
    run: WorkRun,
    context: WorkContext,
    folder: string,
    variables: Record<string, string>,
  ): Promise<WorkResult> => {
    const child = spawn(options.command, options.args, {
      env: { ...environmentOf(run, folder), ...variables },
      stdio: ["pipe", "pipe", "pipe"],
      // The command gets its own process group. So Ctrl-C reaches only this program, and a signal from here reaches the command
      // and all processes that it has started.
      detached: process.platform !== "win32",
    });
    children.add(child);
    const stdout = readFrom(child.stdout, context);
    const stderr = readFrom(child.stderr, context);
    // The command need not read its input, so errors of writing it are ignored.
    child.stdin.on("error", () => {});
    child.stdin.end(`${JSON.stringify(run)}\n`);
    const code = await untilExit(child, context.signal, options).finally(() => children.delete(child));
    stdout.end();
    stderr.end();
    options.onExit(code);
    if (code !== 0) {
      await storeFilesOfFailure(folder, context);
      const retry = !options.finalCodes?.includes(code);
      throw new WorkFailed(errorOf(options.command, code, stderr.tail || stdout.tail), { retry });
    }
    await storeFiles(folder, context);
    return resultOf(stdout.lastLine);
  };
  return {
    work,
    killAll: () => {
      for (const child of children) kill(child, "SIGKILL");
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function environmentOf(run: WorkRun, folder: string): NodeJS.ProcessEnv {
  const variables: Record<string, string> = {
    WORKFLOW_RUN_ID: run.run_id,
    WORKFLOW_RUN_ARTIFACTS: folder,
    WORKFLOW_RUN_ATTEMPT: String(run.attempt),
    WORKFLOW_RUN_DEADLINE_AT: run.deadline_at,
    WORKFLOW_RUN_WORKFLOW_ID: run.run_snapshot.workflow_definition_id,
    WORKFLOW_RUN_WORKFLOW_NAME: run.run_snapshot.workflow_name,
    WORKFLOW_RUN_SNAPSHOT: JSON.stringify(run.run_snapshot),
    WORKFLOW_RUN_INPUT: JSON.stringify(run.input),
  };
  const kept = Object.entries(process.env).filter(([name]) => !SECRETS.includes(name));
  const fitting = Object.entries(variables).filter(([, value]) => Buffer.byteLength(value) <= LONGEST_VARIABLE_BYTES);
  return Object.fromEntries([...kept, ...fitting]);
}

function readFrom(stream: NodeJS.ReadableStream, context: WorkContext): OutputReader {
  const reader = new OutputReader(context);
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => reader.read(text));
  return reader;
}

/**
 * Resolves to the exit code, as shells define it: 128 and the number of the signal that killed the command, or 127 when it
 * could not be started.
 */
function untilExit(
  child: ChildProcess,
  signal: AbortSignal,
  { command, graceSeconds }: CommandOptions,
): Promise<number> {
  let killing: NodeJS.Timeout | undefined;
  let isKilled = false;
  const end = () => {
    const reason: unknown = signal.reason;
    const endsAt = reason instanceof WorkEnded ? reason.endsAt : null;
    const graceMs = endsAt === null ? graceSeconds * 1000 : endsAt.getTime() - Date.now() - REPORT_MS;
    kill(child, "SIGTERM");
    killing = setTimeout(
      () => {
        isKilled = true;
        kill(child, "SIGKILL");
      },
      Math.max(0, graceMs),
    );
  };
  return new Promise<number>((resolve, reject) => {
    child.once("error", (error) => reject(new Error(`${command} could not be started: ${error.message}`)));
    child.once("exit", (code, name) => {
      const exitCode = code ?? 128 + (name === null ? 0 : osConstants.signals[name]);
      const late = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, OUTPUT_MS);
      child.once("close", async () => {
        clearTimeout(late);
        // What the command has started got the SIGTERM, too, and may need longer. Until it has ended or was killed, nobody else
        // must get the run.
        while (signal.aborted && !isKilled && hasProcesses(child)) await delay(LOOK_MS);
        resolve(exitCode);
      });
    });
    if (signal.aborted) end();
    signal.addEventListener("abort", end, { once: true });
  }).finally(() => {
    clearTimeout(killing);
    signal.removeEventListener("abort", end);
  });
}

/** Sends a signal to the command and all processes that it has started. */
function kill(child: ChildProcess, name: NodeJS.Signals): void {
  if (process.platform === "win32") child.kill(name);
  else signalGroup(child, name);
}

/** True while the command or a process that it has started is alive. */
const hasProcesses = (child: ChildProcess): boolean => process.platform !== "win32" && signalGroup(child, 0);

/** False when the group has no processes any more. */
function signalGroup({ pid }: ChildProcess, name: NodeJS.Signals | 0): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(-pid, name);
  } catch {
    return false;
  }
}

function errorOf(command: string, code: number, tail: string): string {
  const how = code > 128 ? `${command} was ended by signal ${code - 128}.` : `${command} ended with exit code ${code}.`;
  return tail === "" ? `${how} It printed no error.` : `${how}\n${tail}`;
}

/** If the last line is JSON, it is the output. What the service would change or refuse becomes a file of the run instead. */
function resultOf(lastLine: string | null): WorkResult {
  if (lastLine === null)
    return { summary: "The last line of the output is too long to be kept as the output of the run." };
  try {
    return lastLine === "" ? {} : { output: parseJson(lastLine) };
  } catch (error) {
    return error instanceof NotKept ? { output: new FileOutput(lastLine, error.message) } : {};
  }
}
