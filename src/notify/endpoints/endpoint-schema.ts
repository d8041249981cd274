/** The schemas of endpoints and deliveries in the API. */
import { z } from "@hono/zod-openapi";
import { ENDPOINT_FORMATS, NOTIFICATION_TURNS, NOTIFIED_EVENTS } from "../../db/enums.ts";
import { instant, plainText, text, uuid } from "../../http/schemas.ts";
import { labelList } from "../../runs/labels.ts";

const NotifiedEventSchema = z.enum(NOTIFIED_EVENTS).openapi("NotifiedEventType");

const EXAMPLE_ID = "01920000-0000-7000-8000-000000000901";
const DELIVERY_ID = "9d3bd0d2-4f3f-4c42-9f0b-3a8ad4a0a6c1";

const FormatSchema = z.enum(ENDPOINT_FORMATS).openapi("NotificationFormat", {
  description:
    "`standard`: webhooks, signed by Standard Webhooks. `slack`: messages for an incoming webhook of Slack. `teams`: Adaptive Cards for a " +
    "workflow of Microsoft Teams.",
});
const TurnSchema = z.enum(NOTIFICATION_TURNS).openapi("NotificationTurn");

const content = {
  url: text({ min: 1, max: 2048 }).openapi({
    description:
      "Where notifications are sent. Public and `https`. The address of a chat is its secret, and is never shown again.",
  }),
  event_types: z
    .array(NotifiedEventSchema)
    .min(1)
    .max(NOTIFIED_EVENTS.length)
    .openapi({ description: "The events that it is notified of." }),
  workflow_definition_ids: z.array(uuid()).min(1).max(100).nullish().openapi({
    description:
      "Only events of these workflows are sent, and `notification_endpoint.disabled`. Null, the default, means all workflows.",
  }),
  labels: labelList()
    .min(1)
    .nullish()
    .openapi({
      description:
        "Only events of runs with all of these labels (`key:value`) are sent, and `notification_endpoint.disabled`. Null, the default, " +
        "means all events.",
    }),
  on: z
    .array(TurnSchema)
    .min(1)
    .max(NOTIFICATION_TURNS.length)
    .nullish()
    .openapi({
      description:
        "Of the ends of runs, only these are sent. `first_failure`: a run failed, and the run of its workflow that ended before it had not. " +
        "`works_again`: a run completed, and the one before it had failed. Runs that were stopped or superseded count for neither. " +
        "They are turns of the whole workflow, whatever the labels of its runs: with `labels`, only those whose run has them are sent. " +
        "Null, the default, means all ends.",
    }),
  description: plainText({ max: 1000 })
    .nullish()
    .openapi({ type: ["string", "null"] }),
};

const exampleRequest = {
  url: "https://hooks.example.com/runs",
  event_types: ["workflow_run.completed" as const, "workflow_run.failed" as const],
  description: "Accounting",
};

export const CreateEndpointRequestSchema = z
  .strictObject({
    ...content,
    format: FormatSchema.default("standard").openapi({ description: "What is sent. It cannot be changed later." }),
  })
  .openapi("CreateNotificationEndpointRequest", { example: exampleRequest });

export const ChangeEndpointRequestSchema = z
  .strictObject({
    ...content,
    format: FormatSchema.optional().openapi({
      description: "The format that the endpoint has, which must be sent with a new `url` of a chat.",
    }),
    url: content.url.optional(),
    event_types: content.event_types.optional(),
    is_active: z.boolean().optional().openapi({
      description:
        "True enables a disabled endpoint again. False disables it: notifications that wait for it are given up.",
    }),
  })
  .openapi("ChangeNotificationEndpointRequest", { example: { is_active: true } });

const endpoint = {
  id: uuid(),
  format: FormatSchema,
  url: z
    .string()
    .openapi({ description: "Of the address of a chat only the scheme and the host, since it is a secret." }),
  description: z.string().nullable(),
  event_types: z.array(NotifiedEventSchema),
  workflow_definition_ids: z.array(uuid()).nullable(),
  labels: z.array(z.string()).nullable(),
  on: z.array(TurnSchema).nullable(),
  is_active: z.boolean().openapi({ description: "False when it is disabled: then nothing is sent to it." }),
  disabled_at: instant().nullable(),
  disabled_reason: z.string().nullable(),
  failures: z.int().openapi({ description: "Failed tries since the last successful one." }),
  failing_since: instant().nullable(),
  next_probe_at: instant().nullable().openapi({
    description: "After five failures in a row: when the next single try is due. The other notifications wait.",
  }),
  old_secret_until: instant()
    .nullable()
    .openapi({ description: "Until then, notifications are also signed with the old secret." }),
  created_at: instant(),
  updated_at: instant(),
};

