/** Replaces the SQL functions of a database as `npm run migrate` does, for the tests. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { applySqlFunctions, nameOf, readSqlFunctions } from "../../../scripts/local/sql-functions.ts";
import { withClient } from "./postgres-client.ts";

const FUNCTIONS = readSqlFunctions("migrations/functions");

/** The service repeats a call once, so two migrations must not follow each other while a call and its repetition last. */
const PAUSE_MS = 500;

/** Finds the calls of helpers: functions that only functions call, and neither the Worker, nor that of the recorded release, nor a table. */
async function findHelpers(): Promise<RegExp> {
  // It loads what builds a Worker, which most tests do not need.
  const { namesCalledIn, readRelease, signaturesThatStay } = await import("../../../scripts/local/release.ts");
  const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) => /\.tsx?$/.test(name));
  const worker = files.map((name) => readFileSync(join("src", name), "utf8")).join("\n");
  const migrations = readdirSync("migrations").filter((name) => name.endsWith(".sql"));
  const tables = migrations.map((name) => readFileSync(join("migrations", name), "utf8")).join("\n");
  const names = FUNCTIONS.statements.map(nameOf);
  const others = new Set([
    ...namesCalledIn(`${worker}\n${tables}`, names),
    ...signaturesThatStay(readRelease()).map(({ name }) => name),
  ]);
  return new RegExp(`\\bpublic\\.(${names.filter((name) => !others.has(name)).join("|")})\\(`, "g");
}

/**
 * Replaces all functions in one transaction. Each gets a comment with this number, and each helper a name with it, so those with the
 * previous names are dropped. Takes a moment longer than the transaction.
 */
export async function swapFunctions(connectionString: string, number: string): Promise<void> {
  const helpers = await findHelpers();
  await withClient(connectionString, async (client) => {
    const statements = FUNCTIONS.statements.map((statement) =>
      statement.replaceAll(helpers, `public.$1_${number}(`).replace("$$", () => `$$ /* ${number} */`),
    );
    await client.query("begin");
    await applySqlFunctions(client, { statements, hash: number });
    await client.query("commit");
    await delay(PAUSE_MS);
  });
}
