/**
 * `npm run create-tenant -- --name "Acme" --email owner@acme.example`: creates a tenant with its OWNER and
 * prints the OWNER's first API key. The key is shown this once; only its hash is stored.
 */
import { parseArgs } from "node:util";
import { v7 as uuid } from "uuid";
import { openDatabase } from "../src/db/client.ts";
import { generateApiKey } from "../src/http/credentials/api-key.ts";
import { createTenant } from "../src/people/tenants.ts";
import { fail, offerHelp } from "./local/options.ts";
import { withDatabase } from "./local/with-database.ts";

const USAGE = 'Usage: npm run create-tenant -- --name "Acme" --email owner@acme.example';

const HELP = `Creates a tenant with its OWNER, and prints the OWNER's first API key, once.

  npm run create-tenant -- --name "Acme" --email owner@acme.example

  DATABASE_URL   the connection string of the database`;

offerHelp(HELP);
try {
  const { values } = parseArgs({ options: { name: { type: "string" }, email: { type: "string" } } });
  const name = values.name?.trim();
  const email = values.email?.trim();
  if (!name || !email?.includes("@")) throw new Error(USAGE);

  const { key, ...stored } = await generateApiKey();
  const tenantId = uuid();
  await withDatabase((database) =>
    createTenant(openDatabase({ ...database, databaseTimeoutSeconds: 30 }), {
      id: tenantId,
      name,
      workflowsFolderId: uuid(),
      rootFolderId: uuid(),
      owner: { id: uuid(), email },
      apiKey: { id: uuid(), name: "First key", ...stored },
    }),
  );
  console.log(`Created the tenant "${name}" (${tenantId}) with the OWNER ${email}.`);
  console.log(`API key, shown this once: ${key}`);
} catch (error) {
  fail(error);
}
