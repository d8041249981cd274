/** How much memory of workerd's process a file of a run takes, while it is uploaded and while it is downloaded. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { neon, neonConfig } from "@neondatabase/serverless";
import { fetch } from "undici";
import { startBucket } from "../../test/support/node/bucket.ts";
import { SETTINGS } from "../../test/support/settings.ts";
import { createTenant, runToken } from "../../test/support/tenant.ts";
import type { Context } from "../support/context.ts";
import { scratch } from "../support/paths.ts";
import { type Report, range } from "../support/report.ts";
import { alternate, spread } from "../support/rounds.ts";
import { bindings, buildWorker, startWorker } from "../support/worker.ts";

const DATABASE = "bench_artifacts";
const MOST_MIB = 64;
const MB = 1_000_000;
/** How often a file is uploaded, and as often downloaded, by each process that is measured. */
const TIMES = 3;
/** What gets the content is slower than what sends it, so all that workerd did not hold back would pile up in its memory. */
const PIECE_MS = 2;

type Subject = { name: string; bytes: number };
/** The most memory of the process when it has answered its first request, after the uploads, and after the downloads too; in MiB. */
type Peaks = { began: number; up: number; down: number };

export async function measureArtifacts(context: Context): Promise<Report> {
  const server = await context.server();
  await server.createDatabase(DATABASE);
  neonConfig.fetchEndpoint = server.endpointUrl;
  context.progress("building");
  const build = await buildWorker("worker");
  const folder = join(scratch, "buckets", DATABASE);
  const bucket = await startBucket(folder, { pieceMs: PIECE_MS });
  const tenant = await createTenant({ sql: neon(server.url(DATABASE)) }, { runnerUrl: "http://127.0.0.1:9/" });
  const vars = {
    ...bindings(server.url(DATABASE), server.endpointUrl),
    ...SETTINGS,
    PUBLIC_URL: "http://localhost:8787",
  };

  /** Measures a process of its own. */
  async function measure({ bytes }: Subject): Promise<Peaks> {
    const worker = await startWorker(build, { vars, bucket: bucket.address });
    try {
      const owner = { Authorization: `Bearer ${tenant.owner.key}` };
      const invoked = await fetch(`${worker.url}/v1/workflow-definitions/${tenant.definitionId}/invoke`, {
        method: "POST",
        headers: { ...owner, "Content-Type": "application/json" },
        body: "{}",
      });
      const { id } = (await invoked.json()) as { id: string };
      const path = `/v1/workflow-runs/${id}/artifacts/file`;
      const began = worker.peakMib();
      const runner = { Authorization: `Bearer ${await runToken(tenant, id)}`, "Content-Length": String(bytes) };
      for (let time = 0; time < TIMES; time++) {
        const body = Readable.from(pieces(bytes));
        const { status } = await fetch(worker.url + path, { method: "PUT", headers: runner, body, duplex: "half" });
        if (status !== (time === 0 ? 201 : 200)) throw new Error(`The upload was answered with ${status}.`);
      }
      const up = worker.peakMib();
      for (let time = 0; time < TIMES; time++) {
        const { body } = await fetch(worker.url + path, { headers: owner });
        let received = 0;
        for await (const piece of body ?? []) {
          received += piece.length;
          await delay(PIECE_MS);
        }
        if (received !== bytes) throw new Error(`${received} bytes were downloaded instead of ${bytes}.`);
      }
      await fetch(`${worker.url}/v1/workflow-runs/${id}/stop`, { method: "POST", headers: owner });
      return { began, up, down: worker.peakMib() };
    } finally {
      await worker.stop();
    }
  }

  try {
    const small = { name: "10 MB", bytes: 10 * MB };
    const large = { name: "95 MB", bytes: 95 * MB };
    const subjects: Subject[] = [small, large];
    const peaks = await alternate(context.rounds, subjects, measure, context.progress);
    const of = (subject: Subject, when: keyof Peaks) => (peaks.get(subject) ?? []).map((peak) => peak[when]);
    const more = (when: keyof Peaks) =>
      spread(of(large, when).map((peak, round) => peak - (of(small, when)[round] ?? Number.NaN)));
    return {
      goals: (["up", "down"] as const).map((when) => ({
        goal: `95 MB ${when}: the peak memory of workerd's process at most ${MOST_MIB} MiB above that of 10 MB`,
        figure: `${range(more(when))} MiB`,
        met: more(when).max <= MOST_MIB,
      })),
      tables: [
        {
          title: "The peak memory of workerd's process with files of a run",
          columns: ["File", "at the first answers, MiB", "after the uploads, MiB", "after the downloads too, MiB"],
          rows: subjects.map((subject) => [
            subject.name,
            ...(["began", "up", "down"] as const).map((when) => range(spread(of(subject, when)))),
          ]),
          notes:
            `VmHWM of a new process for each size in each round, in which the file is uploaded and downloaded ${TIMES} times. The bucket is ` +
            "a server outside of that process: workerd sends it what it would send to R2. Bucket and client take what they get more slowly than " +
            "it is sent. The goal is judged by the round that needs most.",
        },
      ],
    };
  } finally {
    bucket.close();
    rmSync(folder, { recursive: true, force: true });
    await server.dropDatabase(DATABASE);
  }
}

/** So many bytes, in pieces that are not kept. */
function* pieces(bytes: number): Generator<Buffer> {
  const size = 64 * 1024;
  for (let left = bytes; left > 0; left -= size) yield Buffer.alloc(Math.min(left, size), "x");
}
