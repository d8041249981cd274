/** Starts the local stack, and runs commands as a person does, for the tests in Node. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { root } from "../../../scripts/local/folders.ts";

export type LocalStack = {
  process: ChildProcess;
  lines: string[];
  /** Resolves with the lines, as soon as this many of them contain the text. Rejects when the stack ends before. */
  until(text: string, count?: number): Promise<string[]>;
  exited: Promise<unknown>;
};

/** `npm run dev` or `npm run db`, with a pipe for what a person types. */
export function startStack(script: "dev.ts" | "db.ts", env: Record<string, string>): LocalStack {
  const child = spawn(process.execPath, ["scripts/start.cjs", script], { cwd: root, env: { ...process.env, ...env } });
  const lines: string[] = [];
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      for (const listener of listeners) listener();
    });
  }
  const exited = once(child, "close");
  return {
    process: child,
    lines,
    exited,
    until: (text, count = 1) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (lines.filter((line) => line.includes(text)).length < count) return;
          listeners.delete(look);
          resolve(lines);
        };
        listeners.add(look);
        exited.then(() => reject(new Error(`The stack ended without "${text}":\n${lines.join("\n")}`)));
        look();
      }),
  };
}
