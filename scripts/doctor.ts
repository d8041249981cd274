/**
 * `npm run doctor`: checks the configuration and the database, and prints what is wrong and what to do about it. It changes
 * nothing. Its exit code is 1 when something is wrong.
 */
import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { parseArgs, parseEnv } from "node:util";
import { parseKeyRing } from "../src/base/key-ring.ts";
import { ConfigError, describeFault, readConfig } from "../src/config.ts";
import { openDatabase } from "../src/db/client.ts";
import { readDatabaseTime } from "../src/sweep/clock.ts";
import { diagnose } from "../src/sweep/diagnosis.ts";
import { judgeService } from "./local/ask-service.ts";
import { CELL_HELP, CELL_OPTIONS, chooseCells, requireSecrets } from "./local/cells.ts";
import { type Finding, judge, judgeMigrations, printFindings } from "./local/findings.ts";
import { exampleVarsFile, ownVarsFile, stacksDir } from "./local/folders.ts";
import { type DatabaseOptions, fail, offerHelp } from "./local/options.ts";
import { isPostgresUrl, redact, rootMessage } from "./local/redact.ts";
import { listStacks } from "./local/running-stacks.ts";
import { withDatabase } from "./local/with-database.ts";
import { compareMigrations, describeLack } from "./migrate.ts";

const HELP = `Says what is wrong with a service and what to do about it. Changes nothing; ends with 1 if something is wrong.

  npm run doctor                               the local stack that runs now, on whatever port
  DATABASE_URL='postgres://…' npm run doctor   a deployed service, by its database
  npm run doctor -- --cell NAME | --all        cells of the service

${CELL_HELP}

  Set also what else the Worker has (ENCRYPTION_KEY …), to have that looked at. With PUBLIC_URL it asks the service, too.`;

offerHelp(HELP);
try {
  const { values } = parseArgs({ options: CELL_OPTIONS });
  const cells = chooseCells(values);
  let count = 0;
  if (cells === null) count = printFindings(await examine(readVars()));
  else {
    requireSecrets(cells, ["DATABASE_URL"]);
    for (const { name, url, vars } of cells) {
      console.log(`\n${name}, ${url}`);
      count += printFindings(await examine(vars));
    }
  }
  console.log(count === 0 ? "\nAll is well." : `\nWrong: ${count}. docs/operations.md says more about each.`);
  if (count > 0) process.exitCode = 1;
} catch (error) {
  fail(error);
}

/** The Worker's vars: those of the environment if it has a DATABASE_URL, otherwise those of the running local stack. */
function readVars(): NodeJS.Dict<string> {
  if (process.env.DATABASE_URL) return process.env;
  const [stack, ...others] = listStacks(stacksDir).running;
  if (!stack) {
    throw new Error(
      "No local stack runs in this folder. Start it with `npm run dev`; or set DATABASE_URL, and what else the Worker has.",
    );
  }
  const where = stack.vars.PUBLIC_URL ?? stack.vars.NEON_FETCH_ENDPOINT ?? "It is starting.";
  console.log(`The local stack of \`${stack.command}\` (process ${stack.pid}): ${where}`);
  if (others.length > 0) console.log(`Not looked at, since they are older: ${others.map(({ pid }) => pid).join(", ")}`);
  console.log();
  const files = [exampleVarsFile, ownVarsFile].filter((file) => existsSync(file));
  const vars: NodeJS.Dict<string> = Object.assign({}, ...files.map((file) => parseEnv(readFileSync(file, "utf8"))));
  return { ...vars, ...process.env, ...stack.vars };
}

async function examine(vars: NodeJS.Dict<string>): Promise<Finding[]> {
  const findings = [judgeConfiguration(vars)];
  if (!isPostgresUrl(vars.DATABASE_URL ?? "")) {
    const text = "Not looked at: DATABASE_URL is not a connection string.";
    return [...findings, { mark: "bad", subject: "database", text, advice: "Copy it from the Neon console." }];
  }
  return [...findings, ...(await withDatabase((database) => examineDatabase(database, vars), vars))];
}

async function examineDatabase(database: DatabaseOptions, vars: NodeJS.Dict<string>): Promise<Finding[]> {
  const findings: Finding[] = [];
  const db = openDatabase({ ...database, databaseTimeoutSeconds: 30 });
  const began = Date.now();
  try {
    await readDatabaseTime(db);
    findings.push({ mark: "good", subject: "database", text: `Answers within ${Date.now() - began} ms.` });
  } catch (error) {
    const text = `Does not answer: ${redact(rootMessage(error))}`;
    const advice = "Is DATABASE_URL right, and the database awake? The local one runs while `npm run dev` does.";
    return [{ mark: "bad", subject: "database", text, advice }];
  }

  const migrations = await compareMigrations(database);
  findings.push(judgeMigrations(migrations));
  if (describeLack(migrations) !== null) return findings;
  const ring = parseKeyRing(vars.ENCRYPTION_KEY ?? "");
  findings.push(...judge(await diagnose(db), ring ? [...ring.byId.keys()] : undefined));
  return vars.PUBLIC_URL && URL.canParse(vars.PUBLIC_URL)
    ? [...findings, ...(await judgeService(vars.PUBLIC_URL))]
    : findings;
}

function judgeConfiguration(vars: NodeJS.Dict<string>): Finding {
  const subject = "configuration";
  try {
    readConfig(vars);
    return { mark: "good", subject, text: "Complete, and every value has the right form." };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const wrong = error.faults.filter(({ name }) => vars[name] !== undefined);
    if (wrong.length > 0) {
      const text = `Wrong: ${wrong.map(describeFault).join(", ")}.`;
      return { mark: "bad", subject, text, advice: "See docs/configuration.md." };
    }
    const text = `Not set here, so not looked at: ${error.faults.map(({ name }) => name).join(", ")}.`;
    return { mark: "note", subject, text, advice: "If the Worker lacks one as well, it answers 500 and logs which." };
  }
}
