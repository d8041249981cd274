import type { Context } from "hono";
import type { AppEnv } from "../http/env.ts";
import type { Promotion } from "./dispatch.ts";
import { sendDispatches } from "./send-dispatches.ts";

/**
 * The argument for a verb that may promote runs. After the answer, this Worker sends the dispatches of the promoted runs. If it
 * dies before that, their leases expire and the sweep sends them. Call this right before the verb, since it also announces that
 * something is about to change.
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
