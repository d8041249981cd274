import { z } from "@hono/zod-openapi";
import { v7 as newId } from "uuid";
import { createRouter } from "../http/router.ts";
import { callerRead, callerWrite } from "../http/routes.ts";
import { IdpTypeSchema, instant, line, pageQuery, paginated, TenantUserRoleSchema, uuid } from "../http/schemas.ts";
import { changeActivation, changeRole } from "./change-user.ts";
import { createUser, listUsers, type UserRow } from "./users.ts";

const USER = {
  id: "01920000-0000-7000-8000-000000000203",
  email: "user@demo.example",
  first_name: "Uma",
  last_name: "User",
  idp_type: "PASSWORD" as const,
  role: "USER" as const,
  is_active: true,
  created_at: "2026-01-31T12:00:00.000Z",
  updated_at: "2026-01-31T12:00:00.000Z",
};

const TenantUserResponseSchema = z
  .strictObject({
    id: uuid(),
    email: z.string().nullable(),
    first_name: z.string().nullable(),
    last_name: z.string().nullable(),
    idp_type: IdpTypeSchema,
    role: TenantUserRoleSchema,
    is_active: z
      .boolean()
      .openapi({ description: "False for who has been deactivated: no credential of theirs works." }),
    created_at: instant(),
    updated_at: instant(),
  })
  .openapi("TenantUserResponse", { example: USER });

export const CreateTenantUserRequestSchema = z
  .strictObject({
    email: z.email().max(254).openapi({ description: "Unique in the tenant, in whatever case it is written." }),
    first_name: line(100).nullish(),
    last_name: line(100).nullish(),
    role: z.enum(["USER", "ADMIN"]),
  })
  .openapi("CreateTenantUserRequest", { example: { email: USER.email, first_name: "Uma", role: "USER" } });

export const UpdateTenantUserRequestSchema = z
  .strictObject({ role: TenantUserRoleSchema })
  .openapi("UpdateTenantUserRequest", { example: { role: "ADMIN" } });

const tenantParams = z.object({ tenant_id: uuid().openapi({ example: "01920000-0000-7000-8000-000000000001" }) });
const userParams = tenantParams.extend({ user_id: uuid().openapi({ example: USER.id }) });

function toTenantUser({ tenant_id: _, ...user }: UserRow): z.infer<typeof TenantUserResponseSchema> {
  return user;
}

const userContent = { "application/json": { schema: TenantUserResponseSchema } };

export const tenantUsers = createRouter();

const listRoute = callerRead({
  path: "/v1/tenants/{tenant_id}/users",
  operationId: "list_tenant_users",
  tags: ["Users"],
  summary: "The tenant's users, by email",
  description: "For OWNER and ADMIN.",
  request: { params: tenantParams, query: pageQuery },
  problems: ["forbidden", "not_found"],
  responses: {
    200: {
      description: "One page of users",
      content: {
        "application/json": {
          schema: paginated("PaginatedResponse_TenantUserResponse_", TenantUserResponseSchema, USER),
        },
      },
    },
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
  tags: ["Users"],
  summary: "Add a user to the tenant",
  description: "For OWNER and ADMIN. There is one OWNER already: somebody becomes it when the OWNER says so.",
  request: {
    params: tenantParams,
    body: { required: true, content: { "application/json": { schema: CreateTenantUserRequestSchema } } },
  },
  problems: ["forbidden", "not_found", "conflict"],
  responses: {
    201: { description: "The new user", content: userContent },
  },
});

tenantUsers.openapi(createUserRoute, async (c) => {
  const { email, first_name: firstName = null, last_name: lastName = null, role } = c.req.valid("json");
  const tenantId = c.req.valid("param").tenant_id;
  const user = { id: newId(), tenantId, email, firstName, lastName, role };
  return c.json(toTenantUser(await createUser(c.env.db, c.var.credential, user)), 201);
});

const updateRoute = callerWrite({
  method: "patch",
  path: "/v1/tenants/{tenant_id}/users/{user_id}",
  operationId: "update_tenant_user",
  tags: ["Users"],
  summary: "Give a user another role",
  description:
    "For OWNER and ADMIN. Nobody changes their own role, and an ADMIN cannot change the OWNER. The OWNER passes " +
    "ownership on by making somebody else the OWNER, and is an ADMIN from then on.",
  request: {
    params: userParams,
    body: { required: true, content: { "application/json": { schema: UpdateTenantUserRequestSchema } } },
  },
  problems: ["forbidden", "not_found", "conflict"],
  responses: {
    200: { description: "The user", content: userContent },
  },
});

tenantUsers.openapi(updateRoute, async (c) => {
  const { tenant_id: tenantId, user_id: userId } = c.req.valid("param");
  const request = { credential: c.var.credential, tenantId, userId };
  return c.json(toTenantUser(await changeRole(c.env.db, request, c.req.valid("json").role)), 200);
});

/** Adds the route that lets a user in, or puts them out. */
function routeActivation(verb: "activate" | "deactivate", summary: string, description: string): void {
  const route = callerWrite({
    method: "post",
    path: `/v1/tenants/{tenant_id}/users/{user_id}/${verb}`,
    operationId: `${verb}_tenant_user`,
    tags: ["Users"],
    summary,
    description,
    request: { params: userParams },
    problems: ["forbidden", "not_found"],
    responses: {
      200: { description: "The user", content: userContent },
    },
  });
  tenantUsers.openapi(route, async (c) => {
    const { tenant_id: tenantId, user_id: userId } = c.req.valid("param");
    const request = { credential: c.var.credential, tenantId, userId };
    return c.json(toTenantUser(await changeActivation(c.env.db, request, verb === "activate")), 200);
  });
}

routeActivation(
  "deactivate",
  "Put a user out, at once",
  "For OWNER and ADMIN; the OWNER cannot be deactivated, nor anybody by themselves. No credential of the user works " +
    "from now on. Their runs go on, and what they made stays.",
);

routeActivation(
  "activate",
  "Let a deactivated user in again",
  "For OWNER and ADMIN. Keys that were neither revoked nor have expired meanwhile work again.",
);
