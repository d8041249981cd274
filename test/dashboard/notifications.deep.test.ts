import { beforeEach, describe, expect, it } from "vitest";
import guide from "../../docs/notifications.md";
import { SNIPPETS } from "../../src/dashboard/notifications/snippets.ts";
import { PAGE_SETTINGS } from "../support/browser.ts";
import { type FakeRunner, startFakeRunner } from "../support/fake-runner.ts";
import { createEndpoint } from "../support/notification-endpoint.ts";
import { openedTenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";

const HREF = "/app/settings/notifications";

const service = await startService({ settings: PAGE_SETTINGS });
const { tenant, owner, user } = openedTenantOfEachTest(service);
let hook: FakeRunner;

beforeEach(async () => {
  hook = await startFakeRunner();
});

const secretIn = (html: string) => /whsec_[A-Za-z0-9+/]{43}=/.exec(html)?.[0] ?? "";

describe("Settings → Notifications", () => {
  it("adds an endpoint and shows its secret once, with snippets that check it", async () => {
    const fields = { url: hook.url, event_types: ["workflow_run.failed"], description: "Accounting" };
    const added = await owner.post(`${HREF}/new`, fields);
    const html = await added.text();
    expect([added.status, added.headers.get("cache-control")]).toEqual([201, "no-store"]);
    const secret = secretIn(html);
    expect(html.split(secret).length).toBeGreaterThan(SNIPPETS.length);
    const [list, requests] = await service.counted(() => owner.read(HREF));
    expect(requests).toBe(1);
    expect(list).toContain("Accounting");
    expect(list).toContain("Nothing was delivered yet");
    expect(list).not.toContain(secret);
    const path = new RegExp(`${HREF}/[0-9a-f-]{36}`).exec(list)?.[0] ?? "";
    const [page, pageRequests] = await service.counted(() => owner.read(path));
    expect(pageRequests).toBe(1);
    expect(page).not.toContain(secret);
  });

  it("shows faults beside the fields, and keeps what was typed", async () => {
    const fields = { url: "https://10.0.0.1/", event_types: ["workflow_run.started"], description: "Mine" };
    const refused = await owner.post(`${HREF}/new`, fields);
    const html = await refused.text();
    expect(refused.status).toBe(422);
    expect(html).toContain("The host must be a name, not an IP address");
    expect(html).toContain('value="Mine"');
    expect(html).toMatch(/value="workflow_run.started" checked/);
    const other = { url: hook.url, workflow_definition_ids: "mine" };
    const alert = (await (await owner.post(`${HREF}/new`, other)).text()).split('role="alert"')[1] ?? "";
    expect(alert).toContain("Notify it when: Choose at least one event.");
    expect(alert).toContain("Only for these workflows: Each must be the id of a workflow.");
  });

  it("adds a chat, whose address no page shows, and which keeps it when the field is left empty", async () => {
    const TOKEN = "xoPqRsTuVwXyZaBcDeFgHiJk";
    const chat = {
      format: "slack",
      url: `${hook.url}/${TOKEN}`,
      event_types: ["workflow_run.failed"],
      labels: "env:prod",
    };
    const wrong = await owner.post(`${HREF}/new`, { ...chat, on: ["works_again"], labels: "prod" });
    const html = await wrong.text();
    expect([wrong.status, html.includes(TOKEN)]).toEqual([422, false]);
    expect(html).toMatch(/Only for runs with all of these labels: .*key:value/);
    const added = await owner.post(`${HREF}/new`, { ...chat, on: ["first_failure"] });
    const path = added.headers.get("location") ?? "";
    expect([added.status, path]).toEqual([303, expect.stringMatching(new RegExp(`^${HREF}/[0-9a-f-]{36}$`))]);
    const change = { format: "slack", url: "", event_types: ["workflow_run.failed", "workflow_run.completed"] };
    expect((await owner.post(`${path}/change`, change)).status).toBe(303);
    expect((await owner.post(`${path}/test`)).status).toBe(303);
    const [request] = await hook.requests(1);
    expect([request?.path, request?.body]).toEqual([
      new URL(chat.url).pathname,
      expect.stringContaining("This is a test"),
    ]);
    const page = await owner.read(path);
    expect(page).toContain("Messages in Slack");
    expect(page).not.toContain("New secret");
    expect(page + (await owner.read(HREF)) + (await owner.read("/app/activity"))).not.toContain(TOKEN);
  });

  it("sends a test, shows its outcome, and sends it again", async () => {
    const { id } = await createEndpoint(service, tenant, hook.url);
    expect((await owner.post(`${HREF}/${id}/test`)).headers.get("location")).toBe(`${HREF}/${id}`);
    const page = await owner.read(`${HREF}/${id}`);
    expect(page).toContain("notification_endpoint.test");
    expect(page).toMatch(/202 in \d+ ms/);
    const resend = /\/deliveries\/[0-9a-f-]{36}\/resend/.exec(page)?.[0];
    expect((await owner.post(`${HREF}/${id}${resend}`)).status).toBe(303);
    const [first, second] = await hook.requests(2);
    expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
  });

  it("shows what an endpoint has answered when it refused, as text", async () => {
    const refusing = await startFakeRunner([{ status: 400, body: "<b>no field</b> \u001b[31m data" }]);
    const { id } = await createEndpoint(service, tenant, refusing.url);
    await owner.post(`${HREF}/${id}/test`);
    const page = await owner.read(`${HREF}/${id}`);
    expect(page).toContain("It answered 400.");
    expect(page).toContain("Its answer: <bdi>&lt;b&gt;no field&lt;/b&gt; ␛[31m data</bdi>");
  });

  it("says until when a delivery waits, and never names an instant in the past", async () => {
    const { id } = await createEndpoint(service, tenant, hook.url);
    const { sql } = service.database;
    await sql`
      insert into notifications (tenant_id, endpoint_id, event_id, event_name, event_at, data, next_try_at)
      values (${tenant.id}, ${id}, '7', 'workflow_run.failed', statement_timestamp(), '{}',
        statement_timestamp() - interval '1 minute')`;
    expect(await owner.read(`${HREF}/${id}`)).toMatch(/Waits\s*<small[^>]*>\s*and is due now/);
    await sql`
      update notification_endpoints set failures = 9, failing_since = statement_timestamp(), failed_probes = 3,
        probe_at = '2100-01-31T12:00:00Z' where id = ${id}`;
    expect(await owner.read(`${HREF}/${id}`)).toMatch(/Waits\s*<small[^>]*>\s*until\s*<time[^>]*2100-01-31T12:00:00/);
  });

  it("changes, disables, enables and deletes an endpoint, and gives it a new secret", async () => {
    const { id, secret } = await createEndpoint(service, tenant, hook.url);
    const fields = { url: hook.url, event_types: ["workflow_run.started"], description: "B" };
    await owner.post(`${HREF}/${id}/change`, fields);
    expect(await owner.read(`${HREF}/${id}`)).toContain("A run started");
    const moved = await owner.post(`${HREF}/${id}/change`, { ...fields, url: `${hook.url}/moved` });
    expect(moved.headers.get("cache-control")).toBe("no-store");
    expect(["", secret]).not.toContain(secretIn(await moved.text()));
    const rotated = await owner.post(`${HREF}/${id}/rotate`);
    expect(secretIn(await rotated.text())).not.toBe(secret);
    expect(await owner.read(`${HREF}/${id}`)).toContain("Old secret signs until");
    await owner.post(`${HREF}/${id}/disable`);
    expect(await owner.read(`${HREF}/${id}`)).toContain("Somebody has disabled it.");
    await owner.post(`${HREF}/${id}/enable`);
    expect(await owner.read(HREF)).toContain("Nothing was delivered yet");
    expect((await owner.post(`${HREF}/${id}/delete`)).headers.get("location")).toBe(HREF);
    expect((await owner.get(`${HREF}/${id}`)).status).toBe(404);
  });

  it("shows a USER no endpoint, and lets them change none", async () => {
    const { id } = await createEndpoint(service, tenant, hook.url);
    expect(await user.read(HREF)).toContain("An OWNER or ADMIN manages notifications.");
    expect((await user.get(`${HREF}/${id}`)).status).toBe(404);
    for (const verb of ["test", "rotate", "disable", "delete"]) {
      expect((await user.post(`${HREF}/${id}/${verb}`)).status).toBe(403);
    }
  });

  it("is linked from Health for an endpoint that fails or was disabled", async () => {
    const { id } = await createEndpoint(service, tenant, hook.url);
    expect(await owner.read("/app/health")).not.toContain("Failing notification endpoints");
    await service.database.sql`
      update notification_endpoints set failures = 9, disabled_at = statement_timestamp(),
        disabled_reason = 'It has failed for five days.' where id = ${id}`;
    const health = await owner.read("/app/health");
    expect(health).toContain(`${HREF}/${id}`);
    expect(health).toContain("It has failed for five days.");
    expect(await user.read("/app/health")).not.toContain(id);
  });

  it("shows the same snippets as the guide", () => {
    const secret = "whsec_dGhpcyBpcyBhbiBleGFtcGxlLCBub3QgYSBzZWNyZXQ=";
    for (const { text } of SNIPPETS) expect(guide).toContain(text(secret));
  });
});
