/** Webhooks of other services: which messages a trigger takes, with what they trigger a run, and what they are answered. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { BUSY_RUNNER } from "../support/fake-runner.ts";
import { tenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";
import { addUser, createTenant } from "../support/tenant.ts";
import { createWebhook, HMAC, post, TIMESTAMPED, type Webhook } from "./inbound-support.ts";
import { SIGNED } from "./signed-messages.ts";
import { createTrigger, HOURLY, readFirings, readTrigger, send } from "./support.ts";

const service = await startService();
const tenant = tenantOfEachTest(service, { runnerUrl: BUSY_RUNNER });

beforeEach(async () => {
  // The answer of an invoke is the same, whoever runs: many slots, so that no run waits.
  await service.database.sql`update workflow_definitions set max_running = 50 where id = ${tenant.definitionId}`;
});

const BODY = JSON.stringify({
  ref: "refs/heads/main",
  after: "0cffc4e",
  repository: { full_name: "team/site", id: 17 },
});

type Receipt = { firing_id: string; outcome: string; run_id: string | null };

/** Sends a message that is signed as GitHub signs it. */
const sendGithub = (hook: Webhook, more: { body?: string; id?: string; event?: string; secret?: string } = {}) => {
  const { body = BODY, ...signing } = more;
  return post(service, hook.id, body, SIGNED.github({ secret: hook.secret, body, ...signing }));
};

const receiptOf = async (response: Response): Promise<Receipt & { status: number }> => ({
  status: response.status,
  ...(await response.json<Receipt>()),
});

/** The input, key and labels of a run. */
async function readContent(runId: string | null) {
  const [row] = await service.database.sql`
    select input, concurrency_key, labels_of(id) as labels, idempotency_key, user_id, triggered_by ->> 'delivery_id' as delivery_id
    from workflow_runs where id = ${runId}`;
  return row;
}

describe("a message with a whole number that would be rounded", () => {
  const body = '{"order": {"id": 9007199254740993, "name": "A1"}, "shop": {"id": 17}}';
  const receive = async (webhook: object) => {
    const hook = await createWebhook(service, tenant, { scheme: "github", ...webhook });
    await sendGithub(hook, { body });
    const [firing] = await readFirings(service, tenant, hook.id);
    return firing;
  };

  it.each([
    ["all of it is the input", {}],
    ["it is picked", { pick: { order: "/order" } }],
    ["it would be the key", { pick: { name: "/order/name" }, key_from: "/order/id" }],
    ["it would be a label", { pick: { name: "/order/name" }, labels_from: { order: "/order/id" } }],
  ])("is refused with the place when %s", async (_, webhook) => {
    const detail = { message: expect.stringMatching(/number at \/order\/id would be changed/), pointer: "/order/id" };
    expect(await receive(webhook)).toMatchObject({ outcome: "REFUSED", reason: "body_unusable", detail });
  });

  it("triggers a run when the trigger does not take it", async () => {
    const webhook = { pick: { name: "/order/name" }, key_from: "/shop/id" };
    expect(await receive(webhook)).toMatchObject({ outcome: "FIRED" });
  });
});

