import { beforeEach, describe, expect, it } from "vitest";
import { seedDemo } from "../../scripts/local/demo.ts";
import { readConfig } from "../../src/config.ts";
import { insertDefinitions, insertRuns } from "../support/backlog.ts";
import { BUSY_RUNNER, startFakeRunner } from "../support/fake-runner.ts";
import { runScript } from "../support/harness.ts";
import { insertRun, invoke } from "../support/lifecycle.ts";
import { type Service, startService } from "../support/service.ts";
import { SETTINGS } from "../support/settings.ts";
import { createTenant } from "../support/tenant.ts";

let service: Service;

beforeEach(async () => {
  service = await startService();
});

/** Runs the doctor on the service's database. Returns its output and its exit code. */
const examine = (vars: Record<string, string> = {}) => {
  const { url, sqlEndpoint } = service.database;
  return runScript("doctor.ts", { DATABASE_URL: url, NEON_FETCH_ENDPOINT: sqlEndpoint, ...SETTINGS, ...vars });
};

/** Starts a fake of a deployed service, whose `/readyz` answers as for an idle cron. Returns its URL. */
async function startDeployment({ late_ms }: { late_ms: number }, status = 200): Promise<string> {
  const readiness = {
    seconds_since_sweep: 21,
    seconds_since_full_sweep: 1_500,
    last_alarm: { seconds_ago: 3_000, late_ms },
    hub_location: null,
  };
  const body = JSON.stringify(status === 200 ? readiness : { detail: "The sweep has been paused for 9 seconds." });
  return (await startFakeRunner([{ status, body }])).url;
}

