/** Sends requests from a separate process, so that sending them does not use the time of the measuring process. */
import { fork } from "node:child_process";
import process from "node:process";
import { Pool } from "undici";
import { quantile } from "./rounds.ts";

export type Load = {
  url: string;
  headers?: Record<string, string>;
  connections: number;
  seconds: number;
  /** Any other answer is an error. */
  status: number;
};

export type LoadResult = { requests: number; perSecond: number; p50Ms: number; p95Ms: number };

type Message = { result: LoadResult } | { error: string };

export function sendLoad(load: Load): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, [], { execArgv: [] });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`The load generator ended with ${code}.`)));
    child.once("message", (message: Message) => {
      if ("error" in message) reject(new Error(message.error));
      else resolve(message.result);
    });
    child.send(load);
  });
}

async function generate({ url, headers = {}, connections, seconds, status }: Load): Promise<LoadResult> {
  const { origin, pathname, search } = new URL(url);
  const pool = new Pool(origin, { connections, pipelining: 1 });
  const times: number[] = [];
  const began = performance.now();
  const until = began + seconds * 1000;
  const client = async () => {
    while (performance.now() < until) {
      const sent = performance.now();
      const { statusCode, body } = await pool.request({ path: pathname + search, method: "GET", headers });
      const text = await body.text();
      if (statusCode !== status) throw new Error(`GET ${url}: ${statusCode} ${text}`);
      times.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: connections }, client));
  const elapsed = performance.now() - began;
  await pool.close();
  times.sort((a, b) => a - b);
  return {
    requests: times.length,
    perSecond: times.length / (elapsed / 1000),
    p50Ms: quantile(times, 0.5),
    p95Ms: quantile(times, 0.95),
  };
}

if (process.argv[1] === import.meta.filename) {
  process.once("message", async (load: Load) => {
    const message: Message = await generate(load).then(
      (result) => ({ result }),
      (error: unknown) => ({ error: error instanceof Error ? error.message : String(error) }),
    );
    process.send?.(message, () => process.disconnect());
  });
}
