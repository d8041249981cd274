/** The snapshots that drizzle-kit writes beside the migrations. It compares the tables with the newest one, and reads no other. */
import { readdirSync } from "node:fs";
import { join } from "node:path";

/** The files of all snapshots but the newest below `migrations`, a folder of migrations. */
export function olderSnapshots(migrations: string): string[] {
  const meta = join(migrations, "meta");
  const snapshots = readdirSync(meta).filter((name) => name.endsWith("_snapshot.json"));
  return snapshots
    .sort()
    .slice(0, -1)
    .map((name) => join(meta, name));
}
