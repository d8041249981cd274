/**
 * `GET /v1/workflow-runs/{id}` as it is usually built: Hono's own middleware, zod-openapi, and drizzle's query builder with
 * one query that finds the caller and one that reads the run. Postgres plans both each time.
 */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { neon, neonConfig } from "@neondatabase/serverless";
import { and, eq, exists, gt, isNull, or, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/neon-http";
import { etag } from "hono/etag";
import { HTTPException } from "hono/http-exception";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import { workflowRuns } from "../../src/db/run-tables.ts";
import { apiKeys, pathParts, userPermissions, users, workflowDefinitions } from "../../src/db/tables.ts";

type Caller = { tenantId: string; userId: string; role: string };
type Env = {
  Bindings: { DATABASE_URL: string; NEON_FETCH_ENDPOINT: string };
  Variables: { requestId: string; caller: Caller };
};

function open({ DATABASE_URL, NEON_FETCH_ENDPOINT }: Env["Bindings"]) {
  neonConfig.fetchEndpoint = NEON_FETCH_ENDPOINT;
  return drizzle(neon(DATABASE_URL));
}

let database: ReturnType<typeof open> | undefined;
function databaseOf(bindings: Env["Bindings"]) {
  database ??= open(bindings);
  return database;
}

const RunSchema = z.object({
  id: z.uuid(),
  workflow_definition_id: z.uuid(),
  user_id: z.uuid(),
  runner_type: z.string(),
  status: z.string(),
  started_at: z.string(),
  completed_at: z.string().nullable(),
  run_snapshot: z.unknown(),
  error: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
});

const app = new OpenAPIHono<Env>();

app.get("/healthz", (c) => c.text("ok"));

app.use(requestId(), secureHeaders(), async (c, next) => {
  const began = Date.now();
  await next();
  const { status } = c.res;
  console.info(JSON.stringify({ method: c.req.method, path: c.req.path, status, ms: Date.now() - began }));
});

app.use("/v1/*", etag(), async (c, next) => {
  const key = /^Bearer (.+)$/.exec(c.req.header("Authorization") ?? "")?.[1];
  if (key === undefined) throw new HTTPException(401);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
  const hash = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const [caller] = await databaseOf(c.env)
    .select({ tenantId: users.tenantId, userId: users.id, role: users.role })
    .from(apiKeys)
    .innerJoin(users, and(eq(users.tenantId, apiKeys.tenantId), eq(users.id, apiKeys.userId)))
    .where(
      and(
        eq(apiKeys.keyHash, sql`decode(${hash}, 'hex')`),
        isNull(apiKeys.revokedAt),
        or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, sql`now()`)),
        isNull(users.deactivatedAt),
      ),
    );
  if (caller === undefined) throw new HTTPException(401);
  c.set("caller", caller);
  await next();
});

const getRun = createRoute({
  method: "get",
  path: "/v1/workflow-runs/{run_id}",
  request: { params: z.object({ run_id: z.uuid() }) },
  responses: { 200: { description: "The run", content: { "application/json": { schema: RunSchema } } } },
});

app.openapi(getRun, async (c) => {
  const db = databaseOf(c.env);
  const { tenantId, userId, role } = c.var.caller;
  const readable = db
    .select({ id: workflowDefinitions.id })
    .from(workflowDefinitions)
    .innerJoin(pathParts, eq(pathParts.id, workflowDefinitions.pathPartId))
    .innerJoin(userPermissions, eq(userPermissions.userId, userId))
    .where(
      and(
        eq(workflowDefinitions.id, workflowRuns.workflowDefinitionId),
        sql`exists (select from path_parts granted where granted.id = ${userPermissions.pathPartId}
          and (${pathParts.materializedPath} = granted.materialized_path
            or starts_with(${pathParts.materializedPath}, granted.materialized_path || '/')))`,
      ),
    );
  const [run] = await db
    .select()
    .from(workflowRuns)
    .where(
      and(
        eq(workflowRuns.id, c.req.valid("param").run_id),
        eq(workflowRuns.tenantId, tenantId),
        role === "USER" ? or(eq(workflowRuns.userId, userId), exists(readable)) : undefined,
      ),
    );
  if (run === undefined) throw new HTTPException(404);
  const isOverdue = run.status === "RUNNING" && run.deadlineAt !== null && run.deadlineAt.getTime() <= Date.now();
  const endedAt = isOverdue ? run.deadlineAt : run.completedAt;
  return c.json(
    {
      id: run.id,
      workflow_definition_id: run.workflowDefinitionId,
      user_id: run.userId,
      runner_type: run.runnerType,
      status: isOverdue ? "FAILED" : run.status,
      started_at: (run.startedAt ?? run.createdAt).toISOString(),
      completed_at: endedAt?.toISOString() ?? null,
      run_snapshot: run.runSnapshot,
      error: isOverdue ? "Timed out." : run.error,
      created_at: run.createdAt.toISOString(),
      updated_at: ((isOverdue ? run.deadlineAt : null) ?? run.updatedAt).toISOString(),
    },
    200,
  );
});

export default app;
