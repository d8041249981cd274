import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";

/**
 * Calls `show` whenever somebody presses Enter. Does nothing in a background job (`npm run dev &`), since the system suspends
 * background jobs that read from the terminal.
 */
export function onEnter(show: () => void): void {
  if (process.stdin.isTTY && !isInForeground()) return;
  createInterface({ input: process.stdin }).on("line", show);
}

function isInForeground(): boolean {
  try {
    if (process.platform === "linux") {
      // The fields after the command's name in parentheses: state, parent, process group, session, terminal, foreground group
      // of the terminal.
      const stat = readFileSync("/proc/self/stat", "utf8");
      const [, , group, , , foregroundGroup] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return group === foregroundGroup;
    }
    return execFileSync("ps", ["-o", "stat=", "-p", String(process.pid)], { encoding: "utf8" }).includes("+");
  } catch {
    return false;
  }
}
