/** Searches everything that the service writes for secrets. */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { hashApiKey } from "../../src/http/credentials/api-key.ts";
import { knownCallers, SESSION_KEYS, SESSION_SETTINGS, sessionToken, unknownCallers } from "../support/callers.ts";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { inTurn } from "../support/in-turn.ts";
import { type Call, callOf, OPERATION_IDS } from "../support/operations.ts";
import { requestOf, type Service, startService } from "../support/service.ts";
import { SETTINGS } from "../support/settings.ts";
import { addDefinition, addRunning, createStage, definitionBody, type Stage } from "../support/stage.ts";
import { runToken, WEBHOOK_SECRET } from "../support/tenant.ts";

/** Every text that the service has written, and where it was written. */
const written: { where: string; text: string }[] = [];

/** The secrets that must not be in these texts, by name. */
const secrets = new Map<string, string>();

const LEVELS = ["debug", "info", "log", "warn", "error"] as const;

/** How many callers with invalid credentials try each operation, in turn. */
const INVALID = 3;

const CHAT_TOKEN = "xoPqRsTuVwXyZaBcDeFgHiJk0123";

let service: Service;
let stage: Stage;

function addSecret(name: string, text: string): void {
  secrets.set(text, name);
}

/** Sends a request, and records the whole answer. */
async function send(path: string, init: RequestInit<IncomingRequestCfProperties>): Promise<Response> {
  const response = await service.fetch(path, init);
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  written.push({ where: `${init.method ?? "GET"} ${path}`, text: `${headers}\n\n${await response.clone().text()}` });
  return response;
}

/** Adds a key to the secrets, and its hash too, since nobody but the service needs it. */
async function addKey(name: string, key: string): Promise<void> {
  addSecret(name, key);
  addSecret(`the hash of ${name}`, await hashApiKey(key));
}

/**
 * Calls every operation with three valid credentials and {@link INVALID} invalid ones. When a call creates a key, the key is
 * added to the secrets, and its answer is not recorded, since it has to show the key.
 */
async function callAll(): Promise<void> {
  const other = await createStage(service, "beside");
  const { owner, ownerBySession, stranger } = await knownCallers(stage, other);
  const [known, unknown] = [{ owner, ownerBySession, stranger }, await unknownCallers(stage, other)];
  for (const id of OPERATION_IDS) {
    const refused = await callOf(id, stage);
    for (const [name, caller] of inTurn(Object.entries(unknown), INVALID, id))
      await callAs(name, refused, await caller(refused));
    for (const [name, caller] of Object.entries(known)) await callAs(name, await callOf(id, stage), caller());
  }
}

async function callAs(name: string, call: Call, token: string | undefined): Promise<void> {
  if (token?.startsWith("wr_")) await addKey(name, token);
  else if (token?.startsWith("ey")) addSecret(name, token);
  if (call.secret !== undefined) addSecret("the secret of a trigger", call.secret);
  if (call.sessionToken !== undefined) addSecret("a token or code of a call", call.sessionToken);
  const response = await send(call.path, requestOf(call, token));
  if (!["/v1/api-keys", "/v1/command-line-keys"].includes(call.path) || !response.ok || call.method !== "POST") return;
  const { key } = await response.json<{ key: string }>();
  written.pop();
  await addKey("a key that was made", key);
}

/** Records the whole database, except the hashes by which keys are looked up. */
async function noteDatabase(): Promise<void> {
  const { sql } = service.database;
  const tables = await sql`select table_name from information_schema.tables where table_schema = 'public'`;
  for (const { table_name: table } of tables) {
    const rows = await sql.query(`select (to_jsonb(t) - 'key_hash')::text as row from ${table} t`);
    written.push({ where: `table ${table}`, text: rows.map(({ row }) => row).join("\n") });
  }
}

/** Which secret was written where. */
const findings = () =>
  written.flatMap(({ where, text }) =>
    [...secrets].filter(([secret]) => text.includes(secret)).map(([, name]) => `${name} in ${where}`),
  );

beforeAll(async () => {
  for (const level of LEVELS) {
    vi.spyOn(console, level).mockImplementation((...line) => void written.push({ where: "log", text: line.join(" ") }));
  }
  service = await startService({ settings: SESSION_SETTINGS, ownServer: true });
  stage = await createStage(service, "secrets", BUSY_RUNNER);
  const configured = {
    ...SESSION_KEYS,
    "run tokens": SETTINGS.RUN_TOKEN_SECRET,
    encryption: SETTINGS.ENCRYPTION_KEY,
  };
  for (const [name, text] of Object.entries(configured)) addSecret(`the key ${name}`, text.replace(/^k\d:/, ""));
  addSecret("the connection string", service.database.url);
  addSecret("the webhook secret", WEBHOOK_SECRET);
});

