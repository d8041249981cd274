/**
 * Hands runs to their runners and writes down how that went. Shared by the requests that promote a run and by
 * the sweep.
 */
import type { Config } from "../config.ts";
import type { Database } from "../db/client.ts";
import { signRunToken } from "../http/credentials/run-token.ts";
import { describeError, log } from "../log.ts";
import type { StoppedRun } from "../runs/change-run.ts";
import type { Promotion } from "../runs/slots.ts";
import { decryptWebhookSecret } from "../workflows/secret-box.ts";
import type { Verdict } from "./answer.ts";
import { dispatchDelaySeconds } from "./backoff.ts";
import type { DispatchRow } from "./dispatch.ts";
import { type Acceptance, giveUpDispatch, postponeDispatch, recordDispatchAccepted } from "./dispatches.ts";
import { deliver, notifyStopped } from "./send.ts";

/** A Worker may wait for the headers of six answers at once. */
const CONCURRENCY = 6;

/**
 * No delivery begins later, so that the last one ends within the 30 s that a Worker has after its answer, and a
 * runner that refuses run after run of a long queue does not keep the others waiting.
 */
const BUDGET_MS = 12_000;

/** What becomes of a dispatch that a runner has accepted. */
export type OnAccepted = (acceptance: Acceptance) => Promise<void>;

/**
 * Delivers these dispatches, and those of the runs that are promoted meanwhile. One that is not delivered, or not
 * written down, stays due: its lease runs out and the sweep takes it up. Never throws. Each that is accepted is written
 * down at once, unless `onAccepted` sees to that.
 */
export async function deliverAll(
  { db, config }: { db: Database; config: Config },
  dispatches: readonly DispatchRow[],
  onAccepted: OnAccepted = ({ dispatch, status }) => recordDispatchAccepted(db, dispatch, status),
): Promise<void> {
  const queue = [...dispatches];
  const began = Date.now();
  const next = () => (Date.now() - began < BUDGET_MS ? queue.shift() : undefined);
  const worker = async () => {
    for (let dispatch = next(); dispatch; dispatch = next()) {
      try {
        await deliverOne(db, config, dispatch, { onAccepted, onPromoted: (promoted) => queue.push(...promoted) });
      } catch (error) {
        log("error", "dispatch", { run_id: dispatch.run_id, attempt: dispatch.attempt, ...describeError(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, queue.length) }, worker));
}

async function deliverOne(
  db: Database,
  config: Config,
  dispatch: DispatchRow,
  { onAccepted, onPromoted }: { onAccepted: OnAccepted; onPromoted: Promotion["onPromoted"] },
): Promise<void> {
  const verdict = await tryDelivery(config, dispatch);
  switch (verdict.kind) {
    case "accepted":
      return onAccepted({ dispatch, status: verdict.status });
    case "retry": {
      const backoffSeconds = dispatchDelaySeconds(dispatch.dispatch_count, Math.random());
      const delaySeconds = Math.max(backoffSeconds, verdict.retryAfterSeconds ?? 0);
      return postponeDispatch(db, dispatch, { reason: verdict.reason, delaySeconds });
    }
    case "rejected":
      return giveUpDispatch(db, dispatch, {
        reason: verdict.reason,
        pause: verdict.gone,
        graceSeconds: config.deadlineGraceSeconds,
        onPromoted,
      });
  }
}

async function tryDelivery(config: Config, row: DispatchRow): Promise<Verdict> {
  const { runner_url: runnerUrl, webhook_secret_encrypted: secret } = row;
  if (runnerUrl === null || secret === null) {
    return { kind: "rejected", reason: "The workflow has lost its runner.", gone: false };
  }
  const [webhookSecret, callbackToken] = await Promise.all([
    decryptWebhookSecret(config.encryptionKeys, row.workflow_definition_id, secret),
    signRunToken(config.runTokenKeys, {
      runId: row.run_id,
      attempt: row.attempt,
      tenantId: row.tenant_id,
      expiresAt: row.deadline_at,
    }),
  ]);
  const callbackUrl = `${config.publicUrl}/v1/workflow-runs/${row.run_id}/callback`;
  return deliver({ row, webhookSecret, callbackUrl, callbackToken }, urlOptions(config));
}

const urlOptions = ({ allowLocalRunners, publicUrl }: Config) => ({ allowLocal: allowLocalRunners, publicUrl });

/** Tells a run's runner that the run was stopped, as well as it can. Never throws. */
export async function tellStopped(config: Config, stopped: StoppedRun, reason: string | null): Promise<void> {
  const { runId, attempt, workflowDefinitionId, runnerUrl, webhookSecretEncrypted, stoppedAt } = stopped;
  try {
    const webhookSecret = await decryptWebhookSecret(
      config.encryptionKeys,
      workflowDefinitionId,
      webhookSecretEncrypted,
    );
    const message = { runId, attempt, reason, url: runnerUrl, webhookSecret, at: stoppedAt };
    const isAccepted = await notifyStopped(message, urlOptions(config));
    log("info", "stop told", { run_id: runId, attempt, accepted: isAccepted });
  } catch (error) {
    log("error", "stop told", { run_id: runId, attempt, ...describeError(error) });
  }
}
