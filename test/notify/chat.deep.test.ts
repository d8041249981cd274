import { describe, expect, it } from "vitest";
import { Notifier } from "../../src/worker.ts";
import { answeringRunner, type FakeRunner, startFakeRunner } from "../support/fake-runner.ts";
import { callBack, invoke } from "../support/lifecycle.ts";
import { createEndpoint, makeAllDue, readDeliveries, readEndpoint } from "../support/notification-endpoint.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";
import { listWaits, QUESTION, suspend } from "../support/suspensions.ts";

const service = await startService();
const tenant = tenantOfEachTest(service, { runnerUrl: answeringRunner(202) });

const PATH = "/v1/notification-endpoints";
const TOKEN = "/T024BE7LH/B04GHIJKL/xoPqRsTuVwXyZaBcDeFgHiJk";
const addressOf = (hook: FakeRunner) => `${hook.url}${TOKEN}`;
const post = (path: string, body?: object) => service.send("POST", path, tenant.owner.key, body);

async function endRun(result: object, body: object = {}): Promise<string> {
  const runId = await invoke(service, tenant, tenant.owner.key, body);
  await callBack(service, tenant, runId, result);
  return runId;
}

/** Lets the pause of each address be over, and sends what is due. */
async function passPause(): Promise<void> {
  await service.database.sql`
    update notification_endpoints set paced_until = paced_until - interval '2 hours' where tenant_id = ${tenant.id}`;
  await service.database.sql`
    update notifications set next_try_at = next_try_at - interval '2 hours' where tenant_id = ${tenant.id}`;
  await service.sweep();
}