afterAll(() => {
  vi.restoreAllMocks();
});

describe("no secret is written", () => {
  it("when every operation is called with valid and invalid credentials, and runs are dispatched", async () => {
    await callAll();
    addSecret("the address of a chat", CHAT_TOKEN);
    const { key } = stage.tenant.owner;
    const path = "/v1/notification-endpoints";
    const chat = { format: "slack", url: `${BUSY_RUNNER}&sig=${CHAT_TOKEN}`, event_types: ["workflow_run.failed"] };
    const made = await send(path, requestOf({ method: "POST", path, body: chat }, key));
    const { id } = await made.json<{ id: string }>();
    await send(`${path}/${id}/test`, requestOf({ method: "POST", path }, key));
    for (const fault of [
      { format: "teams", url: `https://contoso.webhook.office.com/${CHAT_TOKEN}` },
      { format: "standard", url: `https://hooks.slack.com/${CHAT_TOKEN}` },
      { on: [] },
    ]) {
      const refused = await send(path, requestOf({ method: "POST", path, body: { ...chat, ...fault } }, key));
      expect([fault, refused.status]).toEqual([fault, 422]);
    }
    await service.sweep();
    await noteDatabase();
    expect(secrets.size).toBeGreaterThan(30);
    expect(written.length).toBeGreaterThan(350);
    expect(findings()).toEqual([]);
  });

  it("when what was sent is wrong, whatever field or header the secret was put into", async () => {
    const { key } = stage.tenant.owner;
    const session = await sessionToken(stage, stage.tenant.owner.id);
    const token = await runToken(stage.tenant, (await addRunning(stage)).runId);
    addSecret("a session", session);
    addSecret("a run's token", token);
    const body = definitionBody(stage);
    const runner = { url: BUSY_RUNNER, webhook_secret: WEBHOOK_SECRET };
    const path = `/v1/workflow-definitions/${await addDefinition(stage)}`;
    const wrong = [
      WEBHOOK_SECRET,
      { ...body, runner_config: WEBHOOK_SECRET },
      { ...body, runner_config: { ...runner, webhook_secret: [WEBHOOK_SECRET] } },
      { ...body, runner_config: { ...runner, webhook_secret: `${WEBHOOK_SECRET}\u0000` } },
      { ...body, runner_config: { ...runner, url: "nowhere" } },
      { ...body, webhook_secret: WEBHOOK_SECRET },
      { ...body, source_path_part_ids: [crypto.randomUUID()] },
    ];
    for (const fault of wrong) {
      const { status } = await send(path, requestOf({ method: "PUT", path, body: fault }, key));
      expect([fault, status]).toEqual([fault, 422]);
    }
    const headers: Record<string, string>[] = [
      { Authorization: `Basic ${key}` },
      { Authorization: key },
      { Authorization: `Bearer ${session}x` },
      { Authorization: `Bearer ${token}x` },
      { Cookie: `ks_uat=${session}x` },
      { Cookie: `ks_uat=${key}x` },
    ];
    for (const credential of headers) {
      for (const method of ["GET", "POST"])
        expect((await send("/v1/path-parts", { method, headers: credential })).status).toBeGreaterThanOrEqual(400);
    }
    const json = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
    await send("/v1/workflow-definitions", {
      method: "POST",
      headers: json,
      body: `{"runner_config": "${WEBHOOK_SECRET}`,
    });
    await send(`/v1/${key}`, { headers: json });
    expect(findings()).toEqual([]);
  });

  it("when the database fails, or cannot be reached", async () => {
    const { sql } = service.database;
    const { key } = stage.tenant.owner;
    const calls = await Promise.all(OPERATION_IDS.map((id) => callOf(id, stage)));
    for (const { secret } of calls) if (secret !== undefined) addSecret("the secret of a trigger", secret);
    await sql`alter table users rename to gone`;
    const broken = [];
    for (const call of calls) broken.push((await send(call.path, requestOf(call, key))).status);
    await sql`alter table gone rename to users`;
    const unreached = [];
    await service.database.stop();
    for (const call of calls) unreached.push((await send(call.path, requestOf(call, key))).status);
    await service.database.start();
    expect(broken.filter((status) => status === 500).length).toBeGreaterThan(30);
    expect(unreached.filter((status) => status === 503).length).toBeGreaterThan(30);
    expect(findings()).toEqual([]);
  });

  it("can be missed by the search itself: it finds a new key in the answer that shows it", async () => {
    const call = await callOf("create_api_key", stage);
    const response = await send(call.path, requestOf(call, stage.tenant.admin.key));
    const { key } = await response.json<{ key: string }>();
    await addKey("a key that was made", key);
    expect(findings()).toEqual(["a key that was made in POST /v1/api-keys"]);
  });
});
