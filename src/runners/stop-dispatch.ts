/** For stops that give the runner time: sends the webhook `workflow_run.stopping`, and records the outcome. */
import { z } from "zod";
import { callFunction } from "../db/call.ts";
import type { OnChanged } from "../db/changes.ts";
import type { BackgroundServices } from "../http/env.ts";
import { describeError, log } from "../log.ts";
import type { Verdict } from "./answer.ts";
import { stopDelaySeconds } from "./backoff.ts";
import type { StopDispatch } from "./dispatch.ts";
import { decryptWebhookSecret } from "./secret-box.ts";
import { sendStopping } from "./send.ts";
import { urlOptions } from "./send-dispatches.ts";

/** Sends a stop to its runner and records the outcome. Never throws: a stop whose outcome was not recorded stays due. */
export async function sendStop(services: BackgroundServices, stop: StopDispatch): Promise<void> {
  const { db, live } = services;
  const announcing = [live.mark()];
  const onChanged: OnChanged = (changes) => void announcing.push(live.announce(changes));
  try {
    const verdict = await trySending(services, stop);
    const isAccepted = verdict.kind === "accepted";
    const args = {
      ...{ run_id: stop.run_id, tenant_id: stop.tenant_id, attempt: stop.attempt, ends_at: stop.ends_at },
      status: isAccepted ? verdict.status : null,
      reason: isAccepted ? null : verdict.reason,
      // A runner that refuses the message would refuse it again, so there is no retry.
      delay_seconds: verdict.kind === "retry" ? stopDelaySeconds(stop.stop_dispatch_count, Math.random()) : null,
    };
    await callFunction(db, "record_stop_dispatch", args, z.unknown(), { onChanged });
  } catch (error) {
    log("error", "stop sent", { run_id: stop.run_id, attempt: stop.attempt, ...describeError(error) });
  }
  await Promise.all(announcing);
}

async function trySending({ config }: BackgroundServices, stop: StopDispatch): Promise<Verdict> {
  const { runner_url: url, webhook_secret_encrypted: secret, workflow_definition_id: definitionId } = stop;
  if (url === null || secret === null) return { kind: "unreached", reason: "The workflow has lost its runner." };
  const webhookSecret = await decryptWebhookSecret(config.encryptionKeys, definitionId, secret);
  const { run_id: runId, attempt, reason, ends_at: endsAt, claimed_at: at } = stop;
  return sendStopping({ runId, attempt, reason, endsAt, url, webhookSecret, at }, urlOptions(config));
}
