/** How soon a change reaches the clients of streams, and what many quiet streams cost the Worker, on the local stack. */
import { execFileSync } from "node:child_process";
import { request as openRequest } from "node:http";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { startStack } from "../../scripts/local/browser.ts";
import { DEMO } from "../../scripts/local/demo.ts";
import type { Context } from "../support/context.ts";
import { number, type Report } from "../support/report.ts";

const GOAL_MS = 250;
const CALLERS = 25;
const STREAMS_OF_A_CALLER = 20;

type Stream = { status: number; close(): void };

/** Opens a stream. `onEvent` is called for each event with the instant at which it happened, in milliseconds since 1970. */
function openStream(url: string, key: string, onEvent: (at: number) => void = () => {}): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const request = openRequest(url, { headers: { Authorization: `Bearer ${key}` } }, (response) => {
      response.setEncoding("utf8").on("error", () => {});
      response.on("data", (text: string) => {
        for (const [, at = ""] of text.matchAll(/"event":\{[^\n]*?"at":"([^"]+)"/g)) onEvent(Date.parse(at));
      });
      resolve({ status: response.statusCode ?? 0, close: () => void request.destroy() });
    });
    request.on("error", reject).end();
  });
}

/** The memory of all processes that this one has started, in MiB. */
function memoryOfChildren(): number {
  const rows = execFileSync("ps", ["-eo", "pid=,ppid=,rss=,comm="], { encoding: "utf8" }).trim().split("\n");
  const processes = rows
    .map((row) => row.trim().split(/\s+/))
    .map(([pid, parent, rss, name]) => ({ pid, parent, rss, name }));
  const isOurs = (pid: string | undefined): boolean => {
    const found = processes.find((candidate) => candidate.pid === pid);
    return found !== undefined && (found.parent === String(process.pid) || isOurs(found.parent));
  };
  const workers = processes.filter(({ pid, name }) => name?.startsWith("workerd") && isOurs(pid));
  return workers.reduce((sum, { rss }) => sum + Number(rss) / 1024, 0);
}

export async function measureStreams({ quick, progress }: Context): Promise<Report> {
  const stack = await startStack({ WORK_SECONDS: "600" });
  try {
    const url = `${stack.url}/v1/workflow-runs/stream`;
    const send = (path: string, key: string, body: unknown) =>
      fetch(`${stack.url}${path}`, {
        method: "POST",
        headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });

    const lags: number[] = [];
    const listening = await openStream(url, DEMO.owner.key, (at) => lags.push(Date.now() - at));
    const rounds = quick ? 5 : 60;
    for (let n = 0; n < rounds; n++) {
      // After a quiet second, a change is read at once; otherwise, a second after the previous read. So events that follow an
      // invoke, such as its dispatch, are read a second after the invoke itself.
      await delay(2_500);
      const before = lags.length;
      await send(`/v1/workflow-definitions/${DEMO.quarterlyReportId}/invoke`, DEMO.owner.key, {});
      while (lags.length === before) await delay(5);
      lags.splice(before + 1);
    }
    listening.close();
    lags.sort((a, b) => a - b);
    const share = (part: number) => lags[Math.min(lags.length - 1, Math.floor(part * lags.length))] ?? Number.NaN;
    progress(`${rounds} changes, p95 ${share(0.95)} ms`);

    const keys: string[] = [];
    for (const { key } of [DEMO.owner, DEMO.admin, DEMO.user]) {
      for (let n = 0; n < 9 && keys.length < CALLERS; n++) {
        const created = await send("/v1/api-keys", key, { name: `bench ${n}` });
        const { key: made } = (await created.json()) as { key: string };
        keys.push(made);
      }
    }
    await delay(5_000);
    const atRest = memoryOfChildren();
    const streams: Stream[] = [];
    for (const key of keys) {
      for (let n = 0; n < STREAMS_OF_A_CALLER; n++) {
        let stream = await openStream(url, key);
        // On a busy machine a hub may not answer in time, which is 503.
        for (let tries = 0; stream.status === 503 && tries < 5; tries++) stream = await openStream(url, key);
        streams.push(stream);
      }
    }
    const open = streams.filter(({ status }) => status === 200).length;
    await delay(5_000);
    const opened = memoryOfChildren();
    progress(`${open} streams open`);
    await delay(quick ? 5_000 : 120_000);
    const later = memoryOfChildren();
    for (const stream of streams) stream.close();
    const closedAt = Date.now();
    for (let isFree = false; !isFree; await delay(500)) {
      const again = await openStream(url, keys.at(-1) ?? "");
      isFree = again.status === 200;
      again.close();
    }
    const freeAfter = (Date.now() - closedAt) / 1_000;

    return {
      goals: [
        {
          goal: `p95 from commit to the client of a stream: at most ${GOAL_MS} ms after a quiet second`,
          figure: `${number(share(0.95))} ms`,
          met: share(0.95) <= GOAL_MS,
        },
        {
          goal: "500 open streams of 25 callers: gone within a minute of their clients",
          figure: `after ${number(freeAfter)} s`,
          met: open === CALLERS * STREAMS_OF_A_CALLER && freeAfter <= 60,
        },
        {
          goal: "500 quiet streams: the memory of workerd's process stays flat",
          figure: `${number(opened)} MiB, ${quick ? "seconds" : "two minutes"} later ${number(later)} MiB`,
          met: later <= opened * 1.1,
        },
      ],
      tables: [
        {
          title: "Streams, on the local stack",
          columns: ["", ""],
          rows: [
            [
              `from commit to the client, ms: p50, p95, max of ${lags.length}`,
              [0.5, 0.95, 1].map((p) => number(share(p))).join(", "),
            ],
            [
              "memory of workerd's process, with all of its Workers and connections, MiB: before, with 500 streams, later",
              [atRest, opened, later].map(number).join(", "),
            ],
          ],
        },
      ],
    };
  } finally {
    await stack.stop();
  }
}
