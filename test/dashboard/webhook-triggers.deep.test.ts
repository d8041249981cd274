/** The pages of triggers that receive webhooks. */
import { beforeEach, describe, expect, it } from "vitest";
import { pastesOf } from "../../src/dashboard/triggers/webhook-pastes.ts";
import { PAGE_SETTINGS } from "../support/browser.ts";
import { invoke } from "../support/lifecycle.ts";
import { openedTenantOfEachTest } from "../support/of-each-test.ts";
import { startService } from "../support/service.ts";
import { signal, suspend } from "../support/suspensions.ts";
import { createWebhook, HMAC, post } from "../triggers/inbound-support.ts";
import { SIGNED } from "../triggers/signed-messages.ts";
import { readTrigger } from "../triggers/support.ts";

const service = await startService({ settings: PAGE_SETTINGS });
const { tenant, owner, user } = openedTenantOfEachTest(service);
let list: string;

beforeEach(async () => {
  list = `/app/workflows/${tenant.definitionId}/triggers`;
});

const FIELDS = { name: "Each push", scheme: "github", when: "push\r\npull_request.opened", pick: "commit /after" };

/** The text of a page, without its tags. */
const wordsOf = (html: string) =>
  html
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll(/\s+/g, " ");

/** The id of the trigger of a page, and the secret that it shows. */
function shownIn(html: string) {
  return {
    id: /\/v1\/inbound\/([0-9a-f-]{36})/.exec(html)?.[1] ?? "",
    secret: /<code>(whsec_[A-Za-z0-9]{44})<\/code>/.exec(html)?.[1],
  };
}

