/** The command line on the Node of the world, by somebody who is signed in by the environment as the owner of the demo. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { beforeAll, expect, inject, onTestFinished } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import { type Ended, runProgram } from "../support/node/run-program.ts";
import { CommandHost } from "./command-host.ts";
import { nodeOf, type World } from "./installed-client.ts";

/** Nothing listens on this port, since it is privileged and unassigned. `fetch` itself refuses better known ports. */
export const NOBODY = "http://127.0.0.1:2";

/** What `workflows create` needs, of the demo's files. */
export const PARTS = [
  "--source",
  "/shared/reports/q1",
  "--instruction",
  "/shared/how-to-summarise.md",
  "--output",
  "/shared/summaries",
] as const;

type Environment = Record<string, string>;

type Terminal = { env?: Environment; columns?: number; asked?: string; typed?: string; onAsked?: () => void };

/** A terminal whose home is a folder of this name in the world's. */
export function useTerminal(world: () => World, name: string) {
  const home = () => join(world().folder, name);
  const node = () => nodeOf(world().folder, world().version);
  const program = () => join(world().folder, "node_modules/workflow-runs/bin/workflow-runs.js");
  const environment = (env: Environment = {}): Environment => ({
    HOME: home(),
    WORKFLOW_RUNS_URL: world().url,
    WORKFLOW_RUNS_API_KEY: DEMO.owner.key,
    ...env,
  });
  let host: CommandHost;
  const wr = (args: readonly string[], env: Environment = {}, input?: string): Promise<Ended> => {
    const options = { cwd: home(), env: environment(env), ...(input !== undefined && { input }) };
    // A runner starts processes and gets signals, so it has a process of its own, as does what runs beside another command.
    const isAlone = host.isBusy || args[0] === "run" || inject("isWhole");
    return isAlone ? runProgram(node(), [program(), ...args], options) : host.run({ args, ...options });
  };

  beforeAll(() => {
    mkdirSync(home(), { recursive: true });
    host = new CommandHost(node(), join(world().folder, "node_modules/workflow-runs/dist/cli/main.js"));
    return () => host.stop();
  });

  return {
    home,
    node,
    program,
    environment,
    /** Runs a command to its end, in the process of a {@link CommandHost} if it needs none of its own. */
    wr,
    /** What a command prints with `--json`. */
    json: async (args: readonly string[], env: Environment = {}) =>
      JSON.parse((await wr([...args, "--json"], env)).stdout),

    /**
     * Runs a command in a terminal of so many columns. When it has `asked`, or shown, that text, `typed` is typed and `onAsked` called.
     * Returns its exit code and what it showed.
     */
    async inTerminal(command: string, { env = {}, columns = 200, asked, typed, onAsked }: Terminal = {}) {
      // CI sets NO_COLOR, and may have no terminal of its own.
      const { NO_COLOR: _, ...inherited } = process.env;
      const words = `stty cols ${columns}; ${node()} ${program()} ${command}`;
      const terminal: ChildProcess = spawn("script", ["-qec", words, "/dev/null"], {
        env: { ...inherited, TERM: "xterm", ...environment(env) },
        stdio: ["pipe", "pipe", "ignore"],
      });
      let [shown, isAsked] = ["", false];
      terminal.stdout?.setEncoding("utf8").on("data", (text: string) => {
        shown += text;
        if (asked === undefined || isAsked || !shown.includes(asked)) return;
        isAsked = true;
        if (typed !== undefined) terminal.stdin?.end(typed);
        onAsked?.();
      });
      await once(terminal, "close");
      return { code: terminal.exitCode, shown };
    },

    /** Starts a command that goes on until it gets a signal. */
    start(args: readonly string[], env: Environment = {}) {
      const child = spawn(node(), [program(), ...args], {
        cwd: home(),
        env: { ...process.env, ...environment(env) },
        stdio: ["ignore", "pipe", "pipe"],
      });
      let [stdout, stderr] = ["", ""];
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        stdout += text;
      });
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        stderr += text;
      });
      const ended = once(child, "close");
      onTestFinished(() => void child.kill("SIGKILL"));
      return {
        stdout: () => stdout,
        stderr: () => stderr,
        /** Waits until it has said this on stderr. */
        until: (text: string) => expect.poll(() => stderr).toContain(text),
        send: (signal: NodeJS.Signals) => child.kill(signal),
        /** Its output is read no more, as by a program that has read enough and has ended. */
        readNoMore: () => child.stdout.destroy(),
        /** Its exit code. */
        async end(signal?: NodeJS.Signals) {
          if (signal) child.kill(signal);
          await ended;
          return child.exitCode;
        },
      };
    },
  };
}
