/**
 * Runs programs for the tests. A test must not wait for a program synchronously while a local stack runs: the event loop would not
 * read what the stack prints, and would not notice that the stack has closed a connection, on which the next request then fails.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { root } from "../../../scripts/local/folders.ts";

/** For the environment of a command. With this PATH, `npx` starts an installed program without npm, which is faster: see `bin/npx`. */
export const QUICK_NPX = { PATH: `${join(root, "test/support/node/bin")}:${process.env.PATH}` };

export type Ended = { code: number; stdout: string; stderr: string };

/**
 * Runs a program in the project's folder or in `cwd`, and waits for its end. Its environment has PATH, HOME and `env`, and nothing
 * else. `input` is its standard input. The exit code is -1 when the program could not be started, or was killed.
 */
export function runProgram(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string>; input?: string } = {},
): Promise<Ended> {
  const { PATH = "", HOME = "" } = process.env;
  const { cwd = root, env, input } = options;
  return new Promise((resolve) => {
    const settings = { cwd, env: { PATH, HOME, ...env }, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(command, args, settings, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : error ? -1 : 0, stdout, stderr });
    });
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}
