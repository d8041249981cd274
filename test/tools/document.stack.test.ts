/**
 * The OpenAPI document and the package of the client, as programs of others read them. These programs are large and are used nowhere
 * else, so they have a package.json of their own, which is installed here when it is needed.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../../scripts/local/folders.ts";
import { readDocument } from "../../scripts/local/read-document.ts";
import { askHarness } from "../support/harness.ts";
import { runProgram } from "../support/node/run-program.ts";

const tools = join(root, "test/tools");
const folder = mkdtempSync(join(tmpdir(), "workflow-runs-tools-"));
const file = join(folder, "openapi.json");

/** None of them is to tell its makers that it is used, or to ask them for a newer version. */
const QUIET = {
  REDOCLY_TELEMETRY: "off",
  REDOCLY_SUPPRESS_UPDATE_NOTICE: "true",
  SCARF_ANALYTICS: "false",
  NO_COLOR: "1",
};

const run = (name: string, args: readonly string[]) =>
  runProgram(process.execPath, [join(tools, "node_modules/.bin", name), ...args], { cwd: folder, env: QUIET });

/** Installs the programs, unless those of this lock file are there. */
async function installTools(): Promise<void> {
  const changedAt = (path: string) => statSync(join(tools, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (changedAt("node_modules/.package-lock.json") > changedAt("package-lock.json")) return;
  // In its folder and with the whole environment, in which npm finds its settings and the certificates that it trusts.
  const env = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value ? [[name, value]] : [])),
  );
  const installed = await runProgram("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: tools, env });
  if (installed.code !== 0) throw new Error(`The programs of test/tools could not be installed: ${installed.stderr}`);
}

beforeAll(async () => {
  const [document] = await Promise.all([readDocument(".local/check/tools"), installTools()]);
  writeFileSync(file, document);
  // What is generated imports zod.
  symlinkSync(join(tools, "node_modules"), join(folder, "node_modules"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the OpenAPI document", () => {
  it("is valid by the schema of OpenAPI 3.1", async () => {
    const { code, stdout } = await runProgram(process.execPath, [join(tools, "meta-schema.mjs"), file]);
    expect([stdout, code]).toEqual(["", 0]);
  });

  it("keeps all that Redocly recommends", async () => {
    const { stdout } = await run("redocly", ["lint", file, "--extends=recommended", "--format=json"]);
    expect(JSON.parse(stdout)).toMatchObject({ totals: { errors: 0, warnings: 0, ignored: 0 }, problems: [] });
  });

  it("keeps all that Spectral recommends", async () => {
    const args = ["lint", file, "--ruleset", join(tools, "spectral.yaml"), "--format", "json", "--quiet"];
    const { stdout } = await run("spectral", args);
    expect(JSON.parse(stdout)).toEqual([]);
  });
});

/** What generates code from the document: the arguments of each, to write into a folder. */
const GENERATORS = {
  "hey-api": {
    program: "openapi-ts",
    argsOf: (to: string) => ["-i", file, "-o", to, "-p", "@hey-api/typescript", "@hey-api/sdk", "zod", "--no-log-file"],
  },
  "orval, a client": {
    program: "orval",
    argsOf: (to: string) => ["--input", file, "--output", join(to, "client.ts"), "--client", "fetch"],
  },
  "orval, schemas of zod": {
    program: "orval",
    argsOf: (to: string) => ["--input", file, "--output", join(to, "schemas.ts"), "--client", "zod"],
  },
};

describe("what others generate from the document", () => {
  it.each(Object.entries(GENERATORS))("compiles: %s", async (name, { program, argsOf }) => {
    const to = join(folder, name.replaceAll(/\W+/g, "-"));
    mkdirSync(to);
    const generated = await run(program, argsOf(to));
    expect(generated).toMatchObject({ code: 0 });
    const compilerOptions = {
      ...{ strict: true, noEmit: true, target: "ES2022", lib: ["ES2022", "DOM", "DOM.Iterable"], types: [] },
      ...{ module: "ESNext", moduleResolution: "bundler" },
    };
    writeFileSync(join(to, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["."] }));
    expect(await run("tsc", ["-p", to])).toEqual({ code: 0, stdout: "", stderr: "" });
  });
});

describe("the package of the client", () => {
  let packed: string;

  beforeAll(async () => {
    const installed = await askHarness<string>("/client");
    const [name = ""] = readdirSync(installed).filter((one) => one.endsWith(".tgz"));
    packed = join(installed, name);
  });

  it("can be imported and has types, whatever the resolution of modules", async () => {
    // It consists of ES modules only, as its README says.
    const { code, stdout } = await run("attw", [packed, "--ignore-rules", "cjs-resolves-to-esm", "--format", "ascii"]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("No problems found")]);
  });

  it("says in its package.json what is in it", async () => {
    const { code, stdout } = await run("publint", ["run", packed, "--strict"]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("All good!")]);
  });
});
