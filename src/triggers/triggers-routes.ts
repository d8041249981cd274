/** The routes of triggers: list and create those of a workflow, and read, replace and delete one. */
import { z } from "@hono/zod-openapi";
import { v7 as newId } from "uuid";
import type { Config } from "../config.ts";
import { createRouter } from "../http/router.ts";
import { callerRead, callerWrite } from "../http/routes.ts";
import { jsonBody, optionalJsonBody, pageQuery, paginated } from "../http/schemas.ts";
import { perform } from "../verbs/perform.ts";
import { definitionParams } from "../workflows/workflow-definition-schema.ts";
import { createTriggerWithSecret, inboundUrl, rotateSecret } from "./inbound/secrets.ts";
import { RotateTriggerSecretRequestSchema } from "./inbound/webhook-schema.ts";
import type { TriggerContent } from "./trigger-content.ts";
import {
  CreateTriggerRequestSchema,
  exampleTrigger,
  TriggerRequestSchema,
  TriggerSchema,
  TriggerWithSecretSchema,
  triggerParams,
} from "./trigger-schema.ts";
import { deleteTrigger, findTrigger, listTriggers, replaceTrigger, type TriggerRow } from "./triggers.ts";

/** Those of a workflow. */
export const workflowTriggers = createRouter();
export const triggers = createRouter();

const OF_DEFINITION = "/v1/workflow-definitions/{definition_id}/triggers";
const ONE = "/v1/triggers/{trigger_id}";
const tags = ["Triggers"];

const json = <Schema extends z.ZodType>(description: string, schema: Schema, example?: z.input<Schema>) => ({
  description,
  content: { "application/json": { schema, ...(example !== undefined && { example }) } },
});

/** A trigger in an answer. */
export const toTrigger = (row: TriggerRow, config: Config): z.infer<typeof TriggerSchema> => ({
  ...row,
  webhook: row.webhook && { ...row.webhook, url: inboundUrl(config, row.id) },
});

/** What a checked request says of the trigger. */
export const contentOf = (given: z.output<typeof TriggerRequestSchema>): TriggerContent => ({
  name: given.name,
  kind: given.kind,
  schedule: given.schedule,
  webhook: given.webhook,
  run: given.run,
  input: given.input ?? null,
  labels: given.labels ?? {},
  concurrencyKey: given.concurrency_key ?? null,
  priority: given.priority,
  whenBusy: given.when_busy,
  isActive: given.is_active,
});

const list = callerRead({
  path: OF_DEFINITION,
  operationId: "list_triggers",
  tags,
  summary: "List triggers of a workflow",
  description: "Newest first. Those that are paused, too.",
  request: { params: definitionParams, query: pageQuery },
  problems: ["not_found"],
  responses: { 200: json("One page of them", paginated("TriggerPage", TriggerSchema, exampleTrigger)) },
});

workflowTriggers.openapi(list, async (c) => {
  const page = c.req.valid("query");
  const request = { definitionId: c.req.valid("param").definition_id, ...page };
  const { items, total } = await listTriggers(c.env.db, c.var.credential, request);
  return c.json({ items: items.map((row) => toTrigger(row, c.env.config)), total, ...page }, 200);
});

const body = jsonBody(TriggerRequestSchema);

const createBody = jsonBody(CreateTriggerRequestSchema);

const create = callerWrite({
  method: "post",
  path: OF_DEFINITION,
  operationId: "create_trigger",
  scope: "manage",
  tags,
  summary: "Create a trigger",
  description:
    "It triggers runs by itself, with the rights that you have whenever it fires. Needs write on the definition. A workflow may have " +
    "100 triggers. Of a webhook, only this answer has the secret.",
  request: { params: definitionParams, body: createBody },
  problems: ["not_found", "conflict"],
  responses: {
    201: {
      ...json("The new trigger", TriggerWithSecretSchema, exampleTrigger),
      headers: z.object({ Location: z.string().openapi({ description: "The URL of the trigger." }) }),
    },
  },
});

workflowTriggers.openapi(create, async (c) => {
  const definitionId = c.req.valid("param").definition_id;
  const given = c.req.valid("json");
  const request = { definitionId, id: newId(), content: contentOf(given) };
  const { trigger, secret } = await createTriggerWithSecret(c.var.services, request, given.secret);
  const answer = { ...toTrigger(trigger, c.env.config), ...(secret !== undefined && { secret }) };
  return c.json(answer, 201, { Location: `/v1/triggers/${trigger.id}` });
});

const read = callerRead({
  path: ONE,
  operationId: "get_trigger",
  tags,
  summary: "Get a trigger",
  description: "Also when it fires next. Its secret, if it has one, is never shown.",
  request: { params: triggerParams },
  problems: ["not_found"],
  responses: { 200: json("The trigger", TriggerSchema) },
});

triggers.openapi(read, async (c) => {
  const { trigger } = await findTrigger(c.env.db, c.var.credential, c.req.valid("param").trigger_id);
  return c.json(toTrigger(trigger, c.env.config), 200);
});

const replace = callerWrite({
  method: "put",
  path: ONE,
  operationId: "update_trigger",
  scope: "manage",
  tags,
  summary: "Replace a trigger",
  description:
    "Replaces everything: a field that is left out gets its default. A change of its schedule counts from now on. From then on it " +
    "fires with your rights.",
  request: { params: triggerParams, body },
  problems: ["not_found", "conflict"],
  responses: { 200: json("The trigger as it is now", TriggerSchema) },
});

triggers.openapi(replace, async (c) => {
  const request = { id: c.req.valid("param").trigger_id, content: contentOf(c.req.valid("json")) };
  const { result } = await perform(c.var.services, replaceTrigger, request);
  return c.json(toTrigger(result.trigger, c.env.config), 200);
});

const rotate = callerWrite({
  method: "post",
  path: `${ONE}/rotate-secret`,
  operationId: "rotate_trigger_secret",
  scope: "manage",
  tags,
  summary: "Rotate the secret of a webhook",
  description:
    "For 24 hours, or until it is rotated again, messages with the old secret are taken, too. Only this answer has the new one. When " +
    "this request is repeated, also after an answer that was lost and with the same `secret`, the secret of before the first one ends at " +
    "once. So first read the trigger: its `old_secret_until` says whether it was rotated. From then on it fires with your rights.",
  request: { params: triggerParams, body: optionalJsonBody(RotateTriggerSecretRequestSchema) },
  problems: ["not_found", "conflict"],
  responses: { 200: json("The trigger, with its new secret", TriggerWithSecretSchema) },
});

triggers.openapi(rotate, async (c) => {
  const { secret: given = null } = c.req.valid("json");
  const { trigger, secret } = await rotateSecret(c.var.services, c.req.valid("param").trigger_id, { given });
  return c.json({ ...toTrigger(trigger, c.env.config), secret }, 200);
});

const remove = callerWrite({
  method: "delete",
  path: ONE,
  operationId: "delete_trigger",
  scope: "manage",
  tags,
  summary: "Delete a trigger",
  description: "With its firings. The runs that it has triggered stay.",
  request: { params: triggerParams },
  problems: ["not_found"],
  responses: { 204: { description: "Deleted: it does not fire any more" } },
});

triggers.openapi(remove, async (c) => {
  await perform(c.var.services, deleteTrigger, c.req.valid("param").trigger_id);
  return c.body(null, 204);
});
