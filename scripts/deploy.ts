/**
 * `npm run deploy`: deploys the Worker by wrangler. Without cells, and for a Worker that is none, that is all. With `--cell`, it deploys one cell, whose database must
 * have been migrated. With `--all`,
 *
 * 1. it migrates the databases of all cells before it deploys to any, since the previous Worker works with the new tables and functions;
 * 2. it deploys to one cell after another, in the order of cells.json, and runs the smoke test after each.
 *
 * It ends at the first failure.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import {
  CELL_HELP,
  type Cell,
  chooseCells,
  Progress,
  readCells,
  requireNoCell,
  requireSecrets,
} from "./local/cells.ts";
import { printFindings } from "./local/findings.ts";
import { fail, offerHelp } from "./local/options.ts";
import { AT_ONCE, deployCell, deployWorker } from "./local/wrangler.ts";
import { migrateDatabase, requireMigrated } from "./migrate.ts";
import { readTargets, smokeAll } from "./smoke.ts";

const HELP = `Deploys the Worker. All other options are those of \`wrangler deploy\`.

  npm run deploy                                   a deployment without cells
  npm run deploy -- --env ENVIRONMENT              the same, or a Worker that is no cell, such as staging
  npm run deploy -- --cell NAME | --all

${CELL_HELP}: all are migrated, then
                 each is deployed and tested, the first one of cells.json first. It ends at the first that fails
  --dry-run      builds and checks, and changes nothing
  --check        looks at all that can be known before: secrets, domain, bucket, limits, the database, its role and its migrations. Says what
                 is missing, changes nothing, and ends with 1 if something is
  --at-once      also replaces the Durable Objects that are awake, which otherwise takes up to five minutes: when a version must not run
                 any longer. All streams end and come back

  npm run deploy -- --secrets-file .secrets.json   the first time: with the secrets of the Worker`;

/** The option that chooses an environment of wrangler.toml. */
const ENVIRONMENT = /^(--env|-e)(=|$)/;

type Choice = { cell?: string; all: boolean; isDryRun: boolean; isCheck: boolean; rest: string[] };

offerHelp(HELP);
try {
  const choice = readChoice(process.argv.slice(2));
  const cells = chooseCells(choice);
  if (choice.isCheck) await check(cells, choice.rest);
  else if (cells === null) await deployWithoutCells(choice.rest);
  else await deployCells(cells, choice);
} catch (error) {
  fail(error);
}

/** Separates our options from those of wrangler, which are passed on. */
function readChoice(args: readonly string[]): Choice {
  const choice: Choice = { all: false, isDryRun: false, isCheck: false, rest: [] };
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] ?? "";
    const [name = "", value] = argument.split("=", 2);
    if (argument === "--all") choice.all = true;
    else if (argument === "--check") choice.isCheck = true;
    else if (argument === "--at-once") choice.rest.push(...AT_ONCE);
    else if (name === "--cell") choice.cell = value ?? args[++index] ?? "";
    else choice.rest.push(argument);
    if (argument === "--dry-run") choice.isDryRun = true;
  }
  return choice;
}

/** Looks at the deployments that are chosen, and sets the exit code when something is missing. */
async function check(cells: readonly Cell[] | null, rest: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...rest],
    options: { env: { type: "string", short: "e" }, "secrets-file": { type: "string" } },
  });
  if (cells === null) requireNoCells(values.env);
  else if (values.env !== undefined) throw new Error("Leave out --env: cells.json says what the cell is.");
  const { checkDeployment } = await import("./local/deploy-check.ts");
  let missing = 0;
  for (const cell of cells ?? [null]) {
    if (cell !== null) console.log(`\n${cell.name}, ${cell.url}`);
    const env = cell?.env ?? values.env ?? "";
    const secretsFile = values["secrets-file"];
    missing += printFindings(await checkDeployment({ env, cell, secretsFile }));
  }
  const last =
    missing === 0 ? "Nothing is missing that can be known before." : `Missing: ${missing}. Nothing was changed.`;
  console.log(`\n${last}`);
  if (missing > 0) process.exitCode = 1;
}

