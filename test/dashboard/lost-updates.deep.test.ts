/** Forms of a workflow and its policy that are sent after somebody else has saved. */
import { expect, it } from "vitest";
import { PAGE_SETTINGS } from "../support/browser.ts";
import { openedTenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";

const service = await startService({ settings: PAGE_SETTINGS });
const { tenant, owner } = openedTenantOfEachTest(service);

const policyForm = () => `/app/workflows/${tenant.definitionId}/policy`;
const policyPath = () => `/v1/workflow-definitions/${tenant.definitionId}/policy`;

const BEGUN = { handover: "webhook", lease_seconds: "300", max_attempts: "1", max_running: "1" };

/** The hidden fields with which a form says what it was made of. */
async function open(path: string): Promise<{ etag: string; first: string }> {
  const html = await owner.read(path);
  const fieldOf = (name: string) =>
    new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1]?.replaceAll("&quot;", '"') ?? "";
  return { etag: fieldOf("etag"), first: fieldOf("first") };
}

const change = (policy: object) => service.send("PUT", policyPath(), tenant.owner.key, policy);
const read = async () => (await service.get(policyPath(), tenant.owner.key)).json<Record<string, unknown>>();

it("cost one request to the database, and one to read and one to save again only when somebody else has saved", async () => {
  const fields = { ...BEGUN, ...(await open(policyForm())) };
  await change({ max_attempts: 5 });
  const send = (more: object) => service.counted(() => owner.post(policyForm(), { ...fields, ...more }));
  const [merged, requests] = await send({ lease_seconds: "60" });
  expect([merged.status, requests, await read()]).toMatchObject([303, 3, { max_attempts: 5, lease_seconds: 60 }]);
  const [clash, clashRequests] = await send({ max_attempts: "7" });
  expect([clash.status, clashRequests, (await read()).max_attempts]).toEqual([409, 2, 5]);
  const [again, againRequests] = await service.counted(async () =>
    owner.post(policyForm(), { ...BEGUN, ...(await open(policyForm())), max_attempts: "6" }),
  );
  // The first one opens the form.
  expect([again.status, againRequests, (await read()).max_attempts]).toEqual([303, 2, 6]);
});

it("are shown with what is there now when they do not say what they began with", async () => {
  const { etag } = await open(policyForm());
  await change({ max_attempts: 5 });
  for (const first of ["", "{}", "[1", '{"max_attempts": 5}']) {
    const response = await owner.post(policyForm(), { ...BEGUN, etag, first, max_attempts: "9" });
    expect(response.status).toBe(409);
    expect(await response.text()).toMatch(/name="max_attempts"[^>]*value="5"/);
  }
  expect(await read()).toMatchObject({ max_attempts: 5 });
});

it("are merged only when the merged one is valid, and say so otherwise", async () => {
  await change({ max_running: 5 });
  const fields = { ...BEGUN, max_running: "5", ...(await open(policyForm())) };
  await change({ max_running: 2 });
  const response = await owner.post(policyForm(), { ...fields, max_running_per_key: "4" });
  expect([response.status, await read()]).toMatchObject([422, { max_running: 2, max_running_per_key: null }]);
});

it("take the place of all without the fields, as before", async () => {
  await change({ max_attempts: 5 });
  expect((await owner.post(policyForm(), BEGUN)).status).toBe(303);
  expect(await read()).toMatchObject({ max_attempts: 1 });
});

it("keep a secret that was made meanwhile, and ask before they make another one", async () => {
  const form = `/app/workflows/${tenant.definitionId}/edit`;
  const opened = await open(form);
  const fields = { name: "Test", runner_url: "", max_run_duration_seconds: "300", is_active: "true", ...opened };
  await service.send("POST", `/v1/workflow-definitions/${tenant.definitionId}/pause`, tenant.owner.key);
  const parts = {
    source: `${tenant.sourcesId} FOLDER /sources`,
    instruction: `${tenant.instructionsId} DOCUMENT /instructions.md`,
    output: `${tenant.outputsId} FOLDER /outputs`,
  };
  const { sql } = service.database;
  const [before] = await sql`select runner_url, webhook_secret_encrypted as secret from workflow_definitions
    where id = ${tenant.definitionId}`;
  const send = (more: object) =>
    owner.post(form, { ...fields, ...parts, runner_url: String(before?.runner_url), ...more });
  expect((await send({ new_secret: "1" })).status).toBe(409);
  expect((await send({ description: "Mine" })).status).toBe(303);
  const [after] = await sql`
    select description, is_active, webhook_secret_encrypted as secret from workflow_definitions where id = ${tenant.definitionId}`;
  expect(after).toEqual({ description: "Mine", is_active: false, secret: before?.secret });
});
