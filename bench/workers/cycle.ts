/**
 * The least that a Worker can do to start a job, notify a runner and receive its result, with as many statements in each
 * request to the database as the service sends: no router, no validation, no caller, no signature.
 */
import { type NeonQueryFunction, neon, neonConfig } from "@neondatabase/serverless";

type Bindings = { DATABASE_URL: string; NEON_FETCH_ENDPOINT: string; RUNNER_URL: string; PUBLIC_URL: string };
type Context = { waitUntil(promise: Promise<unknown>): void };
type Sql = NeonQueryFunction<false, false>;

let sql: Sql | undefined;

export default {
  async fetch(request: Request, bindings: Bindings, context: Context): Promise<Response> {
    const [, what, queue = "", id = ""] = new URL(request.url).pathname.split("/");
    if (what === "healthz") return new Response("ok");
    neonConfig.fetchEndpoint = bindings.NEON_FETCH_ENDPOINT;
    sql ??= neon(bindings.DATABASE_URL);
    const taken = what === "invoke" ? await invoke(sql, queue) : await end(sql, queue, id);
    if (taken !== undefined) context.waitUntil(handOver(sql, bindings, queue, taken));
    return Response.json({ id: taken });
  },
};

const look = (sql: Sql, queue: string) =>
  sql.query("select * from jobs where queue = $1 and status = 'RUNNING'", [queue]);

/** Takes the job that has waited longest, if none is running. */
const take = (sql: Sql, queue: string) =>
  sql.query(
    `update jobs set status = 'RUNNING' where id = (
      select id from jobs where queue = $1 and status = 'PENDING' order by position limit 1)
      and not exists (select from jobs where queue = $1 and status = 'RUNNING')
    returning id`,
    [queue],
  );

async function invoke(sql: Sql, queue: string): Promise<string | undefined> {
  const [, , , taken] = await sql.transaction([
    sql.query("select from queues where id = $1 for update", [queue]),
    look(sql, queue),
    sql.query("insert into jobs (queue) values ($1)", [queue]),
    take(sql, queue),
    look(sql, queue),
  ]);
  return taken?.[0]?.id;
}

async function end(sql: Sql, queue: string, id: string): Promise<string | undefined> {
  const [, , , taken] = await sql.transaction([
    sql.query("select from queues where id = $1 for update", [queue]),
    look(sql, queue),
    sql.query("update jobs set status = 'COMPLETED' where id = $1", [id]),
    take(sql, queue),
  ]);
  return taken?.[0]?.id;
}

async function handOver(sql: Sql, bindings: Bindings, queue: string, id: string): Promise<void> {
  const data = {
    run_id: id,
    run_snapshot: { workflow_definition_id: queue },
    callback_url: `${bindings.PUBLIC_URL}/end/${queue}/${id}`,
    callback_token: "none",
  };
  const body = JSON.stringify({ type: "workflow_run.dispatched", data });
  const response = await fetch(bindings.RUNNER_URL, { method: "POST", body });
  await response.body?.cancel();
  await sql.query("update jobs set told_at = statement_timestamp() where id = $1", [id]);
}
