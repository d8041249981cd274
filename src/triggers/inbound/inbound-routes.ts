/** The routes to which other services send their webhooks. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { AppEnv } from "../../http/env.ts";
import { limitCaller, limitLookUp } from "../../http/middleware/limit-rate.ts";
import { provideServices } from "../../http/middleware/provide-services.ts";
import { Problem } from "../../http/problems.ts";
import { createRouter } from "../../http/router.ts";
import { signedCall, tokenCall } from "../../http/routes.ts";
import { jsonContent, uuid } from "../../http/schemas.ts";
import { signalProblem, signalRefusalSchema } from "../../runs/suspensions/refusals.ts";
import type { Firing } from "../triggers.ts";
import { receiveMessage } from "./receive.ts";
import { ReceiptSchema } from "./webhook-schema.ts";

export const inbound = createRouter();

const MAX_BODY_BYTES = 1024 * 1024;

// An id that is not a UUID gets the same 401 as a trigger that does not exist.
const trigger_id = z
  .string()
  .openapi({ description: "The id of the trigger.", example: "01920000-0000-7000-8000-000000000a01" });
const token = z.string().openapi({ description: "The token of the trigger, of the scheme `token`." });

const receipt = (description: string) => ({ description, content: jsonContent(ReceiptSchema) });

const common = {
  method: "post" as const,
  tags: ["Triggers"],
  maxBodyBytes: MAX_BODY_BYTES,
  // While the input schema of the workflow is changed again and again: see `perform`.
  problems: ["conflict" as const],
  responses: {
    202: receipt("The message was taken. `outcome` says what became of it: it may also be SKIPPED, MISSED or REFUSED"),
    200: receipt("The same message has triggered this run, or sent its signal, before, within seven days"),
    204: { description: "The trigger does not take such events, or it is the `ping` of GitHub" },
  },
};

/** What Slack wants to read before it sends messages. */
const challenge = z.string().openapi({ example: "3eZbrw1aBm2rZgRNFdxV2595" }); // cspell:disable-line

/** The body must not be parsed before its signature was verified, so no schema checks it. */
const ANY_BODY = z.unknown().openapi({ example: { ref: "refs/heads/main", after: "0cffc4e" } });

const message = { body: { required: false, content: { "*/*": { schema: ANY_BODY } } } };

const receive = signedCall({
  ...common,
  path: "/v1/inbound/{trigger_id}",
  operationId: "receive_webhook",
  summary: "Send a signed message",
  description:
    "For other services: GitHub, Stripe, Slack, GitLab, or whatever can sign. The signature is verified with the secret of the trigger, before anything " +
    "else is looked at.",
  request: { params: z.object({ trigger_id }), ...message },
  responses: {
    ...common.responses,
    200: {
      description: `${common.responses[200].description}. Or Slack has asked for its challenge, which is then the whole body`,
      content: { ...common.responses[200].content, "text/plain": { schema: challenge } },
    },
  },
});

const receiveByToken = tokenCall({
  ...common,
  path: "/v1/inbound/{trigger_id}/{token}",
  operationId: "receive_webhook_by_token",
  summary: "Send a message with a token",
  description: "For services that can sign nothing. Whoever knows the URL can trigger runs.",
  request: { params: z.object({ trigger_id, token }), ...message },
});

async function answer(c: Context<AppEnv>, given: { triggerId: string; token: string | null }) {
  const id = uuid().safeParse(given.triggerId);
  if (!id.success) throw new Problem("message_unauthenticated");
  const sent = { header: (name: string) => c.req.header(name), body: await c.req.arrayBuffer(), token: given.token };
  return receiveMessage(c.env, id.data.toLowerCase(), sent, {
    limitLookUp: () => limitLookUp(c),
    limit: (triggerId) => limitCaller(c, `trigger ${triggerId}`),
    servicesFor: (webhook) => {
      provideServices(c, { webhook });
      return c.var.services;
    },
  });
}

/** @throws Problem `too_many_requests` when a signal cannot be kept, so that its sender sends it again later */
function toReceipt({ id, outcome, reason, run_id, detail }: Firing): z.infer<typeof ReceiptSchema> {
  if (reason === "too_many_signals") throw signalProblem(signalRefusalSchema.parse({ refused: reason, ...detail }));
  // `run_id` of a SKIPPED firing is the run that was in the way. The sender has no right to know it.
  return { firing_id: id, outcome, run_id: outcome === "FIRED" ? run_id : null };
}

inbound.openapi(receive, async (c) => {
  const taken = await answer(c, { triggerId: c.req.valid("param").trigger_id, token: null });
  if (taken === null) return c.body(null, 204);
  if ("challenge" in taken) return c.text(taken.challenge, 200);
  return c.json(toReceipt(taken.firing), taken.isDuplicate ? 200 : 202);
});

inbound.openapi(receiveByToken, async (c) => {
  const { trigger_id: triggerId, token: given } = c.req.valid("param");
  const taken = await answer(c, { triggerId, token: given });
  // Only signed messages have a challenge.
  return taken === null || "challenge" in taken
    ? c.body(null, 204)
    : c.json(toReceipt(taken.firing), taken.isDuplicate ? 200 : 202);
});
