/**
 * The routes for streams of runs' events, as server-sent events. A stream
 *
 * 1. reads (`follow_run`), subscribes at the tenant's hub, and reads again, so nothing falls between: `follow-events.ts`. It listens by a
 *    WebSocket that lets the hub sleep: `src/hub/listen.ts`;
 * 2. reads after a nudge, at most once a second, and at the run's deadline.
 *
 * After each change, `announce` in `src/hub/open-live.ts` tells the hub which runs were changed and whose log has grown. The tags of a socket
 * say which changes its listener wants, so the hub looks only at the sockets that a change concerns: `src/hub/listeners.ts`. Only streams
 * with `log=true` are nudged when a log has grown.
 */
import { z } from "@hono/zod-openapi";
import { eventStream } from "../../http/live/event-stream.ts";
import type { Listener } from "../../http/live/live.ts";
import { Problem } from "../../http/problems.ts";
import { createRouter } from "../../http/router.ts";
import { callerStream } from "../../http/routes.ts";
import { uuid } from "../../http/schemas.ts";
import { exampleEvent } from "../event-schema.ts";
import { labelQuery } from "../labels.ts";
import { NO_RUN } from "../refusals.ts";
import { exampleRun, runParams } from "../run-schema.ts";
import { followEvents, type Page } from "./follow-events.ts";
import { type FollowedRunPage, followRunAlone, followRunWithLog } from "./follow-run.ts";
import { type FollowedRuns, followRuns, Position } from "./follow-runs.ts";
import { listenAs } from "./listen-as.ts";
import { BEGINNING, runPosition } from "./run-position.ts";

export const runStreams = createRouter();

const streamHeaders = z.object({
  "Last-Event-ID": z.coerce.number().int().min(0).optional().openapi({
    description: "Continue after the event with this id. An `EventSource` sends it when it reconnects.",
  }),
});

const EXAMPLE = `retry: 7310

id: 4711
event: DISPATCHED
data: ${JSON.stringify({ run: exampleRun, event: exampleEvent })}
`;

const streamResponse = {
  200: {
    description:
      "Server-sent events. `event` is the event's type and `id` its id, as in `/events`; `data` is " +
      '`{"run": …, "event": …}`. A comment comes every 15 seconds.',
    content: { "text/event-stream": { schema: z.string().openapi({ example: EXAMPLE }) } },
  },
};

const streamRuns = callerStream({
  path: "/v1/workflow-runs/stream",
  operationId: "stream_tenant_workflow_runs",
  tags: ["Workflow runs"],
  summary: "Stream events of all runs",
  description:
    "From now on. " +
    "The events of all runs that you may see, over all workflows. A caller may have 20 streams at a time. A stream is for who looks on: " +
    "of two changes at the same moment, the event with the lower id may be committed last, and a stream that goes on after the other one " +
    "(`Last-Event-ID`) does not send it any more. Who must miss none reads the feed, `/v1/events`.",
  request: {
    query: z.object({
      workflow_definition_id: uuid().optional(),
      user_id: uuid().optional().openapi({ description: "Only runs that this user triggered." }),
      label: labelQuery(),
    }),
    headers: streamHeaders,
  },
  responses: streamResponse,
});

runStreams.openapi(streamRuns, async (c) => {
  const { workflow_definition_id: definitionId, user_id: userId, label: labels } = c.req.valid("query");
  const filter = { definitionId, userId, labels };
  const { db } = c.env;
  const first = await followRuns(db, c.var.credential, filter, null);
  const position = new Position(c.req.valid("header")["Last-Event-ID"] ?? Math.max(...first.ids));
  const listener = await listenAs(c, first.user_id, {
    tenantId: first.tenant_id,
    ...(definitionId !== undefined && { definitionId }),
  });
  const read = async () => {
    const followed = await followRuns(db, c.var.credential, filter, position);
    position.advance(followed.ids);
    return pageOfRuns(followed);
  };
  return eventStream(c.req.raw.signal, (sink) => followEvents(listener, sink, read), listener);
});

const pageOfRuns = ({ items, hasMore }: FollowedRuns): Page => ({
  frames: items.map(({ event, run }) => ({ id: event.id, event: event.type, data: { run, event } })),
  hasMore,
  isOver: false,
  dueInMs: null,
});

