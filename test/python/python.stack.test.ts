/**
 * The Python package, as its users have it: built, installed in a virtual environment, checked by mypy and tried against a local stack. It
 * needs packages of Debian, which `.ci/run` installs, or the same from PyPI.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import type { Stack } from "../../scripts/local/browser.ts";
import { root } from "../../scripts/local/folders.ts";
import { type Ended, runProgram } from "../support/node/run-program.ts";
import { startSharedStack } from "../support/node/shared-stack.ts";
import { describeKits } from "./kits.ts";

const folder = mkdtempSync(join(tmpdir(), "workflow-runs-python-"));
const clone = join(folder, "clone");
const source = join(clone, "python");
const bin = join(folder, "venv/bin");
/** The blocks of code in a page. Those in Python only if they use the package. */
const blocksOf = (path: string, language: string): string[] => {
  const page = readFileSync(join(root, path), "utf8");
  const blocks = [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))];
  return blocks.map(([, block = ""]) => block).filter((block) => language !== "python" || /workflow_runs/.test(block));
};
const README = "python/README.md";
/** This one works until it is stopped, so it has a test of its own. */
const APPROVING = "python/examples/approve_reply.py";
/** The other programs of the guides that use the package, each with the name of its page. */
const GUIDES = readdirSync(join(root, "docs"))
  .filter((name) => name.endsWith(".md"))
  .flatMap((name) => blocksOf(`docs/${name}`, "python").map((program): [string, string] => [name, program]))
  .filter(([, program]) => program !== readFileSync(join(root, APPROVING), "utf8"));

const NEEDED = ["build", "ensurepip", "hatchling", "httpx", "mypy", "pytest", "pytest_asyncio", "venv"];

/** The first Python that has all that is needed: the one of Debian has its packages, which another one before it in PATH may lack. */
async function findPython(): Promise<string> {
  for (const command of ["python3", "/usr/bin/python3"]) {
    const { code } = await runProgram(command, ["-c", `import sys, ${NEEDED}; assert sys.version_info >= (3, 11)`]);
    if (code === 0) return command;
  }
  throw new Error(
    "These tests need Python 3.11 or newer with build, hatchling, httpx, mypy, pytest and pytest-asyncio. On Debian: apt-get install " +
      "python3-venv python3-build python3-hatchling python3-httpx python3-mypy python3-pytest python3-pytest-asyncio",
  );
}

let stack: Stack;

/** Without an index, since all that is needed is there. */
const env = () => ({
  ...{ CLONE: clone, PATH: `${bin}:${process.env.PATH}`, HOME: folder, no_proxy: "*", PYTHONDONTWRITEBYTECODE: "1" },
  ...{
    PIP_NO_INDEX: "1",
    PIP_DISABLE_PIP_VERSION_CHECK: "1",
    PIP_NO_BUILD_ISOLATION: "0",
    MYPY_CACHE_DIR: join(folder, "mypy"),
  },
  ...{
    WORKFLOW_RUNS_STACK: stack.url,
    WORKFLOW_RUNS_URL: stack.url,
    WORKFLOW_RUNS_API_KEY: "wr_demo_owner",
  },
});
const python = (...args: string[]): Promise<Ended> =>
  runProgram(join(bin, "python3"), args, { cwd: source, env: env() });
const onThisStack = (text: string) => text.replaceAll("http://localhost:8787", stack.url);
const done = { code: 0 };

beforeAll(async () => {
  // In a copy, since the programs write beside what they read.
  cpSync(join(root, "python"), source, { recursive: true, filter: (path) => !path.includes("__pycache__") });
  const [started, found] = await Promise.all([startSharedStack(), findPython()]);
  stack = started;
  const made = await runProgram(found, ["-m", "venv", "--system-site-packages", join(folder, "venv")]);
  if (made.code !== 0) throw new Error(made.stdout + made.stderr);
  const [install = ""] = blocksOf(README, "sh");
  const installed = await runProgram("bash", ["-ec", install], { cwd: folder, env: env() });
  if (installed.code !== 0) throw new Error(installed.stdout + installed.stderr);
});

afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

it("is built and installed by the commands of its README, and has its types", async () => {
  expect(readdirSync(folder).filter((name) => name.endsWith(".whl"))).toEqual([
    expect.stringMatching(/^workflow_runs-\d+\.\d+\.\d+-py3-none-any\.whl$/),
  ]);
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const built = await python("-m", "build", "--no-isolation", "--outdir", join(folder, "dist"));
  expect([
    built.code,
    readdirSync(join(folder, "dist")).map((name) => name.replace(/^workflow_runs-[\d.]+/, "")),
  ]).toEqual([0, ["-py3-none-any.whl", "tar.gz"].sort()]);
  const look =
    "import workflow_runs, pathlib; print(workflow_runs.__version__, (pathlib.Path(workflow_runs.__file__).parent / 'py.typed').exists())";
  expect(await runProgram(join(bin, "python3"), ["-c", look], { cwd: folder, env: env() })).toMatchObject({
    ...done,
    stdout: `${version} True\n`,
  });
});

it("passes its own tests, none of which is skipped", { timeout: 480_000 }, async () => {
  const { code, stdout } = await python("-m", "pytest", "-q", "-rs");
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^\d+ passed in /m)]);
  expect(stdout).not.toContain("skipped");
});