describe("a webhook", () => {
  it.each([
    ["standard-webhooks", { scheme: "standard-webhooks" }],
    ["github", { scheme: "github" }],
    ["stripe", { scheme: "stripe" }],
    ["hmac-sha256", HMAC],
    ["slack", { scheme: "slack" }],
    ["timestamped", TIMESTAMPED],
  ] as const)("of the scheme %s triggers a run, and an unsigned one does not", async (scheme, webhook) => {
    const hook = await createWebhook(service, tenant, webhook);
    expect(hook.webhook.url).toMatch(new RegExp(`^https?://.+/v1/inbound/${hook.id}$`));
    const signed = SIGNED[scheme]({ secret: hook.secret, body: BODY });
    const taken = await receiptOf(await post(service, hook.id, BODY, signed));
    expect(taken).toMatchObject({ status: 202, outcome: "FIRED" });
    expect(await readContent(taken.run_id)).toMatchObject({
      input: JSON.parse(BODY),
      idempotency_key: null,
      user_id: tenant.owner.id,
    });
    expect((await post(service, hook.id, BODY)).status).toBe(401);
    expect((await post(service, hook.id, `${BODY} `, signed)).status).toBe(401);
    expect((await post(service, `${hook.id}/${hook.secret}`, BODY, signed)).status).toBe(401);
    expect(await readFirings(service, tenant, hook.id)).toHaveLength(1);
  });

  it("without an id fires once when its signature has a time, and has no id of a delivery", async () => {
    const hook = await createWebhook(service, tenant, TIMESTAMPED);
    const at = Math.floor(Date.now() / 1000);
    const signedAt = (seconds: number) => SIGNED.timestamped({ secret: hook.secret, body: BODY, at: seconds });
    const first = await receiptOf(await post(service, hook.id, BODY, signedAt(at)));
    expect(first).toMatchObject({ status: 202, outcome: "FIRED" });
    expect(await receiptOf(await post(service, hook.id, BODY, signedAt(at)))).toEqual({ ...first, status: 200 });
    expect((await post(service, hook.id, BODY, signedAt(at - 1))).status).toBe(202);
    const firings = await readFirings(service, tenant, hook.id);
    expect(firings.map(({ delivery_id }) => delivery_id)).toEqual([null, null]);
    const { sql } = service.database;
    const runs =
      await sql`select triggered_by ? 'delivery_id' as has_id from workflow_runs where tenant_id = ${tenant.id}`;
    expect(runs).toEqual([{ has_id: false }, { has_id: false }]);
  });

  it("with signatures of two secrets fires once, whichever of them it is sent with again", async () => {
    const hook = await createWebhook(service, tenant, TIMESTAMPED);
    const at = Math.floor(Date.now() / 1000);
    const rotated = await send<{ secret: string }>(
      ...[service, "POST", `/v1/triggers/${hook.id}/rotate-secret`, tenant.owner.key, {}],
    );
    const [older, newer] = [hook.secret, rotated.secret].map(
      (secret) => SIGNED.timestamped({ secret, body: BODY, at })["X-Signature"],
    );
    const both = `${newer},${String(older).replace(/^t=\d+,/, "")}`;
    const sent = [];
    for (const signature of [both, older, newer]) {
      sent.push(await receiptOf(await post(service, hook.id, BODY, { "X-Signature": String(signature) })));
    }
    expect(sent.map(({ status }) => status)).toEqual([202, 200, 200]);
    expect(await readFirings(service, tenant, hook.id)).toHaveLength(1);
  });

  it("of GitLab has the secret in a header, its event in the body, and a key by which it fires once", async () => {
    const hook = await createWebhook(service, tenant, { scheme: "gitlab", when: ["push", "merge_request.open"] });
    const headers = { "X-Gitlab-Token": hook.secret, "Idempotency-Key": "3f9d" };
    const send = (body: object, more: Record<string, string> = headers) =>
      post(service, hook.id, JSON.stringify(body), more);
    const push = { object_kind: "push", after: "0cffc4e" };
    const first = await receiptOf(await send(push));
    expect(first).toMatchObject({ status: 202, outcome: "FIRED" });
    expect(await receiptOf(await send(push))).toEqual({ ...first, status: 200 });
    const merge = (action: string) => ({ object_kind: "merge_request", object_attributes: { action } });
    const token = { "X-Gitlab-Token": hook.secret };
    expect((await send(merge("close"), token)).status).toBe(204);
    expect((await send(merge("open"), token)).status).toBe(202);
    for (const wrong of [{}, { "X-Gitlab-Token": `${hook.secret}x` }, { "X-Gitlab-Token": "" }]) {
      expect((await send(push, wrong)).status).toBe(401);
    }
    expect((await post(service, `${hook.id}/${hook.secret}`, "{}", token)).status).toBe(401);
  });

  it("of Slack answers the challenge, also while it is paused, and knows an event by its id", async () => {
    const hook = await createWebhook(service, tenant, { scheme: "slack", when: ["app_mention"] });
    const say = (message: object, at?: number) => {
      const body = JSON.stringify(message);
      return post(service, hook.id, body, SIGNED.slack({ secret: hook.secret, body, ...(at !== undefined && { at }) }));
    };
    const challenge = { type: "url_verification", challenge: "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P" };
    await send(service, "POST", `/v1/triggers/${hook.id}/pause`, tenant.owner.key, {});
    const answer = await say(challenge);
    expect([answer.status, answer.headers.get("Content-Type"), await answer.text()]).toEqual([
      ...[200, expect.stringMatching(/^text\/plain/), challenge.challenge],
    ]);
    expect((await post(service, hook.id, JSON.stringify(challenge))).status).toBe(401);
    expect((await say(challenge, 1_600_000_000)).status).toBe(401);
    await send(service, "POST", `/v1/triggers/${hook.id}/resume`, tenant.owner.key, {});
    const event = (type: string) => ({ type: "event_callback", event_id: `Ev-${type}`, event: { type } });
    expect((await say(event("message"))).status).toBe(204);
    const first = await receiptOf(await say(event("app_mention")));
    expect(first).toMatchObject({ status: 202, outcome: "FIRED" });
    expect(await receiptOf(await say(event("app_mention")))).toEqual({ ...first, status: 200 });
  });

  it("with a token in its URL triggers a run, also with an empty body", async () => {
    const hook = await createWebhook(service, tenant, { scheme: "token" }, { input: { from: "cron" } });
    const taken = await receiptOf(await post(service, `${hook.id}/${hook.secret}`, ""));
    expect(taken).toMatchObject({ status: 202, outcome: "FIRED" });
    expect(await readContent(taken.run_id)).toMatchObject({ input: { from: "cron" } });
    expect((await post(service, hook.id, "")).status).toBe(401);
    expect((await post(service, `${hook.id}/${hook.secret}x`, "")).status).toBe(401);
  });

  it("costs two requests to the database, and then one as long as the isolate remembers the trigger", async () => {
    const hook = await createWebhook(service, tenant, { scheme: "github" });
    const count = async () => (await service.counted(() => sendGithub(hook)))[1];
    // What follows the answer is the dispatch, whose acceptance is recorded.
    await service.database.sql`update workflow_definitions set handover = 'lease' where id = ${tenant.definitionId}`;
    expect([await count(), await count()]).toEqual([2, 1]);
  });

  it("is the same 401 for an unknown trigger, one of another kind or tenant, and whatever is not signed", async () => {
    const hook = await createWebhook(service, tenant, { scheme: "github" });
    const schedule = await createTrigger(service, tenant, HOURLY);
    const signed = SIGNED.github({ secret: hook.secret, body: BODY });
    const other = await createWebhook(service, await createTenant(service.database), { scheme: "github" });
    const answers = await Promise.all([
      post(service, hook.id, BODY),
      post(service, hook.id, "{".repeat(100_000), { "X-Hub-Signature-256": "sha256=0" }),
      post(service, schedule.id, BODY, signed),
      post(service, other.id, BODY, signed),
      post(service, crypto.randomUUID(), BODY, signed),
      post(service, "no-id", BODY, signed),
      post(service, `${crypto.randomUUID()}/token`, BODY),
    ]);
    const bodies = await Promise.all(
      answers.map(async (response) => {
        const { request_id: _, ...body } = await response.json<Record<string, unknown>>();
        return [response.status, response.headers.get("content-type"), body];
      }),
    );
    expect(bodies[0]?.[0]).toBe(401);
    for (const body of bodies) expect(body).toEqual(bodies[0]);
  });

  it("counts for its address only when its trigger is looked up, and otherwise for its trigger, once it is signed", async () => {
    const limiter = (allowed: number) => {
      const keys: string[] = [];
      return { keys, limit: async ({ key }: { key: string }) => ({ success: keys.push(key) <= allowed }) };
    };
    const [ofAddress, ofFailure, ofCaller] = [limiter(1), limiter(3), limiter(3)];
    const limited = await startService({
      database: service.database,
      settings: { ADDRESS_LIMITER: ofAddress, FAILURE_LIMITER: ofFailure, CALLER_LIMITER: ofCaller },
    });
    const hook = await createWebhook(service, tenant, { scheme: "github" });
    const from = { "CF-Connecting-IP": "192.0.2.1" };
    const unsigned: number[] = [];
    for (let i = 0; i < 5; i++) unsigned.push((await post(limited, hook.id, BODY, from)).status);
    expect(unsigned).toEqual([401, 401, 401, 429, 429]);
    expect(ofCaller.keys).toEqual([]);
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) {
      const signed = SIGNED.github({ secret: hook.secret, body: BODY });
      statuses.push((await post(limited, hook.id, BODY, { ...from, ...signed })).status);
    }
    expect(statuses).toEqual([202, 202, 202, 429]);
    expect(new Set(ofCaller.keys)).toEqual(new Set([`trigger ${hook.id}`]));
    expect([ofAddress.keys, ofFailure.keys]).toEqual([["192.0.2.1"], Array.from({ length: 5 }, () => "192.0.2.1")]);
    // Each unknown id would cost a question to the database, so the address is refused when it has asked too often.
    const [madeUp, requests] = await limited.counted(() => post(limited, crypto.randomUUID(), BODY, from));
    expect([madeUp.status, requests]).toEqual([429, 0]);
  });
});

