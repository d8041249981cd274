/** `npm run bench`: what the service costs and how it scales, compared with its limits and with similar systems. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { NEON_LIMITS } from "../scripts/local/neon-limits.ts";
import { measureArtifacts } from "./parts/artifacts.ts";
import { measureFlow } from "./parts/flow.ts";
import { measureGrowth } from "./parts/growth.ts";
import { measureInvoke } from "./parts/invoke.ts";
import { measureLargeTenant } from "./parts/large-tenant.ts";
import { measureLeasePolls } from "./parts/lease-polls.ts";
import { measureLeases } from "./parts/leases.ts";
import { measureOwnServer } from "./parts/own-server.ts";
import { measureReadPath } from "./parts/read.ts";
import { countRoundTrips } from "./parts/round-trips.ts";
import { measureRunCost } from "./parts/run-cost.ts";
import { measureSize } from "./parts/size.ts";
import { measureStreams } from "./parts/streams.ts";
import { measureSuspended } from "./parts/suspended.ts";
import { measureSweep } from "./parts/sweep.ts";
import { measureTenants } from "./parts/tenants.ts";
import { measureTriggers } from "./parts/triggers.ts";
import { measureWeekOne } from "./parts/week-one.ts";
import { measureWritePath } from "./parts/write.ts";
import type { Context, Part } from "./support/context.ts";
import { bench, root, scratch } from "./support/paths.ts";
import { type Server, startServer } from "./support/postgres.ts";
import { aimTable, goalTable, headlines, markdownSection, type PartReport, withFigures } from "./support/report.ts";

const PARTS: Record<string, Part> = {
  read: measureReadPath,
  "round-trips": countRoundTrips,
  size: measureSize,
  sweep: measureSweep,
  triggers: measureTriggers,
  tenants: measureTenants,
  "large-tenant": measureLargeTenant,
  "own-server": measureOwnServer,
  streams: measureStreams,
  artifacts: measureArtifacts,
  leases: measureLeases,
  "lease-polls": measureLeasePolls,
  suspended: measureSuspended,
  invoke: measureInvoke,
  flow: measureFlow,
  write: measureWritePath,
  "run-cost": measureRunCost,
  growth: measureGrowth,
  "week-one": measureWeekOne,
};

const HELP = `Measures the service on a Postgres of its own. Best on a machine that does nothing else.

  npm run bench                  everything; writes bench/RESULTS.md, the charts and the figures in README.md
  npm run bench -- read sweep    some parts: ${Object.keys(PARTS).join(", ")}
  npm run bench -- --quick       small and short, to see that it works: the figures mean nothing
  npm run bench -- week-one --minutes 10 --tenants 100 --rate 0.1 --limit 200
                                 how long the rehearsal lasts, and how much is done: these are the defaults. It takes four minutes more

What is not everything is written to .local/bench/results/ instead. The plans of the statements go to .local/bench/plans/.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string", default: "5" },
    /** Of week-one. */
    minutes: { type: "string" },
    tenants: { type: "string" },
    rate: { type: "string" },
    limit: { type: "string" },
    /** The same as naming the part as an argument. */
    only: { type: "string", multiple: true, default: [] },
    help: { type: "boolean", short: "h", default: false },
  },
});
const asked = [...positionals, ...values.only];
const unknown = asked.filter((name) => !(name in PARTS));
if (values.help || unknown.length > 0) {
  console.log(unknown.length > 0 ? `There is no part ${unknown.join(", ")}.\n\n${HELP}` : HELP);
  process.exit(unknown.length > 0 ? 1 : 0);
}

process.chdir(root);
const isWhole = asked.length === 0 && !values.quick;
const folder = isWhole ? bench : join(scratch, "results");
const began = Date.now();
let running: Promise<Server> | undefined;

function contextOf(part: string): Context {
  return {
    quick: values.quick,
    rounds: values.quick ? 2 : Number(values.rounds),
    week: {
      minutes: Number(values.minutes ?? (values.quick ? 2 : 10)),
      tenants: Number(values.tenants ?? (values.quick ? 3 : 100)),
      rate: Number(values.rate ?? 0.1),
      limit: Number(values.limit ?? NEON_LIMITS.requestsPerSecond),
    },
    server: () => {
      running ??= startServer();
      return running;
    },
    progress: (text) => console.error(`${elapsed()} ${part}: ${text}`),
    write: (path, text) => writeFile(join(folder, path), text),
    writeLocally: (path, text) => writeFile(join(scratch, path), text),
  };
}

function writeFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function elapsed(): string {
  const seconds = Math.round((Date.now() - began) / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(2)}:${String(seconds % 60).padStart(2, "0")}`;
}

async function measure(name: string, part: Part): Promise<PartReport> {
  const command = `npm run bench -- ${name}`;
  try {
    return { name, command, ...(await part(contextOf(name))) };
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
    const figure = `did not end: ${error instanceof Error ? error.message.split("\n")[0] : error}`;
    return { name, command, goals: [{ goal: "to be measured", figure, met: false }], tables: [] };
  }
}

async function machine(): Promise<string> {
  const lock = (await import("../package-lock.json", { with: { type: "json" } })).default.packages;
  const own = (await import("./package-lock.json", { with: { type: "json" } })).default.packages;
  const [cpu] = cpus();
  const postgres = running ? (await running).version : "not used";
  return [
    `- ${cpu?.model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}`,
    `- Node ${process.versions.node}, workerd ${lock["node_modules/workerd"].version}, Postgres ${postgres}, hono ` +
      `${lock["node_modules/hono"].version}, drizzle-orm ${lock["node_modules/drizzle-orm"].version}, ` +
      `@neondatabase/serverless ${lock["node_modules/@neondatabase/serverless"].version}`,
    `- pg-boss ${own["node_modules/pg-boss"].version}, DBOS Transact ${own["node_modules/@dbos-inc/dbos-sdk"].version}`,
    `- ${new Date().toISOString().slice(0, 10)}, ${contextOf("").rounds} rounds, ${elapsed().trim()} minutes`,
  ].join("\n");
}

async function results(reports: readonly PartReport[]): Promise<string> {
  return `${[
    "# Results",
    values.quick
      ? "**A try of small sizes: the figures mean nothing.**"
      : "Written by `npm run bench`. Everything ran on one machine: load, Worker, SQL endpoint and Postgres.",
    await machine(),
    "Three numbers are min–median–max of the rounds, in which the subjects take turns; a ratio (×) is taken within each round, " +
      "and a goal is judged by the median.",
    "## Goals",
    goalTable(reports),
    "What would be better than the goals, and is not promised:",
    aimTable(reports),
    ...reports.flatMap(({ name, command, tables }) => [`## ${name}`, `\`${command}\``, ...tables.map(markdownSection)]),
  ].join("\n\n")}\n`;
}

try {
  const reports: PartReport[] = [];
  for (const [name, part] of Object.entries(PARTS)) {
    if (asked.length === 0 || asked.includes(name)) reports.push(await measure(name, part));
  }
  const text = await results(reports);
  contextOf("").write("RESULTS.md", text);
  if (isWhole) {
    const readme = join(root, "README.md");
    const date = new Date().toISOString().slice(0, 10);
    const figures = `On ${date}, on one machine, as min–median–max of the rounds:\n\n${headlines(reports)}`;
    writeFileSync(readme, withFigures(readFileSync(readme, "utf8"), figures));
  }
  console.log(text);
  console.log(`Written to ${relative(root, join(folder, "RESULTS.md"))} after ${elapsed().trim()} minutes.`);
} finally {
  await (await running)?.stop();
  rmSync(join(scratch, "running"), { recursive: true, force: true });
}