export const exampleEndpoint = {
  id: EXAMPLE_ID,
  format: "standard" as const,
  ...exampleRequest,
  workflow_definition_ids: null,
  labels: null,
  on: null,
  is_active: true,
  disabled_at: null,
  disabled_reason: null,
  failures: 0,
  failing_since: null,
  next_probe_at: null,
  old_secret_until: null,
  created_at: "2026-01-31T12:00:00.000Z",
  updated_at: "2026-01-31T12:00:00.000Z",
};

export const EndpointSchema = z.strictObject(endpoint).openapi("NotificationEndpoint", { example: exampleEndpoint });
export type Endpoint = z.infer<typeof EndpointSchema>;

const secret = z.string().openapi({
  description: "The secret with which signatures are verified (Standard Webhooks). Only this answer has it.",
});

export const EndpointWithSecretSchema = z
  .strictObject({ ...endpoint, secret })
  .openapi("NotificationEndpointWithSecret", {
    example: { ...exampleEndpoint, secret: "whsec_bG9jYWwtc3RhY2std2ViaG9vay1zZWNyZXQtMDEyMzQ=" },
  });

export const ChangedEndpointSchema = z
  .strictObject({ ...endpoint, secret: secret.optional() })
  .openapi("ChangedNotificationEndpoint", { example: exampleEndpoint });

const exampleDelivery = {
  id: DELIVERY_ID,
  event_id: "4711",
  type: "workflow_run.failed",
  run_id: "01920000-0000-7000-8000-000000000403",
  state: "WAITING" as const,
  created_at: "2026-01-31T12:05:00.000Z",
  delivered_at: null,
  next_try_at: "2026-01-31T12:05:05.000Z",
  tries: [
    {
      at: "2026-01-31T12:05:00.090Z",
      status: 400,
      duration_ms: 41,
      reason: "It answered 400.",
      answer: '{"error":"unknown field data"}',
    },
  ],
};

export const DeliverySchema = z
  .strictObject({
    id: uuid(),
    event_id: z
      .string()
      .openapi({ description: "The `webhook-id`. It stays the same when the notification is sent again." }),
    type: z.string(),
    run_id: uuid().nullable(),
    state: z
      .enum(["WAITING", "DELIVERED", "FAILED"])
      .openapi({ description: "FAILED means that it is not retried any more." }),
    created_at: instant(),
    delivered_at: instant().nullable(),
    next_try_at: instant()
      .nullable()
      .openapi({
        description:
          "When it is tried next, or later while others are sent before it: not before the `next_probe_at` of its endpoint. " +
          "An instant in the past means that it is due now. Null when it is not tried any more.",
      }),
    tries: z
      .array(
        z.strictObject({
          at: instant(),
          status: z
            .int()
            .nullable()
            .openapi({ description: "The HTTP status of the answer; null when there was none." }),
          duration_ms: z.int(),
          reason: z.string().nullable().openapi({ description: "Why the try failed; null when it was delivered." }),
          answer: z
            .string()
            .nullable()
            .openapi({
              description:
                "The first 1 KiB of what the endpoint answered when it refused, with control characters made visible. Null when " +
                "it answered nothing, or did not refuse.",
            }),
        }),
      )
      .openapi({ description: "The last tries, oldest first." }),
  })
  .openapi("NotificationDelivery", { example: exampleDelivery });
export type Delivery = z.infer<typeof DeliverySchema>;

export const DeliveryPageSchema = z
  .strictObject({
    items: z.array(DeliverySchema),
    next_cursor: z.string().nullable().openapi({ description: "The cursor of the next page; null on the last page." }),
  })
  .openapi("NotificationDeliveryPage", { example: { items: [exampleDelivery], next_cursor: null } });

export const endpointParams = z.object({ endpoint_id: uuid().openapi({ example: EXAMPLE_ID }) });
export const deliveryParams = endpointParams.extend({ delivery_id: uuid().openapi({ example: DELIVERY_ID }) });
