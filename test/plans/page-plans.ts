import { expect, it } from "vitest";
import { sessionToken } from "../support/callers.ts";
import type { Service } from "../support/service.ts";
import type { Stage } from "../support/stage.ts";
import { LARGE, PERMITTED, SMALL_TABLES } from "./large-tenant.ts";
import { explained, nodesOf, rowsRead } from "./plans.ts";

/** A service, a stage whose tenant is large, and one of its FAILED runs. */
type Large = { service: Service; stage: Stage; runId: string };

/** How many runs one USER has, all of one workflow that they may read. */
const OWN_RUNS = 20_000;

const PAGES: Record<string, (large: Large) => string> = {
  runs: () => "/app/runs",
  "runs by everything": ({ stage }) =>
    `/app/runs?status=FAILED&status=RUNNING&workflow=${stage.tenant.definitionId}&mine=1&to=2030-01-01`,
  "runs by labels": () => "/app/runs?label=env:prod&label=batch:rare",
  "runs by why they failed, of several workflows": ({ stage }) =>
    `/app/runs?code=LOST&workflow=${stage.tenant.definitionId}&workflow=${stage.tenant.id}`,
  "runs by what they wait for": () => "/app/runs?waits=queue",
  "runs by what has triggered them": ({ stage }) => `/app/runs?trigger=${stage.tenant.id}&trigger=person`,
  "runs by words of an error": () => "/app/runs?error=flux+cap",
  "the runs that an open page shows": ({ runId }) => `/app/runs?shown=${runId}`,
  "what waits for somebody": () => "/app/waits",
  "failures that are alike": () => "/app/failures",
  runners: () => "/app/runners",
  "the children of a run": ({ runId }) => `/app/runs?parent=${runId}`,
  "a run": ({ runId }) => `/app/runs/${runId}`,
  "a run of a list": ({ runId, stage }) =>
    `/app/runs/${runId}?in=status%3DFAILED%26workflow%3D${stage.tenant.definitionId}`,
  workflows: () => "/app/workflows",
  "a workflow": ({ stage }) => `/app/workflows/${stage.tenant.definitionId}`,
  "a workflow whose runs an open page shows": ({ stage, runId }) =>
    `/app/workflows/${stage.tenant.definitionId}?queue=&shown=${runId}`,
  triggers: () => "/app/triggers",
  "the triggers found by words": () => "/app/triggers?q=large",
  files: () => "/app/files",
  "a folder": ({ stage }) => `/app/files/${stage.tenant.sourcesId}`,
  people: () => "/app/people",
  "a person": ({ stage }) => `/app/people/${stage.tenant.owner.id}`,
  activity: () => "/app/activity",
  "activity of one object": ({ stage }) => `/app/activity?object=${stage.tenant.definitionId}`,
  health: () => "/app/health",
  "health in a week": () => "/app/health?period=7d",
  "a workflow in 90 days": ({ stage }) => `/app/workflows/${stage.tenant.definitionId}?period=90d`,
  "who may run a workflow": ({ stage }) => `/app/workflows/${stage.tenant.definitionId}/people`,
  "the workflows found by words, by name": () => "/app/workflows?q=large&sort=name",
  "the people found by words": () => "/app/people?q=large&sort=name",
  "the search for the end of a run's id": ({ runId }) => `/app/search?q=${runId.slice(-6)}`,
  "the search for words": () => "/app/search?q=large+1",
  "the search for a label": () => "/app/search?q=env:prod",
  "the search for a path": () => "/app/search?q=/f1/1",
  "the search for words of an error": () => "/app/search?q=flux+cap",
};

/** `large` returns what the tests before have made. */
export function describePagePlans(large: () => Large): void {
  it.each(Object.keys(PAGES))("the page of %s reads no table completely, for any caller", async (name) => {
    const { service, stage } = large();
    for (const userId of [stage.tenant.owner.id, stage.bare.id]) {
      const headers = { Cookie: `ks_uat=${await sessionToken(stage, userId)}` };
      const [[response, requests], statements] = await explained(service, () =>
        service.counted(() => service.fetch(PAGES[name]?.(large()) ?? "", { headers })),
      );
      expect([200, 403, 404]).toContain(response.status);
      expect(requests).toBe(1);
      const scanned = statements.flatMap((statement) =>
        nodesOf(statement)
          .filter((node) => node["Node Type"] === "Seq Scan" && !SMALL_TABLES.has(node["Relation Name"] ?? ""))
          .map((node) => `${node["Relation Name"]} in ${statement.query}`),
      );
      expect(scanned).toEqual([]);
      // Pages show totals, and name what they count, so all definitions are read: once, or by some plans of a page up to four times.
      const definitions = rowsRead(statements, "workflow_definitions");
      expect(definitions).toBeLessThan(6.5 * LARGE.definitions);
      // There are more runs, and more files.
      expect(rowsRead(statements) - definitions).toBeLessThan(50_000);
    }
  });

  it("the runs of a USER who has nearly all of them, or very few, are found without reading the others", async () => {
    const { service, stage } = large();
    const { tenant } = stage;
    await service.database.sql`
      insert into workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, status, run_snapshot,
        created_at, started_at, deadline_at, completed_at, updated_at, ended_by)
      select gen_random_uuid(), ${tenant.id}, md5(${tenant.id} || 'definition' || ${PERMITTED}::int)::uuid, ${tenant.user.id}, 'SELF_HOSTED',
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
}
