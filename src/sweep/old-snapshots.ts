import { sql } from "drizzle-orm";
import type { Database } from "../db/client.ts";

/** What keeps a snapshot open: see the SQL function `old_snapshots`. */
export type SnapshotKind = "transaction" | "prepared_transaction" | "replication";

/** A row of the SQL function `old_snapshots`. */
export type OldSnapshot = {
  kind: SnapshotKind;
  age_seconds: number | null;
  name: string;
  role: string | null;
  program: string | null;
  state: string | null;
};

/** For an operator: the names of sessions, roles and programs are no tenant's business. */
export const selectOldSnapshots = (db: Database) =>
  db
    .select({
      kind: sql<SnapshotKind>`kind`,
      age_seconds: sql<number | null>`age_seconds`,
      name: sql<string>`name`,
      role: sql<string | null>`role`,
      program: sql<string | null>`program`,
      state: sql<string | null>`state`,
    })
    .from(sql`public.old_snapshots()`);
