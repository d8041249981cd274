import type { Context } from "hono";
import { log } from "../../base/log.ts";
import type { AppEnv } from "../../http/env.ts";
import type { SignInWay } from "../../http/live/live.ts";

/**
 * Logs and counts a sign-in that was refused, for a reason in one word. Nobody knows who it was, so it belongs to no tenant: it is in no
 * audit log, and is counted for the whole deployment. The register counts it, so it costs no request to the database.
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
