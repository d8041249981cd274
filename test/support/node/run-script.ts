/** Runs one of `scripts/` as a process of its own, for the tests. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import process from "node:process";

const SCRIPTS = join(import.meta.dirname, "../../../scripts");

/**
 * Its exit code and all that it printed, with these environment variables and none of a Worker's beside them. `command` is
 * its name, and arguments after blanks.
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