describe("the doctor", () => {
  it("asks the service for its last full sweep, for those that it skipped, and for its last alarm", async () => {
    await service.sweep();
    const sentence =
      "Ready. The cron found nothing to sweep 21 s ago; its last full sweep ended 25 minutes ago. An alarm 50 minutes ago was";
    const punctual = await examine({ PUBLIC_URL: await startDeployment({ late_ms: 12.4 }) });
    expect(punctual.output).toContain(`✓ service          ${sentence} 12 ms late.`);
    const late = await examine({ PUBLIC_URL: await startDeployment({ late_ms: 9_000 }) });
    expect([late.code, late.output]).toEqual([
      0,
      expect.stringContaining(`! service          ${sentence} 9000 ms late.`),
    ]);
    const paused = await examine({ PUBLIC_URL: await startDeployment({ late_ms: 0 }, 503) });
    expect(paused.output).toContain("✗ service          The sweep has been paused for 9 seconds.");
    const answer = { status: 403, headers: { "cf-mitigated": "challenge" }, body: "<!DOCTYPE html>" };
    const challenged = await examine({ PUBLIC_URL: (await startFakeRunner([answer])).url });
    expect([challenged.code, challenged.output]).toEqual([
      1,
      expect.stringMatching(/✗ service +Cloudflare takes programs for bots.*\n +→ Switch Bot Fight Mode off/),
    ]);
    const away = await examine({ PUBLIC_URL: "http://127.0.0.1:9" });
    expect([away.code, away.output]).toEqual([0, expect.stringContaining("! service          Does not answer")]);
  });

  it("finds nothing wrong in the demo of the local stack, and exits with 0", async () => {
    const { url: databaseUrl, sqlEndpoint: neonFetchEndpoint } = service.database;
    const { encryptionKeys } = readConfig({ ...SETTINGS, DATABASE_URL: databaseUrl });
    await seedDemo({ databaseUrl, neonFetchEndpoint, encryptionKeys, runnerPort: 8788 });
    await service.sweep();
    const { code, output } = await examine({ PUBLIC_URL: await startDeployment({ late_ms: 12 }) });
    expect(output.match(/^[!✗].*/gm)).toBeNull();
    expect(output.match(/^✓/gm)).toHaveLength(14);
    expect([code, output]).toEqual([0, expect.stringContaining("All is well.")]);
  });

  it("names what is wrong in the configuration, and not its value", async () => {
    const { code, output } = await examine({ RUN_TOKEN_SECRET: "k1:secret", SESSION_JWKS_URL: "not-a-url" });
    expect(code).toBe(1);
    expect(output).toContain("✗ configuration    Wrong: RUN_TOKEN_SECRET, SESSION_JWKS_URL.");
    expect(output).not.toContain("secret.");
    expect(output).not.toContain("not-a-url");
  });

  it("works with the database alone, and says what it could not check", async () => {
    await service.sweep();
    const { url, sqlEndpoint } = service.database;
    const { code, output } = await runScript("doctor.ts", { DATABASE_URL: url, NEON_FETCH_ENDPOINT: sqlEndpoint });
    expect([code, output]).toEqual([0, expect.stringContaining("Not set here, so not looked at: PUBLIC_URL")]);
    expect(output).toContain("All is well.");
  });

  it("says only that a database does not answer", async () => {
    const { code, output } = await examine({ NEON_FETCH_ENDPOINT: "http://127.0.0.1:9/sql" });
    expect(code).toBe(1);
    expect(output).toContain("✗ database         Does not answer");
    expect(output).not.toContain("last sweep");
  });

  it("says that migrations are missing, even when none was ever applied", async () => {
    const { sql } = service.database;
    await sql`update drizzle.__drizzle_migrations set hash = 'of a newer version' where id = 1`;
    expect((await examine()).output).toContain("✗ migrations       1 to be applied.");
    await sql`drop schema drizzle cascade`;
    const { code, output } = await examine();
    expect([code, output]).toEqual([1, expect.stringContaining("`npm run migrate`")]);
  });

  it("says that no sweep runs, that one has died, and how large the backlog is", async () => {
    const { sql } = service.database;
    expect((await examine()).output).toContain("✗ last sweep       No sweep has ended yet.");
    await service.sweep();
    await sql`update sweep_state set began_at = began_at - interval '10 minutes', ended_at = ended_at - interval '20 minutes'`;
    expect((await examine()).output).toContain(
      "✗ last sweep       The last one ended 20 minutes ago; a later one has died.",
    );

    const tenant = await createTenant(service.database);
    const ids = await insertDefinitions(service.database, tenant, 7, "https://runner.test/hook");
    await insertRuns(service.database, tenant, ids.slice(0, 3), { overdueSeconds: 600 });
    await insertRuns(service.database, tenant, ids.slice(3), { dueSeconds: 7200 });
    const { code, output } = await examine();
    expect(code).toBe(1);
    expect(output).toContain("✗ overdue runs     3, for up to 10 minutes.");
    expect(output).toContain("✗ dispatches       4 are due, for up to 2 hours.");
  });

  it("says which runs are stuck and why: by somebody's choice, or by a fault", async () => {
    await service.sweep();
    const tenants = await Promise.all([1, 2, 3, 4].map(() => createTenant(service.database)));
    const [noRunner, paused, free, lost] = tenants;
    if (!noRunner || !paused || !free || !lost) throw new Error("Four were made.");
    const { sql } = service.database;
    for (const tenant of [paused, free]) {
      await sql`
        update workflow_definitions set runner_url = 'https://runner.test', webhook_secret_encrypted = 'k1.a.b',
          is_active = ${tenant === free} where id = ${tenant.definitionId}`;
    }
    for (const tenant of [noRunner, paused, free]) await insertRun(service.database, tenant, { status: "PENDING" });
    const lostId = await insertRun(service.database, lost);
    await sql`update workflow_runs set dispatched_at = null where id = ${lostId}`;
    const { code, output } = await examine();
    expect(code).toBe(1);
    expect(output).toContain(`✗ stuck runs       1 RUNNING, but neither accepted by a runner nor due to be dispatched`);
    expect(output).toContain(lostId);
    expect(output).toContain("✗ stuck runs       1 PENDING, although the slot is free");
    expect(output).toContain("! stuck runs       1 PENDING, because the workflow is paused");
    expect(output).toContain("! stuck runs       1 PENDING, because the workflow has no runner");
    expect(output).toContain("Wrong: 2.");
  });

  it("says which runners fail and why, and shows no secret of their URLs", async () => {
    const tenant = await createTenant(service.database, { runnerUrl: `${BUSY_RUNNER}?token=secret` });
    const runId = await invoke(service, tenant);
    await service.sweep();
    expect((await examine()).code).toBe(0);
    await service.database.sql`update workflow_runs set next_dispatch_at = statement_timestamp() where id = ${runId}`;
    await service.sweep();
    const { code, output } = await examine();
    expect(code).toBe(1);
    expect(output).toMatch(
      /✗ runners {10}http:\/\/127.0.0.1:\d+ of tenant \S+ has not accepted 1 run\(s\) in up to 2 tries\. The runner answered 50\d\./,
    );
    expect(output).not.toContain("token=");
  });

  it("says that a key is missing with which secrets are encrypted", async () => {
    await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
    await service.sweep();
    const { code, output } = await examine({ ENCRYPTION_KEY: SETTINGS.ENCRYPTION_KEY.replace("k1:", "k2:") });
    expect(code).toBe(1);
    expect(output).toContain('✗ webhook secrets  1 encrypted with "k1".');
  });
});
