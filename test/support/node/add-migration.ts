import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Adds a migration to a folder of migrations, as drizzle-kit would. */
export function addMigration(folder: string, tag: string, statements: string): void {
  const file = join(folder, "meta/_journal.json");
  const journal = JSON.parse(readFileSync(file, "utf8"));
  const last = journal.entries.at(-1);
  journal.entries.push({ ...last, idx: last.idx + 1, when: last.when + 1, tag });
  writeFileSync(file, JSON.stringify(journal));
  writeFileSync(join(folder, `${tag}.sql`), statements);
}
