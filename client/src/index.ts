/**
 * The main entry point, for programs and pages. The runner kit is the separate entry point `workflow-runs/runner`, so that a
 * page does not load it.
 *
 * The package is an npm workspace of the service's package. One `npm ci` at the root installs and builds both, and one lock file holds both,
 * but it declares the few libraries that its users install with it. What is where:
 * - this file and what it exports: for programs and pages, below 15 KiB gzip
 * - `runner/`: the kit for runners; `verify/`: tries a runner with a URL
 * - `cli/`: the command line, one file a command. `cli/as-code/` is `apply` and `export`: it reads the file, compares it with the tenant, plans
 *   steps, and carries them out, each one request.
 * - `openapi.ts`: the types of the OpenAPI document. `npm run client:types` makes them, and `workflows.schema.json`, the schema of that file,
 *   from the same document. So a new field of a policy is in the file by itself.
 *
 * It is compiled with TypeScript 5, which its users have, and checked with the version that the service uses, too.
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
