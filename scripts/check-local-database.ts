/**
 * Part of the build command of wrangler.toml. Without a database `npx wrangler dev` would start, and every request would fail.
 * This prints the command that starts a database. `npm run dev` sets NEON_FETCH_ENDPOINT; others have it in `.dev.vars`.
 */
import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { parseEnv } from "node:util";

const ADVICE =
  "There is no local database for this Worker. Start it in another terminal with `npm run db`, which prints what else " +
  "`npx wrangler dev` needs. Or use `npm run dev`, which starts everything.";

if (process.env.WRANGLER_COMMAND === "dev" && !(await hasDatabase())) console.log(ADVICE);

async function hasDatabase(): Promise<boolean> {
  const vars = existsSync(".dev.vars") ? parseEnv(readFileSync(".dev.vars", "utf8")) : {};
  const endpoint = process.env.NEON_FETCH_ENDPOINT ?? vars.NEON_FETCH_ENDPOINT;
  // Without NEON_FETCH_ENDPOINT, DATABASE_URL is that of a database at Neon.
  if (!endpoint) return vars.DATABASE_URL !== undefined;
  try {
    const response = await fetch(endpoint, { signal: AbortSignal.timeout(2000) });
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}
