import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { html } from "hono/html";
import type { AppEnv } from "./env.ts";
import { llmsText, openApiDocument, version } from "./openapi.ts";
import { createRouter } from "./router.ts";
import { openRead } from "./routes.ts";

const LINKS = {
  docs: "/docs",
  openapi: "/openapi.json",
  llms: "/llms.txt",
  health: "/healthz",
  liveness: "/livez",
  readiness: "/readyz",
};

const ServiceResponseSchema = z
  .strictObject({
    name: z.literal("workflow-runs"),
    version: z.string(),
    links: z.record(z.string(), z.string()),
  })
  .openapi("ServiceResponse", { example: { name: "workflow-runs", version, links: LINKS } });

const getService = openRead({
  path: "/",
  operationId: "get_service",
  tags: ["Service"],
  summary: "Name, version and links",
  responses: {
    200: { description: "The service", content: { "application/json": { schema: ServiceResponseSchema } } },
  },
});

const referencePage = html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>workflow-runs API</title>
    <link rel="icon" href="/docs/favicon-32x32.png">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <script defer src="/docs/swagger-ui-bundle.js"></script>
    <script defer src="/docs/init.js"></script>
  </head>
  <body>
    <main id="swagger-ui"></main>
    <noscript>The reference needs JavaScript. The same as JSON: <a href="/openapi.json">/openapi.json</a>.</noscript>
  </body>
</html>
`;

/** The routes that describe the service to people, to programs and to language models. */
export function documentation(app: OpenAPIHono<AppEnv>) {
  const router = createRouter();
  router.openapi(getService, (c) => c.json({ name: "workflow-runs" as const, version, links: LINKS }, 200));
  router.get("/openapi.json", (c) => c.json(openApiDocument(app)));
  router.get("/docs", (c) => c.html(referencePage));
  router.get("/llms.txt", (c) => c.text(llmsText(app, new URL(c.req.url).origin)));
  return router;
}
