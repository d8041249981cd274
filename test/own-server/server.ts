/** A server of one's own, with a Postgres of its own that speaks TLS, as docs/own-server.md describes it. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { root } from "../../scripts/local/folders.ts";
import { findFreePort } from "../../scripts/local/ports.ts";
import { ask } from "../../scripts/server/control.ts";
import { withClient } from "../support/node/postgres-client.ts";
import { type Ended, runProgram } from "../support/node/run-program.ts";
import { type ServerPostgres, startServerPostgres } from "./postgres.ts";

const PUBLIC_URL = "https://runs.example.com";
const START_MS = 60_000;
const POLL_MS = 20;

/** The guide, and its statements in their order. */
export const GUIDE = readFileSync(join(root, "docs/own-server.md"), "utf8");
const [ROLES = "", ...statements] = [...GUIDE.matchAll(/^```sql\n(.*?)^```/gms)].map(([, sql]) => sql);
export const [PRIVILEGES = "", AUDIT = ""] = statements;

/** The commands of a section of the guide, in their order. */
export function commandsOf(heading: string): string[] {
  const section = GUIDE.split(/^##+ /m).find((text) => text.startsWith(heading));
  return [...(section ?? "").matchAll(/^```sh\n(.*?)^```/gms)].map(([, commands = ""]) => commands);
}

/** Makes the roles of the guide, and the empty database. */
export async function createRoles(postgres: ServerPostgres): Promise<void> {
  await withClient(postgres.url(), async (client) => {
    for (const statement of ROLES.split(";").filter((text) => text.trim() !== "")) await client.query(statement);
  });
}

/** Keys that are not published. */
const KEYS = [
  `ENCRYPTION_KEY=k1:${btoa("0123456789abcdef0123456789abcdef")}`,
  "RUN_TOKEN_SECRET=k1:run-token-secret-of-the-tests-0123456789",
  "SESSION_SECRET=k1:session-secret-of-the-tests-0123456789",
];

export type Answer = { status: number; headers: Headers; body: string };

export type Running = {
  process: ChildProcess;
  lines: string[];
  /** Resolves to the exit code; null when it was killed. */
  ended: Promise<number | null>;
};

export type OwnServer = Awaited<ReturnType<typeof prepareServer>>;

/** Does what the guide says, up to the first tenant. The functions that undo it are added to `endings`. */
export async function prepareServer(endings: (() => unknown)[], { persistent = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "workflow-runs-own-"));
  endings.push(() => rmSync(folder, { recursive: true, force: true }));
  const built = join(folder, "built");
  const workerdPid = join(folder, "data/run/workerd.pid");
  const certificate = join(folder, "ca.pem");
  const starting = startServerPostgres(certificate, { dataDir: join(folder, "postgres"), persistent });
  endings.push(async () => (await starting).stop());
  const [postgres] = await Promise.all([starting, build(built)]);
  await createRoles(postgres);
  const urlOf = (role: string, tls = `sslmode=verify-full&sslrootcert=${certificate}`) =>
    `postgres://${role}:${encodeURIComponent(`<${role.replace("workflow_runs_", "")} password>`)}@localhost:${postgres.port}/workflow_runs?${tls}`;
  const ownerUrl = urlOf("workflow_runs_owner");
  await withClient(ownerUrl, (client) => client.query(PRIVILEGES));

  const port = await findFreePort();
  const files = { owner: join(folder, "owner.env"), server: join(folder, "server.env") };
  const write = (file: string, ...lines: string[]) => writeFileSync(file, lines.join("\n"), { mode: 0o600 });
  const server = [`PUBLIC_URL=${PUBLIC_URL}`, `LISTEN=127.0.0.1:${port}`, ...KEYS];
  write(files.owner, `DATABASE_URL=${ownerUrl}`);
  write(files.server, `DATABASE_URL=${urlOf("workflow_runs_worker")}`, `DATA_DIR=${join(folder, "data")}`, ...server);

  const command = (...args: string[]): Promise<Ended> =>
    runProgram(process.execPath, ["serve.js", ...args], { cwd: built, env: { SETTINGS_FILE: files.owner } });
  const migrated = await command("migrate");
  if (migrated.code !== 0) throw new Error(migrated.stderr);
  await withClient(ownerUrl, (client) => client.query(AUDIT));
  const created = await command("create-tenant", "--name", "Acme", "--email", "owner@acme.example");
  const [key] = /wr_\S+/.exec(created.stdout) ?? [];
  if (key === undefined) throw new Error(created.stderr);

  return {
    ...{
      ...askerOf(port, key),
      folder,
      built,
      certificate,
      postgres,
      port,
      files,
      urlOf,
      ownerUrl,
      adminUrl: postgres.url("workflow_runs"),
      command,
    },
    /** Starts it with the settings of the guide, these lines added, and does not wait. */
    start(...lines: string[]): Running {
      const file = join(folder, `settings-${lines.length}.env`);
      write(file, readFileSync(files.server, "utf8"), ...lines);
      return startWith(file);
    },
    startWith,
    /** Sends a request to the socket by which the server itself asks its Worker. */
    askControl: async (path: string): Promise<unknown> =>
      JSON.parse(await ask(join(folder, "data/run/control.sock"), path)),
    killPostgres: postgres.kill,
    /** `kill -9` of one of the two processes, or of both. Returns when the server has ended. */
    async killServer({ process: node, ended }: Running, isWorkerd: boolean): Promise<void> {
      if (isWorkerd) process.kill(Number(readFileSync(workerdPid, "utf8")), "SIGKILL");
      else node.kill("SIGKILL");
      await ended;
    },
  };

  function startWith(file: string): Running {
    const child = spawn(process.execPath, ["serve.js"], {
      cwd: built,
      env: { PATH: process.env.PATH, SETTINGS_FILE: file },
      stdio: ["ignore", "pipe", "pipe"],
    });
    endings.push(() => {
      // A server that is killed leaves its workerd to the next one, and there is none after the last.
      if (child.kill("SIGKILL") && existsSync(workerdPid))
        process.kill(Number(readFileSync(workerdPid, "utf8")), "SIGKILL");
    });
    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => lines.push(line));
    }
    return { process: child, lines, ended: new Promise((resolve) => child.once("close", resolve)) };
  }
}

