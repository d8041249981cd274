/** What the project must be built with, imported, and used for next to nothing. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { neon } from "@neondatabase/serverless";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/neon-http";

type Env = { Bindings: { DATABASE_URL: string } };

const responses = { 200: { description: "It is alive", content: { "text/plain": { schema: z.string() } } } };
const app = new OpenAPIHono<Env>();
app.openapi(createRoute({ method: "get", path: "/healthz", responses }), (c) => c.text("ok"));
app.openapi(createRoute({ method: "get", path: "/database", responses }), async (c) => {
  await drizzle(neon(c.env.DATABASE_URL)).execute(sql`select 1`);
  return c.text("ok");
});

export default app;
