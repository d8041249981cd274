/** Sends one webhook to a runner, signed as the Standard Webhooks specification says, and judges the answer. */
import type { Dispatch } from "../verbs/effects.ts";
import { judgeAnswer, type Verdict } from "../webhooks/answer.ts";
import { postWebhook, type SendOptions } from "../webhooks/post-webhook.ts";

export type OutgoingDispatch = {
  dispatch: Dispatch;
  webhookSecret: string;
  callbackUrl: string;
  callbackToken: string;
};

/** Sends a dispatch once, and returns what the runner's answer means for the run. Never throws. */
export async function sendDispatch(outgoing: OutgoingDispatch, options: SendOptions): Promise<Verdict> {
  const { dispatch, webhookSecret, callbackUrl, callbackToken } = outgoing;
  return send(
    {
      url: dispatch.runner_url ?? "",
      webhookSecret,
      id: `${dispatch.run_id}.${dispatch.attempt}`,
      at: dispatch.claimed_at,
      type: "workflow_run.dispatched",
      data: {
        run_id: dispatch.run_id,
        attempt: dispatch.attempt,
        deadline_at: dispatch.deadline_at,
        run_snapshot: dispatch.run_snapshot,
        input: dispatch.input,
        labels: dispatch.labels,
        ...(dispatch.resume && { resume: dispatch.resume }),
        ...(dispatch.scheduled_at && {
          scheduled_at: dispatch.scheduled_at,
          previous_scheduled_at: dispatch.previous_scheduled_at ?? null,
        }),
        callback_url: callbackUrl,
        callback_token: callbackToken,
        ...(dispatch.traceparent && { traceparent: dispatch.traceparent }),
      },
      traceparent: dispatch.traceparent,
    },
    options,
  );
}

export type StopMessage = {
  runId: string;
  attempt: number;
  reason: string | null;
  url: string;
  webhookSecret: string;
  /** RFC 3339. */
  at: string;
};

/** Tells a runner, once, that its run was stopped. Returns true when the runner answered 2xx. Never throws. */
export async function notifyStopped(message: StopMessage, options: SendOptions): Promise<boolean> {
  const { runId, attempt, reason, url, webhookSecret, at } = message;
  const verdict = await send(
    {
      url,
      webhookSecret,
      id: `${runId}.${attempt}.stopped`,
      at,
      type: "workflow_run.stopped",
      data: { run_id: runId, attempt, reason },
    },
    options,
  );
  return verdict.kind === "accepted";
}

export type TestMessage = { id: string; definitionId: string; url: string; webhookSecret: string; at: string };

/**
 * Sends a runner a test message, once. The message asks for no work; it shows people whether the runner can be reached and
 * knows the secret. Never throws.
 */
export async function sendTest(message: TestMessage, options: SendOptions): Promise<Verdict> {
  const { id, definitionId, ...rest } = message;
  return send(
    { ...rest, id: `${id}.test`, type: "runner.test", data: { workflow_definition_id: definitionId } },
    options,
  );
}

export type StoppingMessage = StopMessage & {
  /** When the run ends at the latest. RFC 3339. */
  endsAt: string;
};

/**
 * Asks a runner to stop its run, and returns what its answer means. The message id depends on when the run ends at the latest.
 * So a retried message has the same id, and a second stop that shortens the time has a new one. Never throws.
 */
export async function sendStopping(message: StoppingMessage, options: SendOptions): Promise<Verdict> {
  const { runId, attempt, reason, endsAt, url, webhookSecret, at } = message;
  const id = `${runId}.${attempt}.stopping.${Date.parse(endsAt)}`;
  const data = { run_id: runId, attempt, reason, ends_at: endsAt };
  return send({ url, webhookSecret, id, at, type: "workflow_run.stopping", data }, options);
}

type Message = {
  url: string;
  webhookSecret: string;
  id: string;
  at: string;
  type: string;
  data: object;
  traceparent?: string | null | undefined;
};

async function send(message: Message, options: SendOptions): Promise<Verdict> {
  const { url, webhookSecret, id, at, type, data, traceparent } = message;
  const body = JSON.stringify({ type, timestamp: at, data });
  const answer = await postWebhook({ url, secrets: [webhookSecret], id, sentAt: at, type, body, traceparent }, options);
  // The status decides. The body of the answer is not read.
  if (answer instanceof Response) return judgeAnswer(answer, at);
  if ("urlFault" in answer) return { kind: "unreached", reason: `The runner's URL is refused: ${answer.urlFault}` };
  return { kind: "retry", reason: `The runner did not answer: ${answer.silence}`, retryAfterSeconds: null };
}
