/** A database that release 0.2.0 has filled, after today's migrations: by the recorded Worker, and by today's. */
import { beforeAll, describe, expect, it } from "vitest";
import type { BuiltWorker } from "../../scripts/local/built-worker.ts";
import { FAILURE_CODES } from "../../src/db/enums.ts";
import { formatApiKey, hashApiKey } from "../../src/http/credentials/api-key.ts";
import { type Ask, brokenInvariants } from "../support/invariants.ts";
import { withClient } from "../support/node/postgres-client.ts";
import { SETTINGS } from "../support/settings.ts";
import { restoreRecorded } from "./recorded-database.ts";
import { RELEASE, readWorkers, useWorkers } from "./world.ts";

type Run = { id: string; tenant_id: string; run: { status: string } };

const startWorker = useWorkers();

const asker =
  (url: string): Ask =>
  (text, values) =>
    withClient(url, async (client) => (await client.query(text, values)).rows);

/** Gives the OWNER of each tenant another key. Returns the keys by tenant. */
async function addKeys(ask: Ask): Promise<Record<string, string>> {
  const keys: Record<string, string> = {};
  for (const { id, tenant_id } of await ask("select id, tenant_id from users where role = 'OWNER'", [])) {
    const key = await formatApiKey("one", crypto.getRandomValues(new Uint8Array(32)));
    await ask(
      `insert into api_keys (id, tenant_id, user_id, name, key_hash, key_suffix)
       values (gen_random_uuid(), $1, $2, 'Later', decode($3, 'hex'), $4)`,
      [tenant_id, id, await hashApiKey(key), key.slice(-4)],
    );
    keys[String(tenant_id)] = key;
  }
  return keys;
}

/** Each run as the OWNER of its tenant reads it by `find_run`, the same function in each release. */
async function readRuns(ask: Ask, keys: Record<string, string>): Promise<Run[]> {
  const hashes = await Promise.all(Object.entries(keys).map(async ([id, key]) => [id, await hashApiKey(key)]));
  const rows = await ask(
    `select r.id, r.tenant_id,
       public.find_run(p_credential => jsonb_build_object('api_key_hash', owner.hash), p_run_id => r.id) -> 'run' as run
     from workflow_runs r join json_each_text($1) owner (tenant_id, hash) on owner.tenant_id::uuid = r.tenant_id
     order by r.id`,
    [JSON.stringify(Object.fromEntries(hashes))],
  );
  return rows as Run[];
}

describe.each([
  [`the Worker of ${RELEASE}`, "released"],
  ["today's Worker", "today"],
] as const)("%s, with a database that release 0.2.0 has filled", (_, which) => {
  let worker: BuiltWorker;
  let ask: Ask;
  let keys: Record<string, string>;
  let before: Run[];

  beforeAll(async () => {
    const workers = await readWorkers("database");
    const { PUBLIC_URL: _, ...vars } = SETTINGS;
    worker = await startWorker(workers[which], {
      vars,
      fill: async (url) => {
        ask = asker(url);
        await restoreRecorded(url);
        keys = await addKeys(ask);
        before = await readRuns(ask, keys);
      },
    });
  });

  it("has runs in every state, and some that are over without a record of it", async () => {
    const codes = await ask("select distinct failure_code from workflow_runs where failure_code is not null", []);
    // That release knew no suspended runs.
    const known = FAILURE_CODES.filter((code) => code !== "WAIT_EXPIRED");
    expect(codes.map(({ failure_code }) => failure_code).sort()).toEqual(known.sort());
    const statuses = await ask("select distinct status from workflow_runs", []);
    expect(statuses.map(({ status }) => status).sort()).toEqual(["COMPLETED", "FAILED", "PENDING", "RUNNING"]);
    const stored = await ask("select id, status from workflow_runs where status in ('PENDING', 'RUNNING')", []);
    const seen = new Map(before.map(({ id, run }) => [id, run.status]));
    expect(stored.filter(({ id }) => seen.get(String(id)) === "FAILED").length).toBeGreaterThan(1);
  });

  it("reads each run as that release did", async () => {
    const now = new Map((await readRuns(ask, keys)).map(({ id, run }) => [id, run]));
    for (const { id, run } of before) expect(now.get(id)).toMatchObject(run);
    for (const [tenantId, key] of Object.entries(keys)) {
      const { status, body } = await worker.request("GET", "/v1/workflow-runs?limit=100", {
        headers: { Authorization: `Bearer ${key}` },
      });
      expect(status).toBe(200);
      const { items }: { items: { id: string; status: string }[] } = JSON.parse(body);
      const own = before.filter(({ tenant_id }) => tenant_id === tenantId);
      expect(items).toHaveLength(Math.min(own.length, 100));
      for (const { id, status } of items) expect(own.find((one) => one.id === id)?.run).toMatchObject({ status });
    }
  });

  it("ends in a sweep what was over, as it was read before, and breaks no invariant", async () => {
    await worker.sweep();
    const now = new Map((await readRuns(ask, keys)).map(({ id, run }) => [id, run]));
    const ended = before.filter(({ run: { status } }) => status === "COMPLETED" || status === "FAILED");
    for (const { id, run } of ended) expect(now.get(id)).toMatchObject(run);
    const [unrecorded] = await ask(
      "select count(*)::int from workflow_runs where status = 'RUNNING' and deadline_at <= now()",
      [],
    );
    expect(unrecorded).toEqual({ count: 0 });
    const several = await ask("select id::text from workflow_definitions where max_running > 1", []);
    const limited = several.map(({ id }) => String(id));
    // The demo tenant of the Worker is not one of the recorded tenants.
    for (const tenantId of Object.keys(keys)) expect(await brokenInvariants(ask, { tenantId, limited })).toEqual([]);
  });
});
