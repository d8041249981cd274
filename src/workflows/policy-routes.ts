/** The routes of a definition's policy: the settings that the wire contract does not have. */
import { z } from "@hono/zod-openapi";
import { HANDOVERS, RETRYABLE_FAILURES, RUN_NEEDS, WHEN_BUSY } from "../db/enums.ts";
import { JSON_POINTER, jsonObject } from "../http/json-value.ts";
import { IF_MATCH, tagsToMatch, tagToMatch } from "../http/middleware/conditional.ts";
import { createRouter } from "../http/router.ts";
import { callerRead, callerWrite } from "../http/routes.ts";
import { json, jsonBody, jsonContent, runnerTags, text, uuid } from "../http/schemas.ts";
import { MAX_INPUT_SCHEMA_BYTES } from "../inputs/input-schema.ts";
import { perform } from "../verbs/perform.ts";
import { checkInputSchema, findPolicy, MAX_GRACE_SECONDS, NEEDS_ONE_SLOT } from "./policy.ts";
import { definitionParams } from "./workflow-definition-schema.ts";
import { replacePolicy } from "./workflow-verbs.ts";

export const policies = createRouter();

const example = {
  handover: "lease" as const,
  lease_seconds: 300,
  max_attempts: 3,
  retry_on: ["LOST" as const],
  max_running: 5,
  max_running_per_key: 1,
  key_from: "/customer/id",
  when_busy: "replace_queued" as const,
  replace_grace_seconds: 0,
  max_queued: 500,
  run_needs: "write" as const,
  runner_tags: ["gpu"],
  may_trigger: ["01920000-0000-7000-8000-000000000302"],
  input_schema: {
    type: "object",
    properties: { quarter: { type: "string", pattern: "^20[0-9]{2}-Q[1-4]$" } },
    required: ["quarter"],
    additionalProperties: false,
  },
};

const MAX_RUNNING = 100;
const MAX_QUEUED = 1000;

const fields = {
  handover: z.enum(HANDOVERS).openapi({
    description:
      "How a run gets to its runner. `webhook`: the service sends it to the URL in `runner_config`. `lease`: runners ask " +
      "for it at `/v1/leases`; a run is PENDING until one gets it, and its time limit begins then.",
  }),
  lease_seconds: z.int().min(30).max(3600).openapi({
    description:
      "How long a runner may be silent, for example while it cannot reach the service. After that its run is FAILED with LOST.",
  }),
  max_attempts: z.int().min(1).max(10).openapi({
    description: "How many attempts a run can have, including the first. Those that a runner gave back do not count.",
  }),
  retry_on: z
    .array(z.enum(RETRYABLE_FAILURES))
    .max(RETRYABLE_FAILURES.length)
    .refine((codes) => new Set(codes).size === codes.length, { message: "Must not contain a code twice." })
    .openapi({
      uniqueItems: true,
      description:
        "The failures after which a run is retried automatically: after 5 seconds, twice as long after each further failure, at most 5 " +
        "minutes, each time up to a fifth more or less. Of REPORTED ones, a result can say that it must not be retried, or when.",
    }),
  max_running: z
    .int()
    .min(1)
    .max(MAX_RUNNING)
    .openapi({
      description:
        "How many runs of the workflow are RUNNING at the same time, at most. When it is raised, waiting runs start at once; when " +
        "it is lowered, none is stopped.",
    }),
  max_running_per_key: z
    .int()
    .min(1)
    .max(MAX_RUNNING)
    .nullable()
    .openapi({
      description:
        "How many of these have the same concurrency key, at most: `max_running` or less. Then keys take turns: the next run to " +
        "start is the first of the next key that has room, by name and beginning after the key that started last. Runs without a key take a turn like one key, and only `max_running` " +
        "limits them. null: runs start first in, first out.",
    }),
  key_from: text({ max: 256 })
    .refine((pointer) => JSON_POINTER.test(pointer), { message: 'Must be a JSON Pointer, such as "/customer/id".' })
    .nullable()
    .openapi({
      pattern: JSON_POINTER.source,
      description:
        "Where the input of a run has its concurrency key: a JSON Pointer to a text of 1 to 128 characters, a number or a " +
        "boolean. An invoke that sends `concurrency_key` needs none there. A run keeps the key that it was triggered with.",
    }),
  when_busy: z.enum(WHEN_BUSY).openapi({
    description:
      "What an invoke does when as many runs as may be RUNNING are unfinished, PENDING ones included: of the workflow, or, with " +
      "`max_running_per_key`, of its concurrency key. `queue`: its run waits. `skip`: it is refused with 409. `replace_queued`: its " +
      "run takes the place of those that wait, which are FAILED with SUPERSEDED. `replace_running`: the same, and the RUNNING one is " +
      "asked to stop. This needs a `max_running` of 1, or a `max_running_per_key` of 1 with a `key_from`. A retry always waits. An " +
      "invoke replaces up to 500 runs at once. If more wait, the others follow within seconds, and none starts meanwhile.",
  }),
  replace_grace_seconds: z
    .int()
    .min(0)
    .max(MAX_GRACE_SECONDS)
    .openapi({
      description:
        "With `replace_running`: how many seconds the runner has to end the RUNNING run after it was asked to stop, like " +
        "`grace_seconds` of a stop. The new run starts when the old one has ended. Further invokes do not give it more time.",
    }),
  max_queued: z
    .int()
    .min(1)
    .max(MAX_QUEUED)
    .nullable()
    .openapi({
      description:
        "How many runs of the workflow are PENDING, at most. An invoke whose run would be one more is refused with 409. Retries are " +
        "not. null: any number.",
    }),
  run_needs: z.enum(RUN_NEEDS).openapi({
    description:
      "What a USER needs to run a workflow that has no outputs: write on the workflow itself, or only read. With outputs, it has no " +
      "effect: who may write these may run it.",
  }),
  runner_tags: runnerTags().openapi({
    description:
      "What a runner needs to get a run of the workflow, when runners ask for its runs: only a session with all of these tags gets one.",
  }),
  may_trigger: z
    .array(uuid().transform((id) => id.toLowerCase()))
    .max(20)
    .refine((ids) => new Set(ids).size === ids.length, { message: "Must not contain a workflow twice." })
    .openapi({
      uniqueItems: true,
      description: "The workflows whose runs a run of this workflow may trigger: its children. It may name itself.",
    }),
  input_schema: jsonObject(MAX_INPUT_SCHEMA_BYTES)
    .nullable()
    .openapi({
      type: ["object", "null"],
      additionalProperties: true,
      description:
        "A JSON Schema (2020-12) of at most 16 KiB that the input of each new run must fit; a missing input counts as `{}`. Refused are " +
        "references out of the schema or in a circle, keywords whose check may take long, such as `uniqueItems`, `contains` and " +
        "`unevaluated…`, patterns that RE2 does not know, and more than 1,000 schemas in it. null: any input fits.",
    }),
};

