/** Makes a runner in a few lines: `createRunner({ lease, work })`, or `createRunner({ webhook, work })` for one with a URL. */
import type { AttemptOptions } from "./attempt.ts";
import { type LeaseOptions, LeaseRunner } from "./lease-runner.ts";
import type { Note, Work } from "./types.ts";
import { type WebhookOptions, WebhookRunner } from "./webhook-runner.ts";

export type { Input, NewArtifact, RunSnapshot } from "../types.ts";
export type { LeaseOptions } from "./lease-runner.ts";
export {
  type ArtifactBody,
  type ArtifactOptions,
  type Assignment,
  type ChildRun,
  type ChildrenOptions,
  type ChildSpec,
  type KeptOfRun,
  type Note,
  type Outcome,
  type Progress,
  type Question,
  type SignalWait,
  type WaitOutcome,
  type Work,
  type WorkContext,
  WorkEnded,
  WorkFailed,
  type WorkResult,
  type WorkRun,
  type WorkSteps,
} from "./types.ts";
export type { WebhookOptions } from "./webhook-runner.ts";

type RunnerOptions = {
  work: Work;
  /** Called with remarks about an attempt, such as why the service could not be reached. */
  onNote?(note: Note): void;
  fetch?: typeof fetch;
};

export function createRunner(options: RunnerOptions & { webhook: WebhookOptions }): WebhookRunner;
export function createRunner(options: RunnerOptions & { lease: LeaseOptions }): LeaseRunner;
export function createRunner(
  options: RunnerOptions & ({ webhook: WebhookOptions } | { lease: LeaseOptions }),
): WebhookRunner | LeaseRunner {
  const { work, onNote, fetch = globalThis.fetch } = options;
  const attempts: AttemptOptions = { work, fetch, heartbeatSeconds: null, ...(onNote && { onNote }) };
  if ("webhook" in options) return new WebhookRunner(options.webhook, attempts);
  return new LeaseRunner(options.lease, attempts);
}

export { LeaseRunner, WebhookRunner };
