import type { Context } from "hono";
import type { AppEnv, BackgroundServices } from "../http/env.ts";
import type { Dispatch, Promotion } from "./dispatch.ts";

/**
 * The argument for a verb that may promote runs. After the answer, this Worker sends the dispatches of the promoted runs. If it
 * dies before that, its claims expire and the sweep sends them. Call this right before the verb, since it also announces that
 * something is about to change.
 */
export function promotion(c: Pick<Context<AppEnv>, "env" | "executionCtx" | "set">): Promotion {
  const marking = c.env.live.mark();
  return {
    graceSeconds: c.env.config.deadlineGraceSeconds,
    onPromoted: (dispatches) => {
      if (dispatches.length > 0) c.executionCtx.waitUntil(send(c.env.background, dispatches));
    },
    onChanged: (changes) => {
      c.set("isAnnounced", true);
      c.executionCtx.waitUntil(Promise.all([marking, c.env.live.announce(changes)]));
    },
  };
}

/** Sends by modules that are loaded here, since the answer of a new isolate does not need them. */
async function send(services: BackgroundServices, dispatches: readonly Dispatch[]): Promise<void> {
  const { sendDispatches } = await import("./send-dispatches.ts");
  await sendDispatches(services, dispatches);
}
