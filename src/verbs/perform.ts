import { z } from "zod";
import { credentialJson } from "../db/access.ts";
import { callFunction, readAnswer } from "../db/call.ts";
import { after } from "./after.ts";
import { effectsSchema } from "./effects.ts";
import type { VerbServices } from "./services.ts";
import type { Verb } from "./verb.ts";

/** The part of the answer that all verbs have in common: `answer_of` in SQL. */
const answerSchema = z.looseObject({
  tenant_id: z.string().optional(),
  refused: z.string().optional(),
  result: z.unknown().optional(),
  effects: effectsSchema,
});

/** The result of a verb. `tenantId` is null when the verb is not about one tenant. */
export type Performed<Result> = { tenantId: string | null; result: Result };

/**
 * Calls a verb: one statement, one round trip, one transaction. This is the only way to change something. Before the call it
 * announces that something is about to change, and after the commit it lets the effects follow, also those of a refused call.
 * @throws Unauthenticated when the credential is not valid now
 * @throws the verb's own error when it refuses
 * @throws z.ZodError when the answer is not as expected
 */
export async function perform<Request, Result, Refusal extends { refused: string }>(
  services: VerbServices,
  verb: Verb<Request, Result, Refusal>,
  request: Request,
): Promise<Performed<Result>> {
  const marking = services.live.mark();
  const { db } = services;
  const context = JSON.stringify(contextOf(services));
  const {
    tenant_id: tenantId,
    effects,
    result,
    ...refusal
  } = verb.ask
    ? readAnswer(await verb.ask(db, context, request), answerSchema)
    : await callFunction(db, verb.name, { context, ...verb.args(request) }, answerSchema, {
        isRepeatable: verb.isRepeatable ?? false,
      });
  services.afterwards(() => Promise.all([marking, after(services, effects)]));
  if (refusal.refused !== undefined) {
    if (!verb.refusals || !verb.refuse) throw new Error(`${verb.name} refused: ${refusal.refused}`);
    throw verb.refuse(verb.refusals.parse({ tenant_id: tenantId, ...refusal }), request, services.proof);
  }
  return { tenantId: tenantId ?? null, result: verb.result.parse(result) };
}

/** The context of a call: see migrations/functions/rules/effects.sql. */
const contextOf = ({ proof: { caller, run, session }, requestId, config, sends }: VerbServices) => ({
  ...(caller && { caller: JSON.parse(credentialJson(caller)) }),
  ...(run && { run: { run_id: run.runId, tenant_id: run.tenantId, attempt: run.attempt } }),
  ...(session && { session: { session_id: session.sessionId, tenant_id: session.tenantId } }),
  request_id: requestId,
  slack_seconds: config.deadlineGraceSeconds,
  sends,
});
