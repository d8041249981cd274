import { buildService } from "./bundle.ts";
import { exampleVars } from "./stack.ts";
import { startWorkerd } from "./workerd.ts";

/** The OpenAPI document of the service, as its Worker answers it. The Worker is built in `folder`, relative to the root. */
export async function readDocument(folder: string): Promise<string> {
  const { modules } = await buildService(folder);
  const worker = await startWorkerd({ modules, vars: exampleVars(), path: "/openapi.json" });
  try {
    const response = await fetch(`${worker.url}/openapi.json`);
    return await response.text();
  } finally {
    await worker.stop();
  }
}
