import { describe, expect, it } from "vitest";
import { createRunner, type Outcome } from "../../../client/src/runner/index.ts";
import page from "../../../docs/suspend.md?raw";
import { SESSION_SETTINGS, sessionToken } from "../../support/callers.ts";
import { eventTypes, invoke, readRun } from "../../support/lifecycle.ts";
import { startRunner, useLeases } from "../../support/runners.ts";
import { startService } from "../../support/service.ts";
import { addLoginSession } from "../../support/sign-in-session.ts";
import { answer, listWaits } from "../../support/suspensions.ts";
import { createTenant, type TestTenant } from "../../support/tenant.ts";
import { work } from "./invoice-work.ts";
import program from "./invoice-work.ts?raw";
import { done } from "./invoices.ts";

const service = await startService({ settings: SESSION_SETTINGS });

/** Lets a new runner of the kit work on one attempt. */
async function workOnce({ owner }: TestTenant): Promise<Outcome | undefined> {
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

describe("the example of docs/suspend.md", () => {
  it("is there word for word, asks without holding the slot, and goes on without doing its first step again", async () => {
    expect(page).toContain(
      `\`\`\`ts\n${program.replace("../../../client/src/runner/index.ts", "workflow-runs/runner")}\`\`\``,
    );
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
});