describe("an endpoint for Slack", () => {
  it("gets one message with workflow, person, error, labels and a link, in which nothing of a user is markup", async () => {
    const hook = await startFakeRunner([{ status: 200, body: "ok" }]);
    await createEndpoint(service, tenant, addressOf(hook), { format: "slack" });
    const error = "<!channel> 1 < 2 && ```code``` <https://evil.example|here>";
    const runId = await endRun({ status: "FAILED", error }, { labels: { customer: "A&B" } });
    const [request] = await hook.requests(1);
    expect(Object.keys(request?.headers ?? {}).filter((header) => header.startsWith("webhook-"))).toEqual([]);
    const { text, blocks } = JSON.parse(request?.body ?? "");
    expect(text).toBe("❌ Test failed");
    expect(blocks.every((block: { text: object }) => "verbatim" in block.text)).toBe(true);
    const [title, shown, facts] = blocks.map((block: { text: { text: string } }) => block.text.text);
    expect(title).toBe("❌ *Test failed*");
    expect(shown).toBe("```\n&lt;!channel&gt; 1 &lt; 2 &amp;&amp; '''code''' &lt;https://evil.example|here&gt;\n```");
    expect(facts).toMatch(/^Triggered by: .+\nLabels: customer:A&amp;B\nFailure code: REPORTED\n<https:/);
    expect(facts).toContain(`/app/runs/${runId}|Open the run>`);
  });

  it("shows its host only, and nothing else of its address, wherever one looks", async () => {
    const hook = await startFakeRunner([{ status: 400, body: `no_service: ${TOKEN}` }]);
    const endpoint = await createEndpoint(service, tenant, addressOf(hook), { format: "slack", description: "Ops" });
    expect(endpoint.secret).toBeUndefined();
    expect(await readEndpoint(service, tenant, endpoint)).toMatchObject({
      format: "slack",
      url: new URL(hook.url).origin,
    });
    const moved = { format: "slack", url: `${hook.url}/moved${TOKEN}` };
    const changed = await service.send("PATCH", endpoint.path, tenant.owner.key, moved);
    expect(changed.status).toBe(200);
    await endRun({ status: "FAILED" });
    expect((await hook.requests(1)).map(({ path }) => path)).toEqual([new URL(moved.url).pathname]);
    const { tries } = (await readDeliveries(service, tenant, endpoint))[0] ?? { tries: [] };
    expect(tries).toMatchObject([{ status: 400, answer: expect.stringMatching(/^no_service: \/?\**/) }]);
    const read = (path: string) => service.get(path, tenant.owner.key);
    const audit = await (await read("/v1/audit-events?limit=100")).text();
    expect(JSON.parse(audit).items[0]).toMatchObject({ hidden: ["secret", "url"] });
    const rows = await service.database.sql`
      select e::text || (select string_agg(n::text, '') from notifications n where n.endpoint_id = e.id) as text
      from notification_endpoints e where id = ${endpoint.id}`;
    const seen = [await changed.text(), audit, JSON.stringify(rows)];
    for (const path of [PATH, endpoint.path, `${endpoint.path}/deliveries`, "/v1/events"]) {
      seen.push(await (await read(path)).text());
    }
    for (const part of TOKEN.split("/").filter((one) => one !== "")) expect(seen.join("\n")).not.toContain(part);
  });

  it("gets one message a second, also when two endpoints have its address, and as late as it asks for", async () => {
    const [hook, elsewhere] = [await startFakeRunner([{ status: 200 }]), await startFakeRunner([{ status: 200 }])];
    for (const { url } of [hook, hook, elsewhere]) {
      await createEndpoint(service, tenant, `${url}${TOKEN}`, { format: "slack" });
    }
    const { sql } = service.database;
    const pauses = () => sql`
      select extract(epoch from paced_until - statement_timestamp())::float8 as seconds from notification_endpoints
      where tenant_id = ${tenant.id} order by created_at, id`;
    await endRun({ status: "COMPLETED" });
    for (const { seconds } of await pauses()) expect(seconds).toBeLessThanOrEqual(1);
    // It is made longer than this test takes.
    await sql`update notification_endpoints set paced_until = paced_until + interval '1 hour' where tenant_id = ${tenant.id}`;
    await endRun({ status: "COMPLETED" });
    expect(await hook.requests()).toHaveLength(1);
    for (let sent = 2; sent <= 4; sent++) {
      await passPause();
      expect(await hook.requests()).toHaveLength(sent);
    }
    await hook.script([{ status: 429, headers: { "Retry-After": "300" } }]);
    await passPause();
    await endRun({ status: "COMPLETED" });
    expect((await pauses()).map(({ seconds }) => Number(seconds) > 200)).toEqual([true, true, false]);
  });

  it("gets a message at once at its new address, whatever pause the old one has asked for, and none while others there wait", async () => {
    const [old, hook] = [
      await startFakeRunner([{ status: 429, headers: { "Retry-After": "3600" } }]),
      await startFakeRunner([{ status: 200 }]),
    ];
    const { path } = await createEndpoint(service, tenant, addressOf(old), { format: "slack" });
    expect((await post(`${path}/test`)).status).toBe(202);
    const created = await createEndpoint(service, tenant, addressOf(old), { format: "slack" });
    const moved = await createEndpoint(service, tenant, addressOf(hook), { format: "slack" });
    const move = async (of: string, to: typeof old) =>
      expect((await service.send("PATCH", of, tenant.owner.key, { format: "slack", url: addressOf(to) })).status).toBe(
        200,
      );
    await move(moved.path, old);
    for (const other of [created, moved]) expect((await post(`${other.path}/test`)).status).toBe(202);
    expect(await old.requests()).toHaveLength(1);
    await move(path, hook);
    expect((await post(`${path}/test`)).status).toBe(202);
    expect(await hook.requests()).toHaveLength(1);
  });

  it("is changed, not rotated, and keeps its format", async () => {
    const { path } = await createEndpoint(service, tenant, "https://hooks.slack.com/services/T1/B1/a", {
      format: "slack",
    });
    const rotated = await post(`${path}/rotate-secret`);
    expect(rotated.status).toBe(409);
    expect(await rotated.text()).toContain("its address is the secret");
    const changes = [{ url: "https://hook.example/other" }, { url: "https://hook.example/x", format: "standard" }];
    for (const change of changes) {
      const refused = await service.send("PATCH", path, tenant.owner.key, change);
      expect(refused.status).toBe(422);
      expect(await refused.text()).toContain("The format of the endpoint is `slack`");
    }
    const count = async () => {
      const [row] = await service.database
        .sql`select count(*)::int as n from audit_events where tenant_id = ${tenant.id}`;
      return row?.n;
    };
    const before = await count();
    const same = { format: "slack", url: "https://hooks.slack.com/services/T1/B1/a" };
    expect((await service.send("PATCH", path, tenant.owner.key, same)).status).toBe(200);
    expect(await count()).toBe(before);
  });
});

