import { request } from "undici";
import { SWEEP_PATH, sweepWrapper } from "../../scripts/local/sweep-wrapper.ts";
import type { Server } from "./postgres.ts";
import { spread } from "./rounds.ts";
import { type Build, bindings, startWorker } from "./worker.ts";

/** Runs one sweep of the Worker at this URL, and waits for its end. */
export async function sweepOnce(url: string): Promise<void> {
  const { body } = await request(url + SWEEP_PATH, { headersTimeout: 180_000 });
  await body.dump();
}

/** The CPU time of Postgres, in milliseconds, for a sweep of a database: the median of the second half of so many sweeps. */
export async function sweepCpuMs(server: Server, build: Build, database: string, sweeps: number): Promise<number> {
  const vars = bindings(server.url(database), server.endpointUrl);
  // Without the register, which would let it skip the sweep.
  const worker = await startWorker(build, { vars, wrapper: sweepWrapper });
  try {
    const values = [];
    for (let sweep = 0; sweep < sweeps; sweep++) {
      const before = await server.cpuMs(database);
      await sweepOnce(worker.url);
      values.push((await server.cpuMs(database)) - before);
    }
    return spread(values.slice(sweeps / 2)).median;
  } finally {
    await worker.stop();
  }
}