describe("a message that was sent before", () => {
  it("is answered with its firing, whichever id its sender has not signed", async () => {
    const hook = await createWebhook(service, tenant, { scheme: "github" });
    const id = "72d3162e-cc78-11e3-81ab-4c9367dc0958";
    const first = await receiptOf(await sendGithub(hook, { id }));
    expect(await receiptOf(await sendGithub(hook, { id }))).toEqual({ ...first, status: 200 });
    expect(await readContent(first.run_id)).toMatchObject({ delivery_id: id });
    // GitHub does not sign its id: whoever has a message could name it like another one, which would then be lost.
    expect(await receiptOf(await sendGithub(hook, { id, body: `${BODY} ` }))).toMatchObject({
      status: 202,
      outcome: "FIRED",
    });
    const firings = await send<{ items: object[] }>(
      service,
      "GET",
      `/v1/triggers/${hook.id}/firings`,
      tenant.owner.key,
    );
    expect(firings.items).toMatchObject([
      { cause: "webhook", delivery_id: id },
      { cause: "webhook", delivery_id: id, scheduled_at: null, outcome: "FIRED" },
    ]);
  });

  it.each([
    ["standard-webhooks", (secret: string, body: string) => SIGNED["standard-webhooks"]({ secret, body, id: "msg_1" })],
    ["stripe", (secret: string, body: string) => SIGNED.stripe({ secret, body })],
  ] as const)("is known by the id that %s signs", async (scheme, sign) => {
    const hook = await createWebhook(service, tenant, { scheme });
    const body = '{"id": "evt_1", "type": "paid"}';
    const again = async () => (await post(service, hook.id, body, sign(hook.secret, body))).status;
    expect([await again(), await again()]).toEqual([202, 200]);
  });

  it("fires again when it did not fire, after seven days, and when it has no id", async () => {
    const hook = await createWebhook(service, tenant, { scheme: "github" });
    await send(service, "POST", `/v1/workflow-definitions/${tenant.definitionId}/pause`, tenant.owner.key).catch(
      () => 0,
    );
    expect(await receiptOf(await sendGithub(hook, { id: "1" }))).toMatchObject({ outcome: "REFUSED", run_id: null });
    await service.database.sql`update workflow_definitions set is_active = true where id = ${tenant.definitionId}`;
    expect(await receiptOf(await sendGithub(hook, { id: "1" }))).toMatchObject({ status: 202, outcome: "FIRED" });
    await service.database.sql`
      update trigger_firings set at = at - interval '7 days' where trigger_id = ${hook.id} and outcome = 'FIRED'`;
    expect((await sendGithub(hook, { id: "1" })).status).toBe(202);
    expect((await sendGithub(hook, { id: "1" })).status).toBe(200);
    const nameless = await createWebhook(service, tenant, HMAC);
    const again = async () =>
      (await post(service, nameless.id, BODY, SIGNED["hmac-sha256"]({ secret: nameless.secret, body: BODY }))).status;
    expect([await again(), await again()]).toEqual([202, 202]);
  });

  it("fires once when ten of them arrive at the same time", async () => {
    const hook = await createWebhook(service, tenant, { scheme: "github" });
    const answers = await Promise.all(Array.from({ length: 10 }, () => sendGithub(hook, { id: "same" })));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(9).fill(200), 202]);
    expect(await readFirings(service, tenant, hook.id)).toHaveLength(1);
  });
});

