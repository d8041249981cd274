/** The least that a Worker can do to answer with a row from Postgres: no router, no validation, no caller. */
import { type NeonQueryFunction, neon, neonConfig } from "@neondatabase/serverless";

type Bindings = { DATABASE_URL: string; NEON_FETCH_ENDPOINT: string };

let sql: NeonQueryFunction<false, false> | undefined;

export default {
  async fetch(request: Request, bindings: Bindings): Promise<Response> {
    const id = request.url.slice(request.url.lastIndexOf("/") + 1);
    if (id === "healthz") return new Response("ok");
    if (sql === undefined) {
      neonConfig.fetchEndpoint = bindings.NEON_FETCH_ENDPOINT;
      sql = neon(bindings.DATABASE_URL);
    }
    const [row] = await sql.query("select * from workflow_runs where id = $1", [id]);
    return Response.json(row);
  },
};
