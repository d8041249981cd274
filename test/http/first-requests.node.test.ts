/**
 * Which modules the first requests of an isolate load. What only some requests need is not among them, so that the first answer of a new
 * isolate is no slower. Runs in Node, with a build of the Worker in which all modules are in one file and have their names.
 */
import { join, relative } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Bundle, buildBundle, MAIN } from "../../scripts/local/bundle.ts";
import { root } from "../../scripts/local/folders.ts";
import { startWorkerd } from "../../scripts/local/workerd.ts";
import { startDatabase } from "../support/node/killable-stack.ts";
import { createTenant, runToken, type TestTenant } from "../support/tenant.ts";

/** A module in front of the Worker, which answers the modules that were loaded so far. */
const WRAPPER = `import service from "./worker.js";
export default {
  fetch(request, bindings, context) {
    if (request.url.endsWith("/loaded")) return Response.json(globalThis.loaded ?? []);
    return service.fetch(request, bindings, context);
  },
};
`;

const endings: (() => unknown)[] = [];
let modules: Bundle["modules"];
let vars: Record<string, string>;
let tenant: TestTenant;

beforeAll(async () => {
  const database = await startDatabase(endings);
  const outdir = relative(root, join(database.folder, "built"));
  const built = buildBundle({ entry: "src/worker.ts", outdir, isMinified: false });
  modules = { [MAIN]: noteModules(built.modules[MAIN] ?? "") };
  vars = { ...database.vars, PUBLIC_URL: "http://localhost:8787" };
  tenant = await createTenant(database, { runnerUrl: "http://127.0.0.1:9/" });
});

afterAll(async () => {
  for (const end of endings.toReversed()) await end();
});

/** Lets the functions by which esbuild initialises a module, when it is first imported, note its name. */
function noteModules(built: string): string {
  let count = 0;
  const noted = built.replaceAll(/\(0, (fn|cb)\[(__getOwnPropNames\(\1\)\[0\])\]\)/g, (call, _, name) => {
    count += 1;
    return `((globalThis.loaded ??= []).push(${name}), ${call})`;
  });
  if (count === 0) throw new Error("The build has no functions that initialise modules.");
  return noted;
}

/** A new isolate. `loaded` are the modules that it has loaded so far, apart from those that it always needs. */
async function startIsolate() {
  const worker = await startWorkerd({ modules, vars, wrapper: WRAPPER, path: "/livez" });
  endings.push(worker.stop);
  const ask = async (method: string, path: string, body?: object, token = tenant.owner.key): Promise<string> => {
    const response = await fetch(worker.url + path, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        Accept: "application/json, text/event-stream",
        ...(body !== undefined && { "Content-Type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    // 503 is the answer to the upload, since this Worker has no bucket.
    if (!response.ok && response.status !== 503) throw new Error(`${path}: ${response.status} ${text}`);
    return text;
  };
  /** Triggers a run, and returns its id. */
  const invoke = async (): Promise<string> => {
    const path = `/v1/workflow-definitions/${tenant.definitionId}/invoke`;
    return JSON.parse(await ask("POST", path, { input: { quarter: "2026-Q1" } })).id;
  };
  const loaded = async (): Promise<string[]> => (await fetch(`${worker.url}/loaded`)).json() as Promise<string[]>;
  return { ask, invoke, loaded };
}

/** What only some requests need. */
const FEATURES = {
  schemas: /^src\/inputs\/(check-run|checks-of-|compile|formats|judge-schema|keywords)|@cfworker\/json-schema/,
  patterns: /^src\/inputs\/patterns|\/re2js\//,
  files: /^src\/runs\/artifacts\/(artifact-routes|upload|send-artifact)/,
  chats: /^src\/notify\/chat\//,
  agents: /^src\/mcp\/|@modelcontextprotocol/,
};

const featuresOf = (loaded: readonly string[]) =>
  Object.entries(FEATURES).flatMap(([name, pattern]) => (loaded.some((module) => pattern.test(module)) ? [name] : []));

it("a read, and an invoke without a schema, load none of input schemas, files, chats and agents", async () => {
  const { ask, invoke, loaded } = await startIsolate();
  const run = `/v1/workflow-runs/${await invoke()}`;
  for (const path of [run, "/v1/workflow-runs", `${run}/details`, `${run}/result`]) await ask("GET", path);
  const names = await loaded();
  // It notes what is loaded.
  expect(names).toContain("src/runs/workflow-definition-runs-routes.ts");
  expect(featuresOf(names)).toEqual([]);
});

it("they are loaded by the first request that needs them", async () => {
  const { ask, invoke, loaded } = await startIsolate();
  const policy = `/v1/workflow-definitions/${tenant.definitionId}/policy`;
  const properties = { quarter: { type: "string", maxLength: 7 } };
  await ask("PUT", policy, { input_schema: { properties } });
  const id = await invoke();
  expect(featuresOf(await loaded())).toEqual(["schemas"]);
  await ask("PUT", policy, { input_schema: { properties: { quarter: { pattern: "^20" } } } });
  expect(featuresOf(await loaded())).toEqual(["schemas", "patterns"]);
  await ask("PUT", `/v1/workflow-runs/${id}/artifacts/a.txt`, {}, await runToken(tenant, id));
  expect(featuresOf(await loaded())).toEqual(["schemas", "patterns", "files"]);
  const chat = { format: "slack", url: "http://127.0.0.1:9/", event_types: ["workflow_run.failed"] };
  await ask("POST", "/v1/notification-endpoints", chat);
  expect(featuresOf(await loaded())).toEqual(["schemas", "patterns", "files", "chats"]);
  const message = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "list_workflows", arguments: {} } };
  await ask("POST", "/mcp", message);
  expect(featuresOf(await loaded())).toEqual(["schemas", "patterns", "files", "chats", "agents"]);
});