describe("what a message triggers a run with", () => {
  it("is picked from it, and what the trigger says goes before", async () => {
    const webhook = {
      scheme: "github",
      pick: { commit: "/after", repository: "/repository", none: "/nowhere", mode: "/ref" },
      key_from: "/repository/full_name",
      labels_from: { repository: "/repository/id", ref: "/ref", none: "/nowhere" },
    };
    const hook = await createWebhook(service, tenant, webhook, { input: { mode: "fast" }, labels: { ref: "fixed" } });
    const { run_id: runId } = await receiptOf(await sendGithub(hook));
    expect(await readContent(runId)).toMatchObject({
      input: { commit: "0cffc4e", repository: { full_name: "team/site", id: 17 }, mode: "fast" },
      concurrency_key: "team/site",
      labels: { repository: "17", ref: "fixed" },
    });
  });

  it("has the key of the message, and that of the trigger only without one", async () => {
    const webhook = { scheme: "github", key_from: "/repository/full_name" };
    const hook = await createWebhook(service, tenant, webhook, { concurrency_key: "of the trigger" });
    const keyOf = async (body: string) =>
      (await readContent((await receiptOf(await sendGithub(hook, { body }))).run_id))?.concurrency_key;
    expect([await keyOf(BODY), await keyOf("{}")]).toEqual(["team/site", "of the trigger"]);
  });

  it("is only of the events that it takes, and never of a ping", async () => {
    const hook = await createWebhook(service, tenant, { scheme: "github", when: ["push", "pull_request.opened"] });
    const status = async (event: string, action?: string) =>
      (await sendGithub(hook, { event, body: JSON.stringify({ action }) })).status;
    expect([await status("push"), await status("pull_request", "opened")]).toEqual([202, 202]);
    expect([await status("pull_request", "closed"), await status("issues"), await status("ping")]).toEqual([
      204, 204, 204,
    ]);
    const all = await createWebhook(service, tenant, { scheme: "github" });
    expect((await sendGithub(all, { event: "ping" })).status).toBe(204);
    const paid = await createWebhook(service, tenant, { ...HMAC, when: ["invoice.paid"] });
    const ofType = async (type: unknown) => {
      const body = JSON.stringify({ type });
      return (await post(service, paid.id, body, SIGNED["hmac-sha256"]({ secret: paid.secret, body }))).status;
    };
    expect([await ofType("invoice.paid"), await ofType("invoice.void"), await ofType(1)]).toEqual([202, 204, 204]);
  });

  it.each([
    ["body_unusable", "no JSON", {}],
    ["body_unusable", "[1]", {}],
    ["body_unusable", '{"a": "\\u0000"}', {}],
    ["body_unusable", `{"a": ${"[".repeat(40)}${"]".repeat(40)}}`, {}],
    ["input_too_large", JSON.stringify({ a: "x".repeat(33_000) }), {}],
    ["no_key", "{}", { key_from: "/customer" }],
  ])("is refused with %s when it cannot be used: %#", async (reason, body, more) => {
    const hook = await createWebhook(service, tenant, { scheme: "github", ...more });
    expect(await receiptOf(await sendGithub(hook, { body }))).toMatchObject({
      status: 202,
      outcome: "REFUSED",
      run_id: null,
    });
    expect(await readFirings(service, tenant, hook.id)).toMatchObject([
      { outcome: "REFUSED", reason, cause: "webhook" },
    ]);
  });

  it("may be picked from a body of a mebibyte of nested JSON, in a time that grows with its length only", async () => {
    const hook = await createWebhook(service, tenant, { scheme: "github", pick: { a: "/a" } });
    const nested = (length: number) => `{"a":1,"b":[${'[["{["]],'.repeat(length / 9 - 3)}1]}`;
    const large = nested(1024 * 1024);
    expect(await receiptOf(await sendGithub(hook, { body: large }))).toMatchObject({ outcome: "FIRED" });
    for (const deep of ["[".repeat(1_000_000), '{"a":'.repeat(200_000), '"\\'.repeat(500_000)]) {
      expect(await receiptOf(await sendGithub(hook, { body: deep }))).toMatchObject({ outcome: "REFUSED" });
    }
    expect((await sendGithub(hook, { body: "x".repeat(1024 * 1024 + 1) })).status).toBe(413);
  });
});

