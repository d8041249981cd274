import { spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { describeEnd } from "./process-end.ts";
import { redact, rootMessage } from "./redact.ts";

/** A command that keeps running alongside others. */
export type Child = {
  /** The name of the command in the terminal. */
  name: string;
  command: string;
  args: readonly string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Called with each line that it prints, on either stream. */
  onLine: (line: string) => void;
};

export type Supervisor = {
  /** Registers a function that is called when everything stops. They are called in reverse order. */
  onStop(stop: () => Promise<void>): void;
  /** Stops everything when `exited` resolves. It resolves to a few words that say how the process ended. */
  watch(name: string, exited: Promise<string>): void;
  /**
   * Starts a command and watches it. When everything stops, stops the command and all processes that it has started. Returns
   * its process id, which is also the id of its process group; undefined if it was not started.
   */
  start(child: Child): number | undefined;
};

const STOP_TIMEOUT_MS = 5_000;
/** Within this time, a second signal counts as the same Ctrl-C: the terminal sends it to us, and npm passes it on again. */
const SAME_KEYPRESS_MS = 1_000;
const INTERRUPTED_TWICE = 130;
const ORPHAN_POLL_MS = 500;

/**
 * Runs `main`, and then waits for Ctrl-C. When that comes, when `main` fails, or when something that is watched ends, stops
 * everything that was started and ends this process: with 0 if a person stopped it, otherwise with 1 and one line that says
 * why, which it gives to `tell`. A second Ctrl-C ends it at once.
 */
export async function supervise(
  main: (supervisor: Supervisor) => Promise<void>,
  tell: (reason: string) => void = console.error,
): Promise<never> {
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
    // A shell between npm and this process may be killed by a signal without passing it on. The end of the parent process is
    // noticed instead. A process that was started directly may outlive its parent.
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
        // `main` may still be running while everything is being stopped.
        if (isStopping) return undefined;
        const { exited, stop, pid } = startChild(child);
        stops.push(stop);
        watch(child.name, exited);
        return pid;
      },
    }).catch((error: unknown) => resolve(redact(rootMessage(error))));
  });

  isStopping = true;
  if (reason) tell(reason);
  for (const stop of stops.reverse()) {
    await stop().catch((error: unknown) => tell(`While stopping: ${error}`));
  }
  process.exit(reason ? 1 : 0);
}

function startChild({ command, args, cwd, env, onLine }: Child) {
  const child = spawn(command, args, {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    // The process gets its own group: signals reach all processes that it starts, and a terminal's Ctrl-C reaches only this
    // process.
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
    // The process group has already ended.
  }
}
