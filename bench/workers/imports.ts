/** Imports the service's libraries, and uses them for almost nothing. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { neon, neonConfig } from "@neondatabase/serverless";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/neon-http";
import { IPv6 } from "ipaddr.js";
import { Webhook } from "standardwebhooks";
import { v7 } from "uuid";

type Env = { Bindings: { DATABASE_URL: string; NEON_FETCH_ENDPOINT: string } };

const responses = { 200: { description: "Text", content: { "text/plain": { schema: z.string() } } } };
const app = new OpenAPIHono<Env>();
/** Asks the database, like the same route of the service. */
app.openapi(createRoute({ method: "get", path: "/healthz", responses }), async (c) => {
  neonConfig.fetchEndpoint = c.env.NEON_FETCH_ENDPOINT;
  await drizzle(neon(c.env.DATABASE_URL)).execute(sql`select 1`);
  return c.text("ok");
});
app.openapi(createRoute({ method: "get", path: "/others", responses }), (c) =>
  c.text(IPv6.isValid("::1") ? new Webhook("whsec_MDEyMzQ1Njc4OWFiY2RlZg==").sign(v7(), new Date(), "") : ""),
);

export default app;