const RUN_EXAMPLE = `retry: 7310

id: 4711.1.0
event: DISPATCHED
data: ${JSON.stringify({ run: exampleRun, event: exampleEvent })}

event: progress
data: {"attempt":1,"percent":40,"message":"Reading 12 documents"}

id: 4711.1.1
event: log
data: {"attempt":1,"sequence":0,"at":"2026-01-31T12:00:01.020Z","text":"Reading 12 documents\\n","missing_before":0,"omitted_bytes":0}
`;

const streamRun = callerStream({
  path: "/v1/workflow-runs/{run_id}/stream",
  operationId: "stream_workflow_run",
  tags: ["Workflow runs"],
  summary: "Stream events of a run",
  description:
    "From the first event on, and its progress. " +
    "The stream ends when the run has ended. An `EventSource` that then reconnects gets 204, which tells it to stop. " +
    "A caller may have 20 streams at a time. A message with the `event` `progress` and no `id` has what the runner last reported of " +
    "the current attempt: when the stream begins, and whenever that has changed, at most once a second. With `log=true` the stream " +
    "also has the log of the current attempt and of later ones: messages with the `event` `log`, whose `data` is an entry as in `/log` with its `attempt`, in the " +
    "same order and with the same gaps as in `/log`. A `log_cut` follows a log that was too long to be stored completely, and whose runner has not " +
    "sent its end, when the attempt has ended.",
  request: {
    params: runParams,
    query: z.object({
      log: z.enum(["true", "false"]).optional().openapi({ description: "Whether to send the log, too." }),
    }),
    headers: z.object({
      "Last-Event-ID": runPosition()
        .optional()
        .openapi({
          type: "string",
          description:
            "Continue after the message with this id. An `EventSource` sends it when it reconnects. With `log=true`, it may also be an " +
            "event's id from `/events`: the stream then continues after that event, with the log from its beginning.",
        }),
    }),
  },
  problems: ["not_found"],
  responses: {
    200: {
      description:
        "Server-sent events. `event` is the event's type and `id` its id, as in `/events`; `data` is " +
        '`{"run": …, "event": …}`. With `log=true` an `id` is `<event>.<attempt>.<next entry>`: the position from which the stream continues. ' +
        "A comment comes every 15 seconds.",
      content: { "text/event-stream": { schema: z.string().openapi({ example: RUN_EXAMPLE }) } },
    },
    204: { description: "The run has ended, and this was its last message" },
  },
});

runStreams.openapi(streamRun, async (c) => {
  const runId = c.req.valid("param").run_id;
  const given = c.req.valid("header")["Last-Event-ID"];
  const withLog = c.req.valid("query").log === "true";
  const { db } = c.env;
  let position = given ?? BEGINNING;
  /** The progress that was sent last, as JSON. */
  let sent = "null";
  const follow = () => (withLog ? followRunWithLog : followRunAlone)(db, c.var.credential, { runId, position });
  const first = await follow();
  if (first.run === null) throw new Problem("not_found", NO_RUN);
  if (given !== undefined && first.has_ended && first.frames.length === 0) return c.body(null, 204);
  // An ended run has no further events, so there is nothing to listen for: its stream ends with the last of them, also when it is retried meanwhile.
  const listener = first.has_ended
    ? nobody
    : await listenAs(c, first.user_id, { tenantId: first.tenant_id, runId: first.run.id, withProgress: true, withLog });
  const turn = (followed: FollowedRunPage): Page => {
    position = followed.position;
    const { hasMore, has_ended: hasEnded, due_in_ms: dueInMs = null } = followed;
    // It follows all events that led to it.
    const { progress } = followed;
    const reported = hasMore ? sent : JSON.stringify(progress ?? null);
    const isNews = progress && reported !== sent;
    sent = reported;
    const frames = isNews ? [...followed.frames, { event: "progress", data: toProgress(progress) }] : followed.frames;
    return { frames, hasMore, isOver: (first.has_ended || hasEnded) && !hasMore, dueInMs };
  };
  const firstPage = first.has_ended ? turn(first) : undefined;
  const read = async () => turn(await follow());
  return eventStream(c.req.raw.signal, (sink) => followEvents(listener, sink, read, firstPage), listener);
});

const toProgress = ({ attempt, percent, message }: NonNullable<FollowedRunPage["progress"]>) => ({
  attempt,
  percent,
  message,
});

/** Hears nothing until the time is up. */
const nobody: Listener = {
  next: (timeoutMs) => new Promise((resolve) => setTimeout(resolve, timeoutMs, [])),
  streams: 0,
  close: () => {},
};
