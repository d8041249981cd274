import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { expect, it } from "vitest";
import { root } from "../../scripts/local/folders.ts";
import { QUICK_NPX, runProgram } from "../support/node/run-program.ts";
import type { World } from "./installed-client.ts";

const page = readFileSync(join(root, "client/README.md"), "utf8");

const blocks = (language: string, text = page): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(([, block = ""]) => block);

/** The programs of the guides that use the package. */
const GUIDES = readdirSync(join(root, "docs"))
  .filter((name) => name.endsWith(".md"))
  .flatMap((name) => blocks("ts", readFileSync(join(root, "docs", name), "utf8")))
  .filter((program) => program.includes('from "workflow-runs"'));

/** The first installs the package, which is done already. */
const [INSTALL = "", ...COMMANDS] = blocks("sh");

export function describeReadme(world: () => World): void {
  const onThisStack = (text: string) =>
    text.replaceAll("http://localhost:8787", world().url).replaceAll("http://localhost:8788", world().runnerUrl);

  it("packs the package in a clone and installs it without one, and npm warns of nothing", {
    timeout: 180_000,
  }, async () => {
    const folder = join(world().folder, "from-clone");
    mkdirSync(folder);
    writeFileSync(join(folder, "package.json"), '{"private": true}');
    const script = `${INSTALL}\nnpx workflow-runs --version`;
    // As in a person's shell: npm runs on the Node that it belongs to, and not on that of the project, which `npm run` puts first.
    const PATH = (process.env.PATH ?? "")
      .split(":")
      .filter((path) => !path.includes("node_modules"))
      .join(":");
    const ended = await runProgram("bash", ["-ec", script], {
      cwd: folder,
      env: { CLONE: join(world().folder, "clone"), PATH },
    });
    expect([ended.code, ended.stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+$/m)]);
    expect(ended.stderr).not.toMatch(/warn/i);
    const packed = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
    const ignored = await runProgram("git", ["check-ignore", ...packed], { cwd: root });
    expect(ignored.stdout.trim().split("\n")).toEqual(packed);
  });

  it("has only commands that work, in their order", { timeout: 480_000 }, async () => {
    const cwd = join(world().folder, "readme");
    mkdirSync(cwd);
    const script = `set -eu -o pipefail\n${onThisStack(COMMANDS.join(""))}`;
    const ended = await runProgram("bash", ["-c", script], { cwd, env: { ...QUICK_NPX, HOME: cwd } });
    expect([ended.code, ended.stderr]).toEqual([0, expect.not.stringMatching(/error/i)]);
    for (const said of ["state     COMPLETED", "The exit code is 5", "The runner follows the protocol."]) {
      expect(ended.stdout).toContain(said);
    }
    // What `login` and npm store is hidden, and of the user. One command downloads a file, and one writes a worker.
    expect(readdirSync(cwd).filter((name) => !name.startsWith("."))).toEqual(["downloaded", "first"]);
  });

  it("has programs that compile strictly, as those of the guides; the first ones and those of the guides also run", {
    timeout: 240_000,
  }, async () => {
    const { folder } = world();
    const write = (programs: readonly string[], prefix: string) =>
      programs.map((block, index) => {
        writeFileSync(join(folder, `${prefix}-${index}.ts`), onThisStack(block));
        return `${prefix}-${index}`;
      });
    const guides = write(GUIDES, "guide");
    const names = [...write(blocks("ts"), "readme"), ...guides];
    expect([names.length > 7, guides.length > 3]).toEqual([true, true]);
    const options = {
      strict: true,
      module: "NodeNext",
      target: "ES2022",
      lib: ["ES2022"],
      types: ["node"],
      outDir: "out",
    };
    const config = { compilerOptions: options, files: names.map((name) => `${name}.ts`) };
    writeFileSync(join(folder, "tsconfig.readme.json"), JSON.stringify(config));
    const tsc = join(root, "client/node_modules/typescript/bin/tsc");
    const compiled = await runProgram(process.execPath, [tsc, "-p", "tsconfig.readme.json"], { cwd: folder });
    expect([compiled.code, compiled.stdout]).toEqual([0, ""]);
    for (const [name, said] of [
      ["readme-0", /^COMPLETED null$/m],
      ["readme-1", /TRIGGERED\n(.*\n)*.*already ended/],
      ...guides.map((name) => [name, /^/] as const),
    ] as const) {
      const ended = await runProgram(process.execPath, [`out/${name}.js`], { cwd: folder });
      expect([name, ended]).toEqual([name, { code: 0, stdout: expect.stringMatching(said), stderr: "" }]);
    }
  });
}