describe("a webhook on the pages", () => {
  it("is made by a form, whose answer shows the secret once, with what to paste", async () => {
    expect(await owner.read(list)).toContain(`href="${list}/new-webhook"`);
    const form = await owner.read(`${list}/new-webhook`);
    const newId = /name="new_id" value="([^"]+)"/.exec(form)?.[1] ?? "";
    const sent = { ...FIELDS, new_id: newId, labels_from: "repository /repository/name", key_from: "/ref" };
    const response = await owner.post(`${list}/new-webhook`, sent);
    expect([response.status, response.headers.get("cache-control")]).toEqual([201, "no-store"]);
    const html = await response.text();
    const { id, secret = "" } = shownIn(html);
    expect(id).toBe(newId);
    const words = wordsOf(html);
    for (const text of [
      `/v1/inbound/${id}`,
      "gh api repos/OWNER/REPOSITORY/hooks",
      "-f 'events[]=pull_request'",
      "curl -sS",
    ]) {
      expect(words).toContain(text);
    }
    expect(await readTrigger(service, tenant, id)).toMatchObject({
      webhook: {
        ...{ scheme: "github", when: ["push", "pull_request.opened"], pick: { commit: "/after" }, key_from: "/ref" },
        labels_from: { repository: "/repository/name" },
      },
    });
    const body = '{"ref": "main", "after": "1"}';
    expect((await post(service, id, body, SIGNED.github({ secret, body }))).status).toBe(202);
    const again = await owner.post(`${list}/new-webhook`, sent);
    expect(await again.text()).not.toContain(secret);
    const [page, requests] = await service.counted(() => owner.read(`/app/triggers/${id}`));
    expect(requests).toBe(1);
    expect(page).not.toContain(secret);
    expect(wordsOf(page)).toMatch(/a webhook, signed by GitHub, of push, pull_request\.opened/);
    expect(wordsOf(page)).toMatch(/by a message\s*the message [0-9a-f-]{36}\s*Fired/);
    expect(page).not.toContain("Next runs");
  });

  it.each([
    ["standard-webhooks", {}, "webhook-signature: v1,", "Standard Webhooks"],
    ["stripe", {}, "stripe webhook_endpoints create", "Stripe"],
    ["token", {}, "Whoever knows this address", "nothing: a secret in the URL"],
    ["slack", {}, "its “Signing Secret”", "Slack"],
    ["gitlab", {}, "X-Gitlab-Token: $SECRET", "GitLab: the secret in a header"],
    [
      "hmac-sha256",
      { signature_header: "X-Sign", signature_encoding: "timestamped" },
      "X-Sign: t=$NOW,v1=$SIGNATURE",
      "a header with the HMAC-SHA-256 of the body",
    ],
    [
      "hmac-sha256",
      { signature_header: "X-Signature", signature_encoding: "base64" },
      "X-Signature: $SIGNATURE",
      "a header with the HMAC-SHA-256 of the body",
    ],
  ])("of the scheme %s says how messages come, and is named on its page", async (scheme, more, text, name) => {
    const response = await owner.post(`${list}/new-webhook`, { name: "Test", scheme, ...more });
    expect(response.status).toBe(201);
    const html = await response.text();
    expect(wordsOf(html)).toContain(text);
    const page = wordsOf(await owner.read(`/app/triggers/${shownIn(html).id}`));
    expect(page).toContain(`a webhook, signed by ${name}`);
  });

  it.each([
    ["github", "push:release/1.2"],
    ["github", "pull_request.opened:it's"],
    ["gitlab", "merge_request.open"],
    ["slack", "app_mention"],
    ["stripe", "invoice.paid"],
  ] as const)("of the scheme %s that takes only %s is pasted with a message that it takes", async (scheme, event) => {
    const hook = await createWebhook(service, tenant, { scheme, when: [event] });
    const none = { signature_header: null, signature_encoding: null, pick: null, key_from: null, labels_from: null };
    const webhook = { ...none, scheme, when: [event], signal: null };
    const [first, curl = first] = pastesOf({ webhook, url: hook.webhook.url, secret: hook.secret });
    if (scheme === "github") {
      expect(first?.text).toContain(`-f 'events[]=${event.startsWith("push") ? "push" : "pull_request"}'`);
    }
    // What a shell reads between the quotes.
    const quotedIn = (name: string) =>
      new RegExp(`\\b${name}='((?:[^']|'\\\\'')*)'`).exec(curl?.text ?? "")?.[1]?.replaceAll("'\\''", "'");
    const [body = "", name = ""] = [quotedIn("BODY"), quotedIn("EVENT")];
    const signing = { secret: hook.secret, body, event: name };
    const headers = scheme === "gitlab" ? { "X-Gitlab-Token": hook.secret } : SIGNED[scheme](signing);
    expect((await post(service, hook.id, body, headers)).status).toBe(202);
  });

  it("is changed, and what is wrong is shown beside its field", async () => {
    const hook = await createWebhook(service, tenant, HMAC);
    const path = `/app/triggers/${hook.id}`;
    const form = await owner.read(`${path}/change`);
    expect(form).toContain('value="X-Signature"');
    expect(form).toContain(`action="${path}/change-webhook"`);
    // Neither the scheme nor the secret is changed by it.
    expect(form).not.toMatch(/<select[^>]* name="scheme"|name="secret"/);
    const fields = { name: "Other", scheme: "hmac-sha256", signature_header: "X-Other", signature_encoding: "hex" };
    expect((await owner.post(`${path}/change-webhook`, { ...fields, when: "paid, void" })).status).toBe(303);
    expect(await readTrigger(service, tenant, hook.id)).toMatchObject({
      name: "Other",
      webhook: { signature_header: "X-Other", signature_encoding: "hex", when: ["paid", "void"] },
    });
    for (const [when, events] of [
      ["push,pull_request,", ["push", "pull_request"]],
      ["push:main, push:dev", ["push:main", "push:dev"]],
      ["push:a,b", ["push:a,b"]],
      ["order paid, shipped", ["order paid, shipped"]],
    ] as const) {
      await owner.post(`${path}/change-webhook`, { ...fields, when });
      expect(await readTrigger(service, tenant, hook.id)).toMatchObject({ webhook: { when: events } });
    }
    const faults = async (to: string, sent: Record<string, string>) => {
      const response = await owner.post(to, sent);
      expect(response.status).toBe(422);
      return wordsOf(await response.text());
    };
    expect(await faults(`${path}/change-webhook`, { ...fields, pick: "commit" })).toContain("Fields of the input");
    expect(await faults(`${list}/new-webhook`, { ...FIELDS, secret: "short" })).toContain(
      "Must have at least 16 bytes.",
    );
    expect(await faults(`${list}/new-webhook`, { name: "x", scheme: "hmac-sha256" })).toContain(
      "Header with the signature: Fill in its name",
    );
    const token = { name: "x", scheme: "token", secret: "a token that somebody gives" };
    const refused = await faults(`${list}/new-webhook`, token);
    expect(refused).toContain("The token is always made by the service.");
    expect(refused).not.toContain("somebody gives");
  });

  it("signals by a form, and links to the run that got the signal, whose timeline names it", async () => {
    const form = {
      ...FIELDS,
      when: "",
      pick: "",
      new_id: crypto.randomUUID(),
      signal: "paid",
      correlation_from: "/number",
    };
    const { id, secret = "" } = shownIn(await (await owner.post(`${list}/new-webhook`, form)).text());
    expect(await owner.read(`/app/triggers/${id}/change`)).toContain('value="/number"');
    const send = async (number: number) => {
      const body = JSON.stringify({ number });
      expect((await post(service, id, body, SIGNED.github({ secret, body }))).status).toBe(202);
    };
    await send(1);
    const runId = await invoke(service, tenant);
    await suspend(service, tenant, runId, [signal("2")]);
    await send(2);
    const page = await owner.read(`/app/triggers/${id}`);
    expect(page).toContain(`href="/app/runs/${runId}"`);
    const words = wordsOf(page);
    expect(words).toContain("a webhook, signed by GitHub, as the signal paid");
    expect(words).toContain("paid, its correlation from /number");
    expect(words).toContain(
      "Its signal paid with the correlation 1 is kept for seven days, for the next run that waits for it.",
    );
    expect(words).toMatch(/Its signal paid with the correlation 2 went to the run \S+\./);
    expect(wordsOf(await owner.read(list))).toContain("as the signal paid");
    const run = wordsOf(await owner.read(`/app/runs/${runId}`));
    expect(run).toMatch(/Got the signal paid.*2 · By the trigger “Each push”, by a message\./);
    const refused = await owner.post(`${list}/new-webhook`, { ...form, correlation_from: "", labels: "a:b" });
    expect(refused.status).toBe(422);
    expect(wordsOf(await refused.text())).toContain("Where the body has the correlation of the signal: ");
  });

  it("gets a new secret, which a form that is sent again does not replace", async () => {
    const hook = await createWebhook(service, tenant, { scheme: "stripe" });
    const path = `/app/triggers/${hook.id}`;
    const seen = /name="seen_at" value="([^"]+)"/.exec(await owner.read(path))?.[1] ?? "";
    const rotate = (more: object = {}) => owner.post(`${path}/rotate`, { seen_at: seen, scheme: "stripe", ...more });
    expect((await rotate({ secret: "short" })).status).toBe(422);
    const rotated = await rotate({ secret: "whsec_of Stripe's own making" });
    expect([rotated.status, wordsOf(await rotated.text())]).toEqual([
      200,
      expect.stringContaining("whsec_of Stripe's own making"),
    ]);
    expect((await rotate()).status).toBe(409);
    expect(wordsOf(await owner.read(path))).toContain("The old secret counts until");
    expect((await user.post(`${path}/rotate`, {})).status).toBe(404);
    expect((await user.get(`${list}/new-webhook`)).status).toBe(404);
  });
});
