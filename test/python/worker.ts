/** The worker in TypeScript for `kits.ts`: python/tests/worker.py is the same in Python. */
import { createHash, randomBytes } from "node:crypto";
import process from "node:process";
import { createRunner, type LeaseRunner } from "../../client/src/runner/index.ts";
import { scripted } from "../../client/test/scripted-work.ts";

type Lane = { workflow: string; most?: number; capacity?: number; fault?: string; at?: number };

const { WORKFLOW_RUNS_URL: url = "", WORKFLOW_RUNS_API_KEY: key = "" } = process.env;
const lanes: Lane[] = JSON.parse(process.argv[2] ?? "[]");
const tell = (one: unknown) => console.log(JSON.stringify(one));

function start({ workflow, capacity = 1, fault, at }: Lane): { runner: LeaseRunner; count: () => number } {
  let count = 0;
  const waiting: [name: string, resolve: () => void][] = [];
  const faulty: typeof fetch = async (input, init) => {
    const [, name] = /([^/]+)$/.exec(input instanceof Request ? input.url : String(input)) ?? [];
    const isFailing = ++count === at;
    for (const [, resolve] of waiting.filter(([one]) => one === name)) resolve();
    if (isFailing && fault === "request lost") throw new Error(fault);
    const response = await fetch(input, init);
    if (!isFailing) return response;
    await response.arrayBuffer();
    if (fault === "killed") process.kill(process.pid, "SIGKILL");
    throw new Error(fault);
  };
  const work = scripted({
    tell,
    onCaught: tell,
    nextCall: (name) => new Promise((resolve) => waiting.push([name, resolve])),
    blob(bytes) {
      const content = randomBytes(bytes);
      tell(createHash("sha256").update(content).digest("hex"));
      return new Blob([content]);
    },
  });
  const runner = createRunner({
    lease: { url, key, capacity, workflowIds: [workflow] },
    work,
    fetch: faulty,
  });
  return { runner, count: () => count };
}

const started = lanes.map((lane) => ({ lane, ...start(lane) }));
process.once("SIGTERM", () => void Promise.all(started.map(({ runner }) => runner.stop())));
await Promise.all(started.map(({ lane, runner }) => runner.run(lane.most === undefined ? {} : { most: lane.most })));
// Whether each lane has met its fault.
tell(started.map(({ lane, count }) => count() >= (lane.at ?? 0)));
