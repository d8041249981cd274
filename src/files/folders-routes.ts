/** The routes of folders: the parts of the type FOLDER, in the form in which clients of the wire contract know them. */
import { z } from "@hono/zod-openapi";
import { v7 as newId } from "uuid";
import { Problem } from "../http/problems.ts";
import { createRouter } from "../http/router.ts";
import { callerRead, callerWrite } from "../http/routes.ts";
import { instant, json, jsonBody, pageQuery, paginated, uuid } from "../http/schemas.ts";
import { perform } from "../verbs/perform.ts";
import { NO_PATH_PART } from "./path.ts";
import { createPathPart, deletePathPart, movePathPart } from "./path-part-verbs.ts";
import { findPathPart, listPathParts, type PathPart } from "./path-parts.ts";
import { PathOrderSchema, partName } from "./path-parts-routes.ts";

const FOLDER = {
  part_type: "FOLDER" as const,
  id: "01920000-0000-7000-8000-000000000102",
  path_part_id: "01920000-0000-7000-8000-000000000102",
  name: "reports",
  parent_path_part_id: "01920000-0000-7000-8000-000000000101",
  materialized_path: "/shared/reports",
  system_managed: false,
  tenant_id: "01920000-0000-7000-8000-000000000001",
  created_at: "2026-01-31T12:00:00.000Z",
  updated_at: "2026-01-31T12:00:00.000Z",
};

const FolderResponseSchema = z
  .strictObject({
    part_type: z.enum(["FOLDER"]),
    id: uuid().openapi({ description: "The same as `path_part_id`." }),
    path_part_id: uuid(),
    name: z.string(),
    parent_path_part_id: uuid().nullable().openapi({ description: "Null at the root." }),
    materialized_path: z.string(),
    system_managed: z.boolean().openapi({ description: "True for a part that only the service itself changes." }),
    tenant_id: uuid(),
    created_at: instant(),
    updated_at: instant(),
  })
  .openapi("FolderResponse", { example: FOLDER });

const CreateFolderRequestSchema = z
  .strictObject({ name: partName(), parent_path_part_id: uuid() })
  .openapi("CreateFolderRequest", { example: { name: "reports", parent_path_part_id: FOLDER.parent_path_part_id } });

const UpdateFolderRequestSchema = z
  .strictObject({ name: partName().nullish(), parent_path_part_id: uuid().nullish() })
  .openapi("UpdateFolderRequest", { example: { name: "old-reports" } });

const folderParams = z.object({ folder_id: uuid().openapi({ example: FOLDER.id }) });

const listQuery = pageQuery.extend({
  parent_path_part_id: z
    .preprocess((text) => (text === "" || text === "null" ? null : text), uuid().nullable().optional())
    .openapi({
      description:
        "Lists the folders in this one. When it is missing, empty or `null`, lists the folders at the top of what the caller may " +
        "see: the roots or, for a USER, the topmost folders on which they have a permission.",
    }),
  sort_order: PathOrderSchema.default("LOGICAL"),
});

function toFolder(part: PathPart): z.infer<typeof FolderResponseSchema> {
  return {
    part_type: "FOLDER",
    id: part.id,
    path_part_id: part.id,
    name: part.name,
    parent_path_part_id: part.parentId,
    materialized_path: part.materializedPath,
    system_managed: part.systemManaged,
    tenant_id: part.tenantId,
    created_at: part.createdAt.toISOString(),
    updated_at: part.updatedAt.toISOString(),
  };
}

export const folders = createRouter();

const createFolder = callerWrite({
  method: "post",
  path: "/v1/folders",
  operationId: "create_folder",
  scope: "manage",
  tags: ["Folders"],
  summary: "Create a folder",
  description: "Needs write on the parent.",
  request: { body: jsonBody(CreateFolderRequestSchema) },
  problems: ["forbidden", "conflict", "cap_reached"],
  responses: { 201: json("The new folder", FolderResponseSchema) },
});

