/**
 * The main entry point, for programs and pages. The runner kit is the separate entry point `workflow-runs/runner`, so that a
 * page does not load it.
 */
export {
  type BatchOptions,
  type Client,
  createClient,
  type Invocation,
  type InvokeOptions,
  type RunNews,
  type StopOptions,
} from "./client.ts";
export { type ConnectionOptions, unwrap } from "./connection.ts";
export { ApiProblem, type Fault, InvalidRequest, type ProblemCode } from "./problem.ts";
export type { RetryOptions } from "./retry.ts";
export * from "./types.ts";
export { InvalidWebhook, type VerifiedWebhook, verifyWebhook, type WebhookHeaders } from "./verify-webhook.ts";
export type { BatchWaitOptions, WaitOptions } from "./wait.ts";
export type { StreamMessage, StreamOptions } from "./watch.ts";
