import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { beforeAll, expect, it } from "vitest";
import { DEMO } from "../../scripts/local/demo.ts";
import { root } from "../../scripts/local/folders.ts";
import { type Ended, runProgram } from "../support/node/run-program.ts";
import { NODES, nodeOf, type World } from "./installed-client.ts";

/** A program that uses what the client has, and prints what came of it as JSON. */
const PROGRAM = `import { ApiProblem, createClient, unwrap, type Run } from "workflow-runs";
import { createRunner, type Work } from "workflow-runs/runner";

const client = createClient({ url: process.env.URL ?? "", apiKey: process.env.KEY ?? "" });

const events: (string | undefined)[] = [];
const invocation = client.invoke(process.env.WORKFLOW ?? "", { input: { quarter: "Q1" } });
const first: Run = await invocation;
for await (const { event } of client.watch(first.id)) events.push(event?.type);
const run: Run = await invocation.wait();
const result = await invocation.result();

const newest: string[] = [];
for await (const one of client.runs({ status: ["COMPLETED"] })) {
  newest.push(one.id);
  if (newest.length === 3) break;
}
let names = 0;
for await (const workflow of client.workflows()) names += workflow.name.length;

const problem = await client.run("01920000-0000-7000-8000-00000000ffff").catch((error: unknown) => error);
const me = await unwrap(client.api.GET("/v1/users/me"));

const work: Work = async (_run, { progress }) => progress({ percent: 1 });
const runner = createRunner({ webhook: { secret: "some long secret" }, work });
const refused = await runner.handle(new Request("https://runner.example.com", { method: "POST", body: "{}" }));

console.log(
  JSON.stringify({
    first: first.status,
    events,
    status: run.status,
    result: result.status,
    isNewest: newest[0] === run.id,
    hasNames: names > 0,
    problem: problem instanceof ApiProblem ? problem.code : problem,
    me: me.current_tenant_role,
    refused: refused.status,
  }),
);
`;

/** A page: without the types of Node, and with the module resolution of bundlers. */
const PAGE = `import { createClient, verifyWebhook, type Run } from "workflow-runs";
export const client = createClient({ url: location.origin });
export const show = async (run: Run): Promise<string> => (await client.wait(run.id)).status;
export { verifyWebhook };
`;

const STRICT = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: false };
const CONFIGS = {
  program: { ...STRICT, module: "NodeNext", target: "ES2022", lib: ["ES2022"], types: ["node"] },
  page: {
    ...STRICT,
    module: "ESNext",
    moduleResolution: "bundler",
    target: "ES2022",
    lib: ["ES2022", "DOM", "DOM.Iterable"],
    types: [],
  },
  // The module resolution of TypeScript before 5, which does not know `exports`.
  old: { ...STRICT, module: "ESNext", moduleResolution: "node10", target: "ES2022", lib: ["ES2022"], types: ["node"] },
};

/** What is compiled: by the TypeScript of the client, and by the oldest that is supported. */
const COMPILATIONS = [
  { compiler: "client/node_modules/typescript", config: "program", file: "program.ts" },
  { compiler: "client/node_modules/typescript", config: "page", file: "page.ts" },
  { compiler: "typescript-5.4", config: "page", file: "page.ts" },
  { compiler: "typescript-5.4", config: "old", file: "program.ts" },
] as const;

export function describePackage(world: () => World): void {
  let compiled: Ended[];

  beforeAll(async () => {
    const { folder } = world();
    writeFileSync(join(folder, "program.ts"), PROGRAM);
    writeFileSync(join(folder, "page.ts"), PAGE);
    compiled = await Promise.all(
      COMPILATIONS.map(({ compiler, config, file }, index) => {
        const outDir = `out/${config}`;
        const project = { compilerOptions: { ...CONFIGS[config], outDir }, files: [file] };
        writeFileSync(join(folder, `tsconfig.${index}.json`), JSON.stringify(project));
        const installed = compiler === "typescript-5.4" ? join(folder, "node_modules", compiler) : join(root, compiler);
        const args = [join(installed, "bin/tsc"), "-p", `tsconfig.${index}.json`];
        return runProgram(process.execPath, args, { cwd: folder });
      }),
    );
  });

  it("compiles strictly, in Node and in a page, also with the oldest TypeScript and the old resolution of modules", () => {
    expect(compiled).toEqual(COMPILATIONS.map(() => ({ code: 0, stdout: "", stderr: "" })));
  });

  it("contains what it needs and nothing else", () => {
    const { folder } = world();
    const installed = JSON.parse(readFileSync(join(folder, "node_modules/workflow-runs/package.json"), "utf8"));
    expect(installed).toMatchObject({ name: "workflow-runs", engines: { node: ">=20" } });
    expect(installed.files).toEqual(["bin", "dist", "workflows.schema.json"]);
  });

  it.each(NODES)("works on Node %s", async (version) => {
    const { folder, url } = world();
    const node = nodeOf(folder, version);
    const env = { URL: url, KEY: DEMO.owner.key, WORKFLOW: DEMO.quarterlyReportId };
    const { code, stdout, stderr } = await runProgram(node, ["out/program/program.js"], { cwd: folder, env });
    expect([code, stderr]).toEqual([0, ""]);
    const { events, ...seen } = JSON.parse(stdout);
    expect(events.slice(0, 2).concat(events.at(-1))).toEqual(["TRIGGERED", "STARTED", "COMPLETED"]);
    expect(seen).toEqual({
      first: "RUNNING",
      status: "COMPLETED",
      result: "COMPLETED",
      isNewest: true,
      hasNames: true,
      problem: "not_found",
      me: "OWNER",
      refused: 401,
    });
  });
}
