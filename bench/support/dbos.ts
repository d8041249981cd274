/** Empty workflows of DBOS Transact, started and finished in a separate process. */
import { fork } from "node:child_process";
import process from "node:process";
import { DBOS } from "@dbos-inc/dbos-sdk";
import { quantile } from "./rounds.ts";

type Load = { databaseUrl: string; concurrency: number; seconds: number };

export type WorkflowResult = { perSecond: number; p50Ms: number; p95Ms: number };

export function runWorkflows(load: Load): Promise<WorkflowResult> {
  return new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, [], {
      // DBOS uses a deprecated part of `pg`, whose warnings are not useful here.
      execArgv: ["--no-deprecation"],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    child.once("error", reject);
    child.once("message", (result: WorkflowResult) => resolve(result));
    child.once("exit", (code) => reject(new Error(`DBOS ended with ${code}.`)));
    child.send(load);
  });
}

async function generate({ databaseUrl, concurrency, seconds }: Load): Promise<WorkflowResult> {
  DBOS.setConfig({ name: "bench", systemDatabaseUrl: databaseUrl, logLevel: "error", runAdminServer: false });
  const empty = DBOS.registerWorkflow(async () => {}, { name: "empty" });
  await DBOS.launch();
  await (await DBOS.startWorkflow(empty)()).getResult();
  const times: number[] = [];
  const began = performance.now();
  const client = async () => {
    while (performance.now() - began < seconds * 1000) {
      const started = performance.now();
      await (await DBOS.startWorkflow(empty)()).getResult();
      times.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, client));
  const elapsed = performance.now() - began;
  await DBOS.shutdown();
  times.sort((a, b) => a - b);
  return {
    perSecond: times.length / (elapsed / 1000),
    p50Ms: quantile(times, 0.5),
    p95Ms: quantile(times, 0.95),
  };
}

if (process.argv[1] === import.meta.filename) {
  process.once("message", async (load: Load) => {
    const result = await generate(load);
    process.send?.(result, () => process.exit());
  });
}
