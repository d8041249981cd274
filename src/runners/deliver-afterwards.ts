import type { Context } from "hono";
import type { AppEnv } from "../http/env.ts";
import type { Promotion } from "../runs/slots.ts";
import { deliverAll } from "./deliver.ts";

/**
 * What a verb that may promote runs is given: they are delivered after the answer, by this Worker. If it dies
 * before, their lease runs out and the sweep delivers them.
 */
export function promotion(c: Pick<Context<AppEnv>, "env" | "executionCtx">): Promotion {
  return {
    graceSeconds: c.env.config.deadlineGraceSeconds,
    onPromoted: (dispatches) => {
      if (dispatches.length > 0) c.executionCtx.waitUntil(deliverAll(c.env, dispatches));
    },
  };
}