/** How a tenant with this key asks the server. */
export function askerOf(port: number, key: string) {
  /** Sends a request as the proxy in front would. */
  async function send(method: string, path: string, { headers = {}, body, signal }: Sent = {}): Promise<Answer> {
    const response = await fetch(`http://127.0.0.1:${port}${path.replace(/^https:\/\/[^/]+/, "")}`, {
      method,
      redirect: "manual",
      headers: {
        ...{ Authorization: `Bearer ${key}`, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1" },
        ...(typeof body === "object" && { "Content-Type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === "object" ? JSON.stringify(body) : body }),
      ...(signal && { signal }),
    });
    return { status: response.status, headers: response.headers, body: await response.text() };
  }

  let partIds: Record<string, string[]> | undefined;
  /** What a request names that creates a workflow with sources, instructions and outputs. Its runs wait for a runner. */
  async function workflowOf(name: string): Promise<object> {
    if (partIds === undefined) {
      partIds = {};
      for (const [of, part_type] of [
        ["source", "DOCUMENT"],
        ["instruction", "DOCUMENT"],
        ["output", "FOLDER"],
      ]) {
        const body = { name: of, part_type, parent_path_id: null };
        const part = JSON.parse((await send("POST", "/v1/path-parts", { body })).body);
        partIds[`${of}_path_part_ids`] = [part.path_part_id];
      }
    }
    return { name, runner_type: "SELF_HOSTED", ...partIds };
  }

  return { ask: send, workflowOf, key };
}

type Sent = { headers?: Record<string, string>; body?: object | string; signal?: AbortSignal };

/** Waits until it serves. */
export async function untilServing(running: Running): Promise<Running> {
  let hasEnded = false;
  running.ended.then(() => {
    hasEnded = true;
  });
  const isServing = () => running.lines.some((line) => line.includes('"event":"serving"'));
  for (const limit = Date.now() + START_MS; !hasEnded && !isServing(); await delay(POLL_MS)) {
    if (Date.now() > limit) throw new Error(`It does not serve: ${running.lines.join("\n")}`);
  }
  if (hasEnded) throw new Error(`It has ended: ${running.lines.join("\n")}`);
  return running;
}

export async function build(folder: string): Promise<void> {
  const { code, stderr } = await runProgram(process.execPath, [
    "scripts/start.cjs",
    "build-server.ts",
    "--out",
    folder,
  ]);
  if (code !== 0) throw new Error(stderr);
  // In place of `npm install`, which would ask the registry.
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
}
