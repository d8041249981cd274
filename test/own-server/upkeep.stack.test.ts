/** What happens to a server of one's own in the course of time: uploads that break off, a new version, and a machine that is lost. */
import { randomUUID } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect, createServer } from "node:net";
import { dirname, join } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { retryingFetch } from "../../client/src/retry.ts";
import { root } from "../../scripts/local/folders.ts";
import { startLeaseRunners } from "../kills/lease-runners.ts";
import { addMigration } from "../support/node/add-migration.ts";
import { withClient } from "../support/node/postgres-client.ts";
import { runProgram } from "../support/node/run-program.ts";
import { createRandom } from "../support/random.ts";
import { addLeased, beginRun, completeRun, fileOf, post } from "./first-run.ts";
import { DEBIAN_VERSION, makeCertificate, PROGRAMS } from "./postgres.ts";
import { startProxy } from "./proxy.ts";
import { commandsOf, createRoles, type OwnServer, prepareServer, type Running, untilServing } from "./server.ts";

const endings: (() => unknown)[] = [];
let server: OwnServer;
let running: Running;

beforeAll(async () => {
  server = await prepareServer(endings);
  cpSync(join(root, "examples/own-server"), join(server.folder, "clone/examples/own-server"), { recursive: true });
  running = await untilServing(server.start());
});

afterAll(async () => {
  for (const end of endings.toReversed()) await end();
});

const query = (text: string) =>
  withClient<Record<string, unknown>[]>(server.adminUrl, async (client) => (await client.query(text)).rows);

async function restart(): Promise<void> {
  running.process.kill("SIGTERM");
  expect(await running.ended).toBe(0);
  running = await untilServing(server.start());
}

/** Lets a shell execute commands of the guide at the places of this server. What npm, systemd and chown would do is left out. */
async function execute(commands = "", env: Record<string, string> = {}): Promise<void> {
  const places = {
    ...{ "/opt/workflow-runs": server.built, "/etc/workflow-runs/owner.env": server.files.owner },
    ...{ "/etc/systemd/system": server.folder, "/var/lib/workflow-runs": join(server.folder, "data") },
    ...{ "/backup": join(server.folder, "backup"), "sudo ": "" },
  };
  const here = Object.entries(places).reduce((text, [from, to]) => text.replaceAll(from, to), commands);
  const leftOut = ["npm", "systemctl", "chown"].map((name) => `${name}() { :; }`);
  const { code, stderr } = await runProgram("sh", ["-ec", [...leftOut, here].join("\n")], {
    cwd: join(server.folder, "clone"),
    env: { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, ...env },
  });
  if (code !== 0 || stderr !== "") throw new Error(`${code} ${stderr}`);
}

/** The files in a folder and below it. */
const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [entry.name] : [],
  );

it("an upload that breaks off is no file of its run, and what it has left on the disk is removed, the folders at the next start", async () => {
  const lease = await beginRun(server, "Broken upload");
  const artifacts = join(server.folder, "data/artifacts");
  const uploading = request(`http://127.0.0.1:${server.port}${fileOf(lease)}`, {
    method: "PUT",
    headers: {
      ...{ Authorization: `Bearer ${lease.callback_token}`, "X-Forwarded-Proto": "https" },
      ...{ "Content-Type": "text/plain", "Content-Length": "1000000" },
    },
  });
  uploading.on("error", () => {});
  uploading.write("0".repeat(300_000));
  const reserved = () => query("select id, stored_at from workflow_run_artifacts");
  await expect.poll(reserved).toHaveLength(1);
  await expect.poll(() => filesIn(artifacts)).toHaveLength(1);
  uploading.destroy();
  await post(server, lease.callback_url, { status: "COMPLETED" }, lease.callback_token);
  expect((await server.ask("GET", fileOf(lease))).status).toBe(404);
  expect((await reserved()).filter(({ stored_at }) => stored_at !== null)).toEqual([]);

  // Its reservation lasts an hour, unless the Worker has given it up.
  const sweepUntilGone = async () => {
    await query(
      "update workflow_run_artifacts set created_at = created_at - interval '1 hour' where stored_at is null",
    );
    await query("update artifact_deletions set due_at = due_at - interval '1 hour'");
    await server.askControl("/cron");
    return filesIn(artifacts);
  };
  await expect.poll(sweepUntilGone).toEqual([]);
  const folders = () => readdirSync(artifacts, { recursive: true, encoding: "utf8" });
  expect(folders()).toHaveLength(3);
  for (const folder of folders()) utimesSync(join(artifacts, folder), 0, 0);
  mkdirSync(join(artifacts, "new"));
  await restart();
  await expect.poll(folders).toEqual(["new"]);
});

