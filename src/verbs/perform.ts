import { z } from "zod";
import { credentialJson } from "../db/access.ts";
import { callFunction, readAnswer } from "../db/call.ts";
import type { Database } from "../db/client.ts";
import { Problem } from "../http/problems.ts";
import { checkKnown, checkUnchecked } from "../inputs/input-checks.ts";
import { type CheckedInputs, uncheckedSchema } from "../inputs/input-schema.ts";
import { after } from "./after.ts";
import { effectsSchema } from "./effects.ts";
import type { Proof, VerbServices } from "./services.ts";
import type { Verb } from "./verb.ts";

/** The part of the answer that all verbs have in common: `answer_with` in SQL. */
const answerSchema = z.looseObject({
  tenant_id: z.string().optional(),
  refused: z.string().optional(),
  result: z.unknown().optional(),
  unchecked: uncheckedSchema.optional(),
  effects: effectsSchema,
});

type Answer = z.output<typeof answerSchema>;

/** The result of a verb. `tenantId` is null when the verb is not about one tenant. */
export type Performed<Result> = { tenantId: string | null; result: Result };

type AnyRefusal = { refused: string };

/**
 * Calls a verb: one statement, one round trip, one transaction. This is the only way to change something. Before the call it
 * announces that something is about to change, and after the commit it lets the effects follow, also those of a refused call.
 * If this isolate did not know the schema for some inputs, the verb answers it. They are then checked, and the verb is called again.
 * @throws Unauthenticated when the credential is not valid now
 * @throws the verb's own error when it refuses
 * @throws z.ZodError when the answer is not as expected
 */
export async function perform<Request, Result, Refusal extends AnyRefusal>(
  services: VerbServices,
  verb: Verb<Request, Result, Refusal>,
  request: Request,
): Promise<Performed<Result>> {
  const marking = services.live.mark();
  const given = verb.inputs?.(request) ?? null;
  let inputs = given === null ? {} : await checkKnown(given);
  for (let tries = 1; ; tries++) {
    const answer = await ask(services.db, verb, contextOf(services, inputs), request);
    services.afterwards(() => Promise.all([marking, after(services, answer.effects)]));
    if (answer.unchecked === undefined || tries === MOST_TRIES) {
      return readPerformed(verb, answer, request, services.proof);
    }
    inputs = await checkUnchecked(inputs, answer.unchecked, given);
  }
}

/**
 * The first call, the one after the check of the inputs, and one more if the schema was changed meanwhile. If it is changed then, too, the
 * verb is a `conflict`, so each route whose verb can answer `input_unchecked` declares that problem.
 */
const MOST_TRIES = 3;

/**
 * Calls a verb for the operator, whose credential is the connection to the database. It is for scripts, which have no hubs, no
 * runners and no secrets: its effects are dropped, and the sweep finds what is due.
 * @throws as {@link perform} does
 */
export async function performAsOperator<Request, Result, Refusal extends AnyRefusal>(
  db: Database,
  verb: Verb<Request, Result, Refusal>,
  request: Request,
): Promise<Performed<Result>> {
  const context = { request_id: null, slack_seconds: 0, sends: false };
  return readPerformed(verb, await ask(db, verb, context, request), request, {});
}

async function ask<Request, Result, Refusal extends AnyRefusal>(
  db: Database,
  verb: Verb<Request, Result, Refusal>,
  context: object,
  request: Request,
): Promise<Answer> {
  const text = JSON.stringify(context);
  if (verb.ask) return readAnswer(await verb.ask(db, text, request), answerSchema);
  const { isRepeatable = false } = verb;
  return callFunction(db, verb.name, { context: text, ...verb.args(request) }, answerSchema, { isRepeatable });
}

/** The result in an answer. Throws the verb's own error when the verb refused. */
function readPerformed<Request, Result, Refusal extends AnyRefusal>(
  verb: Verb<Request, Result, Refusal>,
  { tenant_id: tenantId, effects: _, result, unchecked: __, ...refusal }: Answer,
  request: Request,
  proof: Proof,
): Performed<Result> {
  if (refusal.refused === "input_unchecked") {
    throw new Problem("conflict", "The workflow's input schema was changed again and again at this moment. Try again.");
  }
  if (refusal.refused !== undefined) {
    if (!verb.refusals || !verb.refuse) throw new Error(`${verb.name} refused: ${refusal.refused}`);
    throw verb.refuse(verb.refusals.parse({ tenant_id: tenantId, ...refusal }), request, proof);
  }
  return { tenantId: tenantId ?? null, result: verb.result.parse(result) };
}

/** The context of a call: see migrations/functions/effects/rules/effects.sql. */
const contextOf = (
  { proof: { caller, run, session, webhook }, requestId, config, sends }: VerbServices,
  inputs: CheckedInputs,
) => ({
  ...(caller && { caller: JSON.parse(credentialJson(caller)) }),
  ...(run && { run: { run_id: run.runId, tenant_id: run.tenantId, attempt: run.attempt } }),
  ...(session && { session: { session_id: session.sessionId, tenant_id: session.tenantId } }),
  ...(webhook && { webhook: { trigger_id: webhook.triggerId, version: webhook.version } }),
  inputs,
  request_id: requestId,
  slack_seconds: config.deadlineGraceSeconds,
  sends,
});