describe("a message to a trigger that does not fire", () => {
  it("is answered 202 with the outcome, and a pause is one row", async () => {
    const hook = await createWebhook(service, tenant, { scheme: "github" }, { when_busy: "skip" });
    await service.database.sql`update workflow_definitions set max_running = 1 where id = ${tenant.definitionId}`;
    const outcomes: string[] = [];
    const again = async () => {
      const { status, outcome, run_id: runId } = await receiptOf(await sendGithub(hook));
      expect(status).toBe(202);
      outcomes.push(`${outcome} ${runId === null ? "without" : "with"} a run`);
    };
    await again();
    await again();
    await send(service, "POST", `/v1/triggers/${hook.id}/pause`, tenant.owner.key, {});
    for (let i = 0; i < 3; i++) await again();
    expect(outcomes).toEqual(["FIRED with a run", "SKIPPED without a run", ...Array(3).fill("MISSED without a run")]);
    const [missed] = await readFirings(service, tenant, hook.id);
    expect(missed).toMatchObject({
      outcome: "MISSED",
      reason: "paused",
      count: 3,
      cause: "webhook",
      delivery_id: null,
    });
    expect(missed?.scheduled_until).not.toBeNull();
    const events = await service.database.sql`
      select type from workflow_run_events where tenant_id = ${tenant.id} and type like 'TRIGGER\\_%' order by id`;
    expect(events.map(({ type }) => type)).toEqual(["TRIGGER_SKIPPED", "TRIGGER_MISSED"]);
    // Resumed, it takes messages, and catches up none.
    await send(service, "POST", `/v1/triggers/${hook.id}/resume`, tenant.owner.key, { catch_up: true });
    await service.sweep();
    await again();
    expect(outcomes.at(-1)).toBe("SKIPPED without a run");
    expect(await readTrigger(service, tenant, hook.id)).toMatchObject({ is_active: true, next_at: null });
  });

  it("counts with the others of the same pause only", async () => {
    const hook = await createWebhook(service, tenant, { scheme: "github" });
    const set = (verb: string) => send(service, "POST", `/v1/triggers/${hook.id}/${verb}`, tenant.owner.key, {});
    for (const messages of [2, 1]) {
      await set("pause");
      for (let i = 0; i < messages; i++) await sendGithub(hook);
      await set("resume");
    }
    expect(await readFirings(service, tenant, hook.id)).toMatchObject([
      { outcome: "MISSED", count: 1 },
      { outcome: "MISSED", count: 2 },
    ]);
  });

  it("because its user has lost the rights pauses the trigger", async () => {
    const hook = await createWebhook(service, tenant, { scheme: "github" });
    await addUser(service.database, tenant, "OWNER");
    await service.database.sql`update users set deactivated_at = now() where id = ${tenant.owner.id}`;
    expect(await receiptOf(await sendGithub(hook))).toMatchObject({ status: 202, outcome: "REFUSED" });
    expect(await receiptOf(await sendGithub(hook))).toMatchObject({ status: 202, outcome: "MISSED" });
    const [row] = await service.database.sql`select pause_note from triggers where id = ${hook.id}`;
    expect(row?.pause_note).toContain("no longer active");
  });

  it("since it was deleted is a 401 also where it is still remembered", async () => {
    const hook = await createWebhook(service, tenant, { scheme: "github" });
    expect((await sendGithub(hook)).status).toBe(202);
    await service.send("DELETE", `/v1/triggers/${hook.id}`, tenant.owner.key);
    expect((await sendGithub(hook)).status).toBe(401);
  });
});

