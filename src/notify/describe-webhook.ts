/** How the OpenAPI document describes a webhook that the service sends. */
import { z } from "@hono/zod-openapi";
import { instant, jsonBody } from "../http/schemas.ts";

type Receiver = "runner" | "endpoint";

const headers = z.object({
  "webhook-id": z
    .string()
    .openapi({ description: "Identifies the message. It stays the same when the message is sent again." }),
  "webhook-timestamp": z
    .string()
    .openapi({ description: "When the message is sent this time, in seconds since 1970." }),
  "webhook-signature": z.string().openapi({
    description:
      "`v1,` and the HMAC-SHA256 of `<id>.<timestamp>.<body>` in base64; several of them are separated by spaces.",
  }),
});

/** The meaning of each answer, by receiver. */
const RESPONSES = {
  runner: {
    "2XX": { description: "Taken" },
    default: { description: "The message is retried, or counts as refused: see the runner protocol" },
  },
  endpoint: {
    "2XX": { description: "Delivered" },
    410: { description: "The endpoint is gone: it is disabled at once" },
    default: { description: "The notification is retried: eight tries over 28 hours" },
  },
};

/** A message in the form that the app's registry needs. */
export function describeWebhook<Data extends z.ZodType>(
  to: Receiver,
  type: string,
  summary: string,
  data: Data,
  example: z.input<Data>,
) {
  const schema = z.strictObject({
    type: z.literal(type),
    timestamp: instant().openapi({
      description: to === "runner" ? "When it is sent this time." : "When it happened.",
    }),
    data,
  });
  const timestamp = "2026-01-31T12:00:00.123Z";
  return {
    method: "post" as const,
    path: type,
    operationId: `on_${type.replaceAll(".", "_")}`,
    tags: [to === "runner" ? "Messages to runners" : "Notifications"],
    summary,
    description: "Signed as the Standard Webhooks specification says: https://www.standardwebhooks.com.",
    security: [],
    request: { headers, body: jsonBody(schema.openapi({ example: { type, timestamp, data: example } })) },
    responses: RESPONSES[to],
  };
}
