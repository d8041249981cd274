import { describe, expect, it } from "vitest";
import { SESSION_SETTINGS, sessionToken } from "../support/callers.ts";
import { startService } from "../support/service.ts";
import { createStage } from "../support/stage.ts";
import { explained, nodesOf, rowsRead } from "./plans.ts";

/** As many runs a second as make a day of 172,800. */
const PER_SECOND = 2;
const SECONDS = 86_400;

const service = await startService({ isNew: true, settings: SESSION_SETTINGS });
const stage = await createStage(service, "busy");
const { tenant } = stage;
const insertedAt = Date.now();
await service.database.sql`
  insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot,
    created_at, started_at, deadline_at, completed_at, updated_at, ended_by)
  select gen_random_uuid(), ${tenant.id}, ${tenant.definitionId},
    case when n % 100 = 0 then ${tenant.user.id}::uuid else ${tenant.owner.id}::uuid end, 'SELF_HOSTED', 'COMPLETED', '{}',
    made.at, made.at + interval '1 second', made.at + interval '1 hour', made.at + interval '11 seconds', made.at, 'CALLBACK'
  from generate_series(1, ${PER_SECOND * SECONDS}::int) n,
    lateral (select statement_timestamp() - n * interval '1 second' / ${PER_SECOND}::int as at) made`;
await service.database.sql`vacuum analyze workflow_runs`;

async function look(path: string, userId: string) {
  const headers = { Cookie: `ks_uat=${await sessionToken(stage, userId)}` };
  const [[response, requests], statements] = await explained(service, () =>
    service.counted(() => service.fetch(path, { headers })),
  );
  const html = await response.text();
  const [chart] = statements.filter(({ query }) => query.includes("chart_statistics"));
  if (!chart) throw new Error(`There is no chart on ${path}: ${response.status}`);
  const partOf = (name: string) => {
    const plans = chart.plans.filter((plan) => new RegExp(`^\\s*with ${name} as`).test(plan["Query Text"]));
    expect(plans).toHaveLength(1);
    return { query: name, plans };
  };
  return { html, requests, rows: rowsRead(statements), counts: partOf("counted"), times: partOf("measured") };
}

const sumsIn = (html: string) => /([\d,]+) completed, [\d,]+ failed<\/small>/.exec(html)?.[1]?.replaceAll(",", "");

describe("the charts in a tenant with 172,800 runs a day", () => {
  it("count an hour exactly, and read only that and the hour before", async () => {
    for (const path of ["/app/health", `/app/workflows/${stage.tenant.definitionId}`]) {
      const { html, requests, counts, times } = await look(`${path}?period=1h`, stage.tenant.owner.id);
      const [read, measured] = [rowsRead([counts]), rowsRead([times])];
      expect([path, requests, read, measured]).toEqual([
        path,
        1,
        expect.toSatisfy((rows) => rows < 14_700),
        expect.toSatisfy((rows) => rows < 10_100),
      ]);
      expect(Number(sumsIn(html))).toBeLessThanOrEqual(61 * 60 * PER_SECOND);
      // No run is younger than the insertion, which may be some minutes ago on a slow machine.
      const sinceInsertion = (Date.now() - insertedAt) / 1000;
      expect(Number(sumsIn(html))).toBeGreaterThanOrEqual((59 * 60 - sinceInsertion) * PER_SECOND);
      expect(html).not.toContain("More than 50,000 runs");
    }
  });

  it("count for an administrator from an index alone", async () => {
    const { counts } = await look("/app/health?period=1h", stage.tenant.owner.id);
    const scans = nodesOf(counts).filter(
      (node) => node["Relation Name"] === "workflow_runs" && node["Actual Rows"] > 100,
    );
    expect(scans.map((node) => [node["Node Type"], node["Index Name"]])).toEqual([
      ["Index Only Scan", "workflow_runs_tenant_status_newest_index"],
    ]);
  });

  it("read at most their bounds of a day, show its last hours exactly, and say that there are more", async () => {
    for (const path of ["/app/health", `/app/workflows/${stage.tenant.definitionId}`]) {
      const { html, counts, times } = await look(`${path}?period=24h`, stage.tenant.owner.id);
      expect([path, rowsRead([counts]), rowsRead([times])]).toEqual([
        path,
        expect.toSatisfy((rows) => rows < 50_100),
        expect.toSatisfy((rows) => rows < 10_100),
      ]);
      expect(html).toContain("More than 50,000 runs were triggered in this time.");
      expect(html).toContain("measured for the last 10,000 of each state");
      // Five or six whole hours, and the one that has just begun. When that was after the insertion, the one before it is not whole either.
      const hours = [...html.matchAll(/: ([\d,]+) completed, 0 failed<\/span>/g)].map(([, count]) => count);
      expect([hours.length, new Set(hours.slice(0, 5))]).toEqual([
        expect.toSatisfy((count) => count >= 6),
        new Set(["7,200"]),
      ]);
    }
  });

  it("of a USER read only their own runs and those of workflows that they may see", async () => {
    const { html, counts } = await look("/app/health?period=24h", stage.colleague.id);
    expect([rowsRead([counts]) < 1_000, html]).toEqual([true, expect.stringContaining("no run has ended")]);
  });

  it("examine at most 1,000 runs of each hour to find runners that fail, also for a USER who sees none of them", async () => {
    const { rows } = await look("/app/health?period=24h", stage.colleague.id);
    expect(rows).toBeLessThan(27_000);
  });
});
