/** The routes of what a trigger does: pause, resume, fire and backfill it, its firings, and its next instants. */
import { z } from "@hono/zod-openapi";
import { v7 as newId } from "uuid";
import { createRouter } from "../http/router.ts";
import { callerRead, callerWrite } from "../http/routes.ts";
import { givenInstant, json, jsonBody, optionalJsonBody, positionQuery } from "../http/schemas.ts";
import { perform } from "../verbs/perform.ts";
import { occurrencesIn, planBackfill } from "./backfill.ts";
import {
  BackfillRequestSchema,
  BackfillSchema,
  FiringPageSchema,
  FiringSchema,
  MAX_OCCURRENCES,
  OccurrencesSchema,
} from "./firing-schema.ts";
import { timeZoneData } from "./schedule/time-zone-data.ts";
import {
  exampleTrigger,
  PauseTriggerRequestSchema,
  pausedTrigger,
  TriggerSchema,
  triggerParams,
} from "./trigger-schema.ts";
import { backfillTrigger, findTrigger, fireTrigger, listFirings, pauseTrigger, resumeTrigger } from "./triggers.ts";
import { toTrigger } from "./triggers-routes.ts";

export const firings = createRouter();

const ONE = "/v1/triggers/{trigger_id}";
const tags = ["Triggers"];

const isTrigger = (example: z.input<typeof TriggerSchema>) => ({
  200: { description: "The trigger as it is now", content: { "application/json": { schema: TriggerSchema, example } } },
});

const pause = callerWrite({
  method: "post",
  path: `${ONE}/pause`,
  operationId: "pause_trigger",
  scope: "manage",
  tags,
  summary: "Pause a trigger",
  description: "It does not fire until it is resumed. One that is paused already keeps its note.",
  request: { params: triggerParams, body: optionalJsonBody(PauseTriggerRequestSchema) },
  problems: ["not_found"],
  responses: isTrigger(pausedTrigger),
});

firings.openapi(pause, async (c) => {
  const { note = null } = c.req.valid("json");
  const { result } = await perform(c.var.services, pauseTrigger, { id: c.req.valid("param").trigger_id, note });
  return c.json(toTrigger(result.trigger, c.env.config), 200);
});

const resume = callerWrite({
  method: "post",
  path: `${ONE}/resume`,
  operationId: "resume_trigger",
  scope: "manage",
  tags,
  summary: "Resume a trigger",
  description:
    "From then on it fires with your rights. The instants of the pause are recorded as MISSED. With `catch_up`, the last of them fires " +
    "late, unless it is older than `catch_up_window_seconds`. A trigger that fires after another run catches nothing up.",
  request: {
    params: triggerParams,
    body: optionalJsonBody(
      z
        .strictObject({ catch_up: z.boolean().optional() })
        .openapi("ResumeTriggerRequest", { example: { catch_up: true } }),
    ),
  },
  problems: ["not_found", "conflict"],
  responses: isTrigger(exampleTrigger),
});

firings.openapi(resume, async (c) => {
  const request = { id: c.req.valid("param").trigger_id, catchesUp: c.req.valid("json").catch_up ?? false };
  return c.json(toTrigger((await perform(c.var.services, resumeTrigger, request)).result.trigger, c.env.config), 200);
});

const fire = callerWrite({
  method: "post",
  path: `${ONE}/fire`,
  operationId: "fire_trigger",
  scope: "run",
  tags,
  summary: "Fire a trigger now",
  description:
    "The run is triggered with the rights of the user who changed the trigger last, as when it fires by itself. You need the rights that an " +
    "invoke needs, too. This also works while the trigger is paused. The schedule goes on as before.",
  request: { params: triggerParams },
  problems: ["not_found", "conflict"],
  responses: { 202: json("The firing. Its outcome may also be SKIPPED or REFUSED", FiringSchema) },
});

firings.openapi(fire, async (c) => {
  const request = { id: c.req.valid("param").trigger_id, firingId: newId(), runId: newId() };
  return c.json((await perform(c.var.services, fireTrigger, request)).result.firing, 202);
});

const list = callerRead({
  path: `${ONE}/firings`,
  operationId: "list_trigger_firings",
  tags,
  summary: "List firings of a trigger",
  description:
    "What became of each occasion, newest first. " +
    "All firings of the last seven days are kept; of older ones, those that are among the newest 1,000.",
  request: { params: triggerParams, query: positionQuery() },
  problems: ["not_found"],
  responses: { 200: json("One page of firings", FiringPageSchema) },
});

firings.openapi(list, async (c) => {
  const { cursor: before = null, limit } = c.req.valid("query");
  const request = { triggerId: c.req.valid("param").trigger_id, before, limit };
  const { items, next } = await listFirings(c.env.db, c.var.credential, request);
  return c.json({ items, next_cursor: next }, 200);
});

const occurrences = callerRead({
  path: `${ONE}/occurrences`,
  operationId: "list_trigger_occurrences",
  tags,
  summary: "List instants of a schedule",
  description:
    "Of the past and of the future, as the schedule is now, also while the trigger is paused. Without the jitter. A trigger without a schedule has none.",
  request: {
    params: triggerParams,
    query: z.object({
      from: givenInstant()
        .optional()
        .openapi({ description: "The first instant may be this one. Now, if it is left out." }),
      to: givenInstant().optional().openapi({ description: "All instants are before it." }),
      limit: z.coerce.number().int().min(1).max(MAX_OCCURRENCES).default(100),
    }),
  },
  problems: ["not_found"],
  responses: { 200: json("The first `limit` of them, of the next ten years", OccurrencesSchema) },
});

firings.openapi(occurrences, async (c) => {
  const { from, to, limit } = c.req.valid("query");
  const { trigger, now } = await findTrigger(c.env.db, c.var.credential, c.req.valid("param").trigger_id);
  const { schedule } = trigger;
  const items = schedule === null ? [] : occurrencesIn(schedule, from ?? now, to, limit);
  return c.json({ items, time_zone_data: timeZoneData() }, 200);
});

const backfill = callerWrite({
  method: "post",
  path: `${ONE}/backfill`,
  operationId: "backfill_trigger",
  scope: "run",
  tags,
  summary: "Backfill a schedule",
  description:
    "Fires it for instants of the past. " +
    "For each instant of its schedule in the range, at most 500 and in at most ten years, that has not fired before as far as its firings are kept. The runs wait " +
    "for their turns, whatever `when_busy` says. It ends at the first firing that is refused. You need the rights that an invoke needs, too.",
  request: { params: triggerParams, body: jsonBody(BackfillRequestSchema) },
  problems: ["not_found", "conflict"],
  responses: { 202: json("What it has fired", BackfillSchema) },
});

firings.openapi(backfill, async (c) => {
  const id = c.req.valid("param").trigger_id;
  const { from, to, dry_run: isDryRun } = c.req.valid("json");
  const { items, request } = await planBackfill(c.env.db, c.var.credential, { id, from, to });
  if (isDryRun) return c.json({ items, fired: 0, refused: null }, 202);
  const { result } = await perform(c.var.services, backfillTrigger, request);
  return c.json({ items, ...result }, 202);
});