/** Without an environment, it is not clear that none of the cells is meant. */
function requireNoCells(env: string | undefined): void {
  if (env !== undefined) requireNoCell(env);
  else if (readCells() !== null)
    throw new Error("cells.json names cells: say which one is to be deployed, --cell NAME or --all.");
}

async function deployWithoutCells(rest: readonly string[]): Promise<void> {
  const index = rest.findIndex((argument) => ENVIRONMENT.test(argument));
  requireNoCells(index < 0 ? undefined : (rest[index]?.split("=")[1] ?? rest[index + 1] ?? ""));
  // Imported here, since it loads wrangler, which `--help` and a wrong option need not wait for.
  (await import("./local/cell-environment.ts")).requireOwnDomains();
  await deployWorker(index < 0 ? ["--env=", ...rest] : rest);
}

async function deployCells(cells: readonly Cell[], { all, isDryRun, rest }: Choice): Promise<void> {
  const has = (option: RegExp) => rest.find((argument) => option.test(argument));
  const ofCell = has(ENVIRONMENT) ?? has(/^--name(=|$)/);
  if (ofCell !== undefined) throw new Error(`Leave out ${ofCell}: cells.json says what the cell is.`);
  const ofOne = all ? has(/^--secrets-file(=|$)/) : undefined;
  if (ofOne !== undefined) throw new Error(`${ofOne} is of a single cell: deploy that one by --cell NAME.`);
  const { requireEnvironment, requireOwnDomains } = await import("./local/cell-environment.ts");
  requireOwnDomains();
  for (const cell of cells) requireEnvironment(cell);
  if (isDryRun) {
    for (const cell of cells) await deployCell(cell, rest);
    return;
  }
  requireSecrets(cells, ["DATABASE_URL"]);
  const progress = new Progress(cells, "as before");
  if (all) {
    await deployAll(cells, progress, rest);
    return;
  }
  const next = ({ name }: Cell) =>
    `Migrate it by \`npm run migrate -- --cell ${name}\`, or repair what wrangler names.`;
  await progress.through(cells, { done: "deployed", failed: "not deployed", next }, (cell) => deploy(cell, rest));
  console.log(`\nNext: npm run smoke -- --cell ${cells[0]?.name}`);
}

async function deployAll(cells: readonly Cell[], progress: Progress, rest: readonly string[]): Promise<void> {
  // Before anything is done: a smoke test without a key would fail only after its cell was deployed.
  requireSecrets(cells, ["API_KEY"]);
  const migrated = {
    done: "migrated, its Worker is that of before",
    failed: "not migrated, nor deployed",
    next: () =>
      "No cell was deployed to. The Workers of before work with both databases, so there is no hurry. Repair the cause, and run " +
      "the command again: what is done is not done twice.",
  };
  const uploaded = {
    done: "migrated and deployed, not tested",
    failed: "migrated, its Worker is that of before",
    next: () => "Repair what is named above, and run the command again: what is done is not done twice.",
  };
  const tested = {
    done: "migrated, deployed and tested",
    failed: "migrated and deployed, and its smoke test fails",
    next: ({ env }: Cell) =>
      `No other cell was deployed to after it. Take it back by \`npx wrangler rollback --env="${env}" ${AT_ONCE.join(" ")}\`: ` +
      "the Worker of before works with the migrated database. Then repair the cause, and run the command again.",
  };
  await progress.through(cells, migrated, ({ vars }) => migrateDatabase(vars));
  for (const cell of cells) {
    await progress.through([cell], uploaded, () => deploy(cell, rest));
    await progress.through([cell], tested, () => test(cell));
  }
  console.log("\nAll cells are migrated, deployed and tested.");
}

async function test(cell: Cell): Promise<void> {
  if (!(await smokeAll(readTargets([cell])))) throw new Error(`The smoke test of ${cell.name} has failed.`);
}

/** @throws Error when the database of the cell lacks migrations */
async function deploy(cell: Cell, rest: readonly string[]): Promise<void> {
  await requireMigrated(cell.name, cell.vars);
  await deployCell(cell, rest);
}
