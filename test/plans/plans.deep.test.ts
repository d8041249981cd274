import { describe, expect, it } from "vitest";
import { deleteOldAuditEvents } from "../../src/audit/audit-events.ts";
import { readConfig } from "../../src/config.ts";
import { openDatabase } from "../../src/db/client.ts";
import { hashApiKey } from "../../src/http/credentials/api-key.ts";
import { followRuns, Position } from "../../src/runs/live/follow-runs.ts";
import { deleteOldRuns } from "../../src/sweep/sweep-verbs.ts";
import { perform } from "../../src/verbs/perform.ts";
import { credentialFor, knownCallers, runnerCredential, SESSION_SETTINGS } from "../support/callers.ts";
import { findOperation } from "../support/document.ts";
import type { ExplainedStatement } from "../support/harness-protocol.ts";
import { inTurn } from "../support/in-turn.ts";
import { insertRun } from "../support/lifecycle.ts";
import { type Call, callOf, OPERATION_IDS } from "../support/operations.ts";
import { requestOf, startService } from "../support/service.ts";
import { createStage } from "../support/stage.ts";
import { verbServices } from "../support/verb-services.ts";
import { fillTenant, LARGE, SMALL_TABLES } from "./large-tenant.ts";
import { describePagePlans } from "./page-plans.ts";
import { explained, nodesOf, rowsRead } from "./plans.ts";

// The timeout is long, since filling a tenant and explaining take a while.
const service = await startService({ isNew: true, settings: SESSION_SETTINGS });
await service.sweep();
const stage = await createStage(service, "large");
const callers = await knownCallers(stage, await createStage(service, "beside"));
const runId = await insertRun(service.database, stage.tenant, { status: "FAILED" });
await fillTenant(service.database, stage.tenant);
// The run has as many children as it may have, and each of these has one.
await service.database.sql`
  insert into run_children (run_id, tenant_id, parent_run_id, workflow_definition_id, key, depth)
  select md5(t.id || 'run' || n || '/' || 4 + below)::uuid, t.id,
    case when below = 0 then ${runId}::uuid else md5(t.id || 'run' || n || '/4')::uuid end, md5(t.id || 'definition' || n)::uuid, 'c' || n, 1 + below
  from (select ${stage.tenant.id}::uuid as id) t, generate_series(1, 1000) n, generate_series(0, 1) below`;
await service.database.sql`analyze run_children`;

/** The large reads of the statements: the table, the index, the number of rows and the statement. */
const readMuchOf = (statements: readonly ExplainedStatement[]) =>
  statements.flatMap((statement) =>
    nodesOf(statement)
      .map((node) => ({
        node,
        rows: (node["Actual Rows"] + (node["Rows Removed by Filter"] ?? 0)) * node["Actual Loops"],
      }))
      .filter(({ rows }) => rows > 300)
      .map(({ node, rows }) => `${rows} of ${node["Relation Name"]}, ${node["Index Name"]}, in ${statement.query}`),
  );

/** The tables that the statements read completely. */
function scanned(statements: readonly ExplainedStatement[]): string[] {
  return statements.flatMap((statement) =>
    nodesOf(statement)
      .filter((node) => node["Node Type"] === "Seq Scan" && !SMALL_TABLES.has(node["Relation Name"] ?? ""))
      .map((node) => `${node["Relation Name"]} in ${statement.query}`),
  );
}

const CHANGES = OPERATION_IDS.filter((id) => findOperation(id).method !== "GET");

const explain = (call: Call, token: string | undefined) =>
  explained(service, () => service.fetch(call.path, requestOf(call, token)));

