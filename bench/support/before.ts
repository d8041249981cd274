/**
 * An earlier commit of the service, which is measured together with the current one: the last one before every change became a verb in SQL,
 * or the one that the environment variable `BEFORE` names.
 */
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import type pg from "pg";
import { readBundle } from "../../scripts/local/bundle.ts";
import { root, scratch } from "./paths.ts";
import type { Server } from "./postgres.ts";
import type { Seed } from "./seed.ts";
import type { Build } from "./worker.ts";

const COMMIT = process.env.BEFORE ?? "94d864477b6e83a9ec2c29940b91c41fbb0f06f1";
const folder = join(scratch, `before-${COMMIT.slice(0, 7)}`);

/** Its name in tables. */
export const BEFORE = `before (${COMMIT.slice(0, 7)})`;

export type Before = {
  build: Build;
  /** Creates a database with the tables of that commit, filled like `seed` of that commit does. */
  createDatabase(server: Server, name: string, options: Seed): Promise<pg.Pool>;
};

type OldSeed = { seed(pool: pg.Pool, options: Seed): Promise<void> };

let prepared: Before | undefined;

/** What to do when the clone does not have the commit. */
export const NO_HISTORY =
  `not compared with ${BEFORE}: this clone does not have that commit. Fetch the whole history (\`git fetch --unshallow\`) ` +
  "and measure again.";

/**
 * Takes the commit from the history of this clone, installs its packages and builds its Worker, once
 * for each run of the benchmarks. Returns undefined when the clone does not have the commit; `progress` then says so.
 */
export async function prepareBefore(progress: (text: string) => void): Promise<Before | undefined> {
  if (prepared !== undefined) return prepared;
  if (spawnSync("git", ["cat-file", "-e", `${COMMIT}^{commit}`], { cwd: root }).status !== 0) {
    progress(NO_HISTORY);
    return undefined;
  }
  progress(`building ${BEFORE}`);
  if (!existsSync(join(folder, "complete"))) await checkOut();
  const outdir = "../workers/before";
  await runHere("node_modules/.bin/wrangler", ["deploy", "src/worker.ts", "--dry-run", "--minify", "--outdir", outdir]);
  prepared = { build: { name: "before", ...readBundle(join(folder, outdir, "worker.js")) }, createDatabase };
  return prepared;
}

/** The file `complete` is written last, so that an interrupted checkout is made again. */
async function checkOut(): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const archive = spawnSync("git", ["archive", COMMIT], { cwd: root, maxBuffer: 2 ** 30 });
  const unpacked = spawnSync("tar", ["-x"], { cwd: folder, input: archive.stdout });
  if (archive.status !== 0 || unpacked.status !== 0) throw new Error(`${archive.stderr}${unpacked.stderr}`);
  await runHere("npm", ["ci", "--no-audit", "--no-fund", "--silent"]);
  writeFileSync(join(folder, "complete"), `${COMMIT}\n`);
}

/** Asynchronous, since the SQL endpoint that a migration needs runs in this process. */
async function runHere(command: string, args: readonly string[], env: Record<string, string> = {}): Promise<void> {
  await promisify(execFile)(command, args, {
    cwd: folder,
    // Its own Node and its own tools come first.
    env: {
      ...process.env,
      ...env,
      PATH: `${join(folder, "node_modules/.bin")}:${process.env.PATH}`,
      WRANGLER_SEND_METRICS: "false",
    },
  });
}

async function createDatabase(server: Server, name: string, options: Seed): Promise<pg.Pool> {
  const pool = await server.createDatabase(name, "empty");
  await runHere("node", ["scripts/migrate.ts"], {
    DATABASE_URL: server.url(name),
    NEON_FETCH_ENDPOINT: server.endpointUrl,
  });
  const { seed }: OldSeed = await import(join(folder, "bench/support/seed.ts"));
  await seed(pool, options);
  return pool;
}
