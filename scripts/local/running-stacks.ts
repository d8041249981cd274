/**
 * The local stacks that run in this clone. Each start of `npm run dev` or `npm run db` keeps a file about itself while it runs.
 * With it, the doctor finds the stack on any port, and the next start can say which processes a killed stack has left behind.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { z } from "zod";
import { isAlive } from "./process-end.ts";

const processSchema = z.object({
  /** The name of the process for people. */
  name: z.string(),
  pid: z.number().int().positive(),
  /** Part of its command line. It distinguishes the process from another one that later got the same id. */
  mark: z.string(),
  /** The signal that stops it cleanly. */
  signal: z.enum(["INT", "TERM"]),
  /** True when it leads a process group that must be ended with it. */
  isGroup: z.boolean(),
});

const stackSchema = z.object({
  pid: z.number().int().positive(),
  /** "npm run dev" or "npm run db". */
  command: z.string(),
  startedAt: z.iso.datetime(),
  /** False with LOCAL_POSTGRES_URL. */
  ownsPostgres: z.boolean(),
  /** The Worker's vars that differ between starts. */
  vars: z.record(z.string(), z.string()),
  children: z.array(processSchema),
});

export type RunningStack = z.infer<typeof stackSchema>;
export type StackProcess = z.infer<typeof processSchema>;

/** Writes the file about this process, and updates it after each change. */
export function recordStack(
  folder: string,
  fixed: Pick<RunningStack, "command" | "ownsPostgres">,
): { addChild(child: StackProcess): void; addVars(vars: Record<string, string>): void; forget(): void } {
  const stack: RunningStack = {
    ...fixed,
    pid: process.pid,
    startedAt: new Date().toISOString(),
    vars: {},
    children: [],
  };
  const file = join(folder, `${process.pid}.json`);
  const write = () => writeFileSync(file, JSON.stringify(stack, null, 2), { mode: 0o600 });
  mkdirSync(folder, { recursive: true });
  write();
  return {
    addChild(child) {
      stack.children.push(child);
      write();
    },
    addVars(vars) {
      Object.assign(stack.vars, vars);
      write();
    },
    forget: () => rmSync(file, { force: true }),
  };
}

/**
 * The running stacks, newest first, and the processes that killed stacks have left behind. Deletes the files of stacks without
 * processes.
 */
export function listStacks(folder: string): { running: RunningStack[]; leftovers: StackProcess[] } {
  const running: RunningStack[] = [];
  const leftovers: StackProcess[] = [];
  for (const name of listFiles(folder)) {
    const file = join(folder, name);
    const stack = readStack(file);
    if (stack && isAlive(stack.pid) && /scripts\/(start\.cjs )?(dev|db)\.ts/.test(readCommandLine(stack.pid))) {
      running.push(stack);
      continue;
    }
    const left = stack?.children.filter(isLeft) ?? [];
    if (left.length === 0) rmSync(file, { force: true });
    leftovers.push(...left);
  }
  running.sort((a, b) => b.startedAt.localeCompare(a.startedAt));
  return { running, leftovers };
}

/** The shell command that stops these processes cleanly. */
export function commandToEnd(processes: readonly StackProcess[]): string {
  return processes.map(({ pid, signal, isGroup }) => `kill -${signal} ${isGroup ? -pid : pid}`).join("; ");
}

function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(".json"));
  } catch {
    return [];
  }
}

function readStack(file: string): RunningStack | undefined {
  try {
    return stackSchema.safeParse(JSON.parse(readFileSync(file, "utf8"))).data;
  } catch {
    return undefined;
  }
}

/** True while the process runs, or a member of its group. */
export function isLeft({ pid, mark, isGroup }: Pick<StackProcess, "pid" | "mark" | "isGroup">): boolean {
  if (isAlive(pid)) return readCommandLine(pid).includes(mark);
  // No new process gets the id of a group that still has members, so this is our group.
  return isGroup && isAlive(-pid);
}

/** Empty for a process that has ended, even if its parent has not waited for it yet. */
function readCommandLine(pid: number): string {
  try {
    if (process.platform === "linux") return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
    return execFileSync("ps", ["-ww", "-o", "args=", "-p", String(pid)], { encoding: "utf8" });
  } catch {
    return "";
  }
}
