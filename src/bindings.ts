/** What Cloudflare gives the Worker besides texts: see wrangler.toml. */
import { z } from "@hono/zod-openapi";

/** The schema of a binding; undefined when wrangler.toml does not have it. */
export const bindingOf = <Binding extends object>() =>
  z.custom<Binding>((binding) => typeof binding === "object" && binding !== null).optional();

/** Cloudflare's binding of a rate limiter: https://developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit */
export type RateLimiter = { limit(options: { key: string }): Promise<{ success: boolean }> };

/** Answers Neon's HTTP protocol where no URL leads: on a server of one's own, src/own-server/. */
export type SqlService = { fetch(url: string, init: RequestInit): Promise<Response> };

/** A bucket of R2, which keeps the files of runs: https://developers.cloudflare.com/r2/api/workers/workers-api-reference/ */
export type Bucket = {
  put(key: string, body: ReadableStream, options: { sha256?: string }): Promise<unknown>;
  get(key: string, options: { range?: { offset: number; length: number } }): Promise<{ body: ReadableStream } | null>;
  /** @throws Error with `left`, when all but these keys were deleted */
  delete(keys: string[]): Promise<void>;
};