describe("in a large tenant", () => {
  it("the metrics read the 50 workflows with the most runs, and what waits, however many workflows and runs there are", async () => {
    const read = async () => (await service.get("/v1/metrics", stage.tenant.owner.key)).text();
    // Each call counts 20,000 of the events since the call before it.
    await expect.poll(read, { timeout: 60_000 }).toContain("\nworkflow_metrics_behind 0\n");
    const [text, statements] = await explained(service, read);
    expect(text.match(/^workflow_triggered_total\{/gm)).toHaveLength(51);
    expect(statements.flatMap(nodesOf).map((node) => node["Index Name"])).toContain("workflow_metrics_runs_index");
    expect(readMuchOf(statements).filter((read) => / of workflow_(metrics|runs|definitions),/.test(read))).toEqual([]);
  });

  it.each(OPERATION_IDS)("%s reads no table completely, for one of the callers", async (id) => {
    const { bare: userWithGrants, writer, ownerBySession } = callers;
    // The writer is left out of changes, since the next test makes each of them as the writer and as the OWNER with a key.
    const tried = inTurn(
      CHANGES.includes(id) ? [userWithGrants, ownerBySession] : [userWithGrants, writer, ownerBySession],
      1,
      id,
    );
    let call: Call | undefined;
    for (const caller of tried) {
      // A change may have removed or ended what the call is about, so the call is made anew.
      if (call?.method !== "GET") call = await callOf(id, stage);
      const token = (await runnerCredential(stage.tenant, call)) ?? caller();
      const [response, statements] = await explain(call, token);
      // Two kinds answer 503 here, which is right: streams, since this service has no hub, and /readyz once the last sweep is more than three
      // minutes old, which it is on a slow machine.
      if (!id.startsWith("stream_") && id !== "readiness_check") expect(response.status).toBeLessThan(500);
      expect(scanned(statements)).toEqual([]);
    }
  });

  // Each event of a run looks at the notification endpoints of its tenant, of which there are up to 50.
  it.each(CHANGES)("%s reads fewer than 1,000 rows, and no table completely, by an OWNER and by a USER", async (id) => {
    const byOwner = await callOf(id, stage);
    const [response, ofOwner] = await explain(byOwner, await credentialFor(stage.tenant, byOwner));
    expect(response.status).toBeLessThan(300);
    const [, ofUser] = await explain(await callOf(id, stage), callers.writer());
    for (const statements of [ofOwner, ofUser]) {
      expect(scanned(statements)).toEqual([]);
      expect(readMuchOf(statements)).toEqual([]);
      expect(rowsRead(statements)).toBeLessThan(1000);
    }
  });

  it("the statements inside SQL functions are explained, too", async () => {
    const [, statements] = await explain(await callOf("get_workflow_run", stage), callers.owner());
    expect(statements.flatMap(nodesOf)).toContainEqual(
      expect.objectContaining({ "Node Type": "Index Scan", "Relation Name": "workflow_runs" }),
    );
  });

  it.each([
    "/v1/workflow-definitions?limit=100&offset=10000",
    "/v1/workflow-runs?status=FAILED&status=RUNNING&status=PENDING",
    "/v1/workflow-runs?created_before=2026-01-01T00:00:00Z",
    "/v1/path-parts",
    "/v1/path-parts?max_depth=2&sort_order=NAME",
  ])("%s does not read the history either", async (path) => {
    for (const caller of [callers.bare, callers.owner]) {
      const [response, statements] = await explain({ method: "GET", path }, caller());
      expect(response.status).toBe(200);
      expect(scanned(statements)).toEqual([]);
    }
  });

  it.each([
    "/v1/workflow-runs",
    "/v1/workflow-runs?status=FAILED",
    "/v1/workflow-runs?status=COMPLETED&status=FAILED",
    "/v1/workflow-runs?created_before=2026-01-01T00:00:00Z",
  ])("an OWNER's %s reads one page of each state, and not the history", async (path) => {
    const [response, statements] = await explain({ method: "GET", path }, callers.owner());
    expect(response.status).toBe(200);
    expect(rowsRead(statements)).toBeLessThan(1000);
  });

  it.each([
    ["label=env:prod", 300],
    ["label=batch:rare&limit=100", 1_000],
    ["label=env:prod&label=batch:rare", 1_000],
    ["label=env:prod&created_before=2026-01-01T00:00:00Z", 300],
    ["label=customer:none&label=env:prod", 500],
    // At most 10,000 runs with the label are looked at: each in the table of labels, in that of runs, and for its attempt.
    ["label=env:prod&status=PENDING", 35_000],
  ])(
    "an OWNER's runs with %s cause reads of fewer than %i rows, the first page and the second",
    async (query, most) => {
      const [response, statements] = await explain(
        { method: "GET", path: `/v1/workflow-runs?${query}` },
        callers.owner(),
      );
      expect(response.status).toBe(200);
      const { next_cursor: cursor } = await response.json<{ next_cursor: string | null }>();
      const next = {
        method: "GET" as const,
        path: `/v1/workflow-runs?${query}${cursor === null ? "" : `&cursor=${cursor}`}`,
      };
      const [, ofNext] = await explain(next, callers.owner());
      for (const read of [statements, ofNext]) {
        expect(scanned(read)).toEqual([]);
        expect(rowsRead(read)).toBeLessThan(most);
      }
    },
  );

  it("a USER's runs with a label that all runs have cause reads of at most 10,000 of them", async () => {
    for (const query of ["label=env:prod", "label=env:prod&label=batch:rare"]) {
      const [response, statements] = await explain(
        { method: "GET", path: `/v1/workflow-runs?${query}` },
        callers.bare(),
      );
      expect(response.status).toBe(200);
      expect(scanned(statements)).toEqual([]);
      expect(rowsRead(statements)).toBeLessThan(35_000);
    }
  });

  it("a batch and its runs are read by the batch, and nothing of the others", async () => {
    const [row] = await service.database.sql`
      select id from run_batches where tenant_id = ${stage.tenant.id} and run_count = 500 limit 1`;
    for (const path of [
      `/v1/run-batches/${row?.id}`,
      `/v1/run-batches/${row?.id}/results`,
      `/v1/workflow-runs?batch=${row?.id}`,
      `/v1/workflow-runs?batch=${row?.id}&status=FAILED&label=batch:rare`,
    ]) {
      const [response, statements] = await explain({ method: "GET", path }, callers.owner());
      expect(response.status).toBe(200);
      expect(scanned(statements)).toEqual([]);
      // Each of its 500 runs, and once more for the page, its attempt, and its labels.
      expect(rowsRead(statements)).toBeLessThan(3_000);
    }
  });

  it("a page of the audit log is read by its filter, and nothing else of the log", async () => {
    const [row] = await service.database.sql`
      select actor_id, object_id from audit_events where tenant_id = ${stage.tenant.id} order by at limit 1`;
    const filters = [
      ...["", `actor_id=${row?.actor_id}`, `object_id=${row?.object_id}`, `object_id=${row?.actor_id}`],
      ...["action=workflow_definition.paused", `actor_id=${row?.actor_id}&action=user.deleted`],
      ...["until=2026-01-01T00:00:00Z", `since=2020-01-01T00:00:00Z&action=user.deleted`],
    ];
    for (const filter of filters) {
      const path = `/v1/audit-events?limit=100&${filter}`;
      const [response, statements] = await explain({ method: "GET", path }, callers.owner());
      expect(response.status).toBe(200);
      expect(scanned(statements)).toEqual([]);
      // A page looks at 500 rows at most, first in the index and then in the table. Of a user who has done half of everything, the planner may
      // find them in the index of all rows.
      expect([filter, rowsRead(statements) < 1_800]).toEqual([filter, true]);
    }
    const remove = () => perform(verbServices(service), deleteOldAuditEvents, { days: 3650, limit: 500 });
    const [, removed] = await explained(service, remove);
    expect(scanned(removed)).toEqual([]);
    expect(rowsRead(removed)).toBeLessThan(100);
  });

  it("an OWNER's runs of one user are read in the same way", async () => {
    const path = `/v1/workflow-runs?user_id=${stage.tenant.user.id}`;
    for (const query of ["", "&status=FAILED", "&status=PENDING"]) {
      const [response, statements] = await explain({ method: "GET", path: path + query }, callers.owner());
      expect(response.status).toBe(200);
      expect(rowsRead(statements)).toBeLessThan(1000);
    }
  });

  it.each([
    "/v1/workflow-definitions",
    "/v1/workflow-definitions?offset=5",
    "/v1/workflow-runs",
    "/v1/workflow-runs?status=FAILED&status=RUNNING",
    "/v1/workflow-runs?created_after=2020-01-01T00:00:00Z",
    "/v1/workflow-runs/summary",
    "/v1/workflow-runs/summary?label=env:prod",
    "/v1/path-parts",
    "/v1/api-keys",
  ])("a USER with 50 permissions causes reads of only what they may see of %s", async (path) => {
    const [response, statements] = await explain({ method: "GET", path }, callers.bare());
    expect(response.status).toBe(200);
    expect(scanned(statements)).toEqual([]);
    expect(rowsRead(statements)).toBeLessThan(2000);
  });

  it("the deletion of what is old goes from tenant to tenant, and reads nothing that is younger", async () => {
    const remove = () => perform(verbServices(service), deleteOldRuns, { days: 3650, limit: 500 });
    const [, statements] = await explained(service, remove);
    expect(scanned(statements)).toEqual([]);
    // For each of the 1,000 tenants, its first ended run and its oldest one.
    expect(rowsRead(statements)).toBeLessThan(5_000);
  });

  it("a stream of the tenant's runs reads the events that it looks back for, and not the history", async () => {
    const db = openDatabase(readConfig(service.bindings));
    const { owner, user, definitionId } = stage.tenant;
    for (const { key } of [owner, user]) {
      const credential = { apiKeyHash: await hashApiKey(key) };
      for (const filter of [
        { definitionId: undefined, userId: undefined },
        { definitionId, userId: undefined },
        { definitionId: undefined, userId: user.id },
      ]) {
        const [{ ids }, begun] = await explained(service, () => followRuns(db, credential, filter, null));
        const position = new Position(ids.at(-1) ?? 0);
        const [, followed] = await explained(service, () => followRuns(db, credential, filter, position));
        expect(scanned([...begun, ...followed])).toEqual([]);
        expect(rowsRead(begun)).toBeLessThan(100);
        expect(rowsRead(followed)).toBeLessThan(3_000);
      }
    }
  });

  it.each([
    ["/v1/workflow-runs", 1000],
    // For each of the tenant's RUNNING runs it is checked whether it has ended, once for each of the two states.
    ["/v1/workflow-runs?status=FAILED&status=RUNNING", 1500],
    // The total counts all definitions. The page itself is found by its index.
    ["/v1/workflow-definitions", LARGE.definitions + 1000],
  ])("an OWNER causes reads of only one page of %s", async (path, most) => {
    const [response, statements] = await explain({ method: "GET", path }, callers.owner());
    expect(response.status).toBe(200);
    expect(rowsRead(statements)).toBeLessThan(most);
  });
});

describe("on pages of that tenant,", () => describePagePlans(() => ({ service, stage, runId })));
