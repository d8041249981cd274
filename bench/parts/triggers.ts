/** How long it takes until ten thousand schedules that are due in the same minute have fired. */
import type pg from "pg";
import { sweepWrapper } from "../../scripts/local/sweep-wrapper.ts";
import type { Context } from "../support/context.ts";
import { type Report, range } from "../support/report.ts";
import { alternate, spread } from "../support/rounds.ts";
import { definitionId, hourly, seed } from "../support/seed.ts";
import { sweepOnce } from "../support/sweep-worker.ts";
import { bindings, buildWorker, OBJECTS, startWorker } from "../support/worker.ts";

const SCHEDULES = 10;
/** This database is copied for each round. */
const DUE = "bench_due";
/** Without hubs, the cron fires each schedule within a minute. */
const MOST_SECONDS = 60;

export async function measureTriggers(context: Context): Promise<Report> {
  const server = await context.server();
  const tenants = context.quick ? 50 : 1_000;
  const count = tenants * SCHEDULES;
  const build = await buildWorker("worker");
  context.progress(`seeding ${count} due schedules of ${tenants} tenants`);
  await seedDue(await server.createDatabase(DUE), tenants);
  const measure = async () => {
    const name = "bench_triggers";
    const pool = await server.createDatabase(name, { copyOf: DUE });
    const vars = bindings(server.url(name), server.endpointUrl);
    const worker = await startWorker(build, { vars, wrapper: sweepWrapper, objects: OBJECTS });
    const fired = async () => {
      const { rows } = await pool.query(`
        select count(*)::int as firings, count(distinct trigger_id)::int as triggers, count(distinct run_id)::int as runs
        from trigger_firings where outcome = 'FIRED'`);
      return rows[0];
    };
    try {
      const began = performance.now();
      do await Promise.all([sweepOnce(worker.url), sweepOnce(worker.url)]);
      while ((await fired()).firings < count && performance.now() - began < 300_000);
      const seconds = (performance.now() - began) / 1000;
      const { firings, triggers, runs } = await fired();
      if (firings !== count || triggers !== count || runs !== count) throw new Error("Not each schedule fired once.");
      return seconds;
    } finally {
      await worker.stop();
      await server.dropDatabase(name);
    }
  };
  const subjects = [{ name: "two sweeps at the same time", measure }];
  const measured = await alternate(context.rounds, subjects, (subject) => subject.measure(), context.progress);
  await server.dropDatabase(DUE);
  const seconds = spread([...measured.values()].flat());
  const what = `${count.toLocaleString("en-GB")} schedules of ${tenants.toLocaleString("en-GB")} tenants due in the same minute`;
  return {
    goals: [
      {
        goal: `${what}: all fired within ${MOST_SECONDS} s, each once`,
        figure: `${range(seconds)} s`,
        met: seconds.median <= MOST_SECONDS,
      },
    ],
    tables: [
      {
        title: what,
        columns: ["", "seconds", "per second"],
        rows: [...measured].map(([{ name }, values]) => [
          name,
          range(spread(values)),
          range(spread(values.map((value) => count / value))),
        ]),
        notes:
          "Each firing triggers a run whose runner leases, so no dispatch is sent. A database request fires 100 of them.",
      },
    ],
  };
}

/** Fills a database with copies of a tenant that has one workflow, which is leased, and schedules of it that have just become due. */
async function seedDue(pool: pg.Pool, tenants: number): Promise<void> {
  const encryptionKey = bindings("", "").ENCRYPTION_KEY ?? "";
  await seed(pool, { runs: 0, definitions: 1, runnerUrl: "http://127.0.0.1:9", encryptionKey });
  await pool.query("delete from workflow_runs");
  await pool.query(
    `create table copies as
    select gen_random_uuid() as tenant_id, gen_random_uuid() as user_id, gen_random_uuid() as definition_id
    from generate_series(1, $1::int)`,
    [tenants],
  );
  await pool.query("insert into tenants (id, name) select tenant_id, 'Copy' from copies");
  await pool.query("insert into users (id, tenant_id, role) select user_id, tenant_id, 'OWNER' from copies");
  await pool.query(
    `insert into path_parts (id, tenant_id, parent_id, name, part_type, materialized_path)
    select md5(copies.tenant_id || part.id::text)::uuid, copies.tenant_id,
      case when part.parent_id is not null then md5(copies.tenant_id || part.parent_id::text)::uuid end, part.name, part.part_type,
      part.materialized_path
    from copies, path_parts part, workflow_definitions d
    where d.id = $1 and part.tenant_id = d.tenant_id and part.name not like 'team-%'`,
    [definitionId(1)],
  );
  await pool.query(
    `insert into workflow_definitions (id, tenant_id, path_part_id, name, runner_type, handover, source_path_part_ids,
      instruction_path_part_ids, output_path_part_ids)
    select copies.definition_id, copies.tenant_id, md5(copies.tenant_id || d.path_part_id::text)::uuid, d.name, d.runner_type, 'lease',
      array[md5(copies.tenant_id || d.source_path_part_ids[1]::text)::uuid],
      array[md5(copies.tenant_id || d.instruction_path_part_ids[1]::text)::uuid],
      array[md5(copies.tenant_id || d.output_path_part_ids[1]::text)::uuid]
    from copies, workflow_definitions d where d.id = $1`,
    [definitionId(1)],
  );
  await pool.query(
    `insert into triggers (id, tenant_id, workflow_definition_id, user_id, name, kind, config, after_at, due_at)
    select gen_random_uuid(), tenant_id, definition_id, user_id, 'Bench', 'schedule', $1::jsonb,
      statement_timestamp() - interval '30 minutes', statement_timestamp() - interval '1 second'
    from copies, generate_series(1, $2::int)`,
    [JSON.stringify(hourly()), SCHEDULES],
  );
  await pool.query("drop table copies");
  await pool.query("vacuum (analyze, freeze)");
}
