/** The program of the folder that `npm run build:server` makes: `node serve.js` serves, and `node serve.js migrate` migrates. */
import process from "node:process";
import { fail } from "../local/options.ts";
import { serve } from "./serve.ts";
import { readSettingsFile } from "./settings.ts";

/** The commands of an operator, which are the npm scripts of the same names. */
const COMMANDS: Record<string, () => Promise<unknown>> = {
  migrate: () => import("../migrate.ts"),
  "create-tenant": () => import("../create-tenant.ts"),
  "set-limits": () => import("../set-limits.ts"),
  "pause-sweep": () => import("../pause-sweep.ts"),
  "reencrypt-secrets": () => import("../reencrypt-secrets.ts"),
  doctor: () => import("../doctor.ts"),
  smoke: () => import("../smoke.ts"),
};

const [, , name] = process.argv;
if (name === undefined) await serve();
else {
  try {
    const command = COMMANDS[name];
    if (!command) throw new Error(`There is no command ${name}. There are ${Object.keys(COMMANDS).join(", ")}.`);
    Object.assign(process.env, readSettingsFile());
    // The scripts find their own name here, and their arguments behind it.
    process.argv.splice(1, 2, `${name}.ts`);
    await command();
  } catch (error) {
    fail(error);
  }
}
