import { z } from "@hono/zod-openapi";
import { v7 as newId } from "uuid";
import { IF_MATCH, tagsToMatch, tagToMatch } from "../http/middleware/conditional.ts";
import { Problem } from "../http/problems.ts";
import { createRouter } from "../http/router.ts";
import { callerRead, callerWrite } from "../http/routes.ts";
import { json, jsonBody, jsonContent, pageQuery, paginated } from "../http/schemas.ts";
import { perform } from "../verbs/perform.ts";
import { saveDefinition } from "./save-definition.ts";
import { toContent } from "./workflow-definition-content.ts";
import {
  CreateWorkflowDefinitionRequestSchema,
  definitionParams,
  exampleDefinition,
  toDefinition,
  UpdateWorkflowDefinitionRequestSchema,
  WorkflowDefinitionResponseSchema,
} from "./workflow-definition-schema.ts";
import { findDefinition, listDefinitions, NO_DEFINITION } from "./workflow-definitions.ts";
import { changeActivity, createDefinition, deleteDefinition } from "./workflow-verbs.ts";

export const workflowDefinitions = createRouter();

const definitionContent = jsonContent(WorkflowDefinitionResponseSchema);

const listRoute = callerRead({
  path: "/v1/workflow-definitions",
  operationId: "list_workflow_definitions",
  tags: ["Workflow definitions"],
  summary: "List workflows",
  description: "Newest first. Lists and counts only the definitions that the caller may see.",
  request: { query: pageQuery },
  responses: {
    200: json(
      "One page of definitions",
      paginated("PaginatedResponse_WorkflowDefinitionResponse_", WorkflowDefinitionResponseSchema, exampleDefinition),
    ),
  },
});

workflowDefinitions.openapi(listRoute, async (c) => {
  const page = c.req.valid("query");
  const { definitions, total } = await listDefinitions(c.env.db, c.var.credential, page);
  return c.json({ items: definitions.map(toDefinition), total, ...page }, 200);
});

const createDefinitionRoute = callerWrite({
  method: "post",
  path: "/v1/workflow-definitions",
  operationId: "create_workflow_definition",
  scope: "manage",
  tags: ["Workflow definitions"],
  summary: "Create a workflow",
  description:
    "For an OWNER or ADMIN. Sources and instructions are folders or documents, outputs are folders, the template is a " +
    "document or a version of one. No path part may be named twice, or lie below another one that is named.",
  request: { body: jsonBody(CreateWorkflowDefinitionRequestSchema) },
  problems: ["forbidden", "cap_reached"],
  responses: {
    201: {
      description: "The new definition",
      headers: z.object({ Location: z.string().openapi({ description: "The URL of the definition." }) }),
      content: definitionContent,
    },
  },
});

workflowDefinitions.openapi(createDefinitionRoute, async (c) => {
  const content = await toContent(c.env.config, newId(), { ...c.req.valid("json"), is_active: true });
  const { definition } = (await perform(c.var.services, createDefinition, content)).result;
  return c.json(toDefinition(definition), 201, { Location: `/v1/workflow-definitions/${definition.id}` });
});

const getRoute = callerRead({
  path: "/v1/workflow-definitions/{definition_id}",
  operationId: "get_workflow_definition",
  tags: ["Workflow definitions"],
  summary: "Get a workflow",
  description:
    "Its configuration as it is now. Runs keep the snapshot with which they were triggered. The secret of its runner is never shown.",
  request: { params: definitionParams },
  problems: ["not_found"],
  responses: { 200: { description: "The definition", headers: tagToMatch, content: definitionContent } },
});

workflowDefinitions.openapi(getRoute, async (c) => {
  const definition = await findDefinition(c.env.db, c.var.credential, c.req.valid("param").definition_id);
  if (definition === null) {
    throw new Problem("not_found", NO_DEFINITION);
  }
  return c.json(toDefinition(definition), 200, { ETag: `"${definition.etag}"` });
});

const updateRoute = callerWrite({
  method: "put",
  path: "/v1/workflow-definitions/{definition_id}",
  operationId: "update_workflow_definition",
  scope: "manage",
  tags: ["Workflow definitions"],
  summary: "Replace a workflow",
  description:
    "Replaces everything: a field that is left out gets its default, and without `runner_config` the runner is removed. " +
    "Needs write on the definition. Runs that were triggered before keep their snapshot. With `is_active` false the " +
    "workflow is paused: it accepts no new runs, and PENDING runs do not start.",
  request: {
    params: definitionParams,
    headers: z.object({ "If-Match": IF_MATCH }),
    body: jsonBody(UpdateWorkflowDefinitionRequestSchema),
  },
  problems: ["forbidden", "not_found", "precondition_failed"],
  responses: { 200: { description: "The definition", headers: tagToMatch, content: definitionContent } },
});

workflowDefinitions.openapi(updateRoute, async (c) => {
  const content = await toContent(c.env.config, c.req.valid("param").definition_id, c.req.valid("json"));
  const ifMatch = tagsToMatch(c.req.valid("header")["If-Match"]);
  const { definition, etag } = await saveDefinition(c.var.services, { ...content, ifMatch });
  return c.json(toDefinition(definition), 200, { ETag: `"${etag}"` });
});

/** Pausing with PUT needs the webhook secret, which nobody can read. These routes need only the id. */
for (const [verb, isActive, description] of [
  ["pause", false, "It accepts no new runs, and PENDING runs do not start. Its RUNNING run may finish."],
  ["resume", true, "It accepts runs again, and its first PENDING run starts."],
] as const) {
  const route = callerWrite({
    method: "post",
    path: `/v1/workflow-definitions/{definition_id}/${verb}`,
    operationId: `${verb}_workflow_definition`,
    scope: "manage",
    tags: ["Workflow definitions"],
    summary: `${isActive ? "Resume" : "Pause"} a workflow`,
    description: `${description} Needs write on the definition.`,
    request: { params: definitionParams },
    problems: ["forbidden", "not_found"],
    responses: { 204: { description: `The workflow is ${isActive ? "active" : "paused"}` } },
  });
  workflowDefinitions.openapi(route, async (c) => {
    const id = c.req.valid("param").definition_id;
    await perform(c.var.services, changeActivity, { id, isActive });
    return c.body(null, 204);
  });
}

const deleteRoute = callerWrite({
  method: "delete",
  path: "/v1/workflow-definitions/{definition_id}",
  operationId: "delete_workflow_definition",
  scope: "manage",
  tags: ["Workflow definitions"],
  summary: "Delete a workflow",
  description: "With its runs. For an OWNER or ADMIN. 409 while one of its runs is RUNNING: stop it first.",
  request: { params: definitionParams },
  problems: ["forbidden", "not_found", "conflict"],
  responses: { 204: { description: "Deleted, with its runs and their events" } },
});

workflowDefinitions.openapi(deleteRoute, async (c) => {
  const id = c.req.valid("param").definition_id;
  await perform(c.var.services, deleteDefinition, id);
  return c.body(null, 204);
});
