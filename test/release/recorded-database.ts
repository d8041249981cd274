/**
 * A database as release 0.2.0 has filled it: by each operation of its table, and with runs in every state. `database.sql.gz` has the rows,
 * whose instants it moves to now, `functions.sql.gz` the SQL functions, and the tables are made by its migrations, which stay as they are.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { root } from "../../scripts/local/folders.ts";
import { migrate } from "../../scripts/migrate.ts";
import { withClient } from "../support/node/postgres-client.ts";

const RECORDED = join(root, "test/support/releases/0.2.0");
const unpack = (name: string) => gunzipSync(readFileSync(join(RECORDED, name))).toString();

/** Fills an empty database with the recorded tables, functions and rows. */
export async function restoreRecorded(databaseUrl: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "workflow-runs-recorded-"));
  try {
    writeMigrations(folder);
    await migrate({ directUrl: databaseUrl, log: () => {}, folder });
    await withClient(databaseUrl, (client) => client.query(unpack("database.sql.gz")));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes the migrations and functions of the release into a folder. */
function writeMigrations(folder: string): void {
  const last = readFileSync(join(RECORDED, "last-migration.txt"), "utf8").trim();
  const journal = JSON.parse(readFileSync(join(root, "migrations/meta/_journal.json"), "utf8"));
  const tags: string[] = journal.entries.map(({ tag }: { tag: string }) => tag);
  const entries = journal.entries.slice(0, tags.indexOf(last) + 1);
  for (const name of ["meta", "functions"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "meta/_journal.json"), JSON.stringify({ ...journal, entries }));
  for (const { tag } of entries) cpSync(join(root, `migrations/${tag}.sql`), join(folder, `${tag}.sql`));
  writeFileSync(join(folder, "functions/all.sql"), unpack("functions.sql.gz"));
}
