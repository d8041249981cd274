/**
 * The server of one's own: docs/own-server.md. This process has the SQL endpoint, through which alone the Worker reaches Postgres, and calls
 * the cron. Its child workerd runs the Worker. When either ends, both do, and what has started them starts them again.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { readConfig } from "../../src/config.ts";
import { root } from "../local/folders.ts";
import { readDatabaseOptions } from "../local/options.ts";
import { redact } from "../local/redact.ts";
import { isLeft } from "../local/running-stacks.ts";
import { startSqlEndpoint } from "../local/sql-endpoint.ts";
import { type Supervisor, supervise } from "../local/supervisor.ts";
import { findWorkerd } from "../local/workerd-config.ts";
import { readBuild } from "./build.ts";
import { drain, startCron, waitForWorker } from "./control.ts";
import { removeEmptyFolders } from "./empty-folders.ts";
import { divideSettings, readSettingsFile } from "./settings.ts";
import { describeWorkerd, type Place } from "./workerd-text.ts";

/** The longest path that a Unix socket can have: https://man7.org/linux/man-pages/man7/unix.7.html */
const MOST_PATH_BYTES = 107;
const END_POLL_MS = 20;
const IDLE_CONNECTION_MS = 5 * 60_000;
/** The share of the time that the Worker waits for the database in which a request gets a connection, or is refused. */
const WAIT_SHARE = 0.4;

/** One line of JSON, as the Worker writes them. */
function log(level: "info" | "error", event: string, fields: Record<string, unknown> = {}): void {
  process.stdout.write(`${JSON.stringify({ level, event, ...fields })}\n`);
}

/** Runs the server until it is told to end. */
export async function serve(): Promise<never> {
  // Whatever this process and workerd create is for their user alone.
  process.umask(0o077);
  return supervise(start, (reason) => log("error", "server", { error: reason }));
}

async function start(supervisor: Supervisor): Promise<void> {
  const settings = readSettingsFile();
  const { databaseUrl } = readDatabaseOptions(settings);
  const { LISTEN, DATA_DIR } = process.env;
  const { own, ofWorker } = divideSettings({ LISTEN, DATA_DIR, ...settings });
  const vars = {
    ...ofWorker,
    // The Worker knows neither the password nor where Postgres is. The SQL endpoint ignores what it says.
    DATABASE_URL: "postgres://server@database/workflow_runs",
    NEON_FETCH_ENDPOINT: "http://database/sql",
  };
  const { databaseTimeoutSeconds, publicUrl } = readConfig(vars);
  const place = await takePlace(own.DATA_DIR, own.LISTEN);

  const endpoint = await startSqlEndpoint({
    postgresUrl: databaseUrl,
    port: place.sqlSocket,
    connections: own.DATABASE_CONNECTIONS,
    idleTimeoutMs: IDLE_CONNECTION_MS,
    ofServer: { waitMs: databaseTimeoutSeconds * 1_000 * WAIT_SHARE, onReach: createReachLog() },
  });
  supervisor.onStop(endpoint.close);

  const { config, pidFile } = filesOf(own.DATA_DIR);
  writeFileSync(config, describeWorkerd(readBuild(root), Object.keys(vars), own.PROXIES, place));
  let hasEnded = false;
  supervisor.onStop(async () => {
    hasEnded = true;
  });
  const pid = supervisor.start({
    name: "workerd",
    command: findWorkerd(),
    args: ["serve", config, `--import-path=${root}`],
    cwd: root,
    env: vars,
    onLine: (line) => (line.startsWith("{") ? process.stdout.write(`${line}\n`) : log("error", "workerd", { line })),
  });
  writeFileSync(pidFile, String(pid));
  await waitForWorker(place.controlSocket, () => hasEnded);
  if (hasEnded) return;
  const endCron = startCron(place.controlSocket, (error) => log("error", "cron", { error: String(error) }));
  supervisor.onStop(async () => {
    endCron();
    await drain(place.controlSocket, own.DRAIN_SECONDS);
  });
  log("info", "serving", { listen: own.LISTEN, public_url: publicUrl });
  // Not awaited: it takes minutes when there are millions.
  removeEmptyFolders(place.artifacts).catch((error) => log("error", "artifact", { error: String(error) }));
}

const filesOf = (data: string) => ({
  config: join(data, "run", "workerd.capnp"),
  pidFile: join(data, "run", "workerd.pid"),
});

/**
 * Ends the workerd of a server that was killed, and waits until it listens no more. It keeps its sockets until the last of its threads has
 * ended, a moment after it has disappeared from the list of processes.
 */
async function endLeftWorkerd(data: string, controlSocket: string): Promise<void> {
  const { config: mark, pidFile } = filesOf(data);
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, "utf8"));
  if (pid > 0 && isLeft({ pid, mark, isGroup: false })) process.kill(pid, "SIGKILL");
  while (await isAnswered(controlSocket)) await delay(END_POLL_MS);
}

/**
 * The sockets and folders of this server. What an earlier one has left is removed.
 * @throws Error when another server uses the folder
 */
async function takePlace(data: string, listen: string): Promise<Place> {
  const [run, artifacts] = [join(data, "run"), join(data, "artifacts")];
  const objects = join(run, "objects");
  const [sqlSocket, controlSocket] = [join(run, "sql.sock"), join(run, "control.sock")];
  if (Buffer.byteLength(controlSocket) > MOST_PATH_BYTES) throw new Error(`The path of DATA_DIR is too long: ${data}`);
  if (await isAnswered(sqlSocket)) throw new Error(`Another server uses ${data}. Each needs a folder of its own.`);
  await endLeftWorkerd(data, controlSocket);
  rmSync(run, { recursive: true, force: true });
  for (const folder of [objects, artifacts]) mkdirSync(folder, { recursive: true });
  return { listen, sqlSocket, controlSocket, assets: join(root, "assets"), artifacts, objects };
}

const isAnswered = (socketPath: string) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(socketPath);
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });

/** Logs when Postgres cannot be reached any more, and when it can again. */
function createReachLog(): (reason: string | null) => void {
  let isAway = false;
  return (reason) => {
    if ((reason !== null) === isAway) return;
    isAway = reason !== null;
    if (reason === null) log("info", "postgres", { is_reached: true });
    else log("error", "postgres", { is_reached: false, error: redact(reason) });
  };
}
