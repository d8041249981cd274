/** `GET /v1/workflow-runs/{id}` against a bare Worker that selects the row and nothing else. */
import { fetch } from "undici";
import { barChart } from "../support/charts.ts";
import type { Context } from "../support/context.ts";
import { sendLoad } from "../support/load.ts";
import { number, type Report, range } from "../support/report.ts";
import { alternate, ratios, spread } from "../support/rounds.ts";
import { definitionId, GRANTED, grantedKey, ownerKey, runId, seed } from "../support/seed.ts";
import { bindings, buildWorker, startWorker, type Worker } from "../support/worker.ts";

const CONNECTIONS = 32;

type Subject = { name: string; worker: Worker; path: string; headers: Record<string, string>; status: number };

export async function measureReadPath(context: Context): Promise<Report> {
  const server = await context.server();
  context.progress("building");
  const builds = { ours: buildWorker("worker"), bare: buildWorker("bare") };
  const pool = await server.createDatabase("bench_read");
  const vars = bindings(server.url("bench_read"), server.endpointUrl);
  await seed(pool, {
    runs: 1000,
    definitions: 100,
    runnerUrl: "http://127.0.0.1:9",
    encryptionKey: vars.ENCRYPTION_KEY ?? "",
  });
  // A COMPLETED run of the definition that was granted.
  const { rows } = await pool.query<{ id: string }>(
    "select id from workflow_runs where workflow_definition_id = $1 and status = 'COMPLETED' limit 1",
    [definitionId(GRANTED)],
  );
  const id = rows[0]?.id ?? runId(1);
  const ours = await startWorker(builds.ours, { vars });
  const bare = await startWorker(builds.bare, { vars });
  try {
    const subjects = await subjectsOf(ours, bare, id);
    const seconds = context.quick ? 1 : 4;
    context.progress("warming up");
    for (const { worker, path, headers, status } of subjects) {
      await sendLoad({ url: worker.url + path, headers, status, connections: CONNECTIONS, seconds: seconds / 2 });
    }
    const measured = await alternate(
      context.rounds,
      subjects,
      (subject) => measure(subject, seconds),
      context.progress,
    );
    return report(measured, context);
  } finally {
    await Promise.all([ours.stop(), bare.stop()]);
    await server.dropDatabase("bench_read");
  }
}

async function subjectsOf(ours: Worker, bare: Worker, id: string): Promise<Subject[]> {
  const path = `/v1/workflow-runs/${id}`;
  const key = (text: string) => ({ Authorization: `Bearer ${text}` });
  const answer = await fetch(ours.url + path, { headers: key(ownerKey) });
  await answer.text();
  const etag = answer.headers.get("etag") ?? "";
  return [
    { name: "bare Worker", worker: bare, path: `/${id}`, headers: {}, status: 200 },
    { name: "200, OWNER", worker: ours, path, headers: key(ownerKey), status: 200 },
    { name: "200, USER with 50 grants", worker: ours, path, headers: key(grantedKey), status: 200 },
    { name: "304", worker: ours, path, headers: { ...key(ownerKey), "If-None-Match": etag }, status: 304 },
    { name: "401, unknown key", worker: ours, path, headers: key("wr_bench_unknown"), status: 401 },
  ];
}

async function measure({ worker, path, headers, status }: Subject, seconds: number) {
  const before = worker.cpuMs();
  const load = await sendLoad({ url: worker.url + path, headers, status, connections: CONNECTIONS, seconds });
  return { ...load, cpuMs: (worker.cpuMs() - before) / load.requests };
}

type Measurement = Awaited<ReturnType<typeof measure>>;

function report(measured: Map<Subject, Measurement[]>, context: Context): Report {
  const [bare, read] = [...measured.values()];
  if (!bare || !read) throw new Error("Nothing was measured.");
  const values = (of: readonly Measurement[], what: keyof Measurement) => of.map((measurement) => measurement[what]);
  const relative = (of: readonly Measurement[], what: keyof Measurement) =>
    spread(ratios(values(of, what), values(bare, what)));
  const throughput = relative(read, "perSecond");
  const cpu = relative(read, "cpuMs");
  const entries = [...measured].map(([{ name }, of]) => ({ name, of }));
  context.write(
    "read-path.svg",
    barChart({
      title: "Reading a run: CPU time of the Worker for one request, in ms",
      subtitle: "Median of the rounds; the line is from the least to the most",
      bars: entries.map(({ name, of }) => ({ name, ...spread(values(of, "cpuMs")) })),
    }),
  );
  return {
    goals: [
      {
        goal: "requests/s of the bare Worker: at least 0.9",
        figure: `${range(throughput)} ×`,
        met: throughput.median >= 0.9,
      },
      { goal: "CPU of the bare Worker: at most 1.2", figure: `${range(cpu)} ×`, met: cpu.median <= 1.2 },
    ],
    tables: [
      {
        title: `Reading a run, ${CONNECTIONS} connections`,
        columns: ["Request", "requests/s", "× bare", "CPU ms/request", "× bare", "p50 ms", "p95 ms"],
        rows: entries.map(({ name, of }) => [
          name,
          range(spread(values(of, "perSecond"))),
          range(relative(of, "perSecond")),
          range(spread(values(of, "cpuMs"))),
          range(relative(of, "cpuMs")),
          number(spread(values(of, "p50Ms")).median),
          number(spread(values(of, "p95Ms")).median),
        ]),
        notes:
          "The bare Worker answers `select * from workflow_runs where id = $1` by the same driver: no router, no caller, " +
          "no validation, no log. Both run in workerd itself, one process each. The load generator, the SQL endpoint and " +
          "Postgres share the machine with them, so requests/s count the work of all four; CPU is that of workerd alone.",
      },
    ],
  };
}
