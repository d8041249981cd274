import { z } from "@hono/zod-openapi";
import { v7 as newId } from "uuid";
import { CREATABLE_PART_TYPES } from "../db/enums.ts";
import { Problem } from "../http/problems.ts";
import { createRouter } from "../http/router.ts";
import { callerRead, callerWrite } from "../http/routes.ts";
import {
  instant,
  json,
  jsonBody,
  jsonContent,
  PartTypeSchema,
  pageQuery,
  paginated,
  text,
  uuid,
} from "../http/schemas.ts";
import { perform } from "../verbs/perform.ts";
import { MAX_NAME_LENGTH, NO_PATH_PART, nameFault, PATH_ORDERS } from "./path.ts";
import { createPathPart, deletePathPart, movePathPart } from "./path-part-verbs.ts";
import { findPathPart, listPathParts, type PathPart } from "./path-parts.ts";

const FOLDER = {
  path_part_id: "01920000-0000-7000-8000-000000000102",
  name: "q1",
  part_type: "FOLDER" as const,
  parent_path_id: "01920000-0000-7000-8000-000000000101",
  metadata_obj_id: null,
  materialized_path: "/shared/reports/q1",
  system_managed: false,
  can_read: true,
  can_write: true,
  created_at: "2026-01-31T12:00:00.000Z",
  updated_at: "2026-01-31T12:00:00.000Z",
};

const PathPartResponseSchema = z
  .strictObject({
    path_part_id: uuid(),
    name: z.string(),
    part_type: PartTypeSchema,
    parent_path_id: uuid().nullable().openapi({ description: "Null at the root." }),
    metadata_obj_id: uuid().nullable(),
    materialized_path: z.string().openapi({ description: "The names from the root on, each after a `/`." }),
    system_managed: z.boolean().openapi({ description: "True for a part that only the service itself changes." }),
    can_read: z.boolean().openapi({ description: "Whether the caller may read this and everything below it." }),
    can_write: z.boolean().openapi({ description: "Whether the caller may write this and everything below it." }),
    created_at: instant(),
    updated_at: instant().openapi({
      description: "When the part itself was last renamed or moved. Changes of the parts above it do not count.",
    }),
  })
  .openapi("PathPartResponse", { example: FOLDER });

const PaginatedPathPartsSchema = paginated("PaginatedResponse_PathPartResponse_", PathPartResponseSchema, FOLDER);

export const partName = () =>
  text({ min: 1, max: MAX_NAME_LENGTH })
    .superRefine((name, context) => {
      const message = nameFault(name);
      if (message !== null) context.addIssue({ code: "custom", message });
    })
    .openapi({ description: "Unique below its parent. No `/`, no control characters, neither `.` nor `..`." });

export const CreatePathPartRequestSchema = z
  .strictObject({
    name: partName(),
    part_type: z.enum(CREATABLE_PART_TYPES).openapi({
      description: "A DOCUMENT_VERSION goes below a DOCUMENT, everything else below a FOLDER or at the root.",
    }),
    parent_path_id: uuid().nullable().openapi({ description: "Null for the root." }),
  })
  .openapi("CreatePathPartRequest", {
    example: { name: "q1", part_type: "FOLDER", parent_path_id: FOLDER.parent_path_id },
  });

export const UpdatePathPartRequestSchema = z
  .strictObject({
    name: partName().optional(),
    parent_path_id: uuid().nullable().optional().openapi({ description: "The new parent; null for the root." }),
  })
  .refine(({ name, parent_path_id }) => name !== undefined || parent_path_id !== undefined, {
    message: "Give `name`, `parent_path_id` or both.",
  })
  .openapi("UpdatePathPartRequest", { example: { name: "q1-final" } });

const partParams = z.object({ path_part_id: uuid().openapi({ example: FOLDER.path_part_id }) });

export const PathOrderSchema = z.enum(PATH_ORDERS).openapi("PathOrder", {
  description:
    "LOGICAL: by depth, FOLDERs before others, then by name. NAME: by name. " +
    "UPDATED_AT and CREATED_AT: the newest first.",
});

const listQuery = pageQuery.extend({
  parent_path_id: z
    .preprocess((text) => (text === "" || text === "null" ? null : text), uuid().nullable().optional())
    .openapi({
      description:
        "Lists what is below this part. When it is missing, empty or `null`, the list begins at the top of what the " +
        "caller may see: the roots or, for a USER, the topmost parts on which they have a permission.",
    }),
  max_depth: z.coerce
    .number()
    .int()
    .min(1)
    .default(1)
    .openapi({ description: "How many levels to list; 1 lists only the next level." }),
  sort_order: PathOrderSchema.default("LOGICAL"),
});

