import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { root } from "../../scripts/local/folders.ts";
import type { Ended } from "../support/node/run-program.ts";

type Command = { args: readonly string[]; cwd: string; env: Record<string, string>; input?: string | undefined };

/**
 * A process that has loaded the client, and runs commands of it one after another. A command that has a process of its own needs half a
 * second of the CPU, nearly all of it to load Node's `fetch` and the client. `program` is the client's main module.
 */
export class CommandHost {
  readonly #start: () => ChildProcess;
  #child: ChildProcess | undefined;
  isBusy = false;

  constructor(node: string, program: string) {
    this.#start = () =>
      fork(join(root, "test/client/command-host.mjs"), [program], {
        execPath: node,
        execArgv: [],
        stdio: ["ignore", "ignore", "inherit", "ipc"],
      });
  }

  /** Runs a command. Only one may run at a time. Its exit code is -1 when it ends the process. */
  async run({ args, cwd, env, input = "" }: Command): Promise<Ended> {
    const { PATH = "", HOME = "" } = process.env;
    this.isBusy = true;
    this.#child ??= this.#start();
    const child = this.#child;
    try {
      return await new Promise<Ended>((resolve) => {
        child.once("message", (ended: Ended) => resolve(ended));
        child.once("exit", () => {
          this.#child = undefined;
          resolve({ code: -1, stdout: "", stderr: "The command has ended its process." });
        });
        child.send({ args, cwd, env: { PATH, HOME, ...env }, input });
      });
    } finally {
      child.removeAllListeners();
      this.isBusy = false;
    }
  }

  stop(): void {
    this.#child?.kill();
    this.#child = undefined;
  }
}
