/** Messages in the form in which the service sends them to a runner. They are marked as tests, so none asks for work. */
import { toWebhook } from "../to-webhook.ts";

export type Message = { id: string; body: string };

const NO_WORK = "A test by `workflow-runs verify`. There is nothing to do.";

const RESUME = {
  outcomes: { approve: { kind: "question", outcome: "answered", at: "2026-01-31T14:00:00.000Z", value: "yes" } },
  checkpoints: 1,
};

/**
 * A dispatch of a run that does not exist. It reads and writes nothing. Send the stop of the run before it. From the second attempt on, it
 * has an answer for which the run was suspended.
 */
export function dispatchOf(runId: string, callbackUrl: string, attempt = 1): Message {
  const deadline = new Date(Date.now() + 60_000).toISOString();
  const data = {
    run_id: runId,
    attempt,
    deadline_at: deadline,
    run_snapshot: {
      workflow_definition_id: runId,
      workflow_name: NO_WORK,
      runner_type: "SELF_HOSTED",
      user_id: runId,
      max_run_duration_seconds: 60,
      sources: [],
      instructions: [],
      outputs: [],
      template: null,
    },
    input: null,
    callback_url: callbackUrl,
    callback_token: "test",
    is_test: true,
    ...(attempt > 1 && { resume: RESUME }),
  };
  return { id: `${runId}.${attempt}`, body: toBody("workflow_run.dispatched", data) };
}

export const stopOf = (runId: string, attempt = 1): Message => ({
  id: `${runId}.${attempt}.stopped`,
  body: toBody("workflow_run.stopped", { run_id: runId, attempt, reason: NO_WORK, is_test: true }),
});

/**
 * A message of an unknown type. A JSON library would write it with other bytes. So a runner fails if it verifies the signature
 * of parsed and serialised JSON instead of the text that it received.
 */
export function unknownMessage(runId: string): Message {
  const body = `{ "type": "workflow_run.tested",  "timestamp": "${new Date().toISOString()}",\n "data": {"note": "r\\u00e9sum\\u00e9 é", "number": 1.0, "is_test": true} }`;
  return { id: `${runId}.test`, body };
}

const toBody = (type: string, data: object): string =>
  JSON.stringify({ type, timestamp: new Date().toISOString(), data });

/** The headers of a message that is signed with each of these secrets, in this order. */
export function signedHeaders(
  { id, body }: Message,
  secrets: readonly string[],
  at = new Date(),
): Record<string, string> {
  return {
    "Content-Type": "application/json",
    "User-Agent": "workflow-runs/verify",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": secrets.map((secret) => toWebhook(secret).sign(id, at, body)).join(" "),
  };
}
