import { z } from "@hono/zod-openapi";
import { createRouter } from "../http/router.ts";
import { callerRead } from "../http/routes.ts";
import { IdpTypeSchema, json, TenantUserRoleSchema, uuid } from "../http/schemas.ts";
import { findMe } from "./users.ts";

const UserResponseSchema = z
  .strictObject({
    id: uuid(),
    email: z.string().nullable(),
    first_name: z.string().nullable(),
    last_name: z.string().nullable(),
    idp_type: IdpTypeSchema,
    current_tenant_id: uuid(),
    current_tenant_role: TenantUserRoleSchema,
    default_tenant_id: uuid(),
  })
  .openapi("UserResponse", {
    example: {
      id: "01920000-0000-7000-8000-000000000203",
      email: "user@demo.example",
      first_name: "Uma",
      last_name: "User",
      idp_type: "PASSWORD",
      current_tenant_id: "01920000-0000-7000-8000-000000000001",
      current_tenant_role: "USER",
      default_tenant_id: "01920000-0000-7000-8000-000000000001",
    },
  });

export const users = createRouter();

const getMe = callerRead({
  scope: "any",
  path: "/v1/users/me",
  operationId: "get_me",
  tags: ["Users"],
  summary: "Get your user",
  description: "With the tenant and the role in which this credential acts.",
  responses: { 200: json("You", UserResponseSchema) },
});

users.openapi(getMe, async (c) => {
  const me = await findMe(c.env.db, c.var.credential);
  const body = {
    id: me.id,
    email: me.email,
    first_name: me.firstName,
    last_name: me.lastName,
    idp_type: me.idpType,
    current_tenant_id: me.tenantId,
    current_tenant_role: me.role,
    default_tenant_id: me.tenantId,
  };
  return c.json(body, 200);
});
