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

/** A test that takes longer hangs. The deep ones have no limit of their own. */
const TEST_MS = 90_000;

export class Trial {
  readonly #folder = realpathSync(mkdtempSync(join(tmpdir(), "mutants-")));
  readonly #report = join(this.#folder, "mutants-report.json");
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

  /** Runs tests with these changes until one fails: all of the configuration, or these files, but for some. */
  async run(
    mutants: readonly Mutant[],
    config: Config,
    files: readonly string[] = [],
    except: readonly string[] = [],
  ): Promise<Outcome> {
    const left = files.filter((file) => !except.includes(file));
    if (files.length > 0 && left.length === 0) return { is: "passed" };
    const end = await this.#test(mutants, config, ["--bail=1", ...left, ...except.map((file) => `--exclude=${file}`)]);
    if (end === "late") return { is: "failed", by: "its time limit", file: null };
    if (end === 0) return { is: "passed" };
    const { failures, hasRun } = this.#readReport();
    // After the first failure the other files are ended, which then count as failed without a failed test.
    const failed = failures.find(({ by }) => by !== null) ?? failures.find(({ message }) => message !== "");
    if (!hasRun || failed === undefined) return { is: "unusable", why: NO_TEST };
    return { is: "failed", by: `${failed.file}: ${failed.by ?? failed.message}`, file: failed.file };
  }

  /** Runs all of these files with these changes, and returns those that fail. Null when no test has run, or when they do not end. */
  async failing(mutants: readonly Mutant[], config: Config, files: readonly string[]): Promise<string[] | null> {
    const end = await this.#test(mutants, config, [...files]);
    if (end === "late") return null;
    if (end === 0) return [];
    const { failures, hasRun } = this.#readReport();
    return hasRun ? failures.map(({ file }) => file) : null;
  }

  async #test(mutants: readonly Mutant[], config: Config, more: readonly string[]): Promise<number | null | "late"> {
    for (const [path, ofFile] of Map.groupBy(mutants, ({ path }) => path)) {
      const text = this.#texts.get(path) ?? readFileSync(join(this.#folder, path), "utf8");
      this.#texts.set(path, text);
      writeFileSync(join(this.#folder, path), applied(text, ofFile));
    }
    try {
      return await this.#runTests(config, more);
    } finally {
      for (const { path } of mutants) writeFileSync(join(this.#folder, path), this.#texts.get(path) ?? "");
    }
  }

  async #runTests(config: Config, more: readonly string[]): Promise<number | null | "late"> {
    rmSync(this.#report, { force: true });
    const args = ["scripts/start.cjs", "vitest", "run", "-c", config, `--testTimeout=${TEST_MS}`, ...more];
    const reporting = ["--reporter=json", `--outputFile=${this.#report}`];
    const tests = spawn(process.execPath, [...args, ...reporting], {
      cwd: this.#folder,
      stdio: "ignore",
      detached: true,
    });
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
    return isLate ? "late" : code;
  }

  #readReport(): { failures: { file: string; by: string | null; message: string }[]; hasRun: boolean } {
    if (!existsSync(this.#report)) return { failures: [], hasRun: false };
    const { numTotalTests, testResults } = resultSchema.parse(JSON.parse(readFileSync(this.#report, "utf8")));
    const failures = testResults
      .filter(({ status }) => status === "failed")
      .map(({ name, message, assertionResults }) => ({
        file: name.replace(`${this.#folder}/`, ""),
        by: assertionResults.find(({ status }) => status === "failed")?.fullName ?? null,
        message: message.split("\n")[0] ?? "",
      }));
    return { failures, hasRun: numTotalTests > 0 };
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
