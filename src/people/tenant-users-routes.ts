import { z } from "@hono/zod-openapi";
import { createRouter } from "../http/router.ts";
import { callerRead, callerWrite } from "../http/routes.ts";
import { instant, json, jsonBody, line, pageQuery, paginated, TenantUserRoleSchema, uuid } from "../http/schemas.ts";
import { perform } from "../verbs/perform.ts";
import { changeActivation, changeRole, createUser, deleteUser } from "./user-verbs.ts";
import { listUsers, type User } from "./users.ts";

const USER = {
  user_id: "01920000-0000-7000-8000-000000000203",
  email: "user@demo.example",
  first_name: "Uma",
  last_name: "User",
  role: "USER" as const,
  deactivated_on: null,
  is_tenant_idp_managed: false,
  created_at: "2026-01-31T12:00:00.000Z",
  updated_at: "2026-01-31T12:00:00.000Z",
};

const TenantUserResponseSchema = z
  .strictObject({
    user_id: uuid(),
    email: z.string().nullish(),
    first_name: z.string().nullish(),
    last_name: z.string().nullish(),
    role: TenantUserRoleSchema,
    deactivated_on: instant().nullish().openapi({
      description: "When the user was deactivated: no credential of theirs works since then. Null for an active user.",
    }),
    is_tenant_idp_managed: z
      .boolean()
      .openapi({ description: "Whether the user signs in with the tenant's own login service." }),
    created_at: instant(),
    updated_at: instant(),
  })
  .openapi("TenantUserResponse", { example: USER });

export const CreateTenantUserRequestSchema = z
  .strictObject({
    email: z
      .email()
      .max(254)
      .nullish()
      .openapi({
        type: ["string", "null"],
        description: "Unique in the tenant, in whatever case it is written. Only a service user has none.",
      }),
    first_name: line(100).nullish(),
    last_name: line(100).nullish(),
    role: z.enum(["USER", "ADMIN"]),
  })
  .refine(({ email, first_name, role }) => email != null || (role === "USER" && first_name != null), {
    path: ["email"],
    message: "Give an email; or, for a service user, the role USER and a first name.",
  })
  .openapi("CreateTenantUserRequest", { example: { email: USER.email, first_name: "Uma", role: "USER" } });

export const TenantUserEditRequestSchema = z
  .strictObject({ role: TenantUserRoleSchema })
  .openapi("TenantUserEditRequest", { example: { role: "ADMIN" } });

const tenantParams = z.object({ tenant_id: uuid().openapi({ example: "01920000-0000-7000-8000-000000000001" }) });
const userParams = tenantParams.extend({ user_id: uuid().openapi({ example: USER.user_id }) });

function toTenantUser(user: User): z.infer<typeof TenantUserResponseSchema> {
  return {
    user_id: user.id,
    email: user.email,
    first_name: user.firstName,
    last_name: user.lastName,
    role: user.role,
    deactivated_on: user.deactivatedAt?.toISOString() ?? null,
    is_tenant_idp_managed: user.idpType === "TENANT",
    created_at: user.createdAt.toISOString(),
    updated_at: user.updatedAt.toISOString(),
  };
}

export const tenantUsers = createRouter();

const listRoute = callerRead({
  path: "/v1/tenants/{tenant_id}/users",
  operationId: "list_tenant_users",
  tags: ["Users"],
  summary: "List users",
  description: "By email. For OWNER and ADMIN.",
  request: { params: tenantParams, query: pageQuery },
  problems: ["forbidden", "not_found"],
  responses: {
    200: json("One page of users", paginated("PaginatedResponse_TenantUserResponse_", TenantUserResponseSchema, USER)),
  },
});

tenantUsers.openapi(listRoute, async (c) => {
  const page = c.req.valid("query");
  const request = { tenantId: c.req.valid("param").tenant_id, ...page };
  const { users, total } = await listUsers(c.env.db, c.var.credential, request);
  return c.json({ items: users.map(toTenantUser), total, ...page }, 200);
});

