/** The routes of the feed: all events of a tenant, each exactly once, in pages and as a stream. */
import { z } from "@hono/zod-openapi";
import { eventStream } from "../../http/live/event-stream.ts";

import { createRouter } from "../../http/router.ts";
import { callerRead, callerStream } from "../../http/routes.ts";
import { instant, json, repeated, uuid } from "../../http/schemas.ts";
import { labelQuery, labelsOfRun } from "../../runs/labels.ts";
import { followEvents, type Page } from "../../runs/live/follow-events.ts";
import { listenAs } from "../../runs/live/listen-as.ts";
import {
  EVENT_FEED_NAMES,
  type FeedEvent,
  type FeedPage,
  findEndOfEvents,
  isPosition,
  listEvents,
} from "./list-events.ts";

export const feed = createRouter();

/** How many events a stream reads at a time. */
const STREAM_LIMIT = 100;

const exampleEvent = {
  id: "4711",
  type: "workflow_run.failed" as const,
  at: "2026-01-31T12:05:00.000Z",
  run_id: "01920000-0000-7000-8000-000000000403",
  workflow_definition_id: "01920000-0000-7000-8000-000000000301",
  attempt: 1,
  labels: { customer: "4711" },
  detail: { failure_code: "DEADLINE", lag_ms: 412 },
};
const EXAMPLE_POSITION = "1.90210.4711";

const EventTypeSchema = z.enum(EVENT_FEED_NAMES).openapi("EventType");

const EventSchema = z
  .strictObject({
    id: z
      .string()
      .openapi({ description: "The same as in `/events` of the run, and the `webhook-id` of its notifications." }),
    type: EventTypeSchema,
    at: instant().openapi({ description: "When it happened. For the end of a run, this is when the run ended." }),
    run_id: uuid().nullable(),
    workflow_definition_id: uuid().nullable(),
    attempt: z.int().nullable(),
    labels: labelsOfRun(),
    detail: z.record(z.string(), z.unknown()).nullable().openapi({
      description: "Further details, which depend on the type. `workflow_run.failed` has the `failure_code` here.",
    }),
  })
  .openapi("Event", { example: exampleEvent });

const EventPageSchema = z
  .strictObject({
    items: z.array(EventSchema),
    next_cursor: z.string().nullable().openapi({
      description:
        "Send it as `after` to continue from here. It stays valid, so you can store it. Null while there are no events yet.",
    }),
    has_more: z.boolean().openapi({ description: "True when more events can be read at once." }),
    holds_back: z.boolean().openapi({
      description:
        "True when some events are held back for a moment, because an older transaction has not ended. Ask again soon.",
    }),
  })
  .openapi("EventPage", {
    example: { items: [exampleEvent], next_cursor: EXAMPLE_POSITION, has_more: false, holds_back: false },
  });

const position = () =>
  z
    .string()
    .refine(isPosition, { message: "Must be the `next_cursor` of an earlier answer, unchanged." })
    .openapi({ example: EXAMPLE_POSITION });

const feedQuery = z.object({
  after: position().optional().openapi({
    description: "The `next_cursor` of the answer before. Without it the feed begins with the oldest event.",
  }),
  types: repeated(z.array(EventTypeSchema).max(EVENT_FEED_NAMES.length)).openapi({
    description: "Only events of this type. Repeat it for several.",
  }),
  workflow_definition_id: uuid().optional(),
  label: labelQuery(),
});

const toEvent = ({ position: _, ...event }: FeedEvent): z.infer<typeof EventSchema> => event;

const filterOf = (query: Omit<z.output<typeof feedQuery>, "after">) => ({
  names: query.types,
  definitionId: query.workflow_definition_id,
  labels: query.label,
});

const listFeed = callerRead({
  path: "/v1/events",
  operationId: "list_events",
  tags: ["Events"],
  summary: "List events",
  description:
    "Oldest first. " +
    "The events of the runs that you may see. If you continue from each answer's `next_cursor`, you get every event exactly once, in " +
    "an order that never changes. A page may have fewer items than `limit`, or none, although `has_more` is true. The events of " +
    "deleted runs are not included.",
  request: { query: feedQuery.extend({ limit: z.coerce.number().int().min(1).max(100).default(20) }) },
  responses: { 200: json("One page of events", EventPageSchema) },
});

feed.openapi(listFeed, async (c) => {
  const { after = null, limit, ...query } = c.req.valid("query");
  const page = await listEvents(c.env.db, c.var.credential, { ...filterOf(query), after, limit });
  return c.json(
    {
      items: page.items.map(toEvent),
      next_cursor: page.next,
      has_more: page.has_more,
      holds_back: page.holds_back,
    },
    200,
  );
});

const EXAMPLE = `retry: 7310
id: 1.90200.4700

id: ${EXAMPLE_POSITION}
event: workflow_run.failed
data: ${JSON.stringify(exampleEvent)}
`;

const streamFeed = callerStream({
  path: "/v1/events/stream",
  operationId: "stream_events",
  tags: ["Events"],
  summary: "Stream events",
  description:
    "As server-sent events, from now on or after a position. " +
    "The same events in the same order as `GET /v1/events`, as they happen. A caller may have 20 streams at a time. It begins with " +
    "an `id` and no event, so that a client which is cut off before the first event misses none either.",
  request: {
    query: feedQuery,
    headers: z.object({
      "Last-Event-ID": position().optional().openapi({
        description: "Continue after the event with this id. An `EventSource` sends it when it reconnects.",
      }),
    }),
  },
  responses: {
    200: {
      description:
        "Server-sent events. `event` is the event's type, `data` the event, and `id` its position: the `next_cursor` of a " +
        "page that ends with it. A comment comes every 15 seconds. Its `id` says how far the stream has read: who comes back goes on from there.",
      content: { "text/event-stream": { schema: z.string().openapi({ example: EXAMPLE }) } },
    },
  },
});

feed.openapi(streamFeed, async (c) => {
  const query = c.req.valid("query");
  const { db } = c.env;
  const filter = filterOf(query);
  const end = await findEndOfEvents(db, c.var.credential);
  let after = c.req.valid("header")["Last-Event-ID"] ?? query.after ?? end.next;
  const { definitionId } = filter;
  const listener = await listenAs(c, end.user_id, {
    tenantId: end.tenant_id,
    ...(definitionId !== undefined && { definitionId }),
  });
  const read = async () => {
    const page = await listEvents(db, c.var.credential, { ...filter, after, limit: STREAM_LIMIT });
    after = page.next ?? after;
    return toPage(page);
  };
  return eventStream(c.req.raw.signal, (sink) => followEvents(listener, sink, read), listener, after);
});

const toPage = ({ items, next, has_more, holds_back }: FeedPage): Page => ({
  frames: items.map((item) => ({ id: item.position, event: item.type, data: toEvent(item) })),
  hasMore: has_more,
  isOver: false,
  dueInMs: null,
  holdsBack: holds_back,
  readTo: next ?? undefined,
});
