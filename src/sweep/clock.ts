import { sql } from "drizzle-orm";
import { type Database, repeatable } from "../db/client.ts";
import { instant } from "../db/rows.ts";

/** One row, `(now)`: the time of the database. */
export const CLOCK = sql`statement_timestamp() as clock (now)`;

/** The time of the database, in the format of the API. */
export async function readDatabaseTime(db: Database): Promise<string> {
  const query = db.select({ database_at: instant(sql`clock.now`) }).from(CLOCK);
  const [row] = await repeatable(db).select(query);
  if (!row) throw new Error("The clock of the database answered no row.");
  return row.database_at;
}
