import type { Context } from "hono";
import type { Proof } from "../../verbs/services.ts";
import type { AppEnv } from "../env.ts";

/** Provides what the verbs of a request need, once it is known who asks. */
export function provideServices(c: Context<AppEnv>, proof: Proof): void {
  const { db, patientDb, config, live, send } = c.env;
  c.set("services", {
    ...{ db, patientDb, config, live, send, proof },
    requestId: c.var.requestId,
    sends: true,
    notifies: true,
    afterwards: (work) => c.executionCtx.waitUntil(work()),
  });
}
