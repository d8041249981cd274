/** The routes of the documentation: pages for people, the OpenAPI document for programs, and texts for language models. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import { html } from "hono/html";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { AppEnv } from "../http/env.ts";
import { SESSION_COOKIE } from "../http/middleware/authenticate.ts";
import { type Document, version } from "../http/openapi.ts";
import { createRouter } from "../http/router.ts";
import { openRead } from "../http/routes.ts";
import { type Operation, operationsOf } from "./examples.ts";
import { GUIDES, guideHtml } from "./guides.ts";
import { GuidePage } from "./layout.tsx";
import { llmsFullText, llmsText } from "./llms.ts";
import { ReferencePage } from "./reference.tsx";

const LINKS = {
  dashboard: "/app/sign-in",
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
  description: "A browser, which prefers `text/html`, is sent to the dashboard.",
  responses: {
    200: { description: "The service", content: { "application/json": { schema: ServiceResponseSchema } } },
    302: {
      description: "To the dashboard",
      headers: z.object({ Location: z.string().openapi({ description: "The path of the dashboard." }) }),
    },
  },
});

/** True when a browser requests a page. Programs accept JSON or anything. */
const prefersPages = (c: Context) => c.req.header("Accept")?.startsWith("text/html") === true;

async function page(c: Context<AppEnv>, content: JSX.Element): Promise<Response> {
  return c.html(await html`<!doctype html>${content}`);
}

/** The id of the user who is signed in to the dashboard in this browser; null for anybody else, and when their session is faulty. */
async function readUserId(c: Context<AppEnv>): Promise<string | null> {
  const token = getCookie(c, SESSION_COOKIE);
  if (token === undefined) return null;
  return c.env.verifySession(token).then(
    (session) => session?.userId ?? null,
    () => null,
  );
}

/** The documentation of all routes of the service, including these. The document is made when it is first requested. */
export function documentation(describeService: () => Promise<Document>) {
  let known: { document: Document; operations: Operation[] } | undefined;
  const describe = async () => {
    if (known) return known;
    const document = await describeService();
    known = { document, operations: operationsOf(document) };
    return known;
  };
  const originOf = (c: Context) => new URL(c.req.url).origin;

  const router = createRouter();
  router.openapi(getService, (c) => {
    c.header("Vary", "Accept", { append: true });
    if (prefersPages(c)) return c.redirect("/app", 302);
    return c.json({ name: "workflow-runs" as const, version, links: LINKS }, 200);
  });
  router.get("/openapi.json", async (c) => c.json((await describe()).document));
  router.get("/docs", async (c) => {
    c.header("Cache-Control", "private, no-cache");
    const userId = await readUserId(c);
    return page(c, <ReferencePage operations={(await describe()).operations} origin={originOf(c)} userId={userId} />);
  });
  for (const guide of GUIDES) {
    router.get(`/docs/${guide.slug}`, async (c) =>
      page(c, <GuidePage title={guide.title} html={await guideHtml(guide)} />),
    );
  }
  router.get("/llms.txt", async (c) => c.text(llmsText((await describe()).operations, originOf(c))));
  router.get("/llms-full.txt", async (c) => c.text(llmsFullText((await describe()).operations, originOf(c))));
  return router;
}
