/**
 * Part of `npm run check`: fails when the tables below `src/db` and `migrations/` differ, or when there is another snapshot than the
 * newest one.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { olderSnapshots } from "./local/snapshots.ts";

checkSnapshots();
checkTables();
if (!process.exitCode) console.log("The migrations and the tables agree.");

function checkSnapshots(): void {
  const older = olderSnapshots("migrations");
  if (older.length === 0) return;
  console.error(`drizzle-kit only reads the newest snapshot. Delete these: ${older.join(", ")}`);
  process.exitCode = 1;
}

function checkTables(): void {
  // drizzle-kit has no option that only checks. So it runs on a copy, and anything that it writes there is a difference.
  const copy = mkdtempSync(join(tmpdir(), "migrations-"));
  try {
    cpSync("migrations", copy, { recursive: true });
    const { status, stdout, stderr } = spawnSync(
      "drizzle-kit",
      ["generate", "--dialect=postgresql", "--schema=src/db/**/*tables.ts", `--out=${relative(".", copy)}`],
      { encoding: "utf8" },
    );
    if (status !== 0) throw new Error(`drizzle-kit failed:\n${stdout}${stderr}`);
    const missing = readdirSync(copy).filter(
      (name) => name.endsWith(".sql") && !readdirSync("migrations").includes(name),
    );
    if (missing.length === 0) return;
    console.error("The tables and the migrations differ. `npm run migrate:generate -- --name <purpose>` would write:");
    for (const name of missing) console.error(readFileSync(join(copy, name), "utf8"));
    process.exitCode = 1;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
