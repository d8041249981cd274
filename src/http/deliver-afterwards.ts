import type { Context } from "hono";
import { deliverAll } from "../deliver.ts";
import type { Promotion } from "../store/slots.ts";
import type { AppEnv } from "./env.ts";

/**
 * What a verb that may promote runs is given: they are delivered after the answer, by this Worker. If it dies
 * before, their lease runs out and the sweep delivers them.
 */
export function promotion(c: Context<AppEnv>): Promotion {
  return {
    graceSeconds: c.env.config.deadlineGraceSeconds,
    onPromoted: (dispatches) => {
      if (dispatches.length > 0) c.executionCtx.waitUntil(deliverAll(c.env, dispatches));
    },
  };
}
