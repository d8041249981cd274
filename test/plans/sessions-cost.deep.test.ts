import { beforeEach, describe, expect, it } from "vitest";
import { SESSION_SETTINGS, sessionToken } from "../support/callers.ts";
import { writeUnchecked } from "../support/database.ts";
import { invoke } from "../support/lifecycle.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { insertSessions, startRunner, useLeases } from "../support/runners.ts";
import { startService } from "../support/service.ts";
import { explained, rowsRead } from "./plans.ts";

const service = await startService({ isNew: true, settings: SESSION_SETTINGS });
await service.sweep();
const tenant = tenantOfEachTest(service);
let runId: string;

beforeEach(async () => {
  await useLeases(service, tenant);
  runId = await invoke(service, tenant);
});

/** What reads the open sessions of runners. */
const readers = (): string[] => [
  `/v1/workflow-runs/${runId}/explain`,
  "/v1/metrics",
  "/app/health",
  `/app/workflows/${tenant.definitionId}`,
  `/app/runs/${runId}`,
  "/app/runners",
  `/app/people/${tenant.owner.id}`,
];

/** How many rows of sessions each of them reads, and how large its answer is in KiB. Blocks would differ with what is planned anew meanwhile. */
async function measure() {
  const cookie = `ks_uat=${await sessionToken({ tenant }, tenant.owner.id)}`;
  const costs: { path: string; rows: number; kib: number }[] = [];
  for (const path of readers()) {
    const headers: Record<string, string> = path.startsWith("/app")
      ? { Cookie: cookie }
      : { Authorization: `Bearer ${tenant.owner.key}` };
    const [response, statements] = await explained(service, () => service.fetch(path, { headers }));
    expect([path, response.status]).toEqual([path, 200]);
    costs.push({ path, rows: rowsRead(statements, "runner_sessions"), kib: (await response.text()).length / 1024 });
  }
  return costs;
}

describe("with 20,000 open sessions of runners", () => {
  it.each([
    // The page of Health reads them twice.
    { owner: "one key", keys: 1, mostRows: 300, moreKib: 100 },
    // 100 of the keys are looked up, too, and the page of runners reads some of each.
    { owner: "1,000 keys", keys: 1_000, mostRows: 3_000, moreKib: 1_100 },
  ])("of $owner, reads and pages look at 100 of them", async ({ keys, mostRows, moreKib }) => {
    await insertSessions(service, tenant, 100, 3_600);
    // The plans of this state are kept, so they must be good for the next one, too.
    const before = await measure();
    const { sql } = service.database;
    await sql`
      insert into api_keys (id, tenant_id, user_id, name, kind, key_hash, key_suffix)
      select gen_random_uuid(), ${tenant.id}, ${tenant.owner.id}, 'Key', 'RUNNER', sha256((${tenant.id} || n)::bytea), 'test'
      from generate_series(2, ${keys}::int) n`;
    await writeUnchecked(sql, [
      sql`
        insert into runner_sessions (id, tenant_id, api_key_id, name, capacity, last_seen_at, expires_at)
        select gen_random_uuid(), k.tenant_id, k.id, 'Runner', 1, statement_timestamp() - interval '1 hour',
          statement_timestamp() + n * interval '1 second'
        from (select * from api_keys where user_id = ${tenant.owner.id}) k, generate_series(1, 20000 / ${keys}::int) n`,
    ]);
    const expectFew = async () => {
      for (const [i, { path, rows, kib }] of (await measure()).entries()) {
        expect([path, rows]).toEqual([path, expect.toSatisfy((read) => read < mostRows)]);
        expect([path, kib]).toEqual([path, expect.toSatisfy((size) => size < (before[i]?.kib ?? 0) + moreKib)]);
      }
    };
    // Whatever the statistics say of this tenant and of those with as many sessions before it.
    await expectFew();
    await sql`analyze runner_sessions`;
    await expectFew();
    await sql`analyze`;
    await expectFew();
  });

  it("of one key, the runner of another key is seen", async () => {
    await insertSessions(service, tenant, 20_000, 3_600);
    await startRunner(service, tenant, { key: tenant.admin.key });
    const explanation = await service.get(`/v1/workflow-runs/${runId}/explain`, tenant.owner.key);
    // The service has no hub here, so each session that is looked at may be connected: half of 100, and the other one.
    expect(await explanation.json()).toMatchObject({ reason: "lease", runners_connected: 51 });
  });
});
