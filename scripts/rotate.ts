/**
 * `npm run rotate`: gives one secret of one Worker a new value, and replaces what runs with the old one.
 *
 * 1. It looks at the value, that the Worker exists, and that the database of a cell, or of a new DATABASE_URL, is not behind: nothing is
 *    changed if one of these is wrong. The database of another Worker is not known here.
 * 2. `wrangler secret put`, always with the environment of the cell, since without it the Worker of the top level gets the secret.
 * 3. A deployment that replaces the Durable Objects at once, which else may go on with the old secret for up to five minutes.
 */
import process from "node:process";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { NeonDbError } from "@neondatabase/serverless";
import { parseKeyRing } from "../src/base/key-ring.ts";
import { ConfigError, describeFault, readConfig } from "../src/config.ts";
import { requireEnvironment, requireOwnDomains, workerOf } from "./local/cell-environment.ts";
import { CELL_OPTIONS, type Cell, chooseCells, readCells, requireNoCell, requireSecrets } from "./local/cells.ts";
import { describeTarget, readDirectUrl } from "./local/direct-connection.ts";
import { fail, offerHelp } from "./local/options.ts";
import { isPostgresUrl } from "./local/redact.ts";
import { AT_ONCE, deployCell, deployWorker, runWrangler } from "./local/wrangler.ts";
import { requireMigrated } from "./migrate.ts";

const RINGS = ["ENCRYPTION_KEY", "RUN_TOKEN_SECRET", "SESSION_SECRET"];
const SECRETS = [...RINGS, "DATABASE_URL", "OIDC_CLIENT_SECRET"];

const INSUFFICIENT_PRIVILEGE = "42501";

const HELP = `Gives one secret of one Worker a new value, from standard input, and deploys that Worker, so that nothing goes on with the old one.

  npm run rotate -- RUN_TOKEN_SECRET --cell eu1 < new-ring.txt
  npm run rotate -- SECRET --cell NAME | --env ENVIRONMENT

  SECRET             ${SECRETS.join(", ")}
  --cell NAME        the cell of this name in cells.json
  --env ENVIRONMENT  without cells, or for a Worker that is none: its environment in wrangler.toml, such as staging. --env= is the top level

SECURITY.md, "How to rotate each", says what the new value is, and when an old key may go.`;

type Choice = { cell: Cell | null; env: string };

offerHelp(HELP);
try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { cell: CELL_OPTIONS.cell, env: { type: "string" } },
  });
  await rotate(readSecret(positionals), readChoice(values));
} catch (error) {
  fail(error);
}

function readSecret([name = "", ...more]: readonly string[]): string {
  // The rest is not repeated: somebody may have written the secret there.
  if (more.length > 0) throw new Error("Name one secret. Its new value is read from standard input.");
  if (!SECRETS.includes(name)) throw new Error(`Name the secret: ${SECRETS.join(", ")}.`);
  return name;
}

/** The person must name the Worker: a secret that is written to the wrong one takes that service down, so there is no default. */
function readChoice({ cell: name, env }: { cell?: string | undefined; env?: string | undefined }): Choice {
  const [cell = null] = chooseCells({ cell: name }) ?? [];
  if (cell !== null && env !== undefined && env !== cell.env)
    throw new Error(`Leave out --env: cells.json says that ${cell.name} is deployed from "${cell.env}".`);
  if (cell !== null) return { cell, env: cell.env };
  if (env === undefined) {
    const cellsHere = (readCells() ?? []).map((one) => `--cell ${one.name}`);
    throw new Error(
      `Say of which Worker: ${[...cellsHere, "--env staging", "or --env= for the top level"].join(", ")}.`,
    );
  }
  requireNoCell(env);
  return { cell: null, env };
}

