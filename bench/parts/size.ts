/** The size of the Worker, and the time from its start to its first answer. */
import type { Context } from "../support/context.ts";
import { number, type Report, range } from "../support/report.ts";
import { alternate, ratios, spread } from "../support/rounds.ts";
import { type Build, bindings, buildWorker, startWorker } from "../support/worker.ts";

/** So that the size does not grow unnoticed. Cloudflare's limit is 64 MiB before compression. */
const ALARM_KIB = 1024;
const OVER_IMPORTS = 1.6;
const AIM_OVER_IMPORTS = 1.4;
const STARTS = 4;

type Subject = { name: string; build: Build };

export async function measureSize(context: Context): Promise<Report> {
  const server = await context.server();
  await server.createDatabase("bench_size");
  context.progress("building");
  const hono = { name: "empty Hono app", build: await buildWorker("hono") };
  const imports = { name: "the libraries, imported for two routes", build: await buildWorker("imports") };
  const ours = { name: "this service", build: await buildWorker("worker") };
  const subjects: Subject[] = [hono, imports, ours];
  const vars = bindings(server.url("bench_size"), server.endpointUrl);
  const starts = await alternate(
    context.rounds * (context.quick ? 1 : STARTS),
    subjects,
    async ({ build }) => {
      const worker = await startWorker(build, { vars });
      const cpuMs = worker.cpuMs();
      await worker.stop();
      return { startMs: worker.startMs, cpuMs };
    },
    context.progress,
  );
  await server.dropDatabase("bench_size");
  const startsOf = (subject: Subject) => starts.get(subject) ?? [];
  const overLibraries = (subject: Subject) => spread(ratios(startMs(subject), startMs(imports)));
  const startMs = (subject: Subject) => startsOf(subject).map((start) => start.startMs);
  const overImports = overLibraries(ours);
  return {
    goals: [
      {
        goal: `from the start of workerd to the first answer: at most ${OVER_IMPORTS} times that of the same libraries with two routes`,
        figure: `${range(overImports)} ×`,
        met: overImports.median <= OVER_IMPORTS,
        aim: {
          aim: `the first answer, of the same libraries: at most ${AIM_OVER_IMPORTS} times as long`,
          met: overImports.median <= AIM_OVER_IMPORTS,
        },
      },
      {
        goal: `gzip: at most ${ALARM_KIB} KiB`,
        figure: `${number(ours.build.gzipKib)} KiB`,
        met: ours.build.gzipKib <= ALARM_KIB,
      },
    ],
    tables: [
      {
        title: "Size, and from the start of workerd to its first answer",
        columns: ["Worker", "gzip KiB", "first answer, ms", "× the libraries", "CPU ms until then"],
        rows: subjects.map((subject) => [
          subject.name,
          number(subject.build.gzipKib),
          range(spread(startMs(subject))),
          range(overLibraries(subject)),
          range(spread(startsOf(subject).map(({ cpuMs }) => cpuMs))),
        ]),
        notes:
          "This service as `npm run deploy` builds it, the others as `wrangler deploy --minify` does. The libraries are those of package.json, as npm has them. " +
          "The answer is that of `/healthz`, for which the libraries ask the database, too.",
      },
    ],
  };
}
