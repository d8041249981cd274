import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../../scripts/local/folders.ts";
import { runProgram } from "../support/node/run-program.ts";
import { runScript } from "../support/node/run-script.ts";

const pages = ["README.md", "CONTRIBUTING.md", "test/README.md", "SECURITY.md", "bench/README.md"];
pages.push(...readdirSync(join(root, "docs")).flatMap((name) => (name.endsWith(".md") ? [`docs/${name}`] : [])));

const { scripts, engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "workflow-runs-scripts-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the npm scripts", () => {
  it("all look whether the packages are installed before they start, on every Node that has npm", () => {
    // `npm ci` itself runs this one, when it has installed them.
    const { prepare: _, ...others } = scripts;
    for (const command of Object.values(others))
      expect(command).toMatch(/^([A-Z_]+=\d+ )*(exec )?node scripts\/start\.cjs( |$)/);
    expect(engines).toEqual({ node: ">=18" });
  });

  it("say in one sentence that `npm ci` is missing, or its install scripts", async () => {
    const start = async () => {
      const { code, stdout, stderr } = await runProgram(
        process.execPath,
        ["scripts/start.cjs", "said", "--cell", "eu"],
        {
          cwd: folder,
        },
      );
      return { code, output: stdout + stderr };
    };
    cpSync(join(root, "scripts"), join(folder, "scripts"), { recursive: true });
    expect(await start()).toEqual({ code: 1, output: "The packages are not installed yet. Run `npm ci` first.\n" });
    for (const name of ["node/bin", ".bin"]) mkdirSync(join(folder, "node_modules", name), { recursive: true });
    writeFileSync(join(folder, "node_modules/.package-lock.json"), "{}");
    writeFileSync(join(folder, "node_modules/.bin/said"), 'console.log("It got", ...process.argv.slice(2))');
    expect(await start()).toEqual({
      code: 1,
      output:
        "The packages were installed without their install scripts. Run `npm ci` again, without --ignore-scripts.\n",
    });
    writeFileSync(join(folder, "node_modules/node/bin/node"), "");
    expect(await start()).toEqual({ code: 0, output: "It got --cell eu\n" });
  });

  it("say on Windows that they need WSL", async () => {
    const program = `Object.defineProperty(process, "platform", { value: "win32" }); require("./scripts/start.cjs")`;
    const { code, stderr } = await runProgram(process.execPath, ["-e", program]);
    expect([code, stderr]).toEqual([1, "This runs on Linux and macOS. On Windows, use it inside WSL.\n"]);
  });

  it("are what the documents use: none runs `node` with a TypeScript file, which older Nodes refuse", () => {
    for (const page of pages) {
      const text = readFileSync(join(root, page), "utf8");
      expect([page, text.match(/(?<!npx )\bnode \S+\.[cm]?ts\b/g)]).toEqual([page, null]);
    }
  });

  it("are in documents whose commands have no comments, which an interactive zsh would take for commands", () => {
    for (const page of [...pages, "client/README.md"]) {
      const blocks = readFileSync(join(root, page), "utf8").match(/^```sh\n.*?^```$/gms) ?? [];
      expect([page, blocks.join("\n").match(/(^|\s)#\s.*$/gm)]).toEqual([page, null]);
    }
  });

  it.each([
    "dev.ts",
    "db.ts",
    "migrate.ts",
    "deploy.ts",
    "rotate.ts",
    "create-tenant.ts",
    "doctor.ts",
    "pause-sweep.ts",
    "reencrypt-secrets.ts",
    "set-limits.ts",
    "screenshots.ts",
    "soak.ts",
    "smoke.ts",
    "record-release.ts",
  ])("have a --help, and do nothing else then: %s", async (name) => {
    // One function reads the option in all of them.
    for (const flag of name === "dev.ts" ? ["--help", "-h"] : ["--help"]) {
      const { code, output } = await runScript(`${name} ${flag}`, {});
      expect([code, output]).toEqual([0, expect.stringMatching(/^ {2}.*npm run \S+/m)]);
    }
  });

  it.each([
    "dev.ts",
    "db.ts",
    "migrate.ts",
    "create-tenant.ts",
    "rotate.ts",
    "doctor.ts",
    "pause-sweep.ts",
    "smoke.ts",
    "reencrypt-secrets.ts",
    "record-release.ts",
  ])("refuse an option that they do not know, in one line: %s", async (name) => {
    const { code, output } = await runScript(`${name} --nonsense`, { LOCAL_DATA_DIR: folder });
    expect([code, output]).toEqual([1, expect.stringMatching(/^Unknown option '--nonsense'.*\n$/)]);
  });
});

describe("a connection string with a password", () => {
  const malformed = [
    "postgres//owner:hunter2@db.example/main",
    "owner:hunter2@db.example/main",
    "postgres://owner:hunter2#@db.example/main",
    "https://owner:hunter2@db.example/main",
    "postgres://owner:hunter2@db.example",
  ];
  const secrets = { ENCRYPTION_KEY: `k1:${btoa("0123456789abcdef0123456789abcdef")}` };

  it.each([
    ["migrate.ts", malformed],
    // The others read it in the same way.
    ["create-tenant.ts --name Acme --email owner@acme.example", malformed.slice(0, 1)],
    ["doctor.ts", malformed.slice(0, 1)],
    ["pause-sweep.ts", malformed.slice(0, 1)],
    ["reencrypt-secrets.ts", malformed.slice(0, 1)],
  ] as const)("is not printed by %s when it is malformed", async (command, urls) => {
    for (const DATABASE_URL of urls) {
      const { code, output } = await runScript(command, { DATABASE_URL, ...secrets });
      expect([DATABASE_URL, code, output]).toEqual([
        DATABASE_URL,
        1,
        expect.stringContaining("is not a connection string"),
      ]);
      expect(output).not.toContain("hunter2");
    }
  });

  it("is not printed by the local stack, and neither is failed SQL", async () => {
    const program = `import { supervise } from "./scripts/local/supervisor.ts";
      await supervise(async () => {
        const cause = new Error("postgres://owner:hunter2@db.example/main does not answer");
        throw new Error("Failed query: select 1 params: hunter2", { cause });
      });`;
    const { code, stdout, stderr } = await runProgram(process.execPath, [
      "--input-type=module-typescript",
      "-e",
      program,
    ]);
    expect([code, stdout + stderr]).toEqual([1, "postgres://…@db.example/main does not answer\n"]);
  });

  it.each([
    "migrate.ts",
    "create-tenant.ts --name Acme --email owner@acme.example",
    "doctor.ts",
    "pause-sweep.ts",
    "reencrypt-secrets.ts",
  ])("is not printed by %s when nobody answers there, nor is SQL", async (command) => {
    const env = {
      DATABASE_URL: "postgres://owner:hunter2@db.example/main",
      NEON_FETCH_ENDPOINT: "http://127.0.0.1:9/sql",
    };
    const { code, output } = await runScript(command, { ...env, ...secrets });
    expect(code).toBe(1);
    expect(output).not.toMatch(/hunter2|select|insert|Failed query|\n {4}at /i);
  });

  it.each([
    "postgres://owner:hunter2@db.example:5432/main",
    "postgres://owner:hunter2@10.0.0.1/main",
    "owner:hunter2@localhost/main",
  ])("of LOCAL_POSTGRES_URL must be well-formed and lead to this machine: %s", async (LOCAL_POSTGRES_URL) => {
    const ports = { PORT: "19787", RUNNER_PORT: "19788", SQL_PORT: "19789" };
    const { code, output } = await runScript("db.ts", { LOCAL_POSTGRES_URL, LOCAL_DATA_DIR: folder, ...ports });
    expect([code, output]).toEqual([
      1,
      expect.stringMatching(/LOCAL_POSTGRES_URL must (look like|lead to this machine)/),
    ]);
    expect(output).not.toContain("hunter2");
  });
});

describe("npx wrangler dev", () => {
  const check = (env: Record<string, string>) => runScript("check-local-database.ts", env);
  const nowhere = { NEON_FETCH_ENDPOINT: "http://127.0.0.1:9/sql" };

  it("names the command that starts a database, if none answers", async () => {
    expect(await check({ WRANGLER_COMMAND: "dev", ...nowhere })).toEqual({
      code: 0,
      output: expect.stringContaining("`npm run db`"),
    });
  });

  it("does not print it when a Worker is deployed", async () => {
    expect(await check({ WRANGLER_COMMAND: "deploy", ...nowhere })).toEqual({ code: 0, output: "" });
    expect(readFileSync(join(root, "wrangler.toml"), "utf8")).toContain("node scripts/check-local-database.ts");
  });
});
