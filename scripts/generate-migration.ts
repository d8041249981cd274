/**
 * `npm run migrate:generate -- --name <purpose>`: writes the migration from the newest snapshot to the tables of today, and keeps
 * the snapshot of today alone.
 */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import process from "node:process";
import { olderSnapshots } from "./local/snapshots.ts";

// It may ask whether a column was renamed.
const { status } = spawnSync("drizzle-kit", ["generate", ...process.argv.slice(2)], { stdio: "inherit" });
if (status === 0) for (const file of olderSnapshots("migrations")) rmSync(file);
process.exitCode = status ?? 1;