type Limits = { max_running: number; max_running_per_key: number | null; key_from: string | null };

/** True when only one run of a group can be RUNNING, so that it is clear which one a new run replaces. */
const hasOneSlotForEach = ({ max_running, max_running_per_key, key_from }: Limits) =>
  max_running === 1 || (max_running_per_key === 1 && key_from !== null);

const PolicySchema = z.strictObject(fields).openapi("WorkflowDefinitionPolicy", { example });

export const UpdatePolicyRequestSchema = z
  .strictObject({
    handover: fields.handover.default("webhook"),
    lease_seconds: fields.lease_seconds.default(300),
    max_attempts: fields.max_attempts.default(1),
    retry_on: fields.retry_on.default([]),
    max_running: fields.max_running.default(1),
    max_running_per_key: fields.max_running_per_key.default(null),
    key_from: fields.key_from.default(null),
    when_busy: fields.when_busy.default("queue"),
    replace_grace_seconds: fields.replace_grace_seconds.default(0),
    max_queued: fields.max_queued.default(null),
    run_needs: fields.run_needs.default("write"),
    runner_tags: fields.runner_tags.default([]),
    may_trigger: fields.may_trigger.default([]),
    input_schema: fields.input_schema.default(null),
  })
  .refine(({ max_running: most, max_running_per_key: perKey }) => perKey === null || perKey <= most, {
    path: ["max_running_per_key"],
    message: "Must be at most `max_running`.",
  })
  .refine((policy) => policy.when_busy !== "replace_running" || hasOneSlotForEach(policy), {
    path: ["when_busy"],
    message: NEEDS_ONE_SLOT,
  })
  .openapi("UpdateWorkflowDefinitionPolicyRequest", { example });

const responses = {
  200: { description: "The policy", headers: tagToMatch, content: jsonContent(PolicySchema) },
};

const getRoute = callerRead({
  path: "/v1/workflow-definitions/{definition_id}/policy",
  operationId: "get_workflow_definition_policy",
  tags: ["Workflow definitions"],
  summary: "Get a policy",
  description:
    "How its runs get to a runner, how many run at once, and when they are retried. " +
    "Every field is there: one that nobody has set has its default.",
  request: { params: definitionParams },
  problems: ["not_found"],
  responses,
});

policies.openapi(getRoute, async (c) => {
  const { policy, etag } = await findPolicy(c.env.db, c.var.credential, c.req.valid("param").definition_id);
  return c.json(policy, 200, { ETag: `"${etag}"` });
});

const updateRoute = callerWrite({
  method: "put",
  path: "/v1/workflow-definitions/{definition_id}/policy",
  operationId: "update_workflow_definition_policy",
  scope: "manage",
  tags: ["Workflow definitions"],
  summary: "Replace a policy",
  description:
    "Replaces everything: a field that is left out gets its default. Needs write on the definition. A run that is RUNNING " +
    "keeps the lease or dispatch that it has, and its slot; one that waits keeps its place.",
  request: {
    params: definitionParams,
    headers: z.object({ "If-Match": IF_MATCH }),
    body: jsonBody(UpdatePolicyRequestSchema),
  },
  problems: ["forbidden", "not_found", "precondition_failed"],
  responses,
});

policies.openapi(updateRoute, async (c) => {
  const definitionId = c.req.valid("param").definition_id;
  const policy = c.req.valid("json");
  await checkInputSchema(policy.input_schema);
  const request = { definitionId, policy, ifMatch: tagsToMatch(c.req.valid("header")["If-Match"]) };
  const saved = (await perform(c.var.services, replacePolicy, request)).result;
  return c.json(saved.policy, 200, { ETag: `"${saved.etag}"` });
});

const InputSchemaSchema = z
  .strictObject({ input_schema: fields.input_schema })
  .openapi("WorkflowInputSchema", { example: { input_schema: example.input_schema } });

const inputSchemaRoute = callerRead({
  path: "/v1/workflow-definitions/{definition_id}/input-schema",
  operationId: "get_workflow_input_schema",
  tags: ["Workflow definitions"],
  summary: "Get the input schema",
  description: "The JSON Schema of its policy; null when any input fits.",
  request: { params: definitionParams },
  problems: ["not_found"],
  responses: { 200: json("The schema", InputSchemaSchema) },
});

policies.openapi(inputSchemaRoute, async (c) => {
  const { policy } = await findPolicy(c.env.db, c.var.credential, c.req.valid("param").definition_id);
  const { input_schema } = policy;
  return c.json({ input_schema }, 200);
});
