/** An empty Debian in a folder, in which programs run as in a container: with processes of their own, and the network of this machine. */
import { spawn } from "node:child_process";
import {
  chownSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { runProgram } from "../support/node/run-program.ts";
import type { Running } from "./server.ts";

/** Where the authority of a proxy is, through which this machine reaches the internet, if it has one. */
const PROXY_CA = "/usr/local/share/proxy-of-this-machine.pem";
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

type Settings = Record<string, string>;
type Program = { command: readonly string[]; user: string; cwd: string; env: Settings };

/** True where such a Debian can be made and entered. */
export const canMakeDebian =
  process.getuid?.() === 0 &&
  (await runProgram("mmdebstrap", ["--version"])).code === 0 &&
  (await runProgram("unshare", ["--mount", "--pid", "--fork", "true"])).code === 0;

async function run(command: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runProgram(command, args);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

/** Makes one with Node and npm, as the images of Node are. */
export async function makeDebian(folder: string): Promise<void> {
  await run("mmdebstrap", ["--mode=root", "--variant=apt", "--include=libstdc++6,passwd", "trixie", folder]);
  const bin = join(folder, "usr/bin");
  copyFileSync(realpathSync(process.execPath), join(bin, "node"));
  const npm = (await run("sh", ["-c", 'realpath "$(command -v npm)"'])).trim();
  cpSync(join(npm, "../.."), join(folder, "usr/lib/node_modules/npm"), { recursive: true });
  symlinkSync("../lib/node_modules/npm/bin/npm-cli.js", join(bin, "npm"));
  copyFileSync("/etc/resolv.conf", join(folder, "etc/resolv.conf"));
  const { NODE_EXTRA_CA_CERTS } = process.env;
  if (NODE_EXTRA_CA_CERTS) copyFileSync(NODE_EXTRA_CA_CERTS, join(folder, PROXY_CA));
}

export const copyDebian = (from: string, to: string) => run("cp", ["-a", "--reflink=auto", from, to]);

/** Puts a file there that only its user can read. */
export function addSecret(debian: string, path: string, text: string, user: string): void {
  const file = join(debian, path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, text, { mode: 0o600 });
  chownSync(file, idOf(debian, user), idOf(debian, user));
}

/** The id of a user and of its group, which has the same name. */
function idOf(debian: string, user: string): number {
  const line = readFileSync(join(debian, "etc/passwd"), "utf8").match(new RegExp(`^${user}:x:(\\d+):`, "m"));
  if (line === null) throw new Error(`There is no user ${user}.`);
  return Number(line[1]);
}

const entering = (debian: string, cwd: string) => [
  ...["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"],
  ...[`--root=${debian}`, `--wd=${cwd}`],
];

/** Lets a shell execute commands as root, and returns what they print. */
export function executeIn(debian: string, commands: string, env: Settings = {}): Promise<string> {
  const given = { PATH, HOME: "/root", NODE_EXTRA_CA_CERTS: PROXY_CA, ...env };
  const settings = Object.entries(given).map(([name, value]) => `${name}=${value}`);
  return run("unshare", [...entering(debian, "/root"), "env", "-i", ...settings, "/bin/sh", "-ec", commands]);
}

/** Starts a program as its user, with the process id 1. */
export function startIn(
  debian: string,
  { command, user, cwd, env }: Program,
): Running & { end(): Promise<number | null> } {
  const as = ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups", "--"];
  const child = spawn("unshare", [...entering(debian, cwd), ...as, ...command], {
    env: { PATH, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => lines.push(line));
  }
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return {
    ...{ process: child, lines, ended },
    /** Sends SIGTERM to the program, and returns its exit code. */
    end() {
      const [program] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").split(" ");
      process.kill(Number(program), "SIGTERM");
      return ended;
    },
  };
}

/** Does in a Debian what the steps of a Containerfile say. Returns what runs in the container. `context` is the folder that it is built of. */
export async function buildContainer(debian: string, containerfile: string, context: string): Promise<Program> {
  const program = { command: [] as string[], user: "root", cwd: "/", env: {} as Settings };
  const steps = containerfile
    .replaceAll(/^#.*\n/gm, "")
    .replaceAll(/\\\n\s*/g, " ")
    .split("\n")
    .filter((line) => line !== "");
  for (const step of steps) {
    const [, name = "", value = ""] = /^(\w+) (.*)$/.exec(step) ?? [];
    const places = value.split(" ");
    if (name === "WORKDIR") {
      program.cwd = value;
      mkdirSync(join(debian, value), { recursive: true });
    } else if (name === "COPY") {
      const [from = "", to = ""] = places;
      cpSync(join(context, from), join(debian, program.cwd, to), { recursive: true });
    } else if (name === "RUN") await executeIn(debian, `cd ${program.cwd} && ${value}`);
    else if (name === "USER") program.user = value;
    else if (name === "ENV") Object.assign(program.env, readPairs(value));
    else if (name === "CMD") program.command = JSON.parse(value);
    // The base is this Debian. A volume and a port are for who starts the container.
    else if (step !== "FROM $" + "{BASE}" && !["ARG", "VOLUME", "EXPOSE"].includes(name))
      throw new Error(`Unknown: ${step}`);
  }
  return program;
}

const readPairs = (text: string): Settings =>
  Object.fromEntries(
    text.split(" ").map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
  );

/** Does in a Debian what systemd does at the start of a unit. Returns what it runs then. */
export async function startUnit(debian: string, unit: string): Promise<Program> {
  const read = (name: string) => {
    const [, value] = new RegExp(`^${name}=(.*)$`, "m").exec(unit) ?? [];
    if (value === undefined) throw new Error(`The unit has no ${name}.`);
    return value;
  };
  const [section = ""] = unit.split("[Service]");
  // Only there systemd reads it. Without it, a unit whose starts fail for a few seconds stays down.
  if (!/^StartLimitIntervalSec=0$/m.test(section)) throw new Error("The unit gives up starting.");
  const [user, cwd] = [read("User"), read("WorkingDirectory")];
  const state = join(debian, "var/lib", read("StateDirectory"));
  mkdirSync(state, { mode: Number.parseInt(read("StateDirectoryMode"), 8) });
  chownSync(state, idOf(debian, user), idOf(debian, user));
  const before = read("ExecStartPre");
  // The + lets root execute it.
  if (!before.startsWith("+/")) throw new Error(`Unknown: ${before}`);
  await executeIn(debian, `cd ${cwd} && exec ${before.slice(1)}`);
  return { command: read("ExecStart").split(" "), user, cwd, env: readPairs(read("Environment")) };
}
