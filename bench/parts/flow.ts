/** What concurrency keys cost when very many runs wait, and how much a batch saves. */
import { randomUUID } from "node:crypto";
import type { Context } from "../support/context.ts";
import { post } from "../support/post.ts";
import { type Report, range } from "../support/report.ts";
import { alternate, ratios, spread } from "../support/rounds.ts";
import { definitionId, ownerKey, seed } from "../support/seed.ts";
import { bindings, buildWorker, startWorker, type Worker } from "../support/worker.ts";

const DATABASE = "bench_flow";
const BATCH = 500;
/** How fast cycles with very many waiting runs and keys are at least, of those with few and without. */
const KEYED = 0.6;
/** How many times as fast a batch is at least as one invoke after another. */
const BATCHED = 5;

type Lease = { callback_url: string; callback_token: string };
/** A workflow whose runs are leased, and how many of them wait on how many keys. */
type Queue = { name: string; definitionId: string; waiting: number; keys: number };

const FEW: Queue = { name: "100 runs wait, without keys", definitionId: definitionId(2), waiting: 100, keys: 0 };
const MANY: Queue = { name: "10,000 runs wait on 500 keys", definitionId: definitionId(3), waiting: 10_000, keys: 500 };
const BATCHES = definitionId(4);

export async function measureFlow(context: Context): Promise<Report> {
  const server = await context.server();
  context.progress("building and seeding");
  const vars = bindings(server.url(DATABASE), server.endpointUrl);
  const pool = await server.createDatabase(DATABASE);
  await seed(pool, {
    runs: context.quick ? 1000 : 100_000,
    definitions: 100,
    runnerUrl: "http://127.0.0.1:9",
    encryptionKey: vars.ENCRYPTION_KEY ?? "",
  });
  await pool.query("update workflow_definitions set handover = 'lease', max_running = 5 where id = any ($1)", [
    [FEW.definitionId, MANY.definitionId, BATCHES],
  ]);
  await pool.query("update workflow_definitions set max_running_per_key = 1 where id = $1", [MANY.definitionId]);
  const worker = await startWorker(await buildWorker("worker"), { vars });
  try {
    const queues = [FEW, MANY];
    for (const queue of queues) await fill(worker, queue, context.quick ? 0.05 : 1);
    await pool.query("vacuum analyze workflow_runs");
    const tokens = new Map<Queue, string>();
    for (const queue of queues) tokens.set(queue, await openSession(worker, queue));
    const tokenOf = (queue: Queue) => tokens.get(queue) ?? "";
    const cycles = context.quick ? 20 : 200;
    // From the sixth call on, a connection uses a generic plan for a function, instead of one for the values of the call.
    for (const queue of queues) await cycle(worker, tokenOf(queue), queue, 20);
    const measured = await alternate(
      context.rounds,
      queues,
      (queue) => cycle(worker, tokenOf(queue), queue, cycles),
      context.progress,
    );
    const perSecond = (queue: Queue) => measured.get(queue) ?? [];
    const runs = context.quick ? 50 : BATCH;
    const batches = await alternate(
      context.rounds,
      ["a batch", "one after another"],
      async (way) => {
        const seconds = await trigger(worker, way === "a batch", runs);
        await pool.query("delete from workflow_runs where workflow_definition_id = $1", [BATCHES]);
        return runs / seconds;
      },
      context.progress,
    );
    const speed = (way: string) => batches.get(way) ?? [];
    const keyed = spread(ratios(perSecond(MANY), perSecond(FEW)));
    const batched = spread(ratios(speed("a batch"), speed("one after another")));
    return {
      goals: [
        {
          goal: `cycles a second with 10,000 runs that wait on 500 keys, of those with 100 and no keys: at least ${KEYED}`,
          figure: `${range(keyed)} ×`,
          met: keyed.median >= KEYED,
        },
        {
          goal: `runs a second by a batch of 500, of 500 invokes one after another: at least ${BATCHED}`,
          figure: `${range(batched)} ×`,
          met: batched.median >= BATCHED,
        },
      ],
      tables: [
        {
          title: "An invoke, a lease and a callback, one cycle after another",
          columns: ["", "cycles/s", "×"],
          rows: [FEW, MANY].map((queue) => [
            queue.name,
            range(spread(perSecond(queue))),
            range(spread(ratios(perSecond(queue), perSecond(FEW)))),
          ]),
        },
        {
          title: "Triggering 500 runs",
          columns: ["", "runs/s", "×"],
          rows: ["one after another", "a batch"].map((way) => [
            way,
            range(spread(speed(way))),
            range(spread(ratios(speed(way), speed("one after another")))),
          ]),
        },
      ],
    };
  } finally {
    await worker.stop();
    await server.dropDatabase(DATABASE);
  }
}

const keyOf = ({ keys }: Queue, n: number) => (keys === 0 ? {} : { concurrency_key: `key ${n % keys}` });

/** Lets the runs of a queue wait: a share of them in a quick run. */
async function fill(worker: Worker, queue: Queue, share: number): Promise<void> {
  const count = queue.waiting * share;
  for (let first = 0; first < count; first += BATCH) {
    const runs = Array.from({ length: Math.min(BATCH, count - first) }, (_, n) => keyOf(queue, first + n));
    await post(`${worker.url}/v1/workflow-definitions/${queue.definitionId}/invoke-batch`, ownerKey, { runs });
  }
}

/** Opens a session of a runner that takes the runs of one workflow. */
async function openSession(worker: Worker, queue: Queue): Promise<string> {
  const session = { name: "bench", capacity: 1, workflow_definition_ids: [queue.definitionId] };
  return (await post<{ token: string }>(`${worker.url}/v1/runner-sessions`, ownerKey, session)).token;
}

/** Leases a run, reports its result and triggers another one, some times. Returns how often a second. */
async function cycle(worker: Worker, token: string, queue: Queue, count: number): Promise<number> {
  const began = performance.now();
  for (let n = 0; n < count; n++) {
    const question = { request_id: randomUUID(), wait_seconds: 0 };
    const { leases } = await post<{ leases: Lease[] }>(`${worker.url}/v1/leases`, token, question);
    const [leased] = leases;
    if (leased === undefined) throw new Error("Runs wait, and none was leased.");
    const callback = new URL(new URL(leased.callback_url).pathname, worker.url).href;
    await post(callback, leased.callback_token, { status: "COMPLETED" });
    await post(`${worker.url}/v1/workflow-definitions/${queue.definitionId}/invoke`, ownerKey, keyOf(queue, n));
  }
  return (count * 1000) / (performance.now() - began);
}

/** Triggers runs, and returns how many seconds that took. */
async function trigger(worker: Worker, isBatch: boolean, count: number): Promise<number> {
  const began = performance.now();
  const path = `${worker.url}/v1/workflow-definitions/${BATCHES}`;
  const run = { input: { invoice: 4711 }, labels: { customer: "4711" } };
  if (isBatch) await post(`${path}/invoke-batch`, ownerKey, { runs: Array.from({ length: count }, () => run) });
  else for (let n = 0; n < count; n++) await post(`${path}/invoke`, ownerKey, run);
  return (performance.now() - began) / 1000;
}
