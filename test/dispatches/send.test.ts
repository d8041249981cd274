import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { version } from "../../package.json";
import { notifyStopped, sendDispatch } from "../../src/dispatches/send.ts";
import { dispatchRow } from "../support/dispatch-row.ts";
import { startFakeRunner } from "../support/fake-runner.ts";
import { WEBHOOK_SECRET } from "../support/tenant.ts";

const CALLBACK = { callbackUrl: "https://service.test/callback", callbackToken: "a.b.c" };
const LOCAL = { allowLocal: true, ownNames: new Set(["service.test"]) };

const newDispatch = (runnerUrl: string) => ({
  dispatch: dispatchRow({ runner_url: runnerUrl, attempt: 3 }),
  webhookSecret: WEBHOOK_SECRET,
  ...CALLBACK,
});

describe("a dispatch", () => {
  it("is one signed POST of JSON with the run, its snapshot and the callback's URL and token", async () => {
    const runner = await startFakeRunner([{ status: 202, body: "Thanks" }]);
    const outgoing = newDispatch(runner.url);
    expect(await sendDispatch(outgoing, LOCAL)).toEqual({ kind: "accepted", status: 202 });

    const [request, ...others] = await runner.requests();
    if (!request) throw new Error("Nothing came.");
    expect(others).toEqual([]);
    expect([request.method, request.path]).toEqual(["POST", "/hook"]);
    const { dispatch: row } = outgoing;
    expect(request.headers).toMatchObject({
      "content-type": "application/json",
      "content-length": String(new TextEncoder().encode(request.body).length),
      "user-agent": `workflow-runs/${version}`,
      "webhook-id": `${row.run_id}.3`,
    });
    expect(new Webhook(WEBHOOK_SECRET).verify(request.body, request.headers)).toEqual({
      type: "workflow_run.dispatched",
      timestamp: row.claimed_at,
      data: {
        run_id: row.run_id,
        attempt: 3,
        deadline_at: row.deadline_at,
        run_snapshot: row.run_snapshot,
        input: row.input,
        labels: {},
        callback_url: CALLBACK.callbackUrl,
        callback_token: CALLBACK.callbackToken,
      },
    });
  });

  it("is not sent when the URL is not allowed, or there is none", async () => {
    const runner = await startFakeRunner();
    for (const url of [runner.url, "https://8.8.8.8/", "https://service.test/", "ftp://runner.example.com/", ""]) {
      const verdict = await sendDispatch(newDispatch(url), { ...LOCAL, allowLocal: false });
      const reason = expect.stringMatching(/^The runner's URL is refused: .+\.$/);
      expect(verdict).toEqual({ kind: "unreached", reason });
    }
    expect(await runner.requests()).toEqual([]);
  });

  it.each([301, 302, 303, 307, 308])("does not follow a redirect: %i", async (status) => {
    const other = await startFakeRunner();
    const runner = await startFakeRunner([{ status, headers: { Location: other.url } }]);
    const verdict = await sendDispatch(newDispatch(runner.url), LOCAL);
    expect(verdict).toMatchObject({
      kind: "retry",
      reason: `The runner answered ${status}: redirects are not followed.`,
    });
    expect(await other.requests()).toEqual([]);
  });

  it("returns the pause that the runner asks for", async () => {
    const runner = await startFakeRunner([{ status: 429, headers: { "Retry-After": "90" } }]);
    expect(await sendDispatch(newDispatch(runner.url), LOCAL)).toMatchObject({ kind: "retry", retryAfterSeconds: 90 });
  });

  it("times out when a runner never answers, and is retried", async () => {
    const runner = await startFakeRunner([{ ending: "hang" }]);
    const verdict = await sendDispatch(newDispatch(runner.url), { ...LOCAL, timeoutMs: 200 });
    const reason = "The runner did not answer: nothing came within 0.2 s.";
    expect(verdict).toEqual({ kind: "retry", reason, retryAfterSeconds: null });
    expect(await runner.untilAbandoned()).toHaveLength(1);
  });

  it.each([
    [200, "accepted"],
    [500, "retry"],
    [404, "retry"],
    [422, "rejected"],
  ])("does not wait for the end of a body that has none: %i is %s", async (status, kind) => {
    const runner = await startFakeRunner([{ status, ending: "endless" }]);
    expect(await sendDispatch(newDispatch(runner.url), LOCAL)).toMatchObject({ kind });
    expect(await runner.untilAbandoned()).toHaveLength(1);
  });

  it("is retried when the connection breaks off, and when no server listens", async () => {
    const runner = await startFakeRunner([{ ending: "cut" }]);
    const retry = { kind: "retry", reason: expect.stringMatching(/^The runner did not answer: .+/) };
    expect(await sendDispatch(newDispatch(runner.url), LOCAL)).toMatchObject(retry);
    expect(await runner.requests()).toHaveLength(1);
    await runner.close();
    expect(await sendDispatch(newDispatch(runner.url), LOCAL)).toMatchObject(retry);
  });
});

describe("the message that a run was stopped", () => {
  const newMessage = (url: string) => ({
    runId: crypto.randomUUID(),
    attempt: 2,
    reason: "Wrong folder ☂",
    url,
    webhookSecret: "a räw secret",
    at: new Date().toISOString(),
  });

  it("is signed in the same way, and has an id of its own", async () => {
    const runner = await startFakeRunner();
    const message = newMessage(runner.url);
    expect(await notifyStopped(message, LOCAL)).toBe(true);
    const [request] = await runner.requests();
    if (!request) throw new Error("Nothing came.");
    expect(request.headers["webhook-id"]).toBe(`${message.runId}.2.stopped`);
    const webhook = new Webhook(new TextEncoder().encode("a räw secret"), { format: "raw" });
    expect(webhook.verify(request.body, request.headers)).toEqual({
      type: "workflow_run.stopped",
      timestamp: message.at,
      data: { run_id: message.runId, attempt: 2, reason: "Wrong folder ☂" },
    });
  });

  it("is sent once, and the result says whether it was accepted", async () => {
    for (const answer of [{ status: 503 }, { status: 404 }, { ending: "cut" }] as const) {
      const runner = await startFakeRunner([answer]);
      expect(await notifyStopped(newMessage(runner.url), LOCAL)).toBe(false);
      expect(await runner.requests()).toHaveLength(1);
    }
  });
});
