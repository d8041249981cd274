/**
 * A Postgres that speaks TLS, for a server of one's own: Debian's with a cluster of its own, where root has installed it, and otherwise that of
 * npm.
 */
import { execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmodSync, chownSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { findFreePort } from "../../scripts/local/ports.ts";
import { startPostgres } from "../../scripts/local/postgres.ts";
import { withClient } from "../support/node/postgres-client.ts";
import { runProgram } from "../support/node/run-program.ts";

export type ServerPostgres = {
  port: number;
  /** The connection string of a database, for a superuser. */
  url(database?: string): string;
  dataDir: string;
  /** `kill -9`, and a new start. Only for a persistent one. */
  kill(): Promise<void>;
  /** Ends it, and removes its data. */
  stop(): Promise<void>;
};

const INSTALLED = "/usr/lib/postgresql";
const SUPERUSER = "postgres";
const START_MS = 60_000;
const POLL_MS = 100;

/** The newest version of Debian's Postgres here. Null when there is none, or when only root could make a cluster. */
export const DEBIAN_VERSION: string | null =
  process.getuid?.() === 0 && existsSync("/usr/bin/pg_createcluster") && existsSync(INSTALLED)
    ? (readdirSync(INSTALLED)
        .filter((version) => existsSync(join(INSTALLED, version, "bin/initdb")))
        .toSorted((a, b) => Number(a) - Number(b))
        .at(-1) ?? null)
    : null;

/** The folder of programs such as `pg_dump`. Only Debian's has them. */
export const PROGRAMS = join(INSTALLED, `${DEBIAN_VERSION}`, "bin");

/** Starts an empty one. Its certificate, which is for `localhost`, is also written to `certificate`. */
export async function startServerPostgres(
  certificate: string,
  options: { dataDir: string; persistent: boolean },
): Promise<ServerPostgres> {
  const postgres = await (DEBIAN_VERSION === null
    ? startOfNpm(options)
    : startOfDebian(DEBIAN_VERSION, options.persistent));
  const [key, own] = [join(postgres.dataDir, "server.key"), join(postgres.dataDir, "server.crt")];
  makeCertificate("localhost", { key, certificate });
  writeFileSync(own, readFileSync(certificate));
  const { uid, gid } = statSync(postgres.dataDir);
  for (const file of [key, own]) chownSync(file, uid, gid);
  await withClient(postgres.url(), async (client) => {
    await client.query("alter system set ssl_cert_file = 'server.crt'");
    await client.query("alter system set ssl_key_file = 'server.key'");
    await client.query("alter system set ssl = on");
    await client.query("select pg_reload_conf()");
  });
  return postgres;
}

/** A certificate that has signed itself. */
export function makeCertificate(name: string, { key, certificate }: { key: string; certificate: string }): void {
  const extensions = ["-addext", `subjectAltName=DNS:${name}`, "-addext", "basicConstraints=critical,CA:FALSE"];
  const subject = ["-subj", `/CN=${name}`, ...extensions, "-days", "2"];
  const files = ["-keyout", key, "-out", certificate];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...subject, ...files], { stdio: "ignore" });
  chmodSync(key, 0o600);
}

async function startOfNpm(options: { dataDir: string; persistent: boolean }): Promise<ServerPostgres> {
  let postgres = await startPostgres({ ...options, port: 0 });
  const { port, dataDir, url } = postgres;
  return {
    ...{ port, dataDir, url },
    async kill() {
      process.kill(postgres.pid, "SIGKILL");
      await postgres.exited;
      postgres = await startPostgres({ ...options, port });
    },
    async stop() {
      await postgres.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** A cluster as Debian makes it: its own user, socket and rules of who may connect. */
async function startOfDebian(version: string, persistent: boolean): Promise<ServerPostgres> {
  const name = `workflow_runs_${randomUUID().slice(0, 8)}`;
  const port = await findFreePort();
  const dataDir = `/var/lib/postgresql/${version}/${name}`;
  const fast = persistent ? [] : ["fsync=off", "full_page_writes=off"];
  await run("pg_createcluster", [
    ...[version, name, `--port=${port}`, "--start-conf=manual", "--locale=C.UTF-8", "--encoding=UTF8"],
    ...fast.flatMap((setting) => ["--pgoption", setting]),
  ]);
  const url = (database = SUPERUSER) => `postgres://${SUPERUSER}:${SUPERUSER}@localhost:${port}/${database}`;
  /** Starts it until it lives: what a killed one has left can stand in its way for a moment. */
  async function launch() {
    for (const limit = Date.now() + START_MS; Date.now() < limit; await delay(POLL_MS)) {
      let isOver = false;
      const child = spawn("pg_ctlcluster", ["--foreground", version, name, "start"], { stdio: "ignore" });
      const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
      ended.then(() => {
        isOver = true;
      });
      while (!isOver) {
        // As its superuser, whom its Unix socket lets in without a password.
        const set = `alter role ${SUPERUSER} password '${SUPERUSER}'`;
        const asked = ["-u", SUPERUSER, "--", "psql", `--port=${port}`, `--command=${set}`];
        if ((await runProgram("runuser", asked, { cwd: "/" })).code === 0) return { ended };
        await delay(POLL_MS);
      }
    }
    throw new Error(
      `Debian's Postgres ${version} did not start: /var/log/postgresql/postgresql-${version}-${name}.log`,
    );
  }
  let running = await launch();
  return {
    ...{ port, dataDir, url },
    async kill() {
      process.kill(Number.parseInt(readFileSync(join(dataDir, "postmaster.pid"), "utf8"), 10), "SIGKILL");
      await running.ended;
      running = await launch();
    },
    stop: () => run("pg_dropcluster", ["--stop", version, name]),
  };
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await runProgram(command, args, { cwd: "/" });
  if (code !== 0) throw new Error(`${command}: ${stderr}`);
}
