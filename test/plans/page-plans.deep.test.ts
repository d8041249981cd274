import { beforeAll, describe, expect, it } from "vitest";
import { SESSION_SETTINGS, sessionToken } from "../support/callers.ts";
import { insertRun } from "../support/lifecycle.ts";
import { type Service, startService } from "../support/service.ts";
import { createStage, type Stage } from "../support/stage.ts";
import { fillTenant, SMALL_TABLES } from "./large-tenant.ts";
import { explained, nodesOf, rowsRead } from "./plans.ts";

let service: Service;
let stage: Stage;
let runId: string;

beforeAll(async () => {
  service = await startService({ settings: { ...SESSION_SETTINGS, DATABASE_TIMEOUT_SECONDS: "60" } });
  await service.sweep();
  stage = await createStage(service, "large");
  runId = await insertRun(service.database, stage.tenant, { status: "FAILED" });
  await fillTenant(service.database, stage.tenant);
}, 180_000);

/** How many runs one USER has, all of one workflow that they may read. */
const OWN_RUNS = 20_000;

const PAGES: Record<string, () => string> = {
  runs: () => "/app/runs",
  "runs by everything": () =>
    `/app/runs?status=FAILED&status=RUNNING&workflow=${stage.tenant.definitionId}&mine=1&to=2030-01-01`,
  "runs by labels": () => "/app/runs?label=env:prod&label=batch:rare",
  "a run": () => `/app/runs/${runId}`,
  workflows: () => "/app/workflows",
  "a workflow": () => `/app/workflows/${stage.tenant.definitionId}`,
  files: () => "/app/files",
  "a folder": () => `/app/files/${stage.tenant.sourcesId}`,
  people: () => "/app/people",
  "a person": () => `/app/people/${stage.tenant.owner.id}`,
  health: () => "/app/health",
  "health in a week": () => "/app/health?period=7d",
  "a workflow in a week": () => `/app/workflows/${stage.tenant.definitionId}?period=7d`,
  "who may run a workflow": () => `/app/workflows/${stage.tenant.definitionId}/people`,
  "the workflows found by words, by name": () => "/app/workflows?q=large&sort=name",
  "the people found by words": () => "/app/people?q=large&sort=name",
  "the search for the end of a run's id": () => `/app/search?q=${runId.slice(-6)}`,
  "the search for words": () => "/app/search?q=large+1",
  "the search for a label": () => "/app/search?q=env:prod",
  "the search for a path": () => "/app/search?q=/f1/1",
  "the search for words of an error": () => "/app/search?q=flux+cap",
};

describe("in a tenant with 100,000 path parts, 20,000 definitions and 100,000 runs", () => {
  it.each(Object.keys(PAGES))("the page of %s reads no table completely, for any caller", async (name) => {
    for (const userId of [stage.tenant.owner.id, stage.bare.id]) {
      const headers = { Cookie: `ks_uat=${await sessionToken(stage, userId)}` };
      const [[response, requests], statements] = await explained(service, () =>
        service.counted(() => service.fetch(PAGES[name]?.() ?? "", { headers })),
      );
      expect([200, 404]).toContain(response.status);
      expect(requests).toBe(1);
      const scanned = statements.flatMap((statement) =>
        nodesOf(statement)
          .filter((node) => node["Node Type"] === "Seq Scan" && !SMALL_TABLES.has(node["Relation Name"] ?? ""))
          .map((node) => `${node["Relation Name"]} in ${statement.query}`),
      );
      expect(scanned).toEqual([]);
      // The page shows the total, so all definitions are counted.
      expect(rowsRead(statements)).toBeLessThan(50_000);
    }
  });

  it("the runs of a USER who has nearly all of them, or very few, are found without reading the others", async () => {
    const { tenant } = stage;
    await service.database.sql`
      insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot,
        created_at, started_at, deadline_at, completed_at, updated_at, ended_by)
      select gen_random_uuid(), ${tenant.id}, md5(${tenant.id} || 'definition16400')::uuid, ${tenant.user.id}, 'SELF_HOSTED',
        'COMPLETED', '{}', made.at, made.at, made.at + interval '1 minute', made.at, made.at, 'CALLBACK'
      from generate_series(1, ${OWN_RUNS}::int) n,
        lateral (select statement_timestamp() - n * interval '1 second' as at) made`;
    await service.database.sql`analyze workflow_runs`;
    for (const user of [tenant.user, stage.colleague]) {
      for (const query of ["", "?status=FAILED", "?status=RUNNING", "?from=2020-01-01"]) {
        const headers = { Cookie: `ks_uat=${await sessionToken(stage, user.id)}` };
        const [response, statements] = await explained(service, () => service.fetch(`/app/runs${query}`, { headers }));
        expect(response.status).toBe(200);
        expect([user.id, query, rowsRead(statements)]).toEqual([
          user.id,
          query,
          // The page shows the numbers for each state, so all runs of one workflow may be read.
          expect.toSatisfy((rows) => rows < 50_000),
        ]);
      }
    }
  });
});
