/** `npm run client:types`: generates the types of the client and the schema of its file again, after a change of the API. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildService } from "./local/bundle.ts";
import { GENERATED } from "./local/client-types.ts";
import { root } from "./local/folders.ts";
import { exampleVars } from "./local/stack.ts";
import { startWorkerd } from "./local/workerd.ts";

const { modules } = await buildService(".local/check/client-types");
const worker = await startWorkerd({ modules, vars: exampleVars(), path: "/openapi.json" });
try {
  const response = await fetch(`${worker.url}/openapi.json`);
  const document = await response.text();
  for (const [path, render] of GENERATED) writeFileSync(join(root, path), render(document));
} finally {
  await worker.stop();
}
console.log(`Made of today's OpenAPI document: ${GENERATED.map(([path]) => path).join(", ")}`);