it.each(["3.11", "3.13"])(
  "is checked strictly by mypy, as its tests, its examples and the programs of the documents, for Python %s",
  { timeout: 120_000 },
  async (version) => {
    const programs = join(source, "programs");
    mkdirSync(programs, { recursive: true });
    for (const [index, program] of [...blocksOf(README, "python"), ...GUIDES.map(([, one]) => one)].entries())
      writeFileSync(join(programs, `program_${index}.py`), program);
    const checked = await python("-m", "mypy", "--python-version", version, "src", "tests", "examples", "programs");
    expect(checked).toMatchObject({ ...done, stdout: expect.stringMatching(/^Success/) });
  },
);

it("has a README whose first run needs two commands, and whose programs run", { timeout: 120_000 }, async () => {
  const [, , worker = "", invoke = ""] = blocksOf(README, "sh");
  const working = spawn("bash", ["-c", `exec ${onThisStack(worker)}`], {
    cwd: folder,
    env: env(),
    stdio: ["ignore", "ignore", "pipe"],
  });
  await saying(working, /asks http:\S+ for runs/);
  const invoked = await runProgram("bash", ["-ec", invoke], { cwd: folder, env: env() });
  expect(invoked).toMatchObject({ ...done, stdout: "COMPLETED {'words': 6}\n" });
  working.kill("SIGTERM");
  expect(await once(working, "close")).toEqual([0, null]);
  const [client = "", streams = "", kit = ""] = blocksOf(README, "python").map(onThisStack);
  expect(await python("-c", client)).toMatchObject({
    ...done,
    stdout: expect.stringMatching(/^COMPLETED None$/m),
    stderr: "",
  });
  expect(await python("-c", streams)).toMatchObject({
    ...done,
    stdout: expect.stringMatching(/TRIGGERED\n(.*\n)*conflict .*already ended/),
    stderr: "",
  });
  // A worker has at most 15 lines.
  expect(kit.trimEnd().split("\n").length).toBeLessThanOrEqual(15);
  const short = spawn(join(bin, "python3"), ["-c", onThisStack(kit)], { cwd: folder, env: env(), stdio: "ignore" });
  const again = await runProgram("bash", ["-ec", invoke], { cwd: folder, env: env() });
  expect(again).toMatchObject({ ...done, stdout: "COMPLETED {'words': 6}\n" });
  short.kill("SIGTERM");
  expect(await once(short, "close")).toEqual([0, null]);
});

it("is in each guide that has TypeScript", () => {
  const guides = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
  const having = (language: string) => guides.filter((name) => blocksOf(`docs/${name}`, language).length > 0);
  expect(having("python")).toEqual(expect.arrayContaining(having("ts")));
});

it.each(GUIDES)("has a program in docs/%s that runs", async (_, program) => {
  const ended = await runProgram(join(bin, "python3"), ["-c", onThisStack(program)], { cwd: folder, env: env() });
  expect(ended).toMatchObject({ ...done, stderr: "" });
});

it("has an example that calls a model once, waits for a person, and is in docs/suspend.md", async () => {
  const prompts: unknown[] = [];
  const model = createServer(async (request, response) => {
    prompts.push(JSON.parse(await text(request)).messages[0].content);
    response.end(JSON.stringify({ choices: [{ message: { role: "assistant", content: "It is on its way." } }] }));
  });
  await new Promise<void>((resolve) => model.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void model.close());
  const address = model.address();
  const port = typeof address === "object" ? address?.port : null;
  const program = readFileSync(join(source, "examples/approve_reply.py"), "utf8");
  expect(blocksOf("docs/suspend.md", "python")).toEqual([program]);

  // An API key answers here, in place of a person who has signed in.
  const file = join(folder, "approve_reply.py");
  writeFileSync(file, program.replace("timeout_seconds=", "people_only=False, timeout_seconds="));
  const talk = `
from workflow_runs import Client
import subprocess, sys

with Client() as client:
    parts = [f"01920000-0000-7000-8000-00000000010{n}" for n in (3, 4, 5)]
    workflow = client.create_workflow(
        {
            "name": "Reply to a customer",
            "runner_type": "SELF_HOSTED",
            "source_path_part_ids": parts[:1],
            "instruction_path_part_ids": parts[1:2],
            "output_path_part_ids": parts[2:],
        },
        {"handover": "lease"},
    )
    run = client.invoke(workflow["id"], {"question": "Where is my parcel?"})
    worker = subprocess.Popen([sys.executable, sys.argv[1]])
    for news in client.watch(run["id"]):
        if news.event and news.event["type"] == "SUSPENDED":
            (wait,) = [one for one in client.waits() if one["run_id"] == run["id"]]
            print(wait["prompt"])
            client.answer(run["id"], wait["key"], "yes", comment="Fine")
    worker.terminate()
    result = client.result(run["id"])
    kept = [checkpoint["key"] for checkpoint in client.checkpoints(run["id"])]
    print(result["output"], result["summary"], kept, worker.wait())
`;
  const talked = await runProgram(join(bin, "python3"), ["-c", talk, file], {
    cwd: folder,
    env: { ...env(), MODEL_URL: `http://127.0.0.1:${port}/v1/chat/completions` },
  });
  expect(talked).toMatchObject({
    ...done,
    stdout:
      "Send this reply?\n\nIt is on its way.\n{'reply': 'It is on its way.'} The reply was approved. ['draft'] 0\n",
  });
  expect(prompts).toEqual([expect.stringContaining("Where is my parcel?")]);
});

describeKits(() => ({ url: stack.url, python: join(bin, "python3"), source, env: env() }));

/** Waits for a line on stderr. */
function saying(child: ChildProcess, pattern: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    if (child.stderr) createInterface({ input: child.stderr }).on("line", (line) => pattern.test(line) && resolve());
    child.once("close", () => reject(new Error("The program has ended.")));
  });
}