it("becomes the next version under load: each invoke succeeds by the retries of the package and triggers one run, which ends", async () => {
  const { built } = server;
  const [update, goBack] = commandsOf("Updates");
  const next = join(server.folder, "clone/.server");
  cpSync(built, next, { recursive: true, verbatimSymlinks: true });
  addMigration(join(next, "migrations"), "9000_more", "create table more (id integer);");
  makeOlder(built);
  // Puts the older functions into the database.
  expect((await server.command("migrate")).code).toBe(0);
  await restart();
  const versionOf = async () => JSON.parse((await server.ask("GET", "/")).body).version;
  expect(await versionOf()).toBe("0.0.1");

  const { id, runnerKey } = await addLeased(server, "Upgraded");
  const baseUrl = `http://127.0.0.1:${await startProxy(server.port, endings)}`;
  const runners = startLeaseRunners({ baseUrl, key: runnerKey, random: createRandom(inject("seed")), count: 3 });
  endings.push(runners.stop);
  // A busy machine needs longer for a start than the four tries of the package last, but none that a person would use.
  const send = retryingFetch(fetch, { tries: 8 });
  const triggered: string[] = [];
  /** As `invoke` of the package does. */
  const invoke = async () => {
    const headers = { Authorization: `Bearer ${server.key}`, "Idempotency-Key": randomUUID() };
    const url = `${baseUrl}/v1/workflow-definitions/${id}/invoke`;
    const response = await send(new Request(url, { method: "POST", headers }));
    if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
    triggered.push(JSON.parse(await response.text()).id);
  };
  let isOver = false;
  const load = Promise.all(
    Array.from({ length: 3 }, async () => {
      while (!isOver) {
        await invoke();
        await delay(100);
      }
    }),
  );
  const untilMore = async () => {
    const before = triggered.length;
    // The last pauses before a retry are long.
    await expect.poll(() => triggered.length, { timeout: 90_000 }).toBeGreaterThan(before + 10);
  };
  await untilMore();
  // The old version still runs.
  await execute(update);
  await untilMore();
  await restart();
  await untilMore();
  isOver = true;
  await load;
  expect(await versionOf()).not.toBe("0.0.1");
  const runs = () => query(`select id, status from workflow_runs where workflow_definition_id = '${id}'`);
  const states = async () => new Set((await runs()).map(({ status }) => status));
  await expect.poll(states, { timeout: 90_000 }).toEqual(new Set(["COMPLETED"]));
  expect((await runs()).map((run) => run.id).toSorted()).toEqual(triggered.toSorted());
  await runners.stop();
  expect(runners.faults()).toEqual([]);

  // The unit migrates at each start.
  await execute(goBack);
  const { code, stdout } = await server.command("migrate");
  expect([code, stdout]).toEqual([0, expect.stringContaining("functions are left as they are")]);
  await restart();
  expect(await versionOf()).toBe("0.0.1");
  await execute(update);
  await restart();
  expect(await versionOf()).not.toBe("0.0.1");
  const folders = () => readdirSync(server.folder).filter((name) => name.startsWith("built"));
  expect(folders()).toEqual(["built", "built.old"]);
  expect(readdirSync(`${built}.old`)).toEqual(readdirSync(built));
  // It starts the server five times.
}, 300_000);

/** Makes the folder of a build that of an older version: its Worker says so, and the functions of its migrations differ. */
function makeOlder(built: string): void {
  const { version } = JSON.parse(readFileSync(join(built, "package.json"), "utf8"));
  const change = (folder: string, to: (text: string) => string) => {
    for (const { parentPath, name } of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const file = join(parentPath, name);
      if (/\.(js|sql)$/.test(name)) writeFileSync(file, to(readFileSync(file, "utf8")));
    }
  };
  change(join(built, "worker"), (text) => text.replaceAll(`"${version}"`, '"0.0.1"'));
  change(join(built, "migrations/functions"), (text) => text.replaceAll(/^begin$/gm, "begin -- in an older version"));
}

