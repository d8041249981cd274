import { randomUUID } from "node:crypto";
import { chmodSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { divideSettings } from "../../scripts/server/settings.ts";
import { ASSETS } from "../../src/http/assets/folder.ts";
import { openClient, withClient } from "../support/node/postgres-client.ts";
import { DEBIAN_VERSION } from "./postgres.ts";
import { type Answer, type OwnServer, prepareServer, type Running, untilServing } from "./server.ts";

const endings: (() => unknown)[] = [];
let server: OwnServer;
let running: Running;
/** The number of requests to a service of this machine, which the server must not reach. */
let reached = 0;

beforeAll(async () => {
  const local = createServer((_, response) => {
    reached++;
    response.end("{}");
  });
  await new Promise<void>((resolve) => local.listen(0, "localhost", resolve));
  endings.push(() => local.close());
  const address = local.address();
  if (typeof address !== "object" || address === null) throw new Error("The local service has no port.");
  server = await prepareServer(endings);
  running = await untilServing(
    server.start(
      `SESSION_JWKS_URL=http://localhost:${address.port}/jwks`,
      "SESSION_ISSUER=https://login.example",
      "SESSION_AUDIENCE=runs",
      "DATABASE_TIMEOUT_SECONDS=5",
      "DRAIN_SECONDS=60",
    ),
  );
});

afterAll(async () => {
  for (const end of endings.toReversed()) await end();
});

const field = ({ body }: Answer, name: string): string => String(JSON.parse(body)[name]);

/** Sends a request, and returns what it answers. Throws when it is another status. */
async function expectStatus(status: number, sent: Promise<Answer>): Promise<Answer> {
  const answer = await sent;
  if (answer.status !== status) throw new Error(`${answer.status}, not ${status}: ${answer.body}`);
  return answer;
}

const post = (status: number, path: string, body: object, token = server.key) =>
  expectStatus(status, server.ask("POST", path, { body, headers: { Authorization: `Bearer ${token}` } }));

/** A workflow whose runs wait for a runner, and the token of a runner's session. */
async function createWorkflow(name: string): Promise<{ path: string; token: string }> {
  const flow = field(await post(201, "/v1/workflow-definitions", await server.workflowOf(name)), "id");
  await expectStatus(
    200,
    server.ask("PUT", `/v1/workflow-definitions/${flow}/policy`, { body: { handover: "lease" } }),
  );
  const key = field(await post(201, "/v1/runner-keys", { name, workflow_definition_ids: [flow] }), "key");
  const token = field(await post(201, "/v1/runner-sessions", { name, capacity: 1 }, key), "token");
  return { path: `/v1/workflow-definitions/${flow}`, token };
}

/** Asks for a run, as a runner would: when the hub does not answer in time on a busy machine, it asks again. */
async function leaseWith(token: string): Promise<Answer> {
  const body = { request_id: randomUUID(), wait_seconds: 60 };
  const answer = await server.ask("POST", "/v1/leases", { body, headers: { Authorization: `Bearer ${token}` } });
  return answer.body.includes("streams_unavailable") ? leaseWith(token) : expectStatus(200, Promise.resolve(answer));
}

/** Triggers a run, for which a runner waits, and returns what the runner gets. */
async function untilLease(answer: Promise<Answer>, path: string) {
  await post(202, `${path}/invoke`, {});
  const { leases } = JSON.parse((await answer).body);
  return leases[0];
}

describe("a server of one's own", () => {
  const which = DEBIAN_VERSION === null ? "of npm" : `${DEBIAN_VERSION} of Debian`;
  it(`goes from nothing to a COMPLETED run with a file, with Postgres ${which} and a role that can change no table`, async () => {
    const { path, token } = await createWorkflow("From nothing");
    const waiting = leaseWith(token);
    await expect.poll(() => server.askControl("/")).toEqual({ waiting: 1 });
    const { callback_url, callback_token, run_id } = await untilLease(waiting, path);
    expect(callback_url).toBe(`https://runs.example.com/v1/workflow-runs/${run_id}/callback`);

    const file = `/v1/workflow-runs/${run_id}/artifacts/report.txt`;
    const content = "0123456789".repeat(10_000);
    const digest = Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(content))).toString("base64");
    const upload = (status: number, sha256: string) =>
      expectStatus(
        status,
        server.ask("PUT", file, {
          body: content,
          headers: {
            Authorization: `Bearer ${callback_token}`,
            "Content-Type": "text/plain",
            "Content-Digest": `sha-256=:${sha256}:`,
          },
        }),
      );
    await upload(422, Buffer.alloc(32).toString("base64"));
    await expectStatus(404, server.ask("GET", file));
    await upload(201, digest);
    expect((await expectStatus(200, server.ask("GET", file))).body).toBe(content);
    const part = await expectStatus(206, server.ask("GET", file, { headers: { Range: "bytes=99995-" } }));
    expect([part.body, part.headers.get("Content-Range")]).toEqual(["56789", "bytes 99995-99999/100000"]);

    await post(200, callback_url, { status: "COMPLETED" }, callback_token);
    const run = await expectStatus(200, server.ask("GET", `/v1/workflow-runs/${run_id}`));
    expect(field(run, "status")).toBe("COMPLETED");
    await withClient(server.urlOf("workflow_runs_worker"), async (client) => {
      await expect(client.query("drop table workflow_runs")).rejects.toThrow("must be owner");
      await expect(client.query("delete from audit_events")).rejects.toThrow("permission denied");
      const { rows } = await client.query(
        "select ssl from pg_stat_ssl join pg_stat_activity using (pid) where usename = user",
      );
      expect(new Set(rows.map(({ ssl }) => ssl))).toEqual(new Set([true]));
    });
  });

  it("serves the pages with their styles, which a browser keeps, and is ready", async () => {
    const page = await expectStatus(200, server.ask("GET", "/app/sign-in", { headers: { Authorization: "" } }));
    const styles = `${ASSETS}/style.css`;
    expect(page.body).toContain(styles);
    const { headers } = await expectStatus(200, server.ask("GET", styles));
    expect(Object.fromEntries(headers)).toMatchObject({
      "content-type": "text/css; charset=utf-8",
      "x-content-type-options": "nosniff",
      "cache-control": "public, max-age=31536000, immutable",
    });
    await expectStatus(304, server.ask("GET", styles, { headers: { "If-None-Match": headers.get("ETag") ?? "" } }));
    await expectStatus(404, server.ask("GET", "/_headers"));
    // The first cron has begun with the server.
    await expect.poll(async () => (await server.ask("GET", "/readyz")).status, { timeout: 60_000 }).toBe(200);
    const doctor = await server.command("doctor");
    expect([doctor.code, doctor.stderr]).toEqual([0, ""]);
  });

  it("answers nothing that came over plain http, and believes no address that a client has invented", async () => {
    await expectStatus(403, server.ask("GET", "/v1/users/me", { headers: { "X-Forwarded-Proto": "http" } }));
    const guess = (invented: string) =>
      server.ask("GET", "/v1/users/me", {
        headers: {
          Authorization: "Bearer wr_unknown",
          "CF-Connecting-IP": invented,
          "X-Forwarded-For": `${invented}, 192.0.2.7`,
        },
      });
    // At once, since only so many in ten seconds are too many.
    const guesses = await Promise.all(Array.from({ length: 60 }, (_, count) => guess(`198.51.100.${count}`)));
    expect(guesses.map(({ status }) => status)).toContain(429);
    await expectStatus(200, server.ask("GET", "/v1/users/me"));
  });

  it("reaches no private address, and takes no runner there", async () => {
    const definition = await server.workflowOf("Local");
    for (const url of ["http://127.0.0.1:9/", "https://localhost/", "https://10.0.0.1/"]) {
      const runner_config = { url, webhook_secret: "whsec_bG9jYWwtc3RhY2std2ViaG9vay1zZWNyZXQtMDEyMzQ=" };
      await post(422, "/v1/workflow-definitions", { ...definition, runner_config });
    }
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const token = `${part({ alg: "RS256", kid: "k1" })}.${part({ iss: "https://login.example", aud: "runs" })}.${part({})}`;
    const { status } = await server.ask("GET", "/v1/users/me", { headers: { Authorization: `Bearer ${token}` } });
    expect([status >= 400, reached]).toEqual([true, 0]);
  });

  it("undoes a statement for which nobody waits any more, while it still waits for a lock", async () => {
    const { path } = await createWorkflow("Locked");
    const holder = await openClient(server.ownerUrl);
    await holder.query("begin; lock table workflow_definitions in access exclusive mode");
    await expectStatus(503, server.ask("POST", `${path}/invoke`, { body: {} }));
    await expect
      .poll(async () => {
        const { rows } = await holder.query("select from pg_locks where not granted");
        return rows.length;
      })
      .toBe(0);
    await holder.query("rollback");
    await holder.end();
    expect(JSON.parse((await server.ask("GET", `${path}/runs`)).body).items).toEqual([]);
  });

  it("lets nobody else start on its folder", async () => {
    const second = server.start("LISTEN=127.0.0.1:1");
    expect(await second.ended).toBe(1);
    expect(second.lines.join()).toContain("Another server uses");
  });

  it("at SIGTERM takes no more streams and requests for runs, answers those that wait, and ends", async () => {
    const { path, token } = await createWorkflow("At the end");
    const waiting = leaseWith(token);
    await expect.poll(() => server.askControl("/")).toEqual({ waiting: 1 });
    running.process.kill("SIGTERM");
    const signal = AbortSignal.timeout(60_000);
    await expect
      .poll(async () => {
        const closing = new AbortController();
        const response = await fetch(`http://127.0.0.1:${server.port}/v1/workflow-runs/stream`, {
          headers: { Authorization: `Bearer ${server.key}`, "X-Forwarded-Proto": "https" },
          signal: AbortSignal.any([signal, closing.signal]),
        });
        closing.abort();
        return [response.status, response.headers.get("Retry-After")];
      })
      .toEqual([503, "5"]);
    await post(503, "/v1/leases", { request_id: randomUUID() }, token);
    expect(await untilLease(waiting, path)).toMatchObject({ attempt: 1 });
    expect([await running.ended, running.lines.filter((line) => !line.startsWith("{"))]).toEqual([0, []]);
  });

  it("starts again after kill -9 of either process, and has lost nothing", async () => {
    const first = await untilServing(server.start());
    const { path, token } = await createWorkflow("Killed");
    const run = field(await post(202, `${path}/invoke`, {}), "id");
    await server.killServer(first, false);
    const second = await untilServing(server.start());
    expect(await untilLease(leaseWith(token), path)).toMatchObject({ run_id: run });
    await server.killServer(second, true);
    expect(await second.ended).toBe(1);
    running = await untilServing(server.start());
    expect(field(await expectStatus(200, server.ask("GET", `/v1/workflow-runs/${run}`)), "status")).toBe("RUNNING");
  });

  it("is restarted under load: each invoke is answered 202, or its client could not connect and tries again", async () => {
    const { path } = await createWorkflow("Restarted");
    const statuses: number[] = [];
    let isOver = false;
    const client = async () => {
      while (!isOver) {
        const answer = await server.ask("POST", `${path}/invoke`, { body: {} }).catch(() => null);
        if (answer === null) await delay(20);
        else statuses.push(answer.status);
      }
    };
    const clients = Promise.all([client(), client(), client()]);
    const untilMore = async () => {
      const before = statuses.length;
      await expect.poll(() => statuses.length).toBeGreaterThan(before + 10);
    };
    await untilMore();
    running.process.kill("SIGTERM");
    expect(await running.ended).toBe(0);
    running = await untilServing(server.start());
    await untilMore();
    isOver = true;
    await clients;
    expect(new Set(statuses)).toEqual(new Set([202]));
    const [, flow] = path.split("/v1/workflow-definitions/");
    await withClient(server.adminUrl, async (client) => {
      const { rows } = await client.query("select from workflow_runs where workflow_definition_id = $1", [flow]);
      expect(rows).toHaveLength(statuses.length);
    });
    running.process.kill("SIGTERM");
    expect(await running.ended).toBe(0);
  });
});

