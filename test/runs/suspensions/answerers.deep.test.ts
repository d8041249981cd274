import { describe, expect, it } from "vitest";
import { SESSION_SETTINGS, sessionToken } from "../../support/callers.ts";
import { BUSY_RUNNER } from "../../support/fake-runner.ts";
import { invoke } from "../../support/lifecycle.ts";
import { permit } from "../../support/path-parts.ts";
import { startService } from "../../support/service.ts";
import { addLoginSession, addSignInSession } from "../../support/sign-in-session.ts";
import { answer, listWaits, QUESTION, suspend } from "../../support/suspensions.ts";
import { createTenant, type TestTenant } from "../../support/tenant.ts";

const service = await startService({ settings: SESSION_SETTINGS });

/** A tenant with a run that asks this question. */
async function asking(question: object = {}): Promise<{ tenant: TestTenant; runId: string }> {
  const tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
  const runId = await invoke(service, tenant);
  await suspend(service, tenant, runId, [{ ...QUESTION, ...question }]);
  return { tenant, runId };
}

/** Lets the USER read the workflow and its folders, which is not enough to invoke it. */
async function permitRead(tenant: TestTenant): Promise<void> {
  const [definition] = await service.database.sql`
    select path_part_id from workflow_definitions where id = ${tenant.definitionId}`;
  for (const partId of [String(definition?.path_part_id), tenant.sourcesId, tenant.instructionsId]) {
    await permit(service.database, tenant, partId, "READ_ONLY");
  }
}

/** What a caller is told: whether the question is in their list, and the status of their answer. */
async function asSeenBy(key: string, runId: string): Promise<[boolean, number]> {
  const { items } = await listWaits(service, key);
  return [items.some((item) => item.run_id === runId), (await answer(service, key, runId)).status];
}

/** A session of the OWNER on the dashboard, which began with a login or with an API key. */
async function signedIn(tenant: TestTenant, beganWith: "login" | "key"): Promise<string> {
  const add = beganWith === "login" ? addLoginSession : addSignInSession;
  return sessionToken({ tenant }, tenant.owner.id, await add(service.database, tenant.owner.id));
}

describe("who may answer a question", () => {
  it("is whoever may invoke the workflow, and nobody of another tenant", async () => {
    const { tenant, runId } = await asking();
    const stranger = await createTenant(service.database);
    expect(await asSeenBy(stranger.owner.key, runId)).toEqual([false, 404]);
    expect(await asSeenBy(tenant.user.key, runId)).toEqual([false, 404]);
    await permitRead(tenant);
    expect(await asSeenBy(tenant.user.key, runId)).toEqual([false, 403]);
    await permit(service.database, tenant, tenant.outputsId, "READ_WRITE");
    expect(await asSeenBy(tenant.user.key, runId)).toEqual([true, 200]);
  });

  it("is narrowed to roles or users, and to others than the one who has triggered the run", async () => {
    const byRole = await asking({ by: { roles: ["ADMIN"] } });
    expect(await asSeenBy(byRole.tenant.owner.key, byRole.runId)).toEqual([false, 403]);
    expect(await asSeenBy(byRole.tenant.admin.key, byRole.runId)).toEqual([true, 200]);
    const byOther = await asking({ by: { not_requester: true } });
    expect(await asSeenBy(byOther.tenant.owner.key, byOther.runId)).toEqual([false, 403]);
    expect(await asSeenBy(byOther.tenant.admin.key, byOther.runId)).toEqual([true, 200]);
    const tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
    const runId = await invoke(service, tenant);
    const by = { roles: ["USER"], user_ids: [tenant.owner.id.toUpperCase()] };
    await suspend(service, tenant, runId, [{ ...QUESTION, by }]);
    expect(await asSeenBy(tenant.admin.key, runId)).toEqual([false, 403]);
    expect(await asSeenBy(tenant.owner.key, runId)).toEqual([true, 200]);
  });

  it("is a person who has signed in with a login, unless the question lets programs answer", async () => {
    const { tenant, runId } = await asking({ people_only: true });
    for (const key of [
      tenant.owner.key,
      await sessionToken({ tenant }, tenant.owner.id),
      await signedIn(tenant, "key"),
    ]) {
      expect(await asSeenBy(key, runId)).toEqual([false, 403]);
    }
    expect(await asSeenBy(await signedIn(tenant, "login"), runId)).toEqual([true, 200]);
  });

  it("is in the audit log, with the answer", async () => {
    const { tenant, runId } = await asking();
    await answer(service, tenant.admin.key, runId, { value: "yes", comment: "As agreed." });
    await answer(service, tenant.admin.key, runId);
    const response = await service.get("/v1/audit-events?action=workflow_run.answered", tenant.owner.key);
    const { items } = await response.json<{ items: object[] }>();
    expect(items).toMatchObject([
      {
        actor: { user_id: tenant.admin.id },
        object: { kind: "workflow_run", id: runId },
        about: { id: tenant.definitionId },
        detail: { key: "approve", value: "yes", comment: "As agreed." },
      },
    ]);
  });
});

describe("the list of open questions", () => {
  it("has pages, the newest question first, for who may see all workflows and who may see some", async () => {
    const tenant = await createTenant(service.database, { runnerUrl: BUSY_RUNNER });
    const runId = await invoke(service, tenant);
    const keys = ["a", "b", "c"];
    await suspend(
      service,
      tenant,
      runId,
      keys.map((key) => ({ ...QUESTION, key })),
    );
    await service.database.sql`
      update run_waits set asked_at = asked_at + make_interval(secs => ascii(key)) where run_id = ${runId}`;
    await permitRead(tenant);
    await permit(service.database, tenant, tenant.outputsId, "READ_WRITE");
    for (const { key: apiKey } of [tenant.owner, tenant.user]) {
      const first = await listWaits(service, apiKey, "?limit=2");
      const second = await listWaits(service, apiKey, `?limit=2&cursor=${first.next_cursor}`);
      expect([first, second].map(({ items }) => items.map(({ key }) => key))).toEqual([["c", "b"], ["a"]]);
      expect(second.next_cursor).toBeNull();
    }
  });
});
