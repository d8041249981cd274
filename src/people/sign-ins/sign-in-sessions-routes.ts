import { z } from "@hono/zod-openapi";
import { createRouter } from "../../http/router.ts";
import { callerRead, callerWrite } from "../../http/routes.ts";
import { instant, json, optionalJsonBody, pageQuery, uuid } from "../../http/schemas.ts";
import { perform } from "../../verbs/perform.ts";
import { listSignInSessions, MAX_LISTED_SESSIONS, type SignInSession } from "./sign-in-sessions.ts";
import { endSignInSession, endSignInSessions } from "./sign-in-verbs.ts";

const SESSION = {
  id: "01920000-0000-7000-8000-000000000261",
  user_id: "01920000-0000-7000-8000-000000000203",
  began_with: "login" as const,
  began_at: "2026-01-31T12:03:20.000Z",
  last_used_at: "2026-01-31T15:00:00.000Z",
  ends_at: "2026-02-07T12:03:20.000Z",
  is_current: false,
};

const SignInSessionSchema = z
  .strictObject({
    id: uuid(),
    user_id: uuid(),
    began_with: z.enum(["login", "api_key"]).openapi({ description: "How the user signed in." }),
    began_at: instant(),
    last_used_at: instant().openapi({
      description: "The beginning of the hour in which it was last used, or when it began if that is later.",
    }),
    ends_at: instant().openapi({
      description: "When it ends at the latest. It also ends when it was not used for twelve hours.",
    }),
    is_current: z.boolean().openapi({ description: "Whether this request was sent with it." }),
  })
  .openapi("SignInSession", { example: SESSION });

const SignInSessionsSchema = z
  .strictObject({ items: z.array(SignInSessionSchema) })
  .openapi("SignInSessions", { example: { items: [SESSION] } });

const EndSignInSessionsRequestSchema = z
  .strictObject({
    user_id: uuid().optional().openapi({ description: "Whose; by default yours." }),
  })
  .openapi("EndSignInSessionsRequest", { example: { user_id: SESSION.user_id } });

const EndedSignInSessionsSchema = z
  .strictObject({
    ended: z
      .int()
      .min(0)
      .openapi({ description: "How many sessions were open. Agents whose access has ended are not counted." }),
  })
  .openapi("EndedSignInSessions", { example: { ended: 2 } });

const listQuery = pageQuery.extend({
  user_id: uuid().optional().openapi({
    description: "The user whose sessions are listed; by default, you. Only an OWNER or ADMIN may name another user.",
  }),
  limit: z.coerce.number().int().min(1).max(MAX_LISTED_SESSIONS).default(MAX_LISTED_SESSIONS),
});

const toSession = (session: SignInSession, currentId: string | null): z.infer<typeof SignInSessionSchema> => ({
  id: session.id,
  user_id: session.userId,
  began_with: session.loginId === null ? "api_key" : "login",
  began_at: session.beganAt.toISOString(),
  last_used_at: session.lastUsedAt.toISOString(),
  ends_at: session.endsAt.toISOString(),
  is_current: session.id === currentId,
});

export const signInSessions = createRouter();

const listRoute = callerRead({
  path: "/v1/sign-in-sessions",
  operationId: "list_sign_in_sessions",
  tags: ["Sign-in sessions"],
  summary: "List sign-in sessions",
  description:
    "Newest first. " +
    "Each sign-in on the dashboard begins one. An OWNER or ADMIN can list those of another user with `user_id`. Sessions that have " +
    "ended are not listed.",
  request: { query: listQuery },
  responses: { 200: json("The sessions", SignInSessionsSchema) },
});

signInSessions.openapi(listRoute, async (c) => {
  const { user_id: userId, ...page } = c.req.valid("query");
  const { credential } = c.var;
  const sessions = await listSignInSessions(c.env.db, credential, { userId, ...page });
  const currentId = "session" in credential ? credential.session.signInSessionId : null;
  return c.json({ items: sessions.map((session) => toSession(session, currentId)) }, 200);
});

const endRoute = callerWrite({
  method: "delete",
  path: "/v1/sign-in-sessions/{session_id}",
  operationId: "end_sign_in_session",
  scope: "none",
  tags: ["Sign-in sessions"],
  summary: "End a sign-in session",
  description:
    "At once. " +
    "You may end your own. An OWNER or ADMIN may end any of the tenant, but only the OWNER those of the OWNER. The key or the login with " +
    "which it began still works.",
  request: { params: z.object({ session_id: uuid().openapi({ example: SESSION.id }) }) },
  problems: ["not_found"],
  responses: { 204: { description: "Ended: requests with it are now answered 401" } },
});

signInSessions.openapi(endRoute, async (c) => {
  await perform(c.var.services, endSignInSession, c.req.valid("param").session_id);
  return c.body(null, 204);
});

const endAllRoute = callerWrite({
  method: "post",
  path: "/v1/sign-in-sessions/end",
  operationId: "end_sign_in_sessions",
  scope: "none",
  tags: ["Sign-in sessions"],
  summary: "Sign out everywhere",
  description:
    "Ends all sessions that you have on the dashboard, and the access of all agents that you have let in; or with `user_id` those of another " +
    "user, for OWNER and ADMIN. Only the OWNER ends those of the OWNER. API keys still work, and the user can sign in again.",
  request: { body: optionalJsonBody(EndSignInSessionsRequestSchema) },
  problems: ["not_found"],
  responses: { 200: json("Ended: requests with them are now answered 401", EndedSignInSessionsSchema) },
});

signInSessions.openapi(endAllRoute, async (c) => {
  const { user_id: userId = null } = c.req.valid("json");
  const { result } = await perform(c.var.services, endSignInSessions, userId);
  return c.json({ ended: result.ended }, 200);
});