describe("an endpoint for Teams", () => {
  it("gets an Adaptive Card, and 202 means that it was accepted", async () => {
    const hook = await startFakeRunner([{ status: 202 }]);
    const endpoint = await createEndpoint(service, tenant, addressOf(hook), { format: "teams" });
    const runId = await endRun({ status: "FAILED", error: "[click](https://evil.example)" });
    const [request] = await hook.requests(1);
    const { type, attachments } = JSON.parse(request?.body ?? "");
    expect([type, attachments.length]).toEqual(["message", 1]);
    const [{ contentType, contentUrl, content }] = attachments;
    expect([contentType, contentUrl]).toEqual(["application/vnd.microsoft.card.adaptive", null]);
    expect(content).toMatchObject({ type: "AdaptiveCard", version: "1.4" });
    expect(content.actions).toEqual([
      { type: "Action.OpenUrl", title: "Open the run", url: expect.stringMatching(new RegExp(`/app/runs/${runId}$`)) },
    ]);
    // Only in these elements is Markdown not read.
    expect(new Set(content.body.map((element: { type: string }) => element.type))).toEqual(new Set(["RichTextBlock"]));
    expect(await readDeliveries(service, tenant, endpoint)).toMatchObject([
      { state: "DELIVERED", tries: [{ status: 202 }] },
    ]);
  });

  it("gets nothing before the longest pause is over that it has asked for in answers to messages sent at once", async () => {
    const pauses = ["3000", "60"].map((seconds) => ({ status: 429, headers: { "Retry-After": seconds } }));
    const hook = await startFakeRunner(pauses);
    const { id } = await createEndpoint(service, tenant, addressOf(hook), { format: "teams" });
    const { sql } = service.database;
    // Until both messages are there, nothing is sent.
    await sql`update notification_endpoints set paced_until = statement_timestamp() + interval '1 hour' where id = ${id}`;
    for (let run = 0; run < 2; run++) await endRun({ status: "COMPLETED" });
    await sql`update notification_endpoints set paced_until = null where id = ${id}`;
    const sendDue = async () => {
      await sql`
        update notifications set next_try_at = statement_timestamp() - interval '1 second' where endpoint_id = ${id}`;
      await Notifier.prototype.notify.call(Notifier.prototype, [id]);
      return (await hook.requests()).length;
    };
    expect(await sendDue()).toBe(2);
    const pass = (time: string) => sql`
      update notification_endpoints set paced_until = paced_until - ${time}::interval where id = ${id}`;
    await pass("40 minutes");
    expect(await sendDue()).toBe(2);
    await pass("10 minutes");
    expect(await sendDue()).toBe(3);
  });

  it.each([
    ["https://contoso.webhook.office.com/webhookb2/1@2/IncomingWebhook/3/4", /connector.*retired/],
    ["https://outlook.office365.com/webhook/1@2/IncomingWebhook/3/4", /connector.*retired/],
    ["https://hooks.slack.com/services/T1/B1/a", /workflow in Teams/],
    ["https://logic.azure.com.evil.example/workflows/1", /workflow in Teams/],
  ])("refuses %s, and does not repeat it", async (url, words) => {
    const refused = await post(PATH, { format: "teams", url, event_types: ["workflow_run.failed"] });
    expect(refused.status).toBe(422);
    const text = await refused.text();
    expect(text).toMatch(words);
    expect(text).not.toContain(new URL(url).pathname);
  });

  it.each([
    "https://prod-186.westus.logic.azure.com:443/workflows/3f297b/triggers/manual/paths/invoke?api-version=2016-06-01&sig=abc",
    "https://default5c07.61.environment.api.powerplatform.com:443/powerautomate/automations/direct/workflows/3f/triggers/manual",
  ])("takes the address of a workflow: %s", async (url) => {
    const endpoint = await createEndpoint(service, tenant, url, { format: "teams" });
    expect(await readEndpoint(service, tenant, endpoint)).toMatchObject({ url: new URL(url).origin });
    // Without its format, the address would reach the database as it is.
    const [refused, requests] = await service.counted(() =>
      service.send("PATCH", endpoint.path, tenant.owner.key, { url }),
    );
    expect([refused.status, requests, await refused.text()]).toEqual([
      422,
      0,
      expect.stringContaining("Send `format`"),
    ]);
    expect((await service.send("PATCH", endpoint.path, tenant.owner.key, { url, format: "teams" })).status).toBe(200);
  });
});

