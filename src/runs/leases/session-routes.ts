/** The routes with which a runner without a URL gets access: a runner key, which allows nothing else, opens a session. */
import { z } from "@hono/zod-openapi";
import { v7 as newId } from "uuid";
import { generateApiKey } from "../../http/credentials/api-key.ts";
import { signRunnerToken } from "../../http/credentials/runner-token.ts";
import { createRouter } from "../../http/router.ts";
import { callerWrite, keyCall, runnerSessionCall } from "../../http/routes.ts";
import { givenInstant, instant, json, jsonBody, jsonContent, line, runnerTags, uuid } from "../../http/schemas.ts";
import { createApiKey } from "../../people/api-key-verbs.ts";
import { perform } from "../../verbs/perform.ts";
import { closeSession, openSession } from "./open-session.ts";

export const runnerSessions = createRouter();

/** The limit keeps the token of a session short enough for a header, and its filter short enough for a socket of the hub. */
const MAX_DEFINITIONS = 50;

const DEFINITION = "01920000-0000-7000-8000-000000000301";

const definitionIds = (description: string) =>
  z.array(uuid()).min(1).max(MAX_DEFINITIONS).nullish().openapi({ description });

const CreateRunnerKeyRequestSchema = z
  .strictObject({
    name: line(100),
    workflow_definition_ids: definitionIds("The workflows whose runs it may lease; by default, all."),
    expires_at: givenInstant()
      .nullish()
      .openapi({ type: ["string", "null"], description: "When it expires. By default, it never does." }),
  })
  .openapi("CreateRunnerKeyRequest", { example: { name: "Office server", workflow_definition_ids: [DEFINITION] } });

const CreateRunnerKeyResponseSchema = z
  .strictObject({
    id: uuid(),
    name: z.string(),
    key: z
      .string()
      .openapi({ description: "The secret key. Only this answer has it, since the service stores only its hash." }),
    key_suffix: z.string(),
    workflow_definition_ids: z.array(uuid()).nullable().openapi({ description: "Null: all." }),
    created_at: instant(),
  })
  .openapi("CreateRunnerKeyResponse", {
    example: {
      id: "01920000-0000-7000-8000-000000000252",
      name: "Office server",
      key: "wr_…x2Qf",
      key_suffix: "x2Qf",
      workflow_definition_ids: [DEFINITION],
      created_at: "2026-01-31T12:00:00.000Z",
    },
  });

const createKey = callerWrite({
  method: "post",
  path: "/v1/runner-keys",
  operationId: "create_runner_key",
  scope: "none",
  tags: ["Runner"],
  summary: "Create a runner key",
  description:
    "For an OWNER or ADMIN. It opens sessions of runners, and nothing else: every other operation answers 401. It is " +
    "listed and revoked like any other key, at `/v1/api-keys`, and works as long as its user is an OWNER or ADMIN.",
  request: { body: jsonBody(CreateRunnerKeyRequestSchema) },
  problems: ["conflict"],
  responses: {
    201: {
      description: "The new key",
      headers: z.object({ Location: z.string().openapi({ description: "The URL of the key." }) }),
      content: jsonContent(CreateRunnerKeyResponseSchema),
    },
  },
});

runnerSessions.openapi(createKey, async (c) => {
  const { name, workflow_definition_ids = null, expires_at: expiresAt = null } = c.req.valid("json");
  const { key, hash, suffix } = await generateApiKey(c.env.config.cell);
  const runner = { definitionIds: workflow_definition_ids };
  const request = { name, hash, suffix, expiresAt, runner };
  const { api_key: created } = (await perform(c.var.services, createApiKey, request)).result;
  const answer = {
    id: created.id,
    name: created.name,
    key,
    key_suffix: created.keySuffix,
    workflow_definition_ids,
    created_at: created.createdAt.toISOString(),
  };
  return c.json(answer, 201, { Location: `/v1/api-keys/${created.id}`, "Cache-Control": "no-store" });
});

const CreateRunnerSessionRequestSchema = z
  .strictObject({
    name: line(100).openapi({ description: "A name by which people recognise the runner, such as its host." }),
    workflow_definition_ids: definitionIds(
      "The workflows whose runs it takes; by default, all that its key may lease.",
    ),
    capacity: z.int().min(1).max(100).openapi({ description: "How many runs it works on at the same time, at most." }),
    tags: runnerTags().optional().openapi({
      description: "What it has, such as `gpu`: it gets the runs of workflows whose `runner_tags` are all among these.",
    }),
  })
  .openapi("CreateRunnerSessionRequest", { example: { name: "office-server-1", capacity: 4, tags: ["gpu"] } });

const RunnerSessionSchema = z
  .strictObject({
    id: uuid(),
    token: z.string().openapi({ description: "The credential for `/v1/leases`." }),
    expires_at: instant().openapi({ description: "In 24 hours. Open another session before that, or after a 401." }),
  })
  .openapi("RunnerSession", {
    example: { id: "01920000-0000-7000-8000-000000000501", token: "eyJhbGci…", expires_at: "2026-02-01T12:00:00.000Z" },
  });

const openRoute = keyCall({
  method: "post",
  path: "/v1/runner-sessions",
  operationId: "create_runner_session",
  tags: ["Runner"],
  summary: "Open a runner session",
  description:
    "For a runner that leases its runs instead of getting them by webhook. Send a runner key, or the API key of an OWNER " +
    "or ADMIN. The session ends at the latest when this key is revoked or expires. A key has at most 100 open sessions: another " +
    "one closes the oldest that holds no run and was not heard of for a minute, and is 429 when there is none.",
  request: { body: jsonBody(CreateRunnerSessionRequestSchema) },
  responses: { 201: json("The session", RunnerSessionSchema) },
});

runnerSessions.openapi(openRoute, async (c) => {
  const { name, workflow_definition_ids: ids = null, capacity, tags = [] } = c.req.valid("json");
  const id = newId();
  const opened = await openSession(c.var.services, { id, name, definitionIds: ids, capacity, tags });
  const { runTokenKeys, cell } = c.env.config;
  const token = await signRunnerToken(runTokenKeys, { sessionId: id, cell, tags, ...opened });
  return c.json({ id, token, expires_at: opened.expiresAt }, 201, { "Cache-Control": "no-store" });
});

const closeRoute = runnerSessionCall({
  method: "post",
  path: "/v1/runner-sessions/close",
  operationId: "close_runner_session",
  tags: ["Runner"],
  summary: "Close a runner session",
  description:
    "With the token of the session. No further run is leased to it, so the runs that it then gives back go to other runners. It " +
    "keeps the runs that it holds. When it holds none, requests for leases are 401 from then on. Closing it twice is no error.",
  responses: {
    200: json(
      "The session is closed",
      z
        .strictObject({ id: uuid() })
        .openapi("ClosedRunnerSession", { example: { id: "01920000-0000-7000-8000-000000000501" } }),
    ),
  },
});

runnerSessions.openapi(closeRoute, async (c) => {
  await perform(c.var.services, closeSession, undefined);
  return c.json({ id: c.var.runner.sessionId }, 200);
});
