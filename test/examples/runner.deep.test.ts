import { describe, expect, it } from "vitest";
import { notifyStopped, sendDispatch, sendStopping } from "../../src/dispatches/send.ts";
import { dispatchRow } from "../support/dispatch-row.ts";
import { startFakeRunner } from "../support/fake-runner.ts";
import type { ScriptedAnswer } from "../support/harness-protocol.ts";
import { WEBHOOK_SECRET } from "../support/tenant.ts";
import { type ExampleLanguage, startExampleRunner } from "./example-runner.ts";

const LOCAL = { allowLocal: true, ownNames: new Set(["service.test"]) };
const LONG = { WORK_SECONDS: "3600" };

/** What each runner prints about refused messages, and about work that was ended by its deadline. */
const WORDS = {
  TypeScript: {
    refusals: ["No matching signature", "too old", "Missing required headers", "Missing required headers"],
    deadline: "TimeoutError",
  },
  Python: { refusals: Array(4).fill("not signed with our secret"), deadline: "The deadline has passed." },
};

/** Starts the example runner, and a fake service that gives these answers to its callbacks. */
async function startRunner(
  language: ExampleLanguage,
  environment: Record<string, string> = {},
  answers: ScriptedAnswer[] = [{ status: 200 }],
) {
  const service = await startFakeRunner(answers);
  const settings = { WEBHOOK_SECRET, WORK_SECONDS: "0", CALLBACK_RETRY_SECONDS: "0", ...environment };
  const runner = await startExampleRunner(language, settings);
  const webhookSecret = settings.WEBHOOK_SECRET;
  return {
    service,
    runner,
    /** Sends the runner a dispatch, or the same dispatch again. */
    dispatch: (row = dispatchRow(), secret = webhookSecret) =>
      sendDispatch(
        {
          dispatch: { ...row, runner_url: runner.url },
          webhookSecret: secret,
          callbackUrl: service.url,
          callbackToken: `token-of-${row.run_id}`,
        },
        LOCAL,
      ),
    sendStopping: ({ run_id: runId, attempt }: { run_id: string; attempt: number }) => {
      const at = new Date().toISOString();
      return sendStopping({ runId, attempt, reason: null, endsAt: at, url: runner.url, webhookSecret, at }, LOCAL);
    },
    sendStopped: ({ run_id: runId, attempt } = dispatchRow()) =>
      notifyStopped(
        { runId, attempt, reason: null, url: runner.url, webhookSecret, at: new Date().toISOString() },
        LOCAL,
      ),
  };
}

const accepted = { kind: "accepted", status: 202 };