describe("an endpoint that hears of suspended runs", () => {
  const told = async (format: "standard" | "slack" | "teams") => {
    const hook = await startFakeRunner([{ status: format === "teams" ? 202 : 200, body: "ok" }]);
    await createEndpoint(service, tenant, format === "standard" ? hook.url : addressOf(hook), {
      ...{ format, event_types: ["workflow_run.suspended"] },
    });
    const runId = await invoke(service, tenant);
    expect((await suspend(service, tenant, runId)).status).toBe(200);
    const [request] = await hook.requests(1);
    return { runId, sent: JSON.parse(request?.body ?? "") };
  };

  it("gets the first question, the instant at which it ends, and the attempt as which the run will go on", async () => {
    const { runId, sent } = await told("standard");
    expect(sent).toMatchObject({
      type: "workflow_run.suspended",
      data: { run_id: runId, attempt: 2, status: "PENDING", suspension: { prompt: QUESTION.prompt } },
    });
    const { items } = await listWaits(service, tenant.owner.key);
    expect(sent.data.suspension.ends_at).toBe(items[0]?.ends_at);
  });

  it("gets a link and nothing that answers, in Slack", async () => {
    const { runId, sent } = await told("slack");
    expect(sent.text).toBe("Test waits for an answer");
    expect(sent.blocks.map(({ type }: { type: string }) => type)).toEqual(["section", "section"]);
    const [, facts] = sent.blocks.map((block: { text: { text: string } }) => block.text.text);
    expect(facts).toMatch(/\nQuestion: Pay invoice 4711\?\nUntil: \d{4}-/);
    expect(facts).toContain(`/app/runs/${runId}|Open the run>`);
    expect(sent.blocks.flatMap((block: object) => Object.keys(block))).not.toContain("accessory");
  });

  it("gets a link and nothing that answers, in Teams", async () => {
    const { runId, sent } = await told("teams");
    const [{ content }] = sent.attachments;
    expect(JSON.stringify(content.body)).toContain(QUESTION.prompt);
    expect(content.actions).toEqual([
      { type: "Action.OpenUrl", title: "Open the run", url: expect.stringMatching(new RegExp(`/app/runs/${runId}$`)) },
    ]);
  });
});

it("refuses an address of Slack for signed webhooks, which Slack would not understand", async () => {
  const url = "https://hooks.slack.com/services/T1/B1/a";
  const refused = await post(PATH, { url, event_types: ["workflow_run.failed"] });
  expect([refused.status, await refused.text()]).toEqual([422, expect.stringContaining("format: slack")]);
});