describe("a flood of messages that nobody has signed", () => {
  it("costs a look-up, and a signed message among them is taken", async () => {
    const hook = await createWebhook(service, tenant, { scheme: "github" });
    await service.database.sql`update workflow_definitions set handover = 'lease' where id = ${tenant.definitionId}`;
    const wrong = SIGNED.github({ secret: "another secret, sixteen", body: BODY });
    const nobody = crypto.randomUUID();
    const [statuses, requests] = await service.counted(async () => {
      const unsigned = Array.from({ length: 100 }, () => post(service, hook.id, BODY, wrong));
      const signed = sendGithub(hook);
      const unknown = Array.from({ length: 50 }, () => post(service, nobody, BODY));
      return [(await signed).status, ...(await Promise.all([...unsigned, ...unknown])).map(({ status }) => status)];
    });
    expect(statuses).toEqual([202, ...Array(150).fill(401)]);
    // One for each of the two ids, and the firing.
    expect(requests).toBe(3);
  });
});

describe("the secret of a webhook", () => {
  it("is shown once, and is encrypted", async () => {
    const hook = await createWebhook(service, tenant, { scheme: "github" });
    expect(hook.secret).toMatch(/^whsec_[A-Za-z0-9]{44}$/);
    expect(JSON.stringify(await readTrigger(service, tenant, hook.id))).not.toContain(hook.secret);
    const [row] = await service.database.sql`select to_jsonb(t)::text as row from triggers t where id = ${hook.id}`;
    expect(row?.row).not.toContain(hook.secret);
  });

  it("can be given, if the scheme allows it", async () => {
    const given = "It's a Secret to Everybody";
    expect((await createWebhook(service, tenant, { scheme: "github" }, { secret: given })).secret).toBe(given);
    const path = `/v1/workflow-definitions/${tenant.definitionId}/triggers`;
    const status = async (webhook: object, secret: string, more = {}) => {
      const body = { name: "Test", kind: "webhook", webhook, secret, ...more };
      const response = await service.send("POST", path, tenant.owner.key, body);
      const text = await response.text();
      expect(text).not.toContain(secret);
      return response.status;
    };
    expect(await status({ scheme: "github" }, "too short")).toBe(422);
    expect(await status({ scheme: "token" }, given)).toBe(422);
    expect(await status({ scheme: "standard-webhooks" }, "whsec_this is no base64")).toBe(422);
    expect(await status({ scheme: "github" }, given, { kind: "schedule", webhook: null, schedule: HOURLY })).toBe(422);
  });

  it("is in the answer, too, when the database's first answer was lost and the service has asked again", async () => {
    const { database } = service;
    await database.inflict({ kind: "cut after", times: 1 });
    const [hook, requests] = await service.counted(() => createWebhook(service, tenant, { scheme: "github" }));
    await database.mend();
    expect(requests).toBe(2);
    expect((await sendGithub(hook)).status).toBe(202);
  });

  it("is rotated, and the old one is taken for 24 hours", async () => {
    const hook = await createWebhook(service, tenant, { scheme: "github" });
    expect((await sendGithub(hook, { id: "sent again" })).status).toBe(202);
    const rotated = await send<Webhook & { user_id: string }>(
      service,
      "POST",
      `/v1/triggers/${hook.id}/rotate-secret`,
      tenant.admin.key,
    );
    expect(rotated.secret).not.toBe(hook.secret);
    expect(rotated.webhook.old_secret_until).not.toBeNull();
    expect(rotated.user_id).toBe(tenant.admin.id);
    expect((await sendGithub(rotated)).status).toBe(202);
    expect((await sendGithub(rotated, { id: "sent again" })).status).toBe(200);
    expect((await sendGithub(hook)).status).toBe(202);
    const pass = (time: string) => service.database.sql`
      update triggers set previous_secret_until = previous_secret_until - ${time}::interval, version = version + 1 where id = ${hook.id}`;
    await pass("23 hours 50 minutes");
    expect((await sendGithub(hook)).status).toBe(202);
    await pass("10 minutes");
    expect((await sendGithub(hook)).status).toBe(401);
    expect((await sendGithub(rotated)).status).toBe(202);
    const given = "a secret of Stripe's own making";
    const again = await send<Webhook>(service, "POST", `/v1/triggers/${hook.id}/rotate-secret`, tenant.owner.key, {
      secret: given,
    });
    expect(again.secret).toBe(given);
  });

  it("is read again for a message that it does not fit, when another isolate has rotated it", async () => {
    const hook = await createWebhook(service, tenant, { scheme: "github" });
    const other = await startService({ database: service.database });
    for (let rotations = 1; rotations <= 3; rotations++) {
      expect((await sendGithub(hook)).status).toBe(202);
      const { secret } = await send<Webhook>(other, "POST", `/v1/triggers/${hook.id}/rotate-secret`, tenant.owner.key);
      hook.secret = secret;
      expect((await sendGithub(hook)).status).toBe(202);
    }
  });

  it("costs the database three requests in a flood of wrong signatures, and then one in fifteen seconds", async () => {
    const hook = await createWebhook(service, tenant, { scheme: "github" });
    expect((await sendGithub(hook)).status).toBe(202);
    const wrong = async () => (await sendGithub({ ...hook, secret: "of somebody else" })).status;
    const flood = () => service.counted(() => Promise.all(Array.from({ length: 20 }, wrong)));
    const refused = Array(20).fill(401);
    // Those that come at the same time share what one of them reads.
    for (const most of [1, 1, 1, 0]) expect(await flood()).toEqual([refused, most]);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 16_000 });
    for (const most of [1, 0]) expect(await flood()).toEqual([refused, most]);
    vi.useRealTimers();
    expect((await sendGithub(hook)).status).toBe(202);
  });

  it("is not that of a schedule, and stays when the trigger is replaced, as does the scheme", async () => {
    const schedule = await createTrigger(service, tenant, HOURLY);
    const rotate = (id: string, body?: object) =>
      service.send("POST", `/v1/triggers/${id}/rotate-secret`, tenant.owner.key, body);
    expect((await rotate(schedule.id)).status).toBe(409);
    expect((await service.send("POST", `/v1/triggers/${schedule.id}/rotate-secret`, tenant.user.key)).status).toBe(404);
    const token = await createWebhook(service, tenant, { scheme: "token" });
    expect((await rotate(token.id, { secret: "a token that somebody gives" })).status).toBe(422);
    const hook = await createWebhook(service, tenant, { scheme: "github" });
    const replace = async (webhook: object) =>
      (
        await service.send("PUT", `/v1/triggers/${hook.id}`, tenant.owner.key, {
          name: "Other",
          kind: "webhook",
          webhook,
        })
      ).status;
    expect(await replace({ scheme: "github", when: ["push"] })).toBe(200);
    expect(await replace({ scheme: "stripe" })).toBe(422);
    expect((await sendGithub(hook)).status).toBe(202);
  });
});