describe("a server of one's own does not start", () => {
  it("with a file of settings that others can read", async () => {
    const file = join(server.folder, "open.env");
    writeFileSync(file, "");
    chmodSync(file, 0o640);
    const refused = server.startWith(file);
    expect([await refused.ended, refused.lines.join()]).toEqual([1, expect.stringContaining("chmod 600")]);
  });

  it("with what is safe only in the local stack", async () => {
    const key = "only-for-the-local-stack-run-tokens-0123456789";
    const refused = server.start("PUBLIC_URL=http://localhost:8787", `RUN_TOKEN_SECRET=local:${key}`);
    expect(await refused.ended).toBe(1);
    expect(refused.lines.join()).toContain("PUBLIC_URL (must begin with https://), RUN_TOKEN_SECRET (has a key of");
    expect(refused.lines.join()).not.toContain(key);
  });

  it.each(["LOCAL_STACK=true", "ALLOW_LOCAL_RUNNERS=true", "NEON_FETCH_ENDPOINT=https://x", "LISTEN=all", "PROXIES=0"])(
    "with %s",
    (line) => {
      const [name = "", value] = line.split("=");
      expect(() => divideSettings({ [name]: value })).toThrow(name);
    },
  );

  it("asks no Postgres whose certificate it cannot check", async () => {
    const refused = await untilServing(
      server.start(`DATABASE_URL=${server.urlOf("workflow_runs_worker", "sslmode=verify-full")}`),
    );
    await expectStatus(503, server.ask("GET", "/readyz"));
    expect(refused.lines.join()).toContain('"is_reached":false,"error":"self-signed certificate');
    await server.killServer(refused, true);
  });
});
