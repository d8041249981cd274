/** Work that a command of one's own does: `workflow-runs run … -- COMMAND`. */
import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { constants as osConstants } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { type Work, type WorkContext, WorkEnded, type WorkResult, type WorkRun } from "../../runner/types.ts";
import { OutputReader } from "./output-reader.ts";

export type CommandOptions = {
  command: string;
  args: readonly string[];
  /** Between SIGTERM and SIGKILL, unless a stop says until when. */
  graceSeconds: number;
  /** Called with the exit code of each command that has ended. */
  onExit(code: number): void;
};

/** What the command must not see. */
const SECRETS = ["WORKFLOW_RUNS_API_KEY", "WORKFLOW_RUNS_WEBHOOK_SECRET"];
/** Linux takes at most 128 KiB for one variable. What is longer is on stdin only. */
const LONGEST_VARIABLE_BYTES = 100_000;
/** Before a stop's grace is over, so that the result still counts. */
const REPORT_MS = 1_000;
/** A process of the command that goes on may hold its output open. It is not waited for. */
const OUTPUT_MS = 2_000;

/** Whether there is such a command, in PATH or by its path. */
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

export const commandWork =
  (options: CommandOptions): Work =>
  async (run, context) => {
    const child = spawn(options.command, options.args, {
      env: environmentOf(run),
      stdio: ["pipe", "pipe", "pipe"],
      // A group of its own: Ctrl-C is for us, and a signal of ours is for all that the command has started.
      detached: process.platform !== "win32",
    });
    const stdout = readFrom(child.stdout, context);
    const stderr = readFrom(child.stderr, context);
    // A command need not read its input.
    child.stdin.on("error", () => {});
    child.stdin.end(`${JSON.stringify(run)}\n`);
    const code = await untilExit(child, context.signal, options);
    stdout.end();
    stderr.end();
    options.onExit(code);
    if (code !== 0) throw new Error(errorOf(options.command, code, stderr.tail || stdout.tail));
    return resultOf(stdout.lastLine);
  };

function environmentOf(run: WorkRun): NodeJS.ProcessEnv {
  const variables: Record<string, string> = {
    WORKFLOW_RUN_ID: run.run_id,
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

/** Its exit code; 128 and the number of the signal that ended it, as shells say it; 127 when it could not be started. */
function untilExit(
  child: ChildProcess,
  signal: AbortSignal,
  { command, graceSeconds }: CommandOptions,
): Promise<number> {
  let killing: NodeJS.Timeout | undefined;
  const end = () => {
    const reason: unknown = signal.reason;
    const endsAt = reason instanceof WorkEnded ? reason.endsAt : null;
    const graceMs = endsAt === null ? graceSeconds * 1000 : endsAt.getTime() - Date.now() - REPORT_MS;
    kill(child, "SIGTERM");
    killing = setTimeout(() => kill(child, "SIGKILL"), Math.max(0, graceMs));
  };
  return new Promise<number>((resolve, reject) => {
    child.once("error", (error) => reject(new Error(`${command} could not be started: ${error.message}`)));
    child.once("exit", (code, name) => {
      const exitCode = code ?? 128 + (name === null ? 0 : osConstants.signals[name]);
      const late = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, OUTPUT_MS);
      child.once("close", () => {
        clearTimeout(late);
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

/** The command and all that it has started. */
function kill(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === "win32") child.kill(name);
    else process.kill(-child.pid, name);
  } catch {
    // It has ended already.
  }
}

function errorOf(command: string, code: number, tail: string): string {
  const how = code > 128 ? `${command} was ended by signal ${code - 128}.` : `${command} ended with exit code ${code}.`;
  return tail === "" ? `${how} It printed no error.` : `${how}\n${tail}`;
}

/** The last line is the output if it is JSON. */
function resultOf(lastLine: string | null): WorkResult {
  if (lastLine === null || lastLine === "") return {};
  try {
    const output: unknown = JSON.parse(lastLine);
    return { output };
  } catch {
    return {};
  }
}