describe("a trigger of another kind than its fields", () => {
  it.each([
    [{ kind: "webhook" }, "webhook"],
    [{ kind: "webhook", webhook: { scheme: "github" }, schedule: HOURLY }, "schedule"],
    [{ kind: "schedule", webhook: { scheme: "github" }, schedule: HOURLY }, "webhook"],
    [{ kind: "webhook", webhook: { scheme: "hmac-sha256" } }, "webhook.signature_header"],
    [{ kind: "webhook", webhook: { scheme: "github", pick: { a: "b" } } }, "webhook.pick.a"],
    [{ kind: "webhook", webhook: { scheme: "github", labels_from: { A: "/b" } } }, "webhook.labels_from.A"],
    [{ kind: "webhook", webhook: { scheme: "github", when: [] } }, "webhook.when"],
  ])("is refused: %#", async (body, field) => {
    const path = `/v1/workflow-definitions/${tenant.definitionId}/triggers`;
    const response = await service.send("POST", path, tenant.owner.key, { name: "Test", ...body });
    const { detail } = await response.json<{ detail: { loc: string[] }[] }>();
    expect(detail.map(({ loc }) => loc.slice(1).join("."))).toContain(field);
  });

  it("has no instants, and fires by hand with its own input", async () => {
    const hook = await createWebhook(service, tenant, { scheme: "github" }, { input: { a: 1 } });
    const path = `/v1/triggers/${hook.id}`;
    expect(await send(service, "GET", `${path}/occurrences`, tenant.owner.key)).toMatchObject({ items: [] });
    const range = { from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z" };
    expect((await service.send("POST", `${path}/backfill`, tenant.owner.key, range)).status).toBe(409);
    const { run_id: runId } = await send<Receipt>(service, "POST", `${path}/fire`, tenant.owner.key);
    expect(await readContent(runId)).toMatchObject({ input: { a: 1 }, delivery_id: null });
  });
});

describe("a webhook of GitHub", () => {
  const send = (
    hook: { id: string; secret: string },
    event: string,
    body: string,
    headers: Record<string, string> = {},
  ) => post(service, hook.id, body, { ...SIGNED.github({ secret: hook.secret, body, event }), ...headers });

  it("is taken for pushes to a branch, and for pull requests into it, when the trigger names the branch", async () => {
    const when = ["push:main", "pull_request.opened:release/2"];
    const hook = await createWebhook(service, tenant, { scheme: "github", when });
    const push = (ref: string) => send(hook, "push", JSON.stringify({ ref }));
    const opened = (action: string, ref: string) =>
      send(hook, "pull_request", JSON.stringify({ action, pull_request: { base: { ref } } }));
    expect((await push("refs/heads/main")).status).toBe(202);
    expect((await opened("opened", "release/2")).status).toBe(202);
    const others = [
      push("refs/heads/main2"),
      push("refs/tags/main"),
      opened("opened", "main"),
      opened("closed", "release/2"),
    ];
    expect((await Promise.all(others)).map(({ status }) => status)).toEqual([204, 204, 204, 204]);
  });

  it("that is a form is refused with what to choose instead, also when the trigger names a branch", async () => {
    const hook = await createWebhook(service, tenant, { scheme: "github", when: ["push:main"] });
    const type = { "Content-Type": "application/x-www-form-urlencoded" };
    const receipt = await receiptOf(await send(hook, "push", "payload=%7B%7D", type));
    expect(receipt).toMatchObject({ outcome: "REFUSED" });
    const [firing] = await readFirings(service, tenant, hook.id);
    expect(firing).toMatchObject({
      reason: "body_unusable",
      detail: { message: expect.stringContaining("Choose JSON where it asks for the content type") },
    });
    expect((await send(hook, "issues", "payload=%7B%7D", type)).status).toBe(204);
  });
});
