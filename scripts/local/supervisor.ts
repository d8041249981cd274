import { spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { describeEnd } from "./process-end.ts";
import { redact, rootMessage } from "./redact.ts";

/** A command that keeps running beside others. */
export type Child = {
  /** What the person who reads the terminal calls it. */
  name: string;
  command: string;
  args: readonly string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Gets each line it prints, on either stream. */
  onLine: (line: string) => void;
};

export type Supervisor = {
  /** Undone when everything stops, latest first. */
  onStop(stop: () => Promise<void>): void;
  /** Everything stops when this ends; the promise resolves with a few words that say how. */
  watch(name: string, exited: Promise<string>): void;
  /**
   * Starts a command, watches it, and stops it and every process it started when everything stops. Returns its process id,
   * which is that of its group, too; undefined if it was not started.
   */
  start(child: Child): number | undefined;
};

const STOP_TIMEOUT_MS = 5_000;
/** npm passes on a Ctrl-C that the terminal has already sent us: one keypress, two signals. */
const SAME_KEYPRESS_MS = 1_000;
const INTERRUPTED_TWICE = 130;
const ORPHAN_POLL_MS = 500;

/**
 * Runs `main`, and then waits for Ctrl-C. When that comes, or `main` fails, or something watched ends, stops everything
 * that was started and ends this process: with 0 if a person wanted it, with 1 and one line that says why otherwise. A second
 * Ctrl-C does not wait for anything.
 */
export async function supervise(main: (supervisor: Supervisor) => Promise<void>): Promise<never> {
  const stops: (() => Promise<void>)[] = [];
  let isStopping = false;

  const reason = await new Promise<string | undefined>((resolve) => {
    let interruptedAt = 0;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        const now = Date.now();
        if (interruptedAt && now - interruptedAt > SAME_KEYPRESS_MS) process.exit(INTERRUPTED_TWICE);
        interruptedAt ||= now;
        resolve(undefined);
      });
    }
    // A shell between npm and us dies of a signal to npm without passing it on. Who started us by hand may leave.
    const parent = process.ppid;
    if (process.env.npm_lifecycle_event) {
      setInterval(() => process.ppid === parent || resolve(undefined), ORPHAN_POLL_MS).unref();
    }
    const watch: Supervisor["watch"] = (name, exited) => {
      exited.then((how) => resolve(`${name} has stopped: ${how}.`));
    };
    main({
      onStop: (stop) => stops.push(stop),
      watch,
      start(child) {
        // `main` may still be on its way when everything is being stopped.
        if (isStopping) return undefined;
        const { exited, stop, pid } = startChild(child);
        stops.push(stop);
        watch(child.name, exited);
        return pid;
      },
    }).catch((error: unknown) => resolve(redact(rootMessage(error))));
  });

  isStopping = true;
  if (reason) console.error(reason);
  for (const stop of stops.reverse()) {
    await stop().catch((error: unknown) => console.error(`While stopping: ${error}`));
  }
  process.exit(reason ? 1 : 0);
}

function startChild({ command, args, cwd, env, onLine }: Child) {
  const child = spawn(command, args, {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    // A process group of its own: what it starts can be signalled with it, and a terminal's Ctrl-C reaches us alone.
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", onLine);

  const killNow = () => signalGroup(child.pid, "SIGKILL");
  process.once("exit", killNow);
  const exited = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(describeEnd(code, signal)));
  });
  // "close" comes later than "exit": when the last process that could still print has ended.
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()).once("error", () => resolve()));

  async function stop(): Promise<void> {
    signalGroup(child.pid, "SIGTERM");
    await Promise.race([closed, delay(STOP_TIMEOUT_MS, undefined, { ref: false })]);
    killNow();
    process.off("exit", killNow);
  }
  return { exited, stop, pid: child.pid };
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The process group has no processes any more.
  }
}
