/** Replaces the SQL functions of a database as `npm run migrate` does, for the tests. */
import { setTimeout as delay } from "node:timers/promises";
import { applySqlFunctions, readSqlFunctions } from "../../../scripts/local/sql-functions.ts";
import { withClient } from "./postgres-client.ts";

const FUNCTIONS = readSqlFunctions("migrations/functions");

/** Helpers of nearly every verb and of the reads of runs. Only functions call them. */
const RENAMED = /\bpublic\.(answer_of|run_response)\(/g;

/** The service repeats a call once, so two migrations must not follow each other while a call and its repetition last. */
const PAUSE_MS = 500;

/**
 * Replaces all functions in one transaction. Each gets a comment with this number. Two helpers get names with it, and another
 * parameter, so those with the previous names are dropped. Takes a moment longer than the transaction.
 */
export async function swapFunctions(connectionString: string, number: string): Promise<void> {
  await withClient(connectionString, async (client) => {
    const statements = FUNCTIONS.statements.map((statement) =>
      statement
        .replaceAll(RENAMED, `public.$1_${number}(`)
        .replace(
          /(create or replace function public\.(?:answer_of|run_response)_\d+\([^)]*?)(\s*\))/,
          "$1, p_swap integer default 0$2",
        )
        .replace("$$", () => `$$ /* ${number} */`),
    );
    await client.query("begin");
    await applySqlFunctions(client, { statements, hash: number });
    await client.query("commit");
    await delay(PAUSE_MS);
  });
}
