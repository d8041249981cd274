/** `npm run client:types`: generates the types of the client again, after a change of the API. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildBundle } from "./local/bundle.ts";
import { CLIENT_TYPES, renderClientTypes } from "./local/client-types.ts";
import { root } from "./local/folders.ts";
import { exampleVars } from "./local/stack.ts";
import { startWorkerd } from "./local/workerd.ts";

const { script } = buildBundle({ entry: "src/worker.ts", outdir: ".local/check/client-types" });
const worker = await startWorkerd({ script, vars: exampleVars(), path: "/openapi.json" });
try {
  const response = await fetch(`${worker.url}/openapi.json`);
  writeFileSync(join(root, CLIENT_TYPES), renderClientTypes(await response.text()));
} finally {
  await worker.stop();
}
console.log(`${CLIENT_TYPES} is of today's OpenAPI document.`);