function toPathPart(part: PathPart): z.infer<typeof PathPartResponseSchema> {
  return {
    path_part_id: part.id,
    name: part.name,
    part_type: part.partType,
    parent_path_id: part.parentId,
    metadata_obj_id: part.metadataObjId,
    materialized_path: part.materializedPath,
    system_managed: part.systemManaged,
    can_read: part.canRead,
    can_write: part.canWrite,
    created_at: part.createdAt.toISOString(),
    updated_at: part.updatedAt.toISOString(),
  };
}

export const pathParts = createRouter();

const listParts = callerRead({
  path: "/v1/path-parts",
  operationId: "list_path_parts",
  tags: ["Path parts"],
  summary: "List path parts",
  description:
    "What is below a part, or at the top. " +
    "Only what the caller may see is listed and counted. 404 when the caller may not see the parent.",
  request: { query: listQuery },
  problems: ["not_found"],
  responses: { 200: json("One page", PaginatedPathPartsSchema) },
});

pathParts.openapi(listParts, async (c) => {
  const { parent_path_id: parentId = null, max_depth: maxDepth, sort_order: order, ...page } = c.req.valid("query");
  const found = await listPathParts(c.env.db, c.var.credential, { parentId, maxDepth, order, ...page });
  if (found === null) throw new Problem("not_found", "There is no such parent, or it is not yours to see.");
  return c.json({ items: found.parts.map(toPathPart), total: found.total, ...page }, 200);
});

const createPart = callerWrite({
  method: "post",
  path: "/v1/path-parts",
  operationId: "create_path_part",
  scope: "manage",
  tags: ["Path parts"],
  summary: "Create a path part",
  description:
    "A folder, a document, or a version of one. " +
    "Needs write on the parent; at the root only an OWNER or ADMIN may add a part.",
  request: { body: jsonBody(CreatePathPartRequestSchema) },
  problems: ["forbidden", "conflict", "cap_reached"],
  responses: {
    201: {
      description: "The new part",
      headers: z.object({ Location: z.string().openapi({ description: "The URL of the part." }) }),
      content: jsonContent(PathPartResponseSchema),
    },
  },
});

pathParts.openapi(createPart, async (c) => {
  const { name, part_type: partType, parent_path_id: parentId } = c.req.valid("json");
  const request = { id: newId(), name, partType, parentId };
  const { part } = (await perform(c.var.services, createPathPart, request)).result;
  return c.json(toPathPart(part), 201, { Location: `/v1/path-parts/${part.id}` });
});

const getPart = callerRead({
  path: "/v1/path-parts/{path_part_id}",
  operationId: "get_path_part",
  tags: ["Path parts"],
  summary: "Get a path part",
  description:
    "A folder, a document, a version of one, or a workflow that the caller may see, and what they may do with it.",
  request: { params: partParams },
  problems: ["not_found"],
  responses: { 200: json("The part", PathPartResponseSchema) },
});

pathParts.openapi(getPart, async (c) => {
  const part = await findPathPart(c.env.db, c.var.credential, c.req.valid("param").path_part_id);
  if (part === null) throw new Problem("not_found", NO_PATH_PART);
  return c.json(toPathPart(part), 200);
});

const updatePart = callerWrite({
  method: "patch",
  path: "/v1/path-parts/{path_part_id}",
  operationId: "update_path_part",
  scope: "manage",
  tags: ["Path parts"],
  summary: "Rename or move a path part",
  description:
    "The paths of everything below change with it; permissions and definitions still refer to it. Renaming needs write on the part; " +
    "moving also on the new parent, and to the root only an OWNER or ADMIN may move.",
  request: { params: partParams, body: jsonBody(UpdatePathPartRequestSchema) },
  problems: ["forbidden", "not_found", "conflict"],
  responses: { 200: json("The part", PathPartResponseSchema) },
});

pathParts.openapi(updatePart, async (c) => {
  const { name, parent_path_id: parentId } = c.req.valid("json");
  const { path_part_id: id } = c.req.valid("param");
  const { part } = (await perform(c.var.services, movePathPart, { id, name, parentId })).result;
  return c.json(toPathPart(part), 200);
});

const deletePart = callerWrite({
  method: "delete",
  path: "/v1/path-parts/{path_part_id}",
  operationId: "delete_path_part",
  scope: "manage",
  tags: ["Path parts"],
  summary: "Delete a path part",
  description:
    "With everything below it. " +
    "Needs write on the part. 409 names the workflow definitions that refer to it or to something below it.",
  request: { params: partParams },
  problems: ["forbidden", "not_found", "conflict"],
  responses: { 204: { description: "Deleted, with everything below it and the permissions on it" } },
});

pathParts.openapi(deletePart, async (c) => {
  await perform(c.var.services, deletePathPart, { id: c.req.valid("param").path_part_id });
  return c.body(null, 204);
});
