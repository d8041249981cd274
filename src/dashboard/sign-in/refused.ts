import type { Context } from "hono";
import type { AppEnv } from "../../http/env.ts";
import type { SignInWay } from "../../http/live/live.ts";
import { log } from "../../log.ts";

/**
 * Logs and counts a sign-in that was refused, for a reason in one word. Nobody knows whose it was, so it has no tenant and is in no audit
 * log, and its number is one of the deployment. No request to the database is made for it.
 */
export function noteRefused(
  c: Context<AppEnv>,
  way: SignInWay,
  reason: string,
  more: Record<string, string> = {},
): void {
  log("info", "sign-in refused", { request_id: c.var.requestId, way, reason, ...more });
  c.executionCtx.waitUntil(c.env.live.noteRefusedSignIn(way));
}
