/** How large the Worker is, and how long it takes from nothing to its first answer. */
import type { Context } from "../support/context.ts";
import { number, type Report, range } from "../support/report.ts";
import { alternate, ratios, spread } from "../support/rounds.ts";
import { type Build, bindings, buildWorker, startWorker } from "../support/worker.ts";

const LIMIT_KIB = 150;
const LIMIT_WITH_DASHBOARD_KIB = 170;
const OVER_IMPORTS_KIB = 10;
const STARTS = 4;

export async function measureSize(context: Context): Promise<Report> {
  const server = await context.server();
  await server.createDatabase("bench_size");
  context.progress("building");
  const builds = {
    hono: buildWorker("hono"),
    packages: buildWorker("imports", { config: "packages" }),
    withoutLocales: buildWorker("imports", { config: "without-locales" }),
    trimmed: buildWorker("imports"),
    api: buildWorker("worker", { alias: "./dashboard/routes.ts:./bench/workers/no-dashboard.ts" }),
    ours: buildWorker("worker"),
  };
  const named: { name: string; build: Build }[] = [
    { name: "empty Hono app", build: builds.hono },
    { name: "imports, as npm has them", build: builds.packages },
    { name: "imports, without zod's locales", build: builds.withoutLocales },
    { name: "imports, trimmed as ours are", build: builds.trimmed },
    { name: "this service without its dashboard", build: builds.api },
    { name: "this service", build: builds.ours },
  ];
  const vars = bindings(server.url("bench_size"), server.endpointUrl);
  const starts = await alternate(
    context.rounds * (context.quick ? 1 : STARTS),
    named,
    async ({ build }) => {
      const worker = await startWorker(build, { vars });
      const cpuMs = worker.cpuMs();
      await worker.stop();
      return { startMs: worker.startMs, cpuMs };
    },
    context.progress,
  );
  const startsOf = (of: (typeof named)[number] | undefined) => (of && starts.get(of)) ?? [];
  const startMs = (of: (typeof named)[number] | undefined) => startsOf(of).map((start) => start.startMs);
  const whole = builds.ours.gzipKib;
  const api = builds.api.gzipKib;
  const over = api - builds.withoutLocales.gzipKib;
  await server.dropDatabase("bench_size");
  return {
    goals: [
      {
        goal: `gzip without the dashboard: at most ${LIMIT_KIB} KiB`,
        figure: `${number(api)} KiB`,
        met: api <= LIMIT_KIB,
      },
      {
        goal: `gzip with the dashboard: at most ${LIMIT_WITH_DASHBOARD_KIB} KiB`,
        figure: `${number(whole)} KiB`,
        met: whole <= LIMIT_WITH_DASHBOARD_KIB,
      },
      {
        goal: `gzip without the dashboard: at most ${OVER_IMPORTS_KIB} KiB over the bare imports without zod's locales`,
        figure: `${over > 0 ? "+" : ""}${number(over)} KiB`,
        met: over <= OVER_IMPORTS_KIB,
      },
    ],
    tables: [
      {
        title: "Size, and from the start of workerd to its first answer",
        columns: ["Worker", "gzip KiB", "first answer, ms", "× empty Hono", "CPU ms until then"],
        rows: named.map((subject) => [
          subject.name,
          number(subject.build.gzipKib),
          range(spread(startMs(subject))),
          range(spread(ratios(startMs(subject), startMs(named[0])))),
          range(spread(startsOf(subject).map(({ cpuMs }) => cpuMs))),
        ]),
        notes:
          "As `wrangler deploy --dry-run --minify` builds them. The imports are hono, @hono/zod-openapi, zod, drizzle-orm " +
          "and the Neon driver, used for two routes. The answer is that of `/healthz`, which in this service asks the database.",
      },
    ],
  };
}
