/** The verbs that change a tenant's tree. */
import { z } from "zod";
import { PART_TYPES, type PartType } from "../db/enums.ts";
import { capProblem, capRefusalSchema } from "../verbs/caps.ts";
import { defineVerb } from "../verbs/verb.ts";
import { MAX_PATH_BYTES } from "./path.ts";
import type { PathPart } from "./path-parts.ts";
import {
  type Asked,
  MAX_NAMED_DEFINITIONS,
  namedRefusalSchema,
  referredProblem,
  treeProblem,
  treeRefusalSchema,
} from "./refusals.ts";

/** A part after its change: `path_part_response` in SQL. */
const partSchema = z
  .object({
    id: z.string(),
    tenant_id: z.string(),
    parent_id: z.string().nullable(),
    name: z.string(),
    part_type: z.enum(PART_TYPES),
    metadata_obj_id: z.string().nullable(),
    materialized_path: z.string(),
    system_managed: z.boolean(),
    can_read: z.boolean(),
    can_write: z.boolean(),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .transform(
    (part): PathPart => ({
      id: part.id,
      tenantId: part.tenant_id,
      parentId: part.parent_id,
      name: part.name,
      partType: part.part_type,
      metadataObjId: part.metadata_obj_id,
      materializedPath: part.materialized_path,
      systemManaged: part.system_managed,
      canRead: part.can_read,
      canWrite: part.can_write,
      createdAt: new Date(part.created_at),
      updatedAt: new Date(part.updated_at),
    }),
  );

const changedSchema = z.object({ part: partSchema });

export type NewPathPart = { id: string; name: string; partType: PartType; parentId: string | null } & Pick<
  Asked,
  "parentField"
>;

/**
 * Adds a part to the tree.
 * Refused with Problem `forbidden`, `cap_reached`, or `conflict` for a name that is taken and for a parent that only the service changes,
 * and with ValidationFailed for a parent that does not exist or has the wrong type, and for a path that is too long.
 */
export const createPathPart = defineVerb({
  name: "create_path_part",
  args: (part: NewPathPart) => ({
    part_id: part.id,
    name: part.name,
    part_type: part.partType,
    parent_id: part.parentId,
    max_path_bytes: MAX_PATH_BYTES,
  }),
  result: changedSchema,
  refusals: z.union([treeRefusalSchema, capRefusalSchema]),
  refuse: (refusal, part) => (refusal.refused === "cap_reached" ? capProblem(refusal) : treeProblem(refusal, part)),
});

/**
 * The change of a part: another name, another parent (null for the root), or both. When `type` is set, a part of another type
 * counts as not found.
 */
export type PathPartChange = { id: string; type?: PartType } & Asked;

/**
 * Renames or moves a part, or both. The paths of all parts below it change with it; their `updated_at` does not.
 * Refused with Problem `not_found`, `forbidden`, or `conflict` for a name that is taken and for parts that only the service changes,
 * and with ValidationFailed for a parent that does not exist, has the wrong type, or is the part itself or below it, and for a path
 * that is too long.
 */
export const movePathPart = defineVerb({
  name: "move_path_part",
  args: ({ id, type, name, parentId }: PathPartChange) => ({
    part_id: id,
    part_type: type ?? null,
    name: name ?? null,
    is_put: parentId !== undefined,
    parent_id: parentId ?? null,
    max_path_bytes: MAX_PATH_BYTES,
  }),
  result: changedSchema,
  refusals: treeRefusalSchema,
  refuse: treeProblem,
});

/**
 * Deletes a part, all parts below it, and the permissions on them. With `type`, only a part of that type.
 * Refused with Problem `not_found`, `forbidden`, or `conflict` for parts that only the service changes and for parts that
 * definitions name; the conflict lists those definitions that the caller may see.
 */
export const deletePathPart = defineVerb({
  name: "delete_path_part",
  args: ({ id, type }: { id: string; type?: PartType }) => ({
    part_id: id,
    part_type: type ?? null,
    most_named: MAX_NAMED_DEFINITIONS,
  }),
  result: z.unknown(),
  refusals: z.union([namedRefusalSchema, treeRefusalSchema]),
  refuse: (refusal) =>
    refusal.refused === "named_by_definitions" ? referredProblem(refusal.definitions) : treeProblem(refusal, {}),
});
