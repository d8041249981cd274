/** Calls wrangler, always with the environment of wrangler.toml that is meant: without one, it would change the Worker of the top level. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { buildService, MAIN } from "./bundle.ts";
import type { Cell } from "./cells.ts";
import { root } from "./folders.ts";

/**
 * Replaces the Durable Objects as soon as the version is deployed. By wrangler's default, one that is awake may run the version before, with
 * its secrets, for up to five minutes.
 */
export const AT_ONCE = ["--durable-objects-code-update-mode", "immediate"];

const BUILT = ".local/deploy";
/** Set when the build begins. All cells get the same build. */
let building: Promise<void> | undefined;

async function build(): Promise<void> {
  const { modules, gzipKib } = await buildService(BUILT);
  console.log(`Built the Worker: ${Object.keys(modules).length} modules, ${Math.round(gzipKib)} KiB gzip.`);
}

/** Builds the Worker, unless it is built already, and deploys it. */
export async function deployWorker(args: readonly string[]): Promise<void> {
  building ??= build();
  await building;
  await runWrangler(["deploy", `${BUILT}/${MAIN}`, "--no-bundle", ...args]);
}

/** Deploys a cell. All cells know the addresses of all others. */
export function deployCell({ env, vars }: Cell, args: readonly string[]): Promise<void> {
  return deployWorker([`--env=${env}`, "--var", `CELLS:${vars.CELLS}`, ...args]);
}

/** Asks `wrangler` something that changes nothing. Its standard output is not shown, and whatever it says besides is dropped. */
export async function askWrangler(args: readonly string[]): Promise<{ code: number | null; stdout: string }> {
  const wrangler = spawn("wrangler", args, { cwd: root, stdio: ["ignore", "pipe", "ignore"] });
  const closed = once(wrangler, "close");
  const stdout = await text(wrangler.stdout);
  const [code] = await closed;
  return { code, stdout };
}

/** Runs the `wrangler` of PATH, which npm sets, and shows its output. `input` is its standard input. */
export async function runWrangler(args: readonly string[], input?: string): Promise<void> {
  const stdin = input === undefined ? "inherit" : "pipe";
  const wrangler = spawn("wrangler", args, { cwd: root, stdio: [stdin, "inherit", "inherit"] });
  wrangler.stdin?.on("error", () => {});
  wrangler.stdin?.end(input);
  const [code] = await once(wrangler, "close");
  const [first, second = ""] = args;
  const command = first === "secret" ? `${first} ${second}` : first;
  if (code !== 0) throw new Error(`wrangler ${command} ended with ${code}. What it has said is above.`);
}
