import type { Context } from "hono";
import type { AppEnv } from "../http/env.ts";
import type { Promotion } from "./dispatch.ts";
import { sendDispatches } from "./send-dispatches.ts";

/**
 * The argument of a verb that may promote runs: this Worker sends the dispatches of the promoted runs after it has answered.
 * If it dies before that, the leases of the dispatches expire and the sweep sends them. Call it right before the verb: it also announces that something
 * is about to change.
 */
export function promotion(c: Pick<Context<AppEnv>, "env" | "executionCtx" | "set">): Promotion {
  const marking = c.env.live.mark();
  return {
    graceSeconds: c.env.config.deadlineGraceSeconds,
    onPromoted: (dispatches) => {
      if (dispatches.length > 0) c.executionCtx.waitUntil(sendDispatches(c.env, dispatches));
    },
    onChanged: (changes) => {
      c.set("isAnnounced", true);
      c.executionCtx.waitUntil(Promise.all([marking, c.env.live.announce(changes)]));
    },
  };
}
