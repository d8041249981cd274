/** Sends dispatches to runners and records the outcomes. Used after a request that promoted runs, and by the sweep. */
import type { Config } from "../config.ts";
import type { OnChanged } from "../db/changes.ts";
import type { Database } from "../db/client.ts";
import { signRunToken } from "../http/credentials/run-token.ts";
import type { BackgroundServices } from "../http/env.ts";
import { describeError, log } from "../log.ts";
import type { Verdict } from "./answer.ts";
import { dispatchDelaySeconds } from "./backoff.ts";
import type { Dispatch, Promotion } from "./dispatch.ts";
import { WEBHOOKS_AT_ONCE } from "./post-webhook.ts";
import { recordAcceptanceSoon } from "./record-acceptance-soon.ts";
import { type Acceptance, giveUpDispatch, logDispatchFailure, postponeDispatch } from "./record-dispatch.ts";
import { decryptWebhookSecret } from "./secret-box.ts";
import { notifyStopped, sendDispatch } from "./send.ts";

/**
 * No dispatch is started after this time. So the last one ends within the 30 s that a Worker may continue after its answer, and
 * a runner that refuses each run of a long queue does not delay dispatches to other runners.
 */
const BUDGET_MS = 12_000;

/** Records an acceptance, at once or later. It never throws. The next dispatch is sent without waiting for it. */
export type RecordAccepted = (acceptance: Acceptance) => Promise<void> | void;

/**
 * Sends these dispatches, and those of the runs that are promoted meanwhile. Never throws. A dispatch that was not sent, or
 * whose outcome was not recorded, stays due: its claim expires and the sweep sends it again. `recordAccepted` records an
 * acceptance; the default records it together with those of other requests of the isolate.
 */
export async function sendDispatches(
  { db, config, live }: BackgroundServices,
  dispatches: readonly Dispatch[],
  recordAccepted?: RecordAccepted,
): Promise<void> {
  const announcing = [live.mark()];
  const onChanged: OnChanged = (changes) => void announcing.push(live.announce(changes));
  const record = recordAccepted ?? ((acceptance) => recordAcceptanceSoon(db, acceptance, onChanged));
  const recording: (Promise<void> | void)[] = [];
  const onAccepted = (acceptance: Acceptance) => void recording.push(record(acceptance));
  const queue = [...dispatches];
  const began = Date.now();
  const next = () => (Date.now() - began < BUDGET_MS ? queue.shift() : undefined);
  const lane = async () => {
    for (let dispatch = next(); dispatch; dispatch = next()) {
      try {
        const onPromoted = (promoted: readonly Dispatch[]) => void queue.push(...promoted);
        await sendOne(db, config, dispatch, { onAccepted, onPromoted, onChanged });
      } catch (error) {
        logDispatchFailure(dispatch, error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(WEBHOOKS_AT_ONCE, queue.length) }, lane));
  await Promise.all(recording);
  await Promise.all(announcing);
}

/** What `sendOne` calls: with an acceptance to record, with the dispatches of promoted runs, and with the changes. */
type Outcomes = { onAccepted: (acceptance: Acceptance) => void } & Omit<Promotion, "graceSeconds">;

async function sendOne(
  db: Database,
  config: Config,
  dispatch: Dispatch,
  { onAccepted, onPromoted, onChanged }: Outcomes,
): Promise<void> {
  const verdict = await trySending(config, dispatch);
  switch (verdict.kind) {
    case "accepted":
      onAccepted({ dispatch, status: verdict.status });
      return;
    case "retry": {
      const backoffSeconds = dispatchDelaySeconds(dispatch.dispatch_count, Math.random());
      const delaySeconds = Math.max(backoffSeconds, verdict.retryAfterSeconds ?? 0);
      await postponeDispatch(db, dispatch, { reason: verdict.reason, delaySeconds, onChanged });
      return;
    }
    case "unreached":
    case "rejected":
      return giveUpDispatch(db, dispatch, {
        reason: verdict.reason,
        isRefused: verdict.kind === "rejected",
        pause: verdict.kind === "rejected" && verdict.gone,
        graceSeconds: config.deadlineGraceSeconds,
        onPromoted,
        onChanged,
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
      expiresAt: dispatch.deadline_at,
    }),
  ]);
  const callbackUrl = `${config.publicUrl}/v1/workflow-runs/${dispatch.run_id}/callback`;
  return sendDispatch({ dispatch, webhookSecret, callbackUrl, callbackToken }, urlOptions(config));
}

export const urlOptions = ({ allowLocalRunners, publicUrl }: Config) => ({ allowLocal: allowLocalRunners, publicUrl });

/** A run that was stopped while it was RUNNING, and its runner: `stop_run` in SQL. Instants are RFC 3339. */
export type StoppedRun = {
  run_id: string;
  attempt: number;
  workflow_definition_id: string;
  runner_url: string;
  webhook_secret_encrypted: string;
  stopped_at: string;
};

/** Tells the runner of a run, once, that the run was stopped. Never throws. */
export async function sendStopped(config: Config, stopped: StoppedRun, reason: string | null): Promise<void> {
  const { run_id: runId, attempt, runner_url: url, stopped_at: at } = stopped;
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

/** Does the same for several runs, a few at a time. Never throws. */
export async function tellEachStopped(config: Config, stopped: readonly StoppedRun[]): Promise<void> {
  const queue = [...stopped];
  const lane = async () => {
    for (let run = queue.shift(); run; run = queue.shift()) await sendStopped(config, run, null);
  };
  await Promise.all(Array.from({ length: Math.min(WEBHOOKS_AT_ONCE, queue.length) }, lane));
}
