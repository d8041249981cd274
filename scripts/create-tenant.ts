/**
 * `npm run create-tenant -- --name "Acme" --email owner@acme.example`: creates a tenant with its OWNER and
 * prints the OWNER's first API key. The key is shown this once; only its hash is stored.
 */
import process from "node:process";
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { v7 as uuid } from "uuid";
import { CELL } from "../src/config.ts";
import { openDatabase } from "../src/db/client.ts";
import { generateApiKey } from "../src/http/credentials/api-key.ts";
import { createTenant, listTenantsNamed } from "../src/people/tenants.ts";
import { performAsOperator } from "../src/verbs/perform.ts";
import { CELL_OPTIONS, varsOfTenantsCell } from "./local/cells.ts";
import { fail, offerHelp } from "./local/options.ts";
import { withDatabase } from "./local/with-database.ts";

const USAGE = 'Usage: npm run create-tenant -- --name "Acme" --email owner@acme.example [--cell NAME]';

const HELP = `Creates a tenant with its OWNER, and prints the OWNER's first API key, once.

  npm run create-tenant -- --name "Acme" --email owner@acme.example

  --yes          do not ask when there is a tenant of this name already
  --cell NAME    the cell of this name in cells.json, where the tenant will live. It cannot move later by itself

  DATABASE_URL   the connection string of the database
  CELL           the name of the cell, if the Worker has one (one)`;

offerHelp(HELP);
try {
  const { values } = parseArgs({
    options: {
      ...CELL_OPTIONS,
      ...{ name: { type: "string" }, email: { type: "string" }, yes: { type: "boolean", default: false } },
    },
  });
  const name = values.name?.trim();
  const email = values.email?.trim();
  if (!name || !email?.includes("@")) throw new Error(USAGE);

  const vars = varsOfTenantsCell(values);
  const { CELL: cell = "one" } = vars;
  if (!CELL.test(cell)) throw new Error("CELL must be three lower-case letters or digits, as the Worker has it.");
  const { key, ...stored } = await generateApiKey(cell);
  const tenantId = uuid();
  await withDatabase(async (database) => {
    const db = openDatabase({ ...database, databaseTimeoutSeconds: 30 });
    const twins = await listTenantsNamed(db, name);
    if (twins.length > 0 && !values.yes) await requireYes(`There is a tenant "${name}" already: ${twins.join(", ")}.`);
    await performAsOperator(db, createTenant, {
      id: tenantId,
      name,
      workflowsFolderId: uuid(),
      rootFolderId: uuid(),
      owner: { id: uuid(), email },
      apiKey: { id: uuid(), name: "First key", ...stored },
    });
  }, vars);
  console.log(`Created the tenant "${name}" (${tenantId}) with the OWNER ${email}.`);
  console.log(`API key, shown this once: ${key}`);
} catch (error) {
  fail(error);
}

/** Asks whether to create one more. Throws for any answer but yes, and where nobody can be asked. */
async function requireYes(fact: string): Promise<void> {
  if (!process.stdin.isTTY) throw new Error(`${fact} To create another one of this name, add --yes.`);
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await lines.question(`${fact} Create another one of this name? [y/N] `);
  lines.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new Error("Nothing was created.");
}
