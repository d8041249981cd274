/** A real browser and a local stack, for the browser tests and the screenshots. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { type Browser, chromium } from "playwright-core";
import { root } from "./folders.ts";
import { findFreePort } from "./ports.ts";
import { startPostgres } from "./postgres.ts";

/** The first that is installed is used. Without windows, Chromium needs only about 60 percent of the CPU. */
const COMMANDS = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];

const APPLICATIONS = [
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const paths = [...COMMANDS.flatMap((name) => folders.map((folder) => join(folder, name))), ...APPLICATIONS];
  return paths.find((path) => existsSync(path));
}

/** Launches the browser of CHROMIUM_PATH, or one at a usual path. It stores nothing, and does not use a network service. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM_PATH || findChromium();
  if (!executablePath) {
    throw new Error(
      "There is no Chromium. Install one (Debian: apt-get install chromium-headless-shell), or set CHROMIUM_PATH.",
    );
  }
  return chromium.launch({
    executablePath,
    args: [
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      ...["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"],
      ...["--disable-background-networking", "--disable-component-update"],
    ],
  });
}

export type Stack = { url: string; postgresUrl: string; runnerUrl: string; stop(): Promise<void> };

/** Starts the same as `npm run dev`, on free ports and with a temporary database. */
export async function startStack(env: Record<string, string> = {}): Promise<Stack> {
  const folder = mkdtempSync(join(tmpdir(), "workflow-runs-browser-"));
  const postgres = await startPostgres({ dataDir: join(folder, "postgres"), port: 0, persistent: false });
  const [web, sql, runner] = [await findFreePort(), await findFreePort(), await findFreePort()];
  const login = await findFreePort();
  const postgresUrl = postgres.url("workflow_runs");
  const child = spawn(process.execPath, [join(root, "scripts/start.cjs"), "dev.ts"], {
    cwd: root,
    env: {
      ...process.env,
      ...env,
      LOCAL_POSTGRES_URL: postgresUrl,
      LOCAL_DATA_DIR: folder,
      PORT: String(web),
      SQL_PORT: String(sql),
      RUNNER_PORT: String(runner),
      LOGIN_PORT: String(login),
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async () => {
    child.kill("SIGTERM");
    await exited;
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const lines: string[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: child.stdout }).on("line", (line) => {
        lines.push(line);
        if (line === "workflow-runs is ready.") resolve();
      });
      exited.then(() => reject(new Error(`The local stack did not start:\n${lines.join("\n")}`)));
    });
  } catch (error) {
    await stop();
    throw error;
  }
  // The host is localhost and not 127.0.0.1, since the session's cookie is `Secure`, and without TLS a browser accepts such a cookie
  // only from localhost.
  return { url: `http://localhost:${web}`, postgresUrl, runnerUrl: `http://localhost:${runner}`, stop };
}

/** The script of axe-core, which is evaluated in a page. */
export const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
