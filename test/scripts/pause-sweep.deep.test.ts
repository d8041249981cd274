import { beforeEach, describe, expect, it } from "vitest";
import { insertDefinitions, insertRuns } from "../support/backlog.ts";
import { runScript } from "../support/harness.ts";
import { type Service, startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";

let service: Service;

beforeEach(async () => {
  service = await startService();
});

const run = (command: string) => {
  const { url, sqlEndpoint } = service.database;
  return runScript(command, { DATABASE_URL: url, NEON_FETCH_ENDPOINT: sqlEndpoint });
};

const readyz = async () => {
  const response = await service.fetch("/readyz");
  return [response.status, (await response.json<{ detail?: string }>()).detail];
};

const countFailed = async () => {
  const [row] = await service.database.sql`select count(*)::int as n from workflow_runs where status = 'FAILED'`;
  return row?.n;
};

describe("npm run pause-sweep", () => {
  it("keeps the cron from doing anything until npm run resume-sweep", async () => {
    const tenant = await createTenant(service.database);
    const ids = await insertDefinitions(service.database, tenant, 2, "https://runner.test/hook");
    await service.sweep();
    expect(await run("pause-sweep.ts")).toEqual({ code: 0, output: expect.stringMatching(/^Paused\. /) });
    await insertRuns(service.database, tenant, ids, { overdueSeconds: 10 });
    const [, requests] = await service.counted(() => service.sweep());
    expect([await countFailed(), requests]).toEqual([0, 1]);

    expect((await run("pause-sweep.ts --resume")).output).toContain(
      "Resumed. The next sweep begins within a minute, or within an hour",
    );
    await service.sweep();
    expect(await countFailed()).toBe(2);
  });

  it("is shown by /readyz and by the doctor, which does not count it as wrong", async () => {
    await service.sweep();
    await run("pause-sweep.ts");
    await service.sweep();
    await service.database.sql`
      update sweep_state set paused_at = paused_at - interval '5 minutes', ended_at = ended_at - interval '10 minutes'`;
    const text = expect.stringMatching(
      /^The sweep has been paused for 30\d seconds\. `npm run resume-sweep` ends that\.$/,
    );
    expect(await readyz()).toEqual([503, text]);
    const { code, output } = await run("doctor.ts");
    expect([code, output]).toEqual([0, expect.stringContaining("! last sweep       Paused for 5 minutes")]);

    await run("pause-sweep.ts --resume");
    await service.sweep();
    expect(await readyz()).toEqual([200, undefined]);
    expect((await run("doctor.ts")).output).toContain("✓ last sweep");
  });

  it("works before the first sweep, and says when there is nothing to do", async () => {
    expect((await run("pause-sweep.ts --resume")).output).toBe("The sweep is not paused.\n");
    await run("pause-sweep.ts");
    expect((await run("pause-sweep.ts")).output).toBe("The sweep is paused already.\n");
    await service.sweep();
    expect(await readyz()).toEqual([503, expect.stringContaining("paused")]);
  });

  it("says with --help what it does, without a database", async () => {
    expect(await runScript("pause-sweep.ts --help", {})).toEqual({
      code: 0,
      output: expect.stringContaining("npm run resume-sweep"),
    });
  });
});
