/** `npm run set-limits -- --tenant ID --limits large`: gives a tenant larger limits, or the default ones again, or single caps. */
import { parseArgs } from "node:util";
import { z } from "zod";
import { openDatabase } from "../src/db/client.ts";
import { CAPS, LIMITS } from "../src/db/enums.ts";
import { setLimits } from "../src/people/tenants.ts";
import { performAsOperator } from "../src/verbs/perform.ts";
import { CELL_OPTIONS, varsOfTenantsCell } from "./local/cells.ts";
import { fail, offerHelp } from "./local/options.ts";
import { withDatabase } from "./local/with-database.ts";

const USAGE = `Usage: npm run set-limits -- --tenant ID [--limits ${LIMITS.join("|")}] [--cap NAME=NUMBER]... [--cell NAME]`;

const HELP = `Gives a tenant a class of limits: of its rate limits, whose numbers are in wrangler.toml, and of its caps, such as how many workflows
it may have. Needs DATABASE_URL.

  npm run set-limits -- --tenant ID --limits large      for a tenant that sends more than most
  npm run set-limits -- --tenant ID --limits default    what every tenant has at first
  npm run set-limits -- --tenant ID --cap definitions=5000       a cap of its own, whatever its class
  npm run set-limits -- --tenant ID --cap definitions=default    that of its class again

  The caps: ${CAPS.join(", ")}.
  --cell NAME    the cell of this name in cells.json, where the tenant lives

A cap holds at once. A Worker that runs already learns of rate limits within an hour, and within five minutes if it refuses requests
because of them.`;

/** "definitions=5000", or "definitions=default" for that of the class. */
const CAP = new RegExp(`^(${CAPS.join("|")})=(default|[1-9]\\d{0,14})$`);

const capSchema = z
  .string()
  .regex(CAP)
  .transform((text) => text.split("="))
  .transform(([cap = "", number]) => [cap, number === "default" ? null : Number(number)] as const);

const optionsSchema = z
  .object({ tenant: z.guid(), limits: z.enum(LIMITS).optional(), cap: z.array(capSchema).default([]) })
  .refine(({ limits, cap }) => limits !== undefined || cap.length > 0);

offerHelp(HELP);
try {
  const { values } = parseArgs({
    options: {
      ...CELL_OPTIONS,
      tenant: { type: "string" },
      limits: { type: "string" },
      cap: { type: "string", multiple: true },
    },
  });
  const { data: asked } = optionsSchema.safeParse(values);
  if (asked === undefined) throw new Error(USAGE);
  const { tenant: tenantId, limits = null, cap } = asked;
  const request = { tenantId, limits, caps: Object.fromEntries(cap) };
  const { result } = await withDatabase(
    (database) => performAsOperator(openDatabase({ ...database, databaseTimeoutSeconds: 30 }), setLimits, request),
    varsOfTenantsCell(values),
  );
  console.log(`The tenant "${result.name}" has the limits "${result.limits}" now. Before, it had "${result.before}".`);
  for (const [name, number] of Object.entries(result.caps)) console.log(`Its own cap of ${name} is ${number}.`);
} catch (error) {
  fail(error);
}