const createUserRoute = callerWrite({
  method: "post",
  path: "/v1/tenants/{tenant_id}/users",
  operationId: "create_tenant_user",
  scope: "none",
  tags: ["Users"],
  summary: "Create a user",
  description:
    "For OWNER and ADMIN. OWNER is not possible here: each tenant has one OWNER, who can pass the role on. Without an email, it is a " +
    "service user: a USER for a program, who does not sign in by a login, and whose keys an OWNER or ADMIN makes at " +
    "`/v1/users/{user_id}/api-keys`. What it may do is its permissions.",
  request: { params: tenantParams, body: jsonBody(CreateTenantUserRequestSchema) },
  problems: ["forbidden", "not_found", "conflict"],
  responses: { 201: json("The new user", TenantUserResponseSchema) },
});

tenantUsers.openapi(createUserRoute, async (c) => {
  const { email = null, first_name: firstName = null, last_name: lastName = null, role } = c.req.valid("json");
  const tenantId = c.req.valid("param").tenant_id;
  const user = { tenantId, email, firstName, lastName, role };
  const { result } = await perform(c.var.services, createUser, user);
  return c.json(toTenantUser(result.user), 201);
});

const updateRoute = callerWrite({
  method: "patch",
  path: "/v1/tenants/{tenant_id}/users/{user_id}",
  operationId: "update_tenant_user",
  scope: "none",
  tags: ["Users"],
  summary: "Change a user's role",
  description:
    "For OWNER and ADMIN. Nobody changes their own role, and an ADMIN cannot change the OWNER. The OWNER passes " +
    "ownership on by making somebody else the OWNER, and is an ADMIN from then on.",
  request: { params: userParams, body: jsonBody(TenantUserEditRequestSchema) },
  problems: ["forbidden", "not_found", "conflict"],
  responses: { 200: json("The user", TenantUserResponseSchema) },
});

tenantUsers.openapi(updateRoute, async (c) => {
  const { tenant_id: tenantId, user_id: userId } = c.req.valid("param");
  const { role } = c.req.valid("json");
  const { result } = await perform(c.var.services, changeRole, { tenantId, userId, role });
  return c.json(toTenantUser(result.user), 200);
});

const deleteRoute = callerWrite({
  method: "delete",
  path: "/v1/tenants/{tenant_id}/users/{user_id}",
  operationId: "delete_tenant_user",
  scope: "none",
  tags: ["Users"],
  summary: "Delete a user",
  description:
    "At once. For OWNER and ADMIN; nobody can delete the OWNER or themselves. Their keys, sessions and permissions " +
    "end at once. Their runs stay, and still name them. They are no longer listed.",
  request: { params: userParams },
  problems: ["forbidden", "not_found"],
  responses: { 204: { description: "The user is deleted" } },
});

tenantUsers.openapi(deleteRoute, async (c) => {
  const { tenant_id: tenantId, user_id: userId } = c.req.valid("param");
  await perform(c.var.services, deleteUser, { tenantId, userId });
  return c.body(null, 204);
});

/** Adds the route that activates or deactivates a user. */
function routeActivation(verb: "activate" | "deactivate", summary: string, description: string): void {
  const deactivated_on = verb === "deactivate" ? USER.updated_at : null;
  const route = callerWrite({
    method: "post",
    path: `/v1/tenants/{tenant_id}/users/{user_id}/${verb}`,
    operationId: `${verb}_tenant_user`,
    scope: "none",
    tags: ["Users"],
    summary,
    description,
    request: { params: userParams },
    problems: ["forbidden", "not_found"],
    responses: {
      200: {
        description: "The user",
        content: { "application/json": { schema: TenantUserResponseSchema, example: { ...USER, deactivated_on } } },
      },
    },
  });
  tenantUsers.openapi(route, async (c) => {
    const { tenant_id: tenantId, user_id: userId } = c.req.valid("param");
    const change = { tenantId, userId, isActive: verb === "activate" };
    const { result } = await perform(c.var.services, changeActivation, change);
    return c.json(toTenantUser(result.user), 200);
  });
}

routeActivation(
  "deactivate",
  "Deactivate a user",
  "At once. For OWNER and ADMIN; nobody can deactivate the OWNER or themselves. No credential of the user works " +
    "from now on. Their runs continue, and everything that they created stays.",
);

routeActivation(
  "activate",
  "Activate a user",
  "For OWNER and ADMIN. Keys that were neither revoked nor have expired meanwhile work again.",
);