it.skipIf(DEBIAN_VERSION === null)(
  "is restored from its backup, by the commands of the guide, when all is lost",
  async () => {
    const [backUp, restore] = commandsOf("Backup and restore");
    const data = join(server.folder, "data");
    mkdirSync(join(server.folder, "backup"));
    const { port } = server.postgres;
    const env = {
      ...{ PATH: `${PROGRAMS}:${process.env.PATH}`, PGHOST: "localhost", PGPORT: `${port}` },
      ...{ PGUSER: "postgres", PGPASSWORD: "postgres" },
    };

    const kept = await completeRun(server, "Kept");
    await execute(backUp, env);
    const lost = await completeRun(server, "Lost");
    const position = await positionAfter(lost.run);
    running.process.kill("SIGTERM");
    expect(await running.ended).toBe(0);
    rmSync(data, { recursive: true });
    await withClient(server.postgres.url(), async (client) => {
      await client.query("drop database workflow_runs with (force)");
      await client.query("drop role workflow_runs_owner, workflow_runs_worker");
    });

    await createRoles(server.postgres);
    const rename = (from: string, to: string) =>
      withClient(server.postgres.url(), (client) => client.query(`alter role ${from} rename to ${to}`));
    await rename("workflow_runs_worker", "renamed");
    await expect(execute(restore, env)).rejects.toThrow('role "workflow_runs_worker" does not exist');
    await rename("renamed", "workflow_runs_worker");
    await execute(restore, env);
    running = await untilServing(server.start());
    const read = async (path: string) => {
      const { status, body } = await server.ask("GET", path);
      return status === 200 && path.includes("artifacts") ? body : [status, body.includes('"COMPLETED"')];
    };
    expect([await read(kept.run), await read(kept.file)]).toEqual([[200, true], "Kept"]);
    expect([await read(lost.run), await read(lost.file)]).toEqual([
      [404, false],
      [404, false],
    ]);
    // The first cron has begun with the server.
    await expect.poll(async () => (await server.ask("GET", "/readyz")).status, { timeout: 60_000 }).toBe(200);
    const doctor = await server.command("doctor");
    expect([doctor.code, doctor.stderr]).toEqual([0, ""]);
    const later = await completeRun(server, "Later");
    expect(await read(later.file)).toBe("Later");
    // The role of the service has the rights that it had, and no more.
    await withClient(server.urlOf("workflow_runs_worker"), async (client) => {
      await expect(client.query("delete from audit_events")).rejects.toThrow("permission denied");
    });
    // Who had read the feed until its end before all was lost reads there what came after the restore, once no older transaction is open.
    await expect
      .poll(async () => (await server.ask("GET", `/v1/events?limit=100${position}`)).body)
      .toContain(later.run.slice(-36));
  },
);

/** Where a reader of all events is that has seen the end of this run, which is shown once no older transaction is open. */
async function positionAfter(run: string): Promise<string> {
  let position = "";
  const readPage = async () => {
    const { items, next_cursor } = JSON.parse((await server.ask("GET", `/v1/events?limit=100${position}`)).body);
    if (next_cursor !== null) position = `&after=${next_cursor}`;
    return items;
  };
  const end = { run_id: run.slice(-36), type: "workflow_run.completed" };
  await expect.poll(readPage).toContainEqual(expect.objectContaining(end));
  return position;
}

const ADDRESS = "9.9.9.9";
const UNSHARE = ["--net", "--mount", "--"];
const canUnshare =
  process.getuid?.() === 0 &&
  existsSync("/usr/sbin/ip") &&
  (await runProgram("unshare", [...UNSHARE, "true"])).code === 0;

it.skipIf(!canUnshare)(
  "follows a redirect of a login service to a public address, and none to a private one",
  async () => {
    running.process.kill("SIGTERM");
    await running.ended;
    const [key, certificate, hosts, settings] = ["login.key", "login.pem", "hosts", "redirected.env"].map((name) =>
      join(server.folder, name),
    ) as [string, string, string, string];
    makeCertificate("login.example.com", { key, certificate });
    writeFileSync(hosts, `127.0.0.1 localhost\n${ADDRESS} login.example.com\n`);
    // Its network is its own. The file of a Unix socket leads out of that.
    const sockets = join(server.folder, "postgres-socket");
    mkdirSync(sockets);
    const way = createServer((socket) => {
      const postgres = connect(server.postgres.port, "localhost");
      socket.pipe(postgres).pipe(socket);
      for (const end of [socket, postgres]) end.on("error", () => {});
    });
    await new Promise<void>((resolve) => way.listen(join(sockets, `.s.PGSQL.${server.postgres.port}`), resolve));
    endings.push(() => way.close());
    const lines = [
      readFileSync(server.files.server, "utf8"),
      `DATABASE_URL=${server.urlOf("workflow_runs_worker", `host=${sockets}`)}`,
      `SSL_CERT_FILE=${certificate}`,
      "SESSION_JWKS_URL=https://login.example.com/jwks",
      "SESSION_ISSUER=https://login.example.com",
      "SESSION_AUDIENCE=runs",
    ];
    writeFileSync(settings, lines.join("\n"), { mode: 0o600 });
    const script = `ip link set lo up && ip address add ${ADDRESS}/32 dev lo && mount --bind ${hosts} /etc/hosts && exec "$@"`;
    const program = [process.execPath, join(import.meta.dirname, "behind-redirects.ts"), ADDRESS, key, certificate];
    const { stdout, stderr } = await runProgram(
      "unshare",
      [...UNSHARE, "sh", "-ec", script, "sh", ...program, `${server.port}`],
      { cwd: server.built, env: { SETTINGS_FILE: settings } },
    );
    expect([stdout, stderr]).toEqual([JSON.stringify({ first: 1, public: 1, private: 0, status: 503 }), ""]);
  },
);
