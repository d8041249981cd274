/** The verbs that change users and their permissions. */
import { v7 as newId } from "uuid";
import { z } from "zod";
import { CAPABILITIES, type Capability, IDP_TYPES, ROLES, type Role } from "../db/enums.ts";
import { defineVerb } from "../verbs/verb.ts";
import {
  ADMINISTRATOR_REFUSALS,
  MAX_PERMISSIONS,
  permissionProblem,
  permissionRefusalSchema,
  userProblem,
} from "./refusals.ts";
import type { Permission } from "./user-permissions.ts";
import type { User } from "./users.ts";

/** `user_response` in SQL. */
const userSchema = z
  .object({
    id: z.string(),
    email: z.string().nullable(),
    first_name: z.string().nullable(),
    last_name: z.string().nullable(),
    idp_type: z.enum(IDP_TYPES),
    role: z.enum(ROLES),
    deactivated_at: z.coerce.date().nullable(),
    created_at: z.coerce.date(),
    updated_at: z.coerce.date(),
  })
  .transform(
    ({ first_name: firstName, last_name: lastName, idp_type: idpType, ...user }): User => ({
      ...{ id: user.id, email: user.email, firstName, lastName, idpType, role: user.role },
      ...{ deactivatedAt: user.deactivated_at, createdAt: user.created_at, updatedAt: user.updated_at },
    }),
  );

/** `permission_response` in SQL. */
const permissionSchema = z
  .object({
    id: z.string(),
    tenant_id: z.string(),
    user_id: z.string(),
    path_part_id: z.string(),
    materialized_path: z.string(),
    capability: z.enum(CAPABILITIES),
    created_at: z.coerce.date(),
    updated_at: z.coerce.date(),
  })
  .transform(
    ({ id, tenant_id: tenantId, user_id: userId, path_part_id: pathPartId, ...permission }): Permission => ({
      ...{ id, tenantId, userId, pathPartId, capability: permission.capability },
      ...{ materializedPath: permission.materialized_path },
      ...{ createdAt: permission.created_at, updatedAt: permission.updated_at },
    }),
  );

const writtenUserSchema = z.object({ user: userSchema });
const writtenPermissionSchema = z.object({ permission: permissionSchema });

export type NewUser = {
  tenantId: string;
  /** Null for a service user. */
  email: string | null;
  firstName: string | null;
  lastName: string | null;
  role: Role;
};

/**
 * Adds a user to the tenant.
 * Refused with Problem `not_found` for another tenant, `forbidden`, or `conflict` for an email that another user of the tenant has.
 */
export const createUser = defineVerb({
  name: "create_user",
  args: (user: NewUser) => ({
    tenant_id: user.tenantId,
    user_id: newId(),
    email: user.email,
    first_name: user.firstName,
    last_name: user.lastName,
    role: user.role,
  }),
  result: writtenUserSchema,
  refusals: z.object({ refused: z.enum([...ADMINISTRATOR_REFUSALS, "email_taken"]) }),
  refuse: ({ refused }) => userProblem(refused),
});

/** The user to change. */
export type ChosenUser = { tenantId: string; userId: string };

const userArguments = ({ tenantId, userId }: ChosenUser) => ({ tenant_id: tenantId, user_id: userId });

/** The refusals of each change of a user: `lock_and_judge_user_change` in SQL. */
const USER_REFUSALS = [...ADMINISTRATOR_REFUSALS, "not_found", "self", "owner"] as const;

/**
 * Gives a user another role. When an OWNER makes another user the OWNER, they become an ADMIN themselves: a tenant has exactly
 * one OWNER.
 * Refused with Problem `not_found`, `forbidden`, or `conflict` for a deactivated user who would become the OWNER.
 */
export const changeRole = defineVerb({
  name: "change_user_role",
  args: (change: ChosenUser & { role: Role }) => ({ ...userArguments(change), role: change.role }),
  result: writtenUserSchema,
  refusals: z.object({ refused: z.enum([...USER_REFUSALS, "only_owner_may", "deactivated"]) }),
  refuse: ({ refused }) => userProblem(refused),
});

/**
 * Deactivates a user, whose credentials all stop working at once; or activates the user again, with the same credentials and
 * permissions.
 * Refused with Problem `not_found` or `forbidden`.
 */
export const changeActivation = defineVerb({
  name: "change_user_activation",
  args: (change: ChosenUser & { isActive: boolean }) => ({ ...userArguments(change), is_active: change.isActive }),
  result: writtenUserSchema,
  refusals: z.object({ refused: z.enum(USER_REFUSALS) }),
  refuse: ({ refused }) => userProblem(refused),
});

/**
 * Deletes a user. Their keys, sessions and permissions end at once. The row is kept for the runs that refer to it, but is not
 * listed any more, and the email can be used for a new user.
 * Refused with Problem `not_found` or `forbidden`.
 */
export const deleteUser = defineVerb({
  name: "delete_user",
  args: userArguments,
  result: z.unknown(),
  refusals: z.object({ refused: z.enum(USER_REFUSALS) }),
  refuse: ({ refused }) => userProblem(refused),
});

export type NewPermission = { tenantId: string; userId: string; pathPartId: string; capability: Capability };

/**
 * Gives a user a permission on a path part and everything below it.
 * Refused with Problem `not_found` for another tenant, `forbidden`, or `conflict` when another permission of the user already covers
 * it, and when the user has the most permissions that are allowed; with ValidationFailed for a user or a part that is not in the
 * tenant.
 */
export const createPermission = defineVerb({
  name: "create_user_permission",
  args: (permission: NewPermission) => ({
    tenant_id: permission.tenantId,
    permission_id: newId(),
    user_id: permission.userId,
    path_part_id: permission.pathPartId,
    capability: permission.capability,
    max_permissions: MAX_PERMISSIONS,
  }),
  result: writtenPermissionSchema,
  refusals: z.union([permissionRefusalSchema, z.object({ refused: z.enum([...ADMINISTRATOR_REFUSALS, "too_many"]) })]),
  refuse: (refusal) => permissionProblem(refusal),
});

type ChosenPermission = { tenantId: string; id: string };

/** The change of a permission: another part, another capability, or both. Null keeps the current value. */
export type PermissionChange = ChosenPermission & { pathPartId: string | null; capability: Capability | null };

/** The refusals of each change of a permission: `judge_permission_change` in SQL. */
const noChangeSchema = z.object({ refused: z.enum(["not_found", "forbidden"]) });

/**
 * Changes a permission.
 * Refused with Problem `not_found`, `forbidden` for a USER's own permission, or `conflict` when another permission of the user
 * already covers the changed one; with ValidationFailed for a part that is not in the tenant.
 */
export const changePermission = defineVerb({
  name: "change_user_permission",
  args: ({ tenantId, id, pathPartId, capability }: PermissionChange) => ({
    tenant_id: tenantId,
    permission_id: id,
    path_part_id: pathPartId,
    capability,
  }),
  result: writtenPermissionSchema,
  refusals: z.union([permissionRefusalSchema, noChangeSchema]),
  refuse: (refusal) => permissionProblem(refusal),
});

/**
 * Revokes a permission.
 * Refused with Problem `not_found`, or `forbidden` for a USER's own permission.
 */
export const revokePermission = defineVerb({
  name: "revoke_user_permission",
  args: ({ tenantId, id }: ChosenPermission) => ({ tenant_id: tenantId, permission_id: id }),
  result: z.unknown(),
  refusals: noChangeSchema,
  refuse: (refusal) => permissionProblem(refusal),
});
