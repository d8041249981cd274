/**
 * From nothing to a run in an empty Debian: by the commands of the guide and the unit of systemd, and by the steps of the Containerfile. Neither
 * systemd nor a program for containers runs here. This test does with the two files what these would do.
 */
import { randomBytes } from "node:crypto";
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../../scripts/local/folders.ts";
import { findFreePort } from "../../scripts/local/ports.ts";
import { withClient } from "../support/node/postgres-client.ts";
import {
  addSecret,
  buildContainer,
  canMakeDebian,
  copyDebian,
  executeIn,
  makeDebian,
  startIn,
  startUnit,
} from "./debian.ts";
import { completeRun } from "./first-run.ts";
import { makeCertificate, type ServerPostgres, startServerPostgres } from "./postgres.ts";
import { startProxy } from "./proxy.ts";
import { AUDIT, askerOf, build, commandsOf, createRoles, GUIDE, PRIVILEGES, untilServing } from "./server.ts";

const CA = "/etc/ssl/your-ca.pem";
const PROXY = "/usr/local/share/your-proxy.pem";
const HOST = "runs.example.com";
const PATIENCE_MS = 400_000;

const example = (name: string) => readFileSync(join(root, "examples/own-server", name), "utf8");

describe.skipIf(!canMakeDebian)("a server of one's own in an empty Debian", { timeout: PATIENCE_MS }, () => {
  const endings: (() => unknown)[] = [];
  const folder = mkdtempSync(join(tmpdir(), "workflow-runs-debian-"));
  endings.push(() => rmSync(folder, { recursive: true, force: true }));
  const [machine, container, built, certificate] = ["machine", "container", "built", "ca.pem"].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  let postgres: ServerPostgres;
  let port: number;
  let publicUrl: string;

  beforeAll(async () => {
    const starting = startServerPostgres(certificate, { dataDir: join(folder, "postgres"), persistent: false });
    endings.push(async () => (await starting).stop());
    [postgres] = await Promise.all([starting, build(built), makeDebian(machine)]);
    // The link that is there in place of `npm install`, which is done here.
    rmSync(join(built, "node_modules"));
    port = await findFreePort();
    const [key, own] = [join(folder, "proxy.key"), join(machine, PROXY)];
    makeCertificate(HOST, { key, certificate: own });
    publicUrl = `https://${HOST}:${await startProxy(port, endings, { key: readFileSync(key), cert: readFileSync(own) })}`;
    writeFileSync(join(machine, "etc/hosts"), `127.0.0.1 localhost ${HOST}\n`);
    mkdirSync(join(machine, CA, ".."), { recursive: true });
    copyFileSync(certificate, join(machine, CA));
    await copyDebian(machine, container);
    await createRoles(postgres);
    await withClient(urlOf("owner", certificate), (client) => client.query(PRIVILEGES));
    // Packages are fetched and unpacked, here and in the tests.
  }, PATIENCE_MS);

  afterAll(async () => {
    for (const end of endings.toReversed()) await end();
  });

  const urlOf = (role: string, authority = CA) =>
    `postgres://workflow_runs_${role}:${encodeURIComponent(`<${role} password>`)}@localhost:${postgres.port}/workflow_runs` +
    `?sslmode=verify-full&sslrootcert=${authority}`;

  /** The two files of settings that the guide shows, with values in place of what it leaves open. */
  function settingsOfGuide(): { server: string; owner: string } {
    const [, lines = ""] = /^```\n(DATABASE_URL=.*?)^```/ms.exec(GUIDE) ?? [];
    const server = lines
      .replaceAll(/<openssl rand -(base64|hex) 32>/g, (_, form) => randomBytes(32).toString(form))
      .replace(/^DATABASE_URL=.*$/m, `DATABASE_URL=${urlOf("worker")}`)
      .replace(/^PUBLIC_URL=.*$/m, `PUBLIC_URL=${publicUrl}\nLISTEN=127.0.0.1:${port}`);
    return { server, owner: `DATABASE_URL=${urlOf("owner")}` };
  }

  /** Brings a run to its end at the running server. */
  async function expectRun(key: string, artifacts: string): Promise<void> {
    const asker = askerOf(port, key);
    const { run, file } = await completeRun(asker, "First run");
    expect(JSON.parse((await asker.ask("GET", run)).body).status).toBe("COMPLETED");
    expect((await asker.ask("GET", file)).body).toBe("First run");
    expect(readdirSync(artifacts)).toHaveLength(1);
    await expect.poll(async () => (await asker.ask("GET", "/readyz")).status).toBe(200);
  }

  const keyIn = (printed: string) => /wr_\S+/.exec(printed)?.[0] ?? "";

  it("completes a run by the commands of the guide, which then find nothing wrong", async () => {
    const install = "apt-get install --yes --no-install-recommends";
    await executeIn(machine, `apt-get update && ${install} ca-certificates`);
    cpSync(built, join(machine, "root/.server"), { recursive: true });
    writeFileSync(join(machine, "usr/bin/sudo"), '#!/bin/sh\nexec env "$@"\n', { mode: 0o755 });
    const follow = (heading: string, change = (commands: string) => commands) =>
      executeIn(machine, change(commandsOf(heading).join("")));
    await follow("1. The folder", (commands) => commands.replace(/^npm ci && npm run build:server$/m, ""));
    await follow("3. The settings");
    const { server, owner } = settingsOfGuide();
    appendFileSync(join(machine, "etc/workflow-runs/server.env"), server);
    appendFileSync(join(machine, "etc/workflow-runs/owner.env"), owner);
    // Once more, which leaves what is in the files.
    await follow("3. The settings");
    const key = keyIn(await follow("4. The tables and the first tenant"));
    await withClient(urlOf("owner", certificate), (client) => client.query(AUDIT));

    const program = await startUnit(machine, example("workflow-runs.service"));
    const running = startIn(machine, program);
    endings.push(() => running.process.kill("SIGKILL"));
    await untilServing(running);
    await expectRun(key, join(machine, program.env.DATA_DIR ?? "", "artifacts"));
    const before = `export NODE_EXTRA_CA_CERTS=${PROXY}`;
    const checked = await follow(
      "7. A run",
      (commands) => `${before}\n${commands.replace("wr_…", key).replace(`https://${HOST}`, publicUrl)}`,
    );
    expect(checked).toContain("Nothing is wrong.");
    const [, doctor = ""] = /`sudo (SETTINGS_FILE=\S+ node serve\.js doctor)`/.exec(GUIDE) ?? [];
    await executeIn(machine, `${before}\ncd ${program.cwd}; ${doctor}`);
    expect(await running.end()).toBe(0);
  });

  it("completes a run as the container that the Containerfile describes", async () => {
    const program = await buildContainer(container, example("Containerfile"), built);
    const { server, owner } = settingsOfGuide();
    addSecret(container, "run/secrets/server.env", server, program.user);
    addSecret(container, "run/secrets/owner.env", owner, program.user);
    const asOwner = `cd ${program.cwd}; export SETTINGS_FILE=/run/secrets/owner.env\nnode serve.js`;
    await executeIn(container, `${asOwner} migrate`);
    const created = await executeIn(container, `${asOwner} create-tenant --name Box --email owner@box.example`);
    const running = startIn(container, program);
    endings.push(() => running.process.kill("SIGKILL"));
    await untilServing(running);
    await expectRun(keyIn(created), join(container, program.env.DATA_DIR ?? "", "artifacts"));
    expect(existsSync(join(container, "etc/ssl/certs/ca-certificates.crt"))).toBe(true);
    expect(await running.end()).toBe(0);
  });
});
