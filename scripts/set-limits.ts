/** `npm run set-limits -- --tenant ID --limits large`: gives a tenant larger rate limits, or the default ones again. */
import { parseArgs } from "node:util";
import { z } from "zod";
import { openDatabase } from "../src/db/client.ts";
import { LIMITS } from "../src/db/enums.ts";
import { setLimits } from "../src/people/tenants.ts";
import { performAsOperator } from "../src/verbs/perform.ts";
import { CELL_OPTIONS, varsOfTenantsCell } from "./local/cells.ts";
import { fail, offerHelp } from "./local/options.ts";
import { withDatabase } from "./local/with-database.ts";

const USAGE = `Usage: npm run set-limits -- --tenant ID --limits ${LIMITS.join("|")} [--cell NAME]`;

const HELP = `Gives a tenant a class of rate limits. The numbers are in wrangler.toml. Needs DATABASE_URL.

  npm run set-limits -- --tenant ID --limits large      for a tenant that sends more than most
  npm run set-limits -- --tenant ID --limits default    what every tenant has at first

  --cell NAME    the cell of this name in cells.json, where the tenant lives

A Worker that runs already learns of it within an hour, and within five minutes if it refuses requests because of the limits.`;

const optionsSchema = z.object({ tenant: z.guid(), limits: z.enum(LIMITS) });

offerHelp(HELP);
try {
  const { values } = parseArgs({
    options: { ...CELL_OPTIONS, tenant: { type: "string" }, limits: { type: "string" } },
  });
  const { data: asked } = optionsSchema.safeParse(values);
  if (asked === undefined) throw new Error(USAGE);
  const { tenant: tenantId, limits } = asked;
  const { result } = await withDatabase(
    (database) =>
      performAsOperator(openDatabase({ ...database, databaseTimeoutSeconds: 30 }), setLimits, { tenantId, limits }),
    varsOfTenantsCell(values),
  );
  console.log(`The tenant "${result.name}" has the limits "${limits}" now. Before, it had "${result.before}".`);
} catch (error) {
  fail(error);
}