describe("the filters of an endpoint", () => {
  const told = async (hook: FakeRunner, count = 0) =>
    (await hook.requests(count)).map(({ body }) => {
      const { type, data } = JSON.parse(body);
      return data.turn ?? type;
    });

  it("let only runs with all of its labels through", async () => {
    const hook = await startFakeRunner();
    const filter = ["customer:4711", "stage:live"];
    await createEndpoint(service, tenant, hook.url, { labels: filter });
    await endRun({ status: "COMPLETED" }, { labels: { customer: "4711" } });
    const wanted = await endRun({ status: "COMPLETED" }, { labels: { customer: "4711", stage: "live", more: "x" } });
    expect((await hook.requests(1)).map(({ body }) => JSON.parse(body).data.run_id)).toEqual([wanted]);
  });

  it("let only turns through: the first failure, and the first success after it", async () => {
    const hook = await startFakeRunner();
    await createEndpoint(service, tenant, hook.url, { on: ["first_failure", "works_again"] });
    const [good, bad] = [{ status: "COMPLETED" }, { status: "FAILED", error: "No paper." }];
    for (const result of [good, bad, bad, good, good, bad]) await endRun(result);
    expect(await told(hook, 3)).toEqual(["first_failure", "works_again", "first_failure"]);
  });

  it("take a run that was stopped or superseded for no end, so that the next failure is told", async () => {
    const hook = await startFakeRunner();
    await createEndpoint(service, tenant, hook.url, { on: ["first_failure", "works_again"] });
    await endRun({ status: "COMPLETED" });
    const stopped = await invoke(service, tenant);
    await post(`/v1/workflow-runs/${stopped}/stop`);
    await service.database.sql`
      update workflow_definitions set when_busy = 'replace_queued' where id = ${tenant.definitionId}`;
    const running = await invoke(service, tenant);
    const superseded = await invoke(service, tenant);
    const last = await invoke(service, tenant);
    const codes = await service.database.sql`
      select failure_code from workflow_runs where id in (${stopped}, ${superseded}) order by id`;
    expect(codes.map(({ failure_code }) => failure_code)).toEqual(["STOPPED", "SUPERSEDED"]);
    await callBack(service, tenant, running, { status: "FAILED", error: "No paper." });
    await callBack(service, tenant, last, { status: "COMPLETED" });
    expect(await told(hook, 2)).toEqual(["first_failure", "works_again"]);
  });

  it("compare with the run that ended before, even when that was deleted, or is retried by a person", async () => {
    const hook = await startFakeRunner();
    await createEndpoint(service, tenant, hook.url, { on: ["first_failure", "works_again"] });
    const deleted = await endRun({ status: "FAILED" });
    await service.send("DELETE", `/v1/workflow-runs/${deleted}`, tenant.owner.key);
    const retried = await endRun({ status: "FAILED" });
    await post(`/v1/workflow-runs/${retried}/retry`);
    await callBack(service, tenant, retried, { status: "COMPLETED" }, 2);
    expect(await told(hook, 2)).toEqual(["first_failure", "works_again"]);
  });

  it("take an attempt that the policy retries for no end", async () => {
    const hook = await startFakeRunner();
    await service.database.sql`
      update workflow_definitions set max_attempts = 2, retry_on = '{DEADLINE}' where id = ${tenant.definitionId}`;
    const endpoint = await createEndpoint(service, tenant, hook.url, { on: ["first_failure"] });
    const runId = await invoke(service, tenant);
    for (const count of [0, 1]) {
      await service.database.sql`
        update workflow_runs set not_before = statement_timestamp() where id = ${runId} and not_before is not null`;
      await service.sweep();
      await service.database.sql`
        update workflow_runs set started_at = started_at - interval '1 day', deadline_at = statement_timestamp() - interval '1 second'
        where id = ${runId}`;
      await service.sweep();
      await makeAllDue(service, endpoint);
      await service.sweep();
      expect(await told(hook)).toEqual(count === 0 ? [] : ["first_failure"]);
    }
  });

  it("refuse a turn whose event it does not hear of", async () => {
    const body = { url: "https://hook.example/", event_types: ["workflow_run.failed"], on: ["works_again"] };
    const refused = await post(PATH, body);
    expect([refused.status, await refused.text()]).toEqual([422, expect.stringContaining("`works_again` needs")]);
    const { path } = await createEndpoint(service, tenant, "https://hook.example/", { on: ["works_again"] });
    const change = { event_types: ["workflow_run.failed"] };
    expect((await service.send("PATCH", path, tenant.owner.key, change)).status).toBe(422);
  });
});
