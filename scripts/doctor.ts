/**
 * `npm run doctor`: looks at the configuration and the database, and says in readable lines what is wrong and what to do
 * about it. It changes nothing, and ends with 1 when something is wrong.
 */
import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { parseEnv } from "node:util";
import { ConfigError, describeFault, readConfig } from "../src/config.ts";
import { openDatabase } from "../src/db/client.ts";
import { parseKeyRing } from "../src/key-ring.ts";
import { diagnose } from "../src/sweep/diagnosis.ts";
import { readDatabaseTime } from "../src/sweep/sweep-state.ts";
import { type Finding, judge } from "./local/findings.ts";
import { fail } from "./local/options.ts";
import { compareMigrations } from "./migrate.ts";

const MARKS: Record<Finding["mark"], string> = { good: "✓", note: "!", bad: "✗" };

try {
  const findings = await examine(readVars());
  for (const finding of findings) {
    console.log(`${MARKS[finding.mark]} ${finding.subject.padEnd(16)} ${finding.text}`);
    if (finding.mark !== "good") console.log(`  ${"".padEnd(16)} → ${finding.advice}`);
  }
  const count = findings.filter(({ mark }) => mark === "bad").length;
  console.log(count === 0 ? "\nAll is well." : `\nWrong: ${count}. docs/operations.md says more about each.`);
  if (count > 0) process.exitCode = 1;
} catch (error) {
  fail(error);
}

/** The Worker's vars: of the environment if it has a DATABASE_URL, else of the local stack. */
function readVars(): NodeJS.Dict<string> {
  if (process.env.DATABASE_URL) return process.env;
  if (!existsSync(".dev.vars")) {
    throw new Error("Set DATABASE_URL, and what else the Worker has, or run `npm run dev` first for the local stack.");
  }
  return { ...parseEnv(readFileSync(".dev.vars", "utf8")), ...process.env };
}

async function examine(vars: NodeJS.Dict<string>): Promise<Finding[]> {
  const database = { databaseUrl: vars.DATABASE_URL ?? "", neonFetchEndpoint: vars.NEON_FETCH_ENDPOINT };
  const findings = [judgeConfiguration(vars)];
  const db = openDatabase({ ...database, databaseTimeoutSeconds: 30 });
  const began = Date.now();
  try {
    await readDatabaseTime(db);
    findings.push({ mark: "good", subject: "database", text: `Answers within ${Date.now() - began} ms.` });
  } catch (error) {
    const text = `Does not answer: ${rootMessage(error)}`;
    const advice = "Is DATABASE_URL right, and the database awake? The local one runs while `npm run dev` does.";
    return [...findings, { mark: "bad", subject: "database", text, advice }];
  }

  const { missing, unknown } = await compareMigrations(database);
  findings.push(judgeMigrations(missing, unknown));
  if (missing > 0) return findings;
  const ring = parseKeyRing(vars.ENCRYPTION_KEY ?? "");
  return [...findings, ...judge(await diagnose(db), ring ? [...ring.byId.keys()] : undefined)];
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
      return { mark: "bad", subject, text, advice: "See the table in README.md." };
    }
    const text = `Not set here, so not looked at: ${error.faults.map(({ name }) => name).join(", ")}.`;
    return { mark: "note", subject, text, advice: "If the Worker lacks one as well, it answers 500 and logs which." };
  }
}

function judgeMigrations(missing: number, unknown: number): Finding {
  const subject = "migrations";
  if (missing > 0) return { mark: "bad", subject, text: `${missing} to be applied.`, advice: "`npm run migrate`." };
  if (unknown === 0) return { mark: "good", subject, text: "Up to date." };
  const text = `The database has ${unknown} that are not in this folder.`;
  return { mark: "note", subject, text, advice: "A newer version has been here. Use its doctor." };
}

function rootMessage(error: unknown): string {
  let root = error;
  while (root instanceof Error && root.cause !== undefined) root = root.cause;
  return root instanceof Error ? root.message : String(root);
}
