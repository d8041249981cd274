/**
 * `npm run reencrypt-secrets`: encrypts the webhook secrets of runners, notification endpoints and triggers with the newest key of
 * ENCRYPTION_KEY, so that the older keys can be removed. It is idempotent, and safe while the service runs.
 */
import { parseArgs } from "node:util";
import { parseKeyRing } from "../src/base/key-ring.ts";
import { openDatabase } from "../src/db/client.ts";
import { CELL_HELP, CELL_OPTIONS, inEachCell } from "./local/cells.ts";
import { type DatabaseOptions, fail, offerHelp } from "./local/options.ts";
import { reencryptSecrets } from "./local/reencrypt.ts";
import { withDatabase } from "./local/with-database.ts";

const HELP = `Encrypts the webhook secrets of runners, endpoints and triggers with the newest key of ENCRYPTION_KEY. Safe to run again.

  npm run reencrypt-secrets [-- --cell NAME | --all]

${CELL_HELP}. Each has an ENCRYPTION_KEY of its own

  DATABASE_URL     the connection string of the database
  ENCRYPTION_KEY   as the Worker has it: the newest key first, older ones behind it`;

offerHelp(HELP);
try {
  const { values } = parseArgs({ options: CELL_OPTIONS });
  const words = { secrets: ["DATABASE_URL", "ENCRYPTION_KEY"], done: "encrypted anew" };
  await inEachCell(values, words, async (vars) => {
    const keys = parseKeyRing(vars.ENCRYPTION_KEY ?? "");
    if (keys === null) throw new Error("ENCRYPTION_KEY is no key ring. Set it as the Worker has it: 'k2:…,k1:…'.");
    const act = (database: DatabaseOptions) =>
      reencryptSecrets(openDatabase({ ...database, databaseTimeoutSeconds: 30 }), keys);
    const count = await withDatabase(act, vars);
    console.log(`All secrets are encrypted with the key "${keys.newest.id}": ${count} were not yet.`);
  });
} catch (error) {
  fail(error);
}
