/**
 * `npm run smoke -- https://…`: checks a deployed service from outside, as its callers and its runners see it, and removes what
 * it has created. Its exit code is 1 when something is wrong.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { isLoopback } from "../src/base/loopback.ts";
import { CELL_HELP, CELL_OPTIONS, type Cell, chooseCells, requireSecrets } from "./local/cells.ts";
import { Challenged } from "./local/challenge.ts";
import { fail, isStarted } from "./local/options.ts";
import { listSmokeChecks } from "./local/smoke-checks.ts";
import { type Runner, tryWorkflow } from "./local/smoke-workflow.ts";

type Options = { "runner-url"?: string | undefined; "runner-port": string };

const HELP = `Checks a deployed service from outside, and removes what it made.

  API_KEY=wr_… npm run smoke -- https://runs.example.com [--runner-url https://… --runner-port 8080]
  npm run smoke -- --cell NAME | --all

${CELL_HELP}

  API_KEY          a key of an OWNER or ADMIN, best of a tenant of its own (npm run create-tenant)
  --runner-url     where the service reaches this machine, for example through a tunnel. Not needed for a service on this
                   machine. Without it no run is tried, since a run needs a runner.
  --runner-port    the port of this machine that --runner-url leads to (8080)`;

const DEFAULTS = { "runner-port": "8080" };

if (isStarted("smoke.ts")) {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        ...CELL_OPTIONS,
        "runner-url": { type: "string" },
        "runner-port": { type: "string", default: DEFAULTS["runner-port"] },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) console.log(HELP);
    else if (!(await smokeAll(findTargets(positionals, values), values))) process.exitCode = 1;
  } catch (error) {
    fail(error);
  }
}

type Target = { url: string; key: string };

/** The services to test: that of the argument, or the cells that the options name. */
function findTargets([url = ""]: string[], values: { cell?: string | undefined; all: boolean }): Target[] {
  const cells = chooseCells(values);
  if (cells !== null && url === "") return readTargets(cells);
  const { API_KEY: key = "" } = process.env;
  if (cells !== null || !/^https?:\/\//.test(url) || !URL.canParse(url) || key === "") throw new Error(HELP);
  return [{ url, key }];
}

/** @throws Error when the API key of a cell is missing */
export function readTargets(cells: readonly Cell[]): Target[] {
  requireSecrets(cells, ["API_KEY"]);
  return cells.map(({ url, vars }) => ({ url, key: vars.API_KEY ?? "" }));
}

/** Returns true when nothing is wrong with any of them. */
export async function smokeAll(targets: readonly Target[], options: Options = DEFAULTS): Promise<boolean> {
  let isAllWell = true;
  for (const { url, key } of targets) {
    if (targets.length > 1) console.log(`\n${url}`);
    if (!(await smoke(new URL(url), key, options))) isAllWell = false;
  }
  return isAllWell;
}

/** Returns true when nothing is wrong. */
async function smoke(target: URL, key: string, options: Options): Promise<boolean> {
  const service = { origin: target.origin, key };
  const isLocal = isLoopback(target.hostname);
  const runner = readRunner(isLocal, options);
  const checks = [...listSmokeChecks(service), { subject: "a run", check: () => tryWorkflow(service, runner) }];
  let failures = 0;
  for (const { subject, check } of checks) {
    const print = (mark: string, text: string) => console.log(`${mark} ${subject.padEnd(14)} ${text}`);
    try {
      const finding = await check();
      if (typeof finding === "string") print("✓", finding);
      else print("–", finding.skipped);
    } catch (error) {
      failures += 1;
      print("✗", error instanceof Error ? error.message : String(error));
      if (error instanceof Challenged) {
        console.log(`  ${"".padEnd(14)} → ${Challenged.advice} Nothing else was looked at.`);
        break;
      }
    }
  }
  console.log(failures === 0 ? "\nNothing is wrong." : `\nWrong: ${failures}. docs/operations.md says what to do.`);
  return failures === 0;
}

function readRunner(isLocal: boolean, options: Options): Runner | null {
  const url = options["runner-url"];
  if (url !== undefined) return { url, port: Number(options["runner-port"]) };
  return isLocal ? { url: null, port: 0 } : null;
}
