/** A copy of the project in which changes are tried. The project itself is never changed. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { z } from "zod";
import { applied, type Mutant } from "./draw.ts";

/** The files of the project that git knows or would add, with what is not committed. */
export const filesOf = (folder: string): string[] =>
  execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: folder,
    encoding: "utf8",
  })
    .split("\0")
    // A file whose deletion is not committed is still in the index.
    .filter((path) => path !== "" && existsSync(join(folder, path)));

const resultSchema = z.object({
  numTotalTests: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string(),
      assertionResults: z.array(z.object({ status: z.string(), fullName: z.string() })),
    }),
  ),
});

/** What came of the tests. "unusable": they say nothing about the change. */
export type Outcome =
  | { is: "passed" }
  | { is: "unusable"; why: string }
  | { is: "failed"; by: string; file: string | null };

export type Config = "vitest.config.ts" | "vitest.deep.config.ts";

const NO_TEST = "no test has run, as when Postgres refuses a function";

/** How long a process may take to end when it is asked to. */
const ENDING_MS = 15_000;

export class Trial {
  readonly #folder = realpathSync(mkdtempSync(join(tmpdir(), "mutants-")));
  readonly #texts = new Map<string, string>();
  readonly #limitMs: number;
  #running: ChildProcess | null = null;

  constructor(project: string, limitMs: number) {
    this.#limitMs = limitMs;
    for (const path of filesOf(project)) {
      const to = join(this.#folder, path);
      mkdirSync(dirname(to), { recursive: true });
      copyFileSync(join(project, path), to);
    }
    symlinkSync(resolve(project, "node_modules"), join(this.#folder, "node_modules"));
  }

  /** Runs tests with these changes: all of the configuration, or these files. */
  async run(mutants: readonly Mutant[], config: Config, files: readonly string[] = []): Promise<Outcome> {
    for (const [path, ofFile] of Map.groupBy(mutants, ({ path }) => path)) {
      const text = this.#texts.get(path) ?? readFileSync(join(this.#folder, path), "utf8");
      this.#texts.set(path, text);
      writeFileSync(join(this.#folder, path), applied(text, ofFile));
    }
    try {
      return await this.#test(config, files);
    } finally {
      for (const { path } of mutants) writeFileSync(join(this.#folder, path), this.#texts.get(path) ?? "");
    }
  }

  async #test(config: Config, files: readonly string[]): Promise<Outcome> {
    const report = join(this.#folder, "mutants-report.json");
    rmSync(report, { force: true });
    const args = [
      "scripts/start.cjs",
      "vitest",
      "run",
      "-c",
      config,
      "--bail=1",
      "--reporter=json",
      `--outputFile=${report}`,
    ];
    const tests = spawn(process.execPath, [...args, ...files], { cwd: this.#folder, stdio: "ignore", detached: true });
    this.#running = tests;
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#end("SIGTERM");
      setTimeout(() => this.#end("SIGKILL"), ENDING_MS).unref();
    }, this.#limitMs);
    const code = await new Promise<number | null>((done) => tests.on("close", done));
    clearTimeout(timer);
    this.#running = null;
    if (isLate) return { is: "failed", by: "its time limit", file: null };
    return code === 0 ? { is: "passed" } : this.#readReport(report);
  }

  #readReport(path: string): Outcome {
    let text: string;
    try {
      text = readFileSync(path, "utf8");
    } catch {
      return { is: "unusable", why: NO_TEST };
    }
    const { numTotalTests, testResults } = resultSchema.parse(JSON.parse(text));
    const failures = testResults
      .filter(({ status }) => status === "failed")
      .map(({ name, message, assertionResults }) => ({
        file: name.replace(`${this.#folder}/`, ""),
        by: assertionResults.find(({ status }) => status === "failed")?.fullName ?? null,
        message: message.split("\n")[0] ?? "",
      }));
    // After the first failure the other files are ended, which then count as failed without a failed test.
    const failed = failures.find(({ by }) => by !== null) ?? failures.find(({ message }) => message !== "");
    if (numTotalTests === 0 || failed === undefined) return { is: "unusable", why: NO_TEST };
    return { is: "failed", by: `${failed.file}: ${failed.by ?? failed.message}`, file: failed.file };
  }

  /** Sends a signal to the tests and to all that they have started. */
  #end(signal: NodeJS.Signals): void {
    const pid = this.#running?.pid;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // They have ended meanwhile.
    }
  }

  /** Ends what runs, and removes the copy. */
  remove(): void {
    this.#end("SIGTERM");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
