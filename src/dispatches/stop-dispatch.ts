/** For stops that give the runner time: sends the webhook `workflow_run.stopping`, and records the outcome. */

import { inLanes } from "../base/lanes.ts";
import { describeError, log } from "../base/log.ts";
import type { Config } from "../config.ts";
import type { StopDispatch } from "../verbs/effects.ts";
import { perform } from "../verbs/perform.ts";
import type { VerbServices } from "../verbs/services.ts";
import type { Verdict } from "../webhooks/answer.ts";
import { WEBHOOKS_AT_ONCE } from "../webhooks/post-webhook.ts";
import { decryptWebhookSecret } from "../webhooks/secret-box.ts";
import { urlOptions } from "../webhooks/url-guard.ts";
import { recordStopDispatch } from "./dispatch-verbs.ts";
import { sendStopping } from "./send.ts";

/** Sends stops to their runners, a few at a time, and records the outcomes. Never throws: a stop whose outcome was not recorded stays due. */
export async function sendStops(services: VerbServices, stops: readonly StopDispatch[]): Promise<void> {
  await inLanes([...stops], WEBHOOKS_AT_ONCE, (stop) => sendStop(services, stop));
}

async function sendStop(services: VerbServices, stop: StopDispatch): Promise<void> {
  try {
    const verdict = await trySending(services.config, stop);
    const isAccepted = verdict.kind === "accepted";
    await perform(services, recordStopDispatch, {
      stop,
      status: isAccepted ? verdict.status : null,
      reason: isAccepted ? null : verdict.reason,
      // A runner that refuses the message would refuse it again, so there is no retry.
      isRetried: verdict.kind === "retry",
    });
  } catch (error) {
    log("error", "stop sent", { run_id: stop.run_id, attempt: stop.attempt, ...describeError(error) });
  }
}

async function trySending(config: Config, stop: StopDispatch): Promise<Verdict> {
  const { runner_url: url, webhook_secret_encrypted: secret, workflow_definition_id: definitionId } = stop;
  if (url === null || secret === null) return { kind: "unreached", reason: "The workflow has lost its runner." };
  const webhookSecret = await decryptWebhookSecret(config.encryptionKeys, definitionId, secret);
  const { run_id: runId, attempt, reason, ends_at: endsAt, claimed_at: at } = stop;
  return sendStopping({ runId, attempt, reason, endsAt, url, webhookSecret, at }, urlOptions(config));
}
