/** The service's libraries as npm has them, imported, and used for next to nothing. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { neon } from "@neondatabase/serverless";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/neon-http";
import { IPv6 } from "ipaddr.js";
import { Webhook } from "standardwebhooks";
import { v7 } from "uuid";

type Env = { Bindings: { DATABASE_URL: string } };

const responses = { 200: { description: "It is alive", content: { "text/plain": { schema: z.string() } } } };
const app = new OpenAPIHono<Env>();
app.openapi(createRoute({ method: "get", path: "/healthz", responses }), (c) => c.text("ok"));
app.openapi(createRoute({ method: "get", path: "/database", responses }), async (c) => {
  const message = IPv6.isValid("::1") ? new Webhook("whsec_MDEyMzQ1Njc4OWFiY2RlZg==").sign(v7(), new Date(), "") : "";
  await drizzle(neon(c.env.DATABASE_URL)).execute(sql`select ${message}`);
  return c.text("ok");
});

export default app;
