/** What is answered while the input schema of a workflow is changed between all calls of a verb. */
import { expect, it } from "vitest";
import { documentFaults, findOperation } from "../support/document.ts";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { invokePath } from "../support/lifecycle.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";
import { createWebhook } from "./inbound-support.ts";
import { SIGNED } from "./signed-messages.ts";
import { bodyOf, createTrigger, HOURLY, send } from "./support.ts";

const service = await startService();
const tenant = tenantOfEachTest(service, { runnerUrl: BUSY_RUNNER });

/** Lets each verb find inputs unchecked, whatever the Worker has checked. */
const leaveAllUnchecked = () =>
  service.database.sql.query(`
    create or replace function public.check_inputs(p_context jsonb, p_definition_id uuid, p_schema_hash text, p_inputs json[])
    returns jsonb language sql stable as $$ select '{"refused": "input_unchecked", "unchecked": []}'::jsonb $$`);

it("is the 409 that the document describes", async () => {
  const { owner, definitionId } = tenant;
  const scheduled = await createTrigger(service, tenant, HOURLY);
  const signed = await createWebhook(service, tenant, { scheme: "github" });
  const byToken = await createWebhook(service, tenant, { scheme: "token" });
  const past = { from: "2026-01-05T00:00:00Z", to: "2026-01-05T02:00:00Z" };
  await send(service, "PUT", `/v1/workflow-definitions/${definitionId}/policy`, owner.key, { input_schema: {} });
  await leaveAllUnchecked();
  const postAs = (path: string, body?: object) => service.send("POST", path, owner.key, body);
  const postTo = (path: string, headers: Record<string, string> = {}) =>
    service.fetch(path, { method: "POST", headers: { "Content-Type": "application/json", ...headers }, body: "{}" });

  const answers = {
    invoke_workflow: await postAs(invokePath(tenant), {}),
    invoke_workflow_batch: await postAs(`/v1/workflow-definitions/${definitionId}/invoke-batch`, { runs: [{}] }),
    create_trigger: await postAs(`/v1/workflow-definitions/${definitionId}/triggers`, bodyOf(HOURLY)),
    update_trigger: await service.send("PUT", `/v1/triggers/${scheduled.id}`, owner.key, bodyOf(HOURLY)),
    fire_trigger: await postAs(`/v1/triggers/${scheduled.id}/fire`),
    backfill_trigger: await postAs(`/v1/triggers/${scheduled.id}/backfill`, past),
    receive_webhook: await postTo(`/v1/inbound/${signed.id}`, SIGNED.github({ secret: signed.secret, body: "{}" })),
    receive_webhook_by_token: await postTo(`/v1/inbound/${byToken.id}/${byToken.secret}`),
  };
  const faults = [];
  for (const [operationId, response] of Object.entries(answers)) {
    expect([operationId, response.status]).toEqual([operationId, 409]);
    faults.push(...(await documentFaults(findOperation(operationId), response)));
  }
  expect(faults).toEqual([]);
});

it("is no 409 of the instants of a trigger without a schedule: there are none", async () => {
  const { id } = await createWebhook(service, tenant, { scheme: "token" });
  expect(await send(service, "GET", `/v1/triggers/${id}/occurrences`, tenant.owner.key)).toMatchObject({ items: [] });
  expect(findOperation("list_trigger_occurrences").responses).not.toHaveProperty("409");
});
