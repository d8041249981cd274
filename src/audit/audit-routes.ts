/** The route of the audit log. */
import { z } from "@hono/zod-openapi";
import { createRouter } from "../http/router.ts";
import { callerRead } from "../http/routes.ts";
import { givenInstant, instant, positionQuery, uuid } from "../http/schemas.ts";
import { AUDIT_ACTIONS, AUDIT_KINDS } from "./actions.ts";
import { listAuditEvents } from "./audit-events.ts";

export const auditLog = createRouter();

const PATH = "/v1/audit-events";
/** Not a literal type: otherwise the library would take it for JSON. */
const JSON_LINES: string = "application/jsonl";

const exampleEvent = {
  id: "01920000-0000-4000-8000-000000000901",
  at: "2026-01-31T12:05:00.000Z",
  action: "workflow_definition.paused",
  actor: {
    user_id: "01920000-0000-7000-8000-000000000101",
    name: "Ida Example",
    credential_kind: "api_key",
    credential_id: "01920000-0000-7000-8000-000000000801",
    credential_name: "Laptop",
  },
  object: { kind: "workflow_definition", id: "01920000-0000-7000-8000-000000000301", name: "Quarterly report" },
  about: null,
  before: { is_active: true },
  after: { is_active: false },
  hidden: [],
  detail: null,
  request_id: "01920000-0000-7000-8000-000000000999",
};

const AuditObjectSchema = z
  .strictObject({
    kind: z.string().openapi({ description: `One of: ${AUDIT_KINDS.join(", ")}. There will be more.` }),
    id: uuid().nullable().openapi({ description: "Null for an act on many objects." }),
    name: z.string().nullable().openapi({ description: "Its name at that time." }),
  })
  .openapi("AuditObject", { example: exampleEvent.object });

const fields = () => z.record(z.string(), z.unknown()).nullable();

const AuditEventSchema = z
  .strictObject({
    id: uuid(),
    at: instant(),
    action: z.string().openapi({
      description: `The kind of the object, and what happened to it: ${AUDIT_ACTIONS.join(", ")}. There will be more.`,
    }),
    actor: z
      .strictObject({
        user_id: uuid(),
        name: z.string().nullable().openapi({ description: "Their name at that time." }),
        credential_kind: z.string().openapi({
          description:
            "`api_key`, also for a session of the dashboard that began with a key; `login`, an account of the login service; " +
            "`agent`, an agent that a person has let in; `session_token`, a bearer token of the issuer of `SESSION_JWKS_URL`; or `invite`, the link of an invite.",
        }),
        credential_id: uuid().nullable(),
        credential_name: z
          .string()
          .nullable()
          .openapi({ description: "The name of the key, or the host of the login service." }),
      })
      .openapi("AuditActor", { example: exampleEvent.actor }),
    object: AuditObjectSchema,
    about: z.union([AuditObjectSchema, z.null()]).openapi({
      description: "Another object that it concerns, such as the workflow of a trigger, or the user of a key.",
    }),
    before: fields().openapi({ description: "The fields that have changed, as they were. Null for a new object." }),
    after: fields().openapi({ description: "The same fields as they are now. Null for an object that is gone." }),
    hidden: z.array(z.string()).openapi({
      description:
        "The names of further fields that have changed: secrets, addresses, of which only the host is shown, and free JSON.",
    }),
    detail: fields().openapi({
      description:
        "What else is known, such as the reason of a stop, or how many runs were stopped, and the first 100.",
    }),
    request_id: z.string().nullable().openapi({ description: "The `X-Request-Id` of the call." }),
  })
  .openapi("AuditEvent", { example: exampleEvent });

const AuditEventPageSchema = z
  .strictObject({
    items: z.array(AuditEventSchema),
    next_cursor: z.string().nullable().openapi({ description: "Send it as `cursor`. Null on the last page." }),
  })
  .openapi("AuditEventPage", { example: { items: [exampleEvent], next_cursor: null } });

const list = callerRead({
  path: PATH,
  operationId: "list_audit_events",
  tags: ["Audit log"],
  summary: "List audit events",
  description:
    "Who changed what, newest first. " +
    "One event for each call that has changed something, and for each stop, retry and deletion of runs by a person or with a key. There is " +
    "none for a call that was refused, that was repeated, or that changed nothing. With several filters, a page may have fewer items " +
    "than `limit`, or none, although `next_cursor` is not null. `Accept: application/jsonl` answers one event in each line, and the " +
    "next page as `Link`.",
  request: {
    query: positionQuery().extend({
      actor_id: uuid().optional().openapi({ description: "Only what this user did." }),
      object_id: uuid().optional().openapi({ description: "Only events on this object, or about it." }),
      action: z
        .string()
        .refine((action) => AUDIT_ACTIONS.includes(action), { message: "There is no such action." })
        .optional()
        .openapi({ type: "string", enum: [...AUDIT_ACTIONS] }),
      since: givenInstant().optional().openapi({ description: "Only events from this instant on." }),
      until: givenInstant().optional().openapi({ description: "Only events before this instant." }),
    }),
  },
  problems: ["forbidden"],
  responses: {
    200: {
      description: "One page of the audit log",
      content: {
        "application/json": { schema: AuditEventPageSchema },
        [JSON_LINES]: { schema: z.string().openapi({ example: `${JSON.stringify(exampleEvent)}\n` }) },
      },
    },
  },
});

auditLog.openapi(list, async (c) => {
  const { cursor: before = null, limit, actor_id, object_id, action, since, until } = c.req.valid("query");
  const filter = {
    ...{ actorId: actor_id ?? null, objectId: object_id ?? null, action: action ?? null },
    ...{ since: since ?? null, until: until ?? null },
  };
  const { items, next } = await listAuditEvents(c.env.db, c.var.credential, { ...filter, before, limit });
  if (!c.req.header("Accept")?.includes(JSON_LINES)) {
    return c.json({ items, next_cursor: next }, 200, { Vary: "Accept" });
  }
  const headers = new Headers({ "Content-Type": JSON_LINES, Vary: "Accept" });
  if (next !== null) {
    headers.set("Link", `<${PATH}?${new URLSearchParams({ ...c.req.query(), cursor: next })}>; rel="next"`);
  }
  return new Response(items.map((item) => `${JSON.stringify(item)}\n`).join(""), { headers });
});
