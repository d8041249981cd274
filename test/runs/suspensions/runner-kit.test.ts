import { describe, expect, it } from "vitest";
import { createRunner, type Outcome, type Work } from "../../../client/src/runner/index.ts";
import page from "../../../docs/suspend.md?raw";
import { SESSION_SETTINGS, sessionToken } from "../../support/callers.ts";
import { eventTypes, invoke, readRun } from "../../support/lifecycle.ts";
import { startRunner, useLeases } from "../../support/runners.ts";
import { startService } from "../../support/service.ts";
import { addLoginSession } from "../../support/sign-in-session.ts";
import { answer, listWaits } from "../../support/suspensions.ts";
import { createTenant, type TestTenant } from "../../support/tenant.ts";
import { addWorkflow } from "../../triggers/second-workflow.ts";
import { PAGES_WORKFLOW_ID } from "../children/book.ts";
import { work as bookWork } from "../children/book-work.ts";
import bookProgram from "../children/book-work.ts?raw";
import { work as invoiceWork } from "./invoice-work.ts";
import program from "./invoice-work.ts?raw";
import { done } from "./invoices.ts";

const service = await startService({ settings: SESSION_SETTINGS });

/** Lets a new runner of the kit work on one attempt. */
async function workOnce({ owner }: TestTenant, work: Work = invoiceWork): Promise<Outcome | undefined> {
  const outcomes: Outcome[] = [];
  const runner = createRunner({
    lease: {
      ...{ url: "https://service.test", key: owner.key },
      onEnd: (_run, outcome) => void outcomes.push(outcome),
    },
    work,
    async fetch(input, init) {
      const request = new Request(input, init);
      const { url, method, headers } = request;
      const body = await request.text();
      return service.fetch(url, { method, headers, ...(body && { body }) });
    },
  });
  await runner.run({ most: 1 });
  return outcomes[0];
}

const inPage = (text: string) =>
  `\`\`\`ts\n${text.replace("../../../client/src/runner/index.ts", "workflow-runs/runner")}\`\`\``;

describe("the examples of docs/suspend.md", () => {
  it("are there word for word; the first one asks without holding the slot, and goes on without doing its first step again", async () => {
    expect(page).toContain(inPage(program));
    expect(page).toContain(inPage(bookProgram));
    const tenant = await createTenant(service.database);
    await useLeases(service, tenant);
    const runId = await invoke(service, tenant, tenant.owner.key, { input: { file: "a.pdf" } });

    expect(await workOnce(tenant)).toEqual({ status: null, report: "suspended", error: null });

    expect(await readRun(service, tenant, runId)).toMatchObject({ status: "PENDING" });
    const other = await invoke(service, tenant);
    const runner = await startRunner(service, tenant);
    const { leases } = await runner.lease();
    for (const lease of leases) await runner.callBack(lease, { status: "COMPLETED" });
    expect(await readRun(service, tenant, other)).toMatchObject({ status: "COMPLETED" });

    const admin = await sessionToken(
      { tenant },
      tenant.admin.id,
      await addLoginSession(service.database, tenant.admin.id),
    );
    expect((await listWaits(service, admin)).items).toMatchObject([{ prompt: "Pay invoice 4711, 1,200 €?" }]);
    expect((await answer(service, admin, runId)).status).toBe(200);
    expect(await workOnce(tenant)).toEqual({ status: "COMPLETED", report: "recorded", error: null });

    const result = await service.get(`/v1/workflow-runs/${runId}/result`, tenant.owner.key);
    expect(await result.json()).toMatchObject({
      output: { number: "4711", total: "1,200 €" },
      summary: "Invoice 4711 is exported.",
    });
    expect(done).toEqual(["ocr a.pdf", "export 4711"]);
    const types = await eventTypes(service, tenant, runId);
    expect(types.filter((type) => ["SUSPENDED", "ANSWERED", "RETRIED"].includes(type))).toEqual([
      "SUSPENDED",
      "ANSWERED",
    ]);
  });

  it("of which the second one lets three runs read a page each, and goes on when they have ended", async () => {
    const tenant = await createTenant(service.database);
    await useLeases(service, tenant);
    const { sql } = service.database;
    const childId = await addWorkflow(service.database, tenant);
    await sql`update workflow_definitions set id = ${PAGES_WORKFLOW_ID}, max_running = 3 where id = ${childId}`;
    await sql`update workflow_definitions set may_trigger = array[${PAGES_WORKFLOW_ID}]::uuid[] where id = ${tenant.definitionId}`;
    const runId = await invoke(service, tenant);
    expect(await workOnce(tenant, bookWork)).toEqual({ status: null, report: "suspended", error: null });

    for (let n = 0; n < 3; n++) await workOnce(tenant, async (run) => ({ output: run.input?.page }));
    expect(await workOnce(tenant, bookWork)).toEqual({ status: "COMPLETED", report: "recorded", error: null });

    const result = await service.get(`/v1/workflow-runs/${runId}/result`, tenant.owner.key);
    expect(await result.json()).toMatchObject({
      output: ["page-1", "page-2", "page-3"],
      summary: "3 of 3 pages were read.",
    });
  });
});
