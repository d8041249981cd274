import { runProgram } from "../support/node/run-program.ts";

/** The processes of these process groups that have not ended. */
export async function processesOf(groups: readonly number[]): Promise<string[]> {
  const { stdout } = await runProgram("ps", ["-A", "-o", "pgid=,stat=,args="]);
  const lines = stdout.split("\n").map((line) => line.trim());
  // A process with the state Z has ended, and only its parent has not noticed.
  return lines.filter((line) => groups.includes(Number.parseInt(line, 10)) && !/^\d+\s+Z/.test(line));
}
