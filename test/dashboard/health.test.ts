import { beforeAll, expect, it } from "vitest";
import { insertRun } from "../support/lifecycle.ts";
import { type Service, startService } from "../support/service.ts";
import { openTenant, PAGE_SETTINGS } from "./browser.ts";

let service: Service;

beforeAll(async () => {
  service = await startService({ settings: PAGE_SETTINGS });
});

it("leaves a gap in the chart of the sweeps for the hours in which no run timed out", async () => {
  const { tenant, owner } = await openTenant(service);
  const runId = await insertRun(service.database, tenant, { status: "FAILED" });
  for (const [attempt, hours] of [1.5, 2.5, 6.5, 7.5].entries()) {
    await service.database.sql`
      insert into workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
      values (${tenant.id}, ${runId}, ${attempt + 1}, 'TIMED_OUT', statement_timestamp() - make_interval(secs => ${hours * 3600}),
        '{"lag_ms": 30000}')`;
  }
  const html = await owner.read("/app/health");
  const path = /<path class="lag" d="([^"]+)"/.exec(html)?.[1] ?? "";
  // Two lines of two points each.
  expect(path).toMatch(/^M[\d.,]+L[\d.,]+M[\d.,]+L[\d.,]+$/);
  expect([...html.matchAll(/class="lag-point"/g)]).toHaveLength(4);
});