describe.each(["TypeScript", "Python"] as const)("the example runner in %s", (language) => {
  const start = (environment?: Record<string, string>, answers?: ScriptedAnswer[]) =>
    startRunner(language, environment, answers);

  it.each([WEBHOOK_SECRET, "a räw secret"])(
    "takes a run, and says that it is completed: signed with %j",
    async (secret) => {
      const { service, dispatch } = await start({ WEBHOOK_SECRET: secret });
      const row = dispatchRow();
      expect(await dispatch(row)).toEqual(accepted);
      const [request] = await service.requests(1);
      expect(request?.headers).toMatchObject({
        authorization: `Bearer token-of-${row.run_id}`,
        "content-type": "application/json",
      });
      expect([request?.method, JSON.parse(request?.body ?? "")]).toEqual(["POST", { status: "COMPLETED" }]);
    },
  );

  it("reports its result again when Cloudflare challenges it as a bot, which refuses nothing", async () => {
    const challenge = { status: 403, headers: { "cf-mitigated": "challenge" }, body: "<!DOCTYPE html>" };
    const { service, runner, dispatch } = await start({}, [challenge, challenge, { status: 200 }]);
    expect(await dispatch()).toEqual(accepted);
    const requests = await service.requests(3);
    expect(requests.map(({ body }) => JSON.parse(body))).toEqual(Array(3).fill({ status: "COMPLETED" }));
    const { log } = await runner.stop();
    expect(log.filter((line) => line.includes("challenges this runner"))).toHaveLength(2);
    expect(log.at(-1)).toContain("was answered 200");
  });

  it("works once on a run that is dispatched twice, but again on its next attempt", async () => {
    const { service, runner, dispatch } = await start();
    const row = dispatchRow();
    for (const _ of ["once", "twice", "thrice"]) expect(await dispatch(row)).toEqual(accepted);
    expect(await dispatch({ ...row, attempt: 2 })).toEqual(accepted);
    await service.requests(2);
    const { log } = await runner.stop();
    expect(await service.requests()).toHaveLength(2);
    expect(log.filter((line) => line.endsWith("came again"))).toHaveLength(2);
  });

  it("suspends a run that asks something first, and works on it in the attempt that has the answer", async () => {
    const { service, dispatch } = await start();
    const row = dispatchRow({ input: { ask: "Go on?" } });
    await dispatch(row);
    const outcomes = { ask: { kind: "question", outcome: "answered", at: row.deadline_at, value: "yes" } } as const;
    await dispatch({ ...row, attempt: 2, resume: { outcomes, checkpoints: 0 } });
    const bodies = (await service.requests(2)).map(({ body }) => JSON.parse(body));
    const waits = [{ key: "ask", kind: "question", prompt: "Go on?" }];
    expect(bodies).toEqual(expect.arrayContaining([{ waits }, { status: "COMPLETED" }]));
  });

  it("retries the callback until the answer is final", async () => {
    const busy = [{ status: 503 }, { status: 500 }, { status: 429 }, { ending: "cut" }] as const;
    for (const last of [200, 409, 404, 401, 422]) {
      const { service, runner, dispatch } = await start({}, [...busy, { status: last }]);
      await dispatch();
      const requests = await service.requests(busy.length + 1);
      expect(new Set(requests.map(({ body }) => body)).size).toBe(1);
      await runner.stop();
      expect(await service.requests()).toHaveLength(busy.length + 1);
    }
  });

  it("ends its work when the run is stopped, and does not call back", async () => {
    const { service, runner, dispatch, sendStopped } = await start(LONG);
    const row = dispatchRow();
    await dispatch(row);
    expect(await sendStopped(row)).toBe(true);
    const { code, log } = await runner.stop();
    expect(code).toBe(0);
    expect(log).toContain(`${row.run_id}.1 failed: It was stopped.`);
    expect(await service.requests()).toEqual([]);
  });

  it("ends its work when it is asked to stop the run, and reports it", async () => {
    const { service, dispatch, sendStopping } = await start(LONG);
    const row = dispatchRow();
    await dispatch(row);
    expect(await sendStopping(row)).toEqual(accepted);
    const [request] = await service.requests(1);
    expect(JSON.parse(request?.body ?? "")).toEqual({ status: "FAILED", error: "It was asked to stop." });
  });

  it("does not begin a run whose stop arrived before its dispatch", async () => {
    const { service, runner, dispatch, sendStopped } = await start();
    const row = dispatchRow();
    await sendStopped(row);
    expect(await dispatch(row)).toEqual(accepted);
    const { log } = await runner.stop();
    expect(log.filter((line) => line.includes(" reads "))).toEqual([]);
    expect(await service.requests()).toEqual([]);
  });

  it("reports a run as FAILED whose dispatch arrived after it was asked to stop it, and does not begin its work", async () => {
    const { service, runner, dispatch, sendStopping } = await start();
    const row = dispatchRow();
    await sendStopping(row);
    expect(await dispatch(row)).toEqual(accepted);
    const [request] = await service.requests(1);
    expect(JSON.parse(request?.body ?? "")).toEqual({ status: "FAILED", error: "It was asked to stop." });
    const { log } = await runner.stop();
    expect(log.filter((line) => line.includes(" reads "))).toEqual([]);
  });

  it("stops the attempt that the message names, and no other", async () => {
    const { service, runner, dispatch, sendStopped } = await start();
    const row = dispatchRow();
    await sendStopped({ ...row, attempt: 2 });
    await dispatch(row);
    expect(await service.requests(1)).toHaveLength(1);
    await runner.stop();
  });

  it("ends its work at the deadline, and does not call back any more", async () => {
    const { service, runner, dispatch } = await start(LONG);
    const row = dispatchRow({ deadline_at: "2001-01-01T00:00:00.000Z" });
    for (const _ of ["once", "twice"]) await dispatch(row);
    const { log } = await runner.stop();
    expect(log.find((line) => line.startsWith(`${row.run_id}.1 failed:`))).toContain(WORDS[language].deadline);
    expect(await service.requests()).toEqual([]);
  });

  it("refuses messages that are not signed with its secret, too old or too long, and continues to work", async () => {
    const { service, runner, dispatch } = await start();
    const refused = { kind: "retry", reason: "The runner answered 401.", retryAfterSeconds: null };
    expect(await dispatch(dispatchRow(), "another secret")).toEqual(refused);
    const tenMinutesAgo = new Date(Date.now() - 600_000).toISOString();
    expect(await dispatch(dispatchRow({ claimed_at: tenMinutesAgo }))).toEqual(refused);
    expect((await fetch(runner.url)).status).toBe(401);
    expect((await fetch(runner.url, { method: "POST", body: "{}" })).status).toBe(401);
    // The connection may break while the body is being sent.
    await fetch(runner.url, { method: "POST", body: "x".repeat(2 * 1024 * 1024) }).catch(() => {});

    expect(await dispatch()).toEqual(accepted);
    expect(await service.requests(1)).toHaveLength(1);
    const { log } = await runner.stop();
    expect(log.filter((line) => line.startsWith("Refused a message"))).toEqual([
      ...WORDS[language].refusals.map((text) => expect.stringContaining(text)),
      expect.stringContaining("The body is too long"),
    ]);
  });

  it("reports runs in progress as FAILED when it is shut down, and ends", async () => {
    const { service, runner, dispatch } = await start(LONG);
    await dispatch();
    const { code } = await runner.stop();
    expect(code).toBe(0);
    const bodies = (await service.requests()).map(({ body }) => JSON.parse(body));
    expect(bodies).toEqual([{ status: "FAILED", error: "The runner was shut down." }]);
  });

  it("refuses to start without a secret, in one sentence", async () => {
    const starting = startExampleRunner(language, { WEBHOOK_SECRET: "" });
    const sentence = "Set WEBHOOK_SECRET to the webhook secret of your workflow definition.";
    // Nothing of the runner follows it: only where the harness noticed that the runner has ended.
    await expect(starting).rejects.toThrow(new RegExp(`:\\n${sentence}\\n +at .*/example-runner-process\\.ts`));
  });
});
