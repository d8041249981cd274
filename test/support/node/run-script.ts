/** Runs one of `scripts/` as a process for the tests. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import process from "node:process";

const SCRIPTS = join(import.meta.dirname, "../../../scripts");

/**
 * Returns the exit code and the output. The process gets these environment variables, and no others that a Worker reads.
 * `command` is the name of the script, followed by arguments separated by spaces.
 */
export function runScript(
  command: string,
  environment: Record<string, string>,
): Promise<{ code: number; output: string }> {
  const { PATH = "" } = process.env;
  return new Promise((resolve) => {
    const options = { env: { PATH, ...environment }, cwd: join(SCRIPTS, "..") };
    const [name = "", ...args] = command.split(" ");
    execFile(process.execPath, [join(SCRIPTS, name), ...args], options, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : error ? 1 : 0, output: stdout + stderr });
    });
  });
}