folders.openapi(createFolder, async (c) => {
  const { name, parent_path_part_id: parentId } = c.req.valid("json");
  const part = { id: newId(), name, partType: "FOLDER", parentId, parentField: "parent_path_part_id" } as const;
  return c.json(toFolder((await perform(c.var.services, createPathPart, part)).result.part), 201);
});

const listFolders = callerRead({
  path: "/v1/folders",
  operationId: "list_folders",
  tags: ["Folders"],
  summary: "List folders",
  description:
    "Those in a folder, or at the top. " +
    "Only what the caller may see is listed and counted. 404 when the caller may not see the parent.",
  request: { query: listQuery },
  problems: ["not_found"],
  responses: {
    200: json("One page of folders", paginated("PaginatedResponse_FolderResponse_", FolderResponseSchema, FOLDER)),
  },
});

folders.openapi(listFolders, async (c) => {
  const { parent_path_part_id: parentId = null, sort_order: order, ...page } = c.req.valid("query");
  const query = { parentId, maxDepth: 1, type: "FOLDER", order, ...page } as const;
  const found = await listPathParts(c.env.db, c.var.credential, query);
  if (found === null) throw new Problem("not_found", NO_PATH_PART);
  return c.json({ items: found.parts.map(toFolder), total: found.total, ...page }, 200);
});

const getFolder = callerRead({
  path: "/v1/folders/{folder_id}",
  operationId: "get_folder",
  tags: ["Folders"],
  summary: "Get a folder",
  description:
    "A folder that the caller may see. `GET /v1/path-parts/{path_part_id}` also says what they may do with it.",
  request: { params: folderParams },
  problems: ["not_found"],
  responses: { 200: json("The folder", FolderResponseSchema) },
});

folders.openapi(getFolder, async (c) => {
  const folder = await findPathPart(c.env.db, c.var.credential, c.req.valid("param").folder_id, "FOLDER");
  if (folder === null) throw new Problem("not_found", NO_PATH_PART);
  return c.json(toFolder(folder), 200);
});

const updateFolder = callerWrite({
  method: "patch",
  path: "/v1/folders/{folder_id}",
  operationId: "update_folder",
  scope: "manage",
  tags: ["Folders"],
  summary: "Rename or move a folder",
  description:
    "Fields that are left out or null stay as they are: to move a folder to the root, change its path part. Renaming needs write on the " +
    "folder; moving also needs it on the new parent. The paths of everything below change with it.",
  request: { params: folderParams, body: jsonBody(UpdateFolderRequestSchema) },
  problems: ["forbidden", "not_found", "conflict"],
  responses: { 200: json("The folder", FolderResponseSchema) },
});

folders.openapi(updateFolder, async (c) => {
  const { name, parent_path_part_id: parentId } = c.req.valid("json");
  const change = {
    id: c.req.valid("param").folder_id,
    type: "FOLDER",
    name: name ?? undefined,
    parentId: parentId ?? undefined,
    parentField: "parent_path_part_id",
  } as const;
  return c.json(toFolder((await perform(c.var.services, movePathPart, change)).result.part), 200);
});

const deleteFolder = callerWrite({
  method: "delete",
  path: "/v1/folders/{folder_id}",
  operationId: "delete_folder",
  scope: "manage",
  tags: ["Folders"],
  summary: "Delete a folder",
  description:
    "With everything below it. " +
    "Needs write on the folder. 409 names the workflow definitions that refer to it or to something below it.",
  request: { params: folderParams },
  problems: ["forbidden", "not_found", "conflict"],
  responses: { 204: { description: "Deleted, with everything below it and the permissions on it" } },
});

folders.openapi(deleteFolder, async (c) => {
  await perform(c.var.services, deletePathPart, { id: c.req.valid("param").folder_id, type: "FOLDER" });
  return c.body(null, 204);
});