async function rotate(secret: string, { cell, env }: Choice): Promise<void> {
  requireOwnDomains();
  if (cell !== null) requireEnvironment(cell);
  const worker = workerOf(env);
  const value = await readValue();
  requireForm(secret, value);
  await requireDatabase(secret, value, cell);

  const keys = RINGS.includes(secret) ? [...(parseKeyRing(value)?.byId.keys() ?? [])] : [];
  console.log(`${secret} of ${worker}${keys.length > 0 ? `, with the keys ${keys.join(", ")}` : ""}`);
  // Fails for a Worker that does not exist. `secret put` would make one.
  await runWrangler(["secret", "list", `--env=${env}`]);
  await runWrangler(["secret", "put", secret, `--env=${env}`], value);
  try {
    await (cell === null ? deployWorker([`--env=${env}`, ...AT_ONCE]) : deployCell(cell, AT_ONCE));
  } catch (error) {
    const again = cell === null ? `--env=${env}` : `--cell ${cell.name}`;
    const next = `${worker} has the new ${secret}, but its Durable Objects may go on with the old one for up to five minutes.`;
    throw new Error(
      `${error instanceof Error ? error.message : error}\n${next} Repair the cause, then \`npm run deploy -- ${again} --at-once\`.`,
    );
  }
  console.log(`\n${worker} has the new ${secret}. SECURITY.md says what else belongs to it.`);
}

async function readValue(): Promise<string> {
  if (process.stdin.isTTY) throw new Error("Pass the new value on standard input: npm run rotate -- … < file");
  return (await text(process.stdin)).trim();
}

/** A value that the Worker refuses would have every request answered 500. */
function requireForm(name: string, value: string): void {
  if (value === "") throw new Error(`Standard input is empty. Pass the new ${name} there.`);
  try {
    readConfig({ [name]: value });
  } catch (error) {
    const fault = error instanceof ConfigError ? error.faults.find((one) => one.name === name) : undefined;
    if (fault) throw new Error(`The Worker would refuse this ${describeFault(fault)}, so nothing was changed.`);
    if (!(error instanceof ConfigError)) throw error;
  }
}

/** The Worker is deployed anew, so its database must not be behind. A new address must lead to such a database, and to no other cell's. */
async function requireDatabase(secret: string, value: string, cell: Cell | null): Promise<void> {
  const isNew = secret === "DATABASE_URL";
  if (cell === null && !isNew) return;
  const changed = isNew ? { DATABASE_URL: value, DIRECT_DATABASE_URL: undefined } : {};
  const ours: NodeJS.Dict<string> = cell?.vars ?? process.env;
  const vars = { ...ours, ...changed };
  if (cell !== null) {
    const others = (readCells() ?? []).filter((other) => other.name !== cell.name && other.vars.DATABASE_URL);
    requireSecrets([...others, { ...cell, vars }], ["DATABASE_URL"]);
  }
  const whose = cell?.name ?? "the new DATABASE_URL";
  try {
    await requireMigrated(whose, vars);
  } catch (error) {
    if (!(error instanceof NeonDbError) || error.code !== INSUFFICIENT_PRIVILEGE) throw error;
    // Postgres has let it in, but a role of the Worker's own cannot read which migrations were applied. The one of the operator can.
    if (ours.DATABASE_URL === vars.DATABASE_URL || targetOf(ours) !== targetOf(vars)) {
      const variable = cell?.secrets.DATABASE_URL ?? "DATABASE_URL";
      const refused =
        "The role of this DATABASE_URL may not read which migrations its database has, so nothing was changed.";
      throw new Error(`${refused} Set ${variable} to the connection string of the owner of that database.`);
    }
    await requireMigrated(whose, ours);
  }
}

/** The database of DATABASE_URL, whether or not its pooler is named. Null without such a setting. */
function targetOf({ DATABASE_URL = "" }: NodeJS.Dict<string>): string | null {
  return isPostgresUrl(DATABASE_URL) ? describeTarget(readDirectUrl({ DATABASE_URL })) : null;
}
