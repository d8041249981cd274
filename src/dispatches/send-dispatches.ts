/** Sends dispatches to runners and records the outcomes. Used after a request that promoted runs, and by the sweep. */

import { inLanes } from "../base/lanes.ts";
import { describeError, log } from "../base/log.ts";
import { BEGIN_UNTIL_MS } from "../base/time-limit.ts";
import type { Config } from "../config.ts";
import { signRunToken } from "../http/credentials/run-token.ts";
import type { Dispatch, StoppedRun } from "../verbs/effects.ts";
import { perform } from "../verbs/perform.ts";
import type { VerbServices } from "../verbs/services.ts";
import type { Verdict } from "../webhooks/answer.ts";
import { WEBHOOKS_AT_ONCE } from "../webhooks/post-webhook.ts";
import { decryptWebhookSecret } from "../webhooks/secret-box.ts";
import { urlOptions } from "../webhooks/url-guard.ts";
import { type Acceptance, giveUpDispatch, recordPostponement } from "./dispatch-verbs.ts";
import { logDispatchFailure, recordAcceptanceSoon } from "./record-acceptance-soon.ts";
import { notifyStopped, sendDispatch } from "./send.ts";

/** Records an acceptance, at once or later. It never throws. The next dispatch is sent without waiting for it. */
export type RecordAccepted = (acceptance: Acceptance) => Promise<void> | void;

/**
 * Sends these dispatches, and those of the runs that are promoted meanwhile. Never throws. A dispatch that was not sent, or
 * whose outcome was not recorded, stays due: its claim ends and the sweep sends it again. `recordAccepted` records an
 * acceptance; the default records it together with those of other requests of the isolate.
 */
export async function sendDispatches(
  given: VerbServices,
  dispatches: readonly Dispatch[],
  recordAccepted?: RecordAccepted,
): Promise<void> {
  const queue = [...dispatches];
  const working: Promise<unknown>[] = [];
  const services: VerbServices = {
    ...given,
    // The runs that are promoted meanwhile join this queue, so that not more of them are sent at the same time.
    send: { ...given.send, dispatches: async (_, promoted) => void queue.push(...promoted) },
    afterwards: (work) => void working.push(work()),
  };
  const record = recordAccepted ?? ((acceptance) => recordAcceptanceSoon(services, acceptance));
  const onAccepted = (acceptance: Acceptance) => void working.push(Promise.resolve(record(acceptance)));
  const began = Date.now();
  // So a runner that refuses each run of a long queue does not delay dispatches to other runners, either.
  const hasTime = () => Date.now() - began < BEGIN_UNTIL_MS;
  const send = (dispatch: Dispatch) =>
    sendOne(services, dispatch, onAccepted).catch((error: unknown) => logDispatchFailure(dispatch, error));
  // The sweep calls this for several dispatches at the same time, so the promoted runs get no further lanes.
  await inLanes(queue, Math.min(WEBHOOKS_AT_ONCE, queue.length), send, hasTime);
  // What is recorded may have effects of its own.
  for (let work = working.pop(); work; work = working.pop()) await work;
}

async function sendOne(
  services: VerbServices,
  dispatch: Dispatch,
  onAccepted: (acceptance: Acceptance) => void,
): Promise<void> {
  const verdict = await trySending(services.config, dispatch);
  switch (verdict.kind) {
    case "accepted":
      onAccepted({ dispatch, status: verdict.status });
      return;
    case "retry": {
      const { reason, retryAfterSeconds } = verdict;
      await perform(services, recordPostponement, { dispatch, reason, retryAfterSeconds });
      return;
    }
    case "unreached":
    case "rejected":
      await perform(services, giveUpDispatch, {
        dispatch,
        reason: verdict.reason,
        isRefused: verdict.kind === "rejected",
        pause: verdict.kind === "rejected" && verdict.gone,
      });
  }
}

async function trySending(config: Config, dispatch: Dispatch): Promise<Verdict> {
  const { runner_url: runnerUrl, webhook_secret_encrypted: secret } = dispatch;
  if (runnerUrl === null || secret === null) {
    return { kind: "unreached", reason: "The workflow has lost its runner." };
  }
  const [webhookSecret, callbackToken] = await Promise.all([
    decryptWebhookSecret(config.encryptionKeys, dispatch.workflow_definition_id, secret),
    signRunToken(config.runTokenKeys, {
      runId: dispatch.run_id,
      attempt: dispatch.attempt,
      tenantId: dispatch.tenant_id,
      cell: config.cell,
      expiresAt: dispatch.deadline_at,
    }),
  ]);
  const callbackUrl = `${config.publicUrl}/v1/workflow-runs/${dispatch.run_id}/callback`;
  return sendDispatch({ dispatch, webhookSecret, callbackUrl, callbackToken }, urlOptions(config));
}

/** Tells the runners of runs that were stopped at once, a few at a time, once each. Never throws. */
export async function sendStopped({ config }: VerbServices, stopped: readonly StoppedRun[]): Promise<void> {
  await inLanes([...stopped], WEBHOOKS_AT_ONCE, (run) => sendOneStopped(config, run));
}

async function sendOneStopped(config: Config, stopped: StoppedRun): Promise<void> {
  const { run_id: runId, attempt, runner_url: url, stopped_at: at, reason } = stopped;
  try {
    const webhookSecret = await decryptWebhookSecret(
      config.encryptionKeys,
      stopped.workflow_definition_id,
      stopped.webhook_secret_encrypted,
    );
    const message = { runId, attempt, reason, url, webhookSecret, at };
    const isAccepted = await notifyStopped(message, urlOptions(config));
    log("info", "stop sent", { run_id: runId, attempt, accepted: isAccepted });
  } catch (error) {
    log("error", "stop sent", { run_id: runId, attempt, ...describeError(error) });
  }
}
