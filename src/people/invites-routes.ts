import { z } from "@hono/zod-openapi";
import { ROLES } from "../db/enums.ts";
import { createRouter } from "../http/router.ts";
import { callerRead, callerWrite } from "../http/routes.ts";
import {
  instant,
  json,
  jsonBody,
  jsonContent,
  orNull,
  pageQuery,
  paginated,
  TenantUserRoleSchema,
  text,
  uuid,
} from "../http/schemas.ts";
import { perform } from "../verbs/perform.ts";
import { acceptInvite, createInvite, withdrawInvite } from "./invite-verbs.ts";
import { generateInviteSecret, INVITE_STATUSES, type Invite, inviteLink, listInvites } from "./invites.ts";

const INVITE = {
  id: "01920000-0000-7000-8000-000000000601",
  tenant_id: "01920000-0000-7000-8000-000000000001",
  email: "ida@demo.example",
  role: "USER" as const,
  expires_at: "2026-02-07T12:00:00.000Z",
  accepted_at: null,
  created_at: "2026-01-31T12:00:00.000Z",
  updated_at: "2026-01-31T12:00:00.000Z",
  invite_link: "https://workflow-runs.example/app/invites/01920000-0000-7000-8000-000000000601",
  email_id: null,
};

const InviteResponseSchema = z
  .strictObject({
    id: uuid(),
    tenant_id: uuid(),
    email: z.email().openapi({ description: "In lower case." }),
    role: TenantUserRoleSchema,
    expires_at: instant(),
    accepted_at: instant().nullish(),
    created_at: instant(),
    updated_at: instant(),
    invite_link: z.string().openapi({
      description:
        "The page on which it is accepted. Only the answer that creates the invite has the link with its secret.",
    }),
    email_id: uuid().nullish().openapi({ description: "Always null: the service sends no email." }),
  })
  .openapi("InviteResponse", { example: INVITE });

const InviteStatusSchema = z.enum(INVITE_STATUSES).openapi("InviteStatus");

export const InviteUserRequestSchema = z
  .strictObject({
    tenant_id: uuid(),
    // A check instead of `maxLength`, since the contract has no limit in its schema.
    email: z.email().refine((email) => email.length <= 254, { message: "Must have at most 254 characters." }),
    // Not the named schema: with it, the OpenAPI document would lose the default.
    role: z.enum(ROLES).default("USER"),
  })
  .openapi("InviteUserRequest", { example: { tenant_id: INVITE.tenant_id, email: INVITE.email, role: "USER" } });

const AcceptInviteResponseSchema = z
  .strictObject({ tenant_id: uuid(), role: TenantUserRoleSchema })
  .openapi("AcceptInviteResponse", { example: { tenant_id: INVITE.tenant_id, role: "USER" } });

const inviteParams = z.object({ invite_id: uuid().openapi({ example: INVITE.id }) });

/** In a query, an empty value and the word `null` mean null. */
const nullable = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((text) => (text === "" || text === "null" ? null : text), schema);

const listQuery = pageQuery.extend({
  email: nullable(text().nullable().optional()).openapi({ description: "Only invites for this email." }),
  status: nullable(orNull(InviteStatusSchema).default("pending")).openapi({
    description: "Send `null` or an empty value for all.",
  }),
});

function toInvite(invite: Invite, link: string): z.infer<typeof InviteResponseSchema> {
  return {
    id: invite.id,
    tenant_id: invite.tenantId,
    email: invite.email,
    role: invite.role,
    expires_at: invite.expiresAt.toISOString(),
    accepted_at: invite.acceptedAt?.toISOString() ?? null,
    created_at: invite.createdAt.toISOString(),
    updated_at: invite.updatedAt.toISOString(),
    invite_link: link,
    email_id: null,
  };
}

export const invites = createRouter();

const createInviteRoute = callerWrite({
  method: "post",
  path: "/v1/invites",
  operationId: "create_invite",
  scope: "none",
  tags: ["Invites"],
  summary: "Invite somebody",
  description:
    "For OWNER and ADMIN. Send the `invite_link` to the invited person: it is open for 7 days, and only this answer has " +
    "its secret. An open invite for the same email is replaced. 409 for the email of a user who can already sign " +
    "in.",
  request: { body: jsonBody(InviteUserRequestSchema) },
  problems: ["forbidden", "not_found", "conflict"],
  responses: {
    201: {
      description: "The new invite",
      // Nullable as in the contract, although it is never null.
      content: jsonContent(orNull(InviteResponseSchema).openapi({ example: INVITE })),
    },
  },
});

invites.openapi(createInviteRoute, async (c) => {
  const { tenant_id: tenantId, email, role } = c.req.valid("json");
  const { secret, secretHash } = await generateInviteSecret();
  const { invite } = (await perform(c.var.services, createInvite, { tenantId, email, role, secretHash })).result;
  const link = inviteLink(c.env.config, invite.id, secret);
  return c.json(toInvite(invite, link), 201, { "Cache-Control": "no-store" });
});

const listRoute = callerRead({
  path: "/v1/invites",
  operationId: "list_invites",
  tags: ["Invites"],
  summary: "List invites",
  description: "Newest first. For OWNER and ADMIN.",
  request: { query: listQuery },
  problems: ["forbidden"],
  responses: {
    200: json(
      "One page of invites, without their secrets",
      paginated("PaginatedResponse_InviteResponse_", InviteResponseSchema, INVITE),
    ),
  },
});

invites.openapi(listRoute, async (c) => {
  const { email = null, status, ...page } = c.req.valid("query");
  const { invites: found, total } = await listInvites(c.env.db, c.var.credential, { email, status, ...page });
  const items = found.map((invite) => toInvite(invite, inviteLink(c.env.config, invite.id)));
  return c.json({ items, total, ...page }, 200);
});

const deleteRoute = callerWrite({
  method: "delete",
  path: "/v1/invites/{invite_id}",
  operationId: "delete_invite",
  scope: "none",
  tags: ["Invites"],
  summary: "Withdraw an invite",
  description: "At once. For OWNER and ADMIN. 409 for an accepted invite.",
  request: { params: inviteParams },
  problems: ["forbidden", "not_found", "conflict"],
  responses: { 204: { description: "Its link no longer works" } },
});

invites.openapi(deleteRoute, async (c) => {
  await perform(c.var.services, withdrawInvite, c.req.valid("param").invite_id);
  return c.body(null, 204);
});

const acceptRoute = callerWrite({
  method: "post",
  path: "/v1/invites/{invite_id}/accept",
  operationId: "accept_invite",
  scope: "none",
  tags: ["Invites"],
  summary: "Accept an invite",
  description:
    "For a session token whose `email` is the invited one and whose `email_verified` is true; 404 for everybody else. " +
    "Its `sub` becomes the id of the user. People who have the link open that instead.",
  request: { params: inviteParams },
  problems: ["not_found", "conflict"],
  responses: { 200: json("You are now a user of the tenant", AcceptInviteResponseSchema) },
});

invites.openapi(acceptRoute, async (c) => {
  const { result } = await perform(c.var.services, acceptInvite, c.req.valid("param").invite_id);
  return c.json({ tenant_id: result.tenant_id, role: result.role }, 200);
});
