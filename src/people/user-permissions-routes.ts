import { z } from "@hono/zod-openapi";
import { CAPABILITIES } from "../db/enums.ts";
import { Problem } from "../http/problems.ts";
import { createRouter } from "../http/router.ts";
import { callerRead, callerWrite } from "../http/routes.ts";
import { instant, json, jsonBody, orNull, pageQuery, paginated, uuid } from "../http/schemas.ts";
import { perform } from "../verbs/perform.ts";
import { listPermissions, type Permission } from "./user-permissions.ts";
import { changePermission, createPermission, revokePermission } from "./user-verbs.ts";

const PERMISSION = {
  id: "01920000-0000-7000-8000-000000000501",
  tenant_id: "01920000-0000-7000-8000-000000000001",
  user_id: "01920000-0000-7000-8000-000000000203",
  path_part_id: "01920000-0000-7000-8000-000000000102",
  materialized_path: "/shared/reports",
  capability: "READ_ONLY" as const,
  created_at: "2026-01-31T12:00:00.000Z",
  updated_at: "2026-01-31T12:00:00.000Z",
};

const PermissionCapabilitySchema = z.enum(CAPABILITIES).openapi("PermissionCapability");

const PermissionResponseSchema = z
  .strictObject({
    id: uuid(),
    tenant_id: uuid(),
    user_id: uuid(),
    path_part_id: uuid(),
    materialized_path: z
      .string()
      .openapi({ description: "The current path of the part. The permission stays on the part when it is moved." }),
    capability: PermissionCapabilitySchema,
    created_at: instant(),
    updated_at: instant(),
  })
  .openapi("PermissionResponse", { example: PERMISSION });

export const CreatePermissionRequestSchema = z
  .strictObject({
    tenant_id: uuid(),
    user_id: uuid(),
    path_part_id: uuid(),
    capability: PermissionCapabilitySchema,
  })
  .openapi("CreatePermissionRequest", {
    example: {
      tenant_id: PERMISSION.tenant_id,
      user_id: PERMISSION.user_id,
      path_part_id: PERMISSION.path_part_id,
      capability: "READ_ONLY",
    },
  });

export const UpdatePermissionRequestSchema = z
  .strictObject({
    path_part_id: uuid().nullish(),
    capability: orNull(PermissionCapabilitySchema).optional(),
  })
  .openapi("UpdatePermissionRequest", { example: { capability: "READ_WRITE" } });

const permissionParams = z.object({ permission_id: uuid().openapi({ example: PERMISSION.id }) });
const tenantQuery = z.object({ tenant_id: uuid().openapi({ example: PERMISSION.tenant_id }) });

function toPermission(permission: Permission): z.infer<typeof PermissionResponseSchema> {
  return {
    id: permission.id,
    tenant_id: permission.tenantId,
    user_id: permission.userId,
    path_part_id: permission.pathPartId,
    materialized_path: permission.materializedPath,
    capability: permission.capability,
    created_at: permission.createdAt.toISOString(),
    updated_at: permission.updatedAt.toISOString(),
  };
}

export const userPermissions = createRouter();

const listRoute = callerRead({
  path: "/v1/user-permissions",
  operationId: "list_user_permissions",
  tags: ["User permissions"],
  summary: "List a user's permissions",
  description: "By path. For OWNER and ADMIN; a USER may list their own.",
  request: {
    query: tenantQuery.extend({ user_id: uuid().openapi({ example: PERMISSION.user_id }), ...pageQuery.shape }),
  },
  problems: ["not_found"],
  responses: {
    200: json(
      "One page of permissions",
      paginated("PaginatedResponse_PermissionResponse_", PermissionResponseSchema, PERMISSION),
    ),
  },
});

userPermissions.openapi(listRoute, async (c) => {
  const { tenant_id: tenantId, user_id: userId, ...page } = c.req.valid("query");
  const found = await listPermissions(c.env.db, c.var.credential, { tenantId, userId, ...page });
  if (found === null)
    throw new Problem("not_found", "There is no such user, or their permissions are not yours to see.");
  return c.json({ items: found.permissions.map(toPermission), total: found.total, ...page }, 200);
});

const createPermissionRoute = callerWrite({
  method: "post",
  path: "/v1/user-permissions",
  operationId: "create_user_permission",
  scope: "none",
  tags: ["User permissions"],
  summary: "Give a permission",
  description:
    "To read, or to read and write, the part and everything below it, wherever they move. For OWNER and ADMIN. At " +
    "most 50 for a user. 409 also when another permission of the user already covers it.",
  request: { body: jsonBody(CreatePermissionRequestSchema) },
  problems: ["forbidden", "not_found", "conflict"],
  responses: { 201: json("The new permission", PermissionResponseSchema) },
});

userPermissions.openapi(createPermissionRoute, async (c) => {
  const body = c.req.valid("json");
  const { result } = await perform(c.var.services, createPermission, {
    tenantId: body.tenant_id,
    userId: body.user_id,
    pathPartId: body.path_part_id,
    capability: body.capability,
  });
  return c.json(toPermission(result.permission), 201);
});

const updateRoute = callerWrite({
  method: "patch",
  path: "/v1/user-permissions/{permission_id}",
  operationId: "update_user_permission",
  scope: "none",
  tags: ["User permissions"],
  summary: "Change a permission",
  description: "For OWNER and ADMIN. Fields that are left out or null stay as they are.",
  request: { params: permissionParams, query: tenantQuery, body: jsonBody(UpdatePermissionRequestSchema) },
  problems: ["forbidden", "not_found", "conflict"],
  responses: { 200: json("The permission", PermissionResponseSchema) },
});

userPermissions.openapi(updateRoute, async (c) => {
  const { path_part_id: pathPartId = null, capability = null } = c.req.valid("json");
  const { permission_id: id } = c.req.valid("param");
  const { tenant_id: tenantId } = c.req.valid("query");
  const change = { id, tenantId, pathPartId, capability };
  const { result } = await perform(c.var.services, changePermission, change);
  return c.json(toPermission(result.permission), 200);
});

const deleteRoute = callerWrite({
  method: "delete",
  path: "/v1/user-permissions/{permission_id}",
  operationId: "delete_user_permission",
  scope: "none",
  tags: ["User permissions"],
  summary: "Revoke a permission",
  description: "At once. For OWNER and ADMIN.",
  request: { params: permissionParams, query: tenantQuery },
  problems: ["forbidden", "not_found"],
  responses: { 204: { description: "Revoked: it is not valid from the next request on" } },
});

userPermissions.openapi(deleteRoute, async (c) => {
  const { tenant_id: tenantId } = c.req.valid("query");
  await perform(c.var.services, revokePermission, { tenantId, id: c.req.valid("param").permission_id });
  return c.body(null, 204);
});
