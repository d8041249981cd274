/** Runs one of `scripts/` as a process for the tests. */
import process from "node:process";
import { runProgram } from "./run-program.ts";

/**
 * Returns the exit code and the output. The process gets PATH, HOME and these environment variables, and no others.
 * `command` is the name of the script, followed by arguments separated by spaces; `input` is its standard input.
 */
export async function runScript(
  command: string,
  env: Record<string, string>,
  input?: string,
): Promise<{ code: number; output: string }> {
  const [name = "", ...args] = command.split(" ");
  const options = { env, ...(input !== undefined && { input }) };
  const { code, stdout, stderr } = await runProgram(process.execPath, ["scripts/start.cjs", name, ...args], options);
  return { code, output: stdout + stderr };
}
