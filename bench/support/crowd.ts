/**
 * What many clients and runners of one tenant do, in a process of their own: they hold streams open, trigger runs at a steady rate, take
 * these runs and finish them.
 */
import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { get } from "node:http";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { request } from "undici";
import { quantile } from "./rounds.ts";
import { startRunner } from "./runner.ts";

/** Whom the crowd consists of, and what it finds at the service. */
export type Crowd = {
  url: string;
  /** A key for each caller. Each holds one stream of the tenant, one of a run that is under way, and its share of those of quiet runs. */
  keys: readonly string[];
  quietRunIds: readonly string[];
  /** Workflows whose runs are sent to the crowd's runner, and workflows whose runs its other runners lease. */
  dispatched: readonly string[];
  leased: readonly string[];
  /** How many runners lease; 4 by default. */
  runners?: number;
};

export type Times = { count: number; p50Ms: number; p95Ms: number; maxMs: number };

export type Driven = {
  /** From the instant at which an invoke was to be sent until its answer, and until a runner has the run. */
  invoke: Times;
  start: Times;
  /** From the instant in an event until a client has read it from a stream of the tenant, or of a run. */
  ofTenant: Times;
  ofRun: Times;
  /** How many runs were triggered, and of how many of them no end was recorded. */
  accepted: number;
  unfinished: number;
  /** Ends of these runs that a stream of the tenant has not shown, of all such streams. */
  unseen: number;
  /** Answers that were no success, by what was asked and the answer. */
  refusals: Record<string, number>;
  cpuMs: number;
};

type Task = { open: Crowd } | { drive: { rate: number; seconds: number } };
type Told = { runnerUrl: string } | { opened: number } | { driven: Driven } | { error: string };

/** How long a runner works on a run, how many runners lease by default, and how many runs one of them asks for. */
const WORK_MS = 500;
const LEASING = 4;
const MOST_LEASED = 10;
/** How long the runs may take to end after the last invoke, and their ends to be seen in all streams of the tenant. */
const DRAIN_MS = 60_000;

export async function startCrowd() {
  const child: ChildProcess = fork(import.meta.filename, [], { execArgv: [] });
  const waiting: ((told: Told) => void)[] = [];
  const next = () =>
    new Promise<Told>((resolve, reject) => {
      waiting.push((told) => ("error" in told ? reject(new Error(told.error)) : resolve(told)));
      child.once("exit", (code) => reject(new Error(`The crowd ended with ${code}.`)));
    });
  child.on("message", (told: Told) => waiting.shift()?.(told));
  const ask = (task: Task) => {
    child.send(task);
    return next();
  };
  const begun = await next();
  return {
    runnerUrl: "runnerUrl" in begun ? begun.runnerUrl : "",
    /** Opens the streams, and begins to lease. Returns how many streams are open. */
    async open(crowd: Crowd): Promise<number> {
      const told = await ask({ open: crowd });
      return "opened" in told ? told.opened : 0;
    },
    /** Triggers so many runs a second for so long, and waits for their ends. */
    async drive(rate: number, seconds: number): Promise<Driven> {
      const told = await ask({ drive: { rate, seconds } });
      if (!("driven" in told)) throw new Error("The crowd was asked to drive.");
      return told.driven;
    },
    stop: () => void child.kill(),
  };
}

function timesOf(values: readonly number[]): Times {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => quantile(sorted, share);
  return { count: sorted.length, p50Ms: at(0.5), p95Ms: at(0.95), maxMs: at(1) };
}

/** What is counted while the crowd drives. Runs are known by their ids. */
function newCounts() {
  return {
    invokeMs: [] as number[],
    ofTenantMs: [] as number[],
    ofRunMs: [] as number[],
    sentAt: new Map<string, number>(),
    takenAt: new Map<string, number>(),
    finished: new Set<string>(),
    endsSeen: 0,
    refusals: {} as Record<string, number>,
  };
}
let counts = newCounts();

const refuse = (what: string) => {
  counts.refusals[what] = (counts.refusals[what] ?? 0) + 1;
};

type Answer = { status: number; json: unknown };

/** Sends JSON, and counts an answer that is no success. A lost connection counts as well. */
async function send(what: string, url: string, token: string, content: unknown): Promise<Answer> {
  try {
    const { statusCode, body } = await request(url, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...ADDRESS },
      body: JSON.stringify(content),
      headersTimeout: 90_000,
    });
    const text = await body.text();
    if (statusCode >= 300) refuse(`${what}: ${statusCode} ${/"detail":"([^"]*)"/.exec(text)?.[1] ?? ""}`);
    return { status: statusCode, json: statusCode < 300 ? JSON.parse(text) : null };
  } catch (error) {
    refuse(`${what}: ${error instanceof Error ? error.message : error}`);
    return { status: 0, json: null };
  }
}

/** All that comes from one address has a limit, so the whole crowd has the same one, on Cloudflare and behind another proxy. */
const ADDRESS = { "cf-connecting-ip": "192.0.2.1", "x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "https" };

/** Takes a run: works on it, and reports its end until the report has arrived. */
async function work(runId: string, callbackUrl: string, token: string): Promise<void> {
  counts.takenAt.set(runId, performance.now());
  await delay(WORK_MS);
  for (let tries = 0; tries < 20; tries++) {
    const { status } = await send("callback", callbackUrl, token, { status: "COMPLETED" });
    if (status === 200) {
      counts.finished.add(runId);
      return;
    }
    await delay(500);
  }
}

type Lease = { run_id: string; callback_url: string; callback_token: string };

async function leaseForEver({ url, keys, leased }: Crowd): Promise<void> {
  const session = { name: "crowd", workflow_definition_ids: leased, capacity: 100 };
  const { json } = await send("session", `${url}/v1/runner-sessions`, keys[0] ?? "", session);
  const { token } = json as { token: string };
  for (let after: string | null = null; ; ) {
    const question = { request_id: randomUUID(), wait_seconds: 20, max: MOST_LEASED, ...(after !== null && { after }) };
    const { status, json: answer } = await send("lease", `${url}/v1/leases`, token, question);
    if (status !== 200) {
      await delay(500);
      continue;
    }
    const { leases, after: position } = answer as { leases: Lease[]; after: string | null };
    after = position;
    for (const { run_id, callback_url, callback_token } of leases) {
      void work(run_id, url + new URL(callback_url).pathname, callback_token);
    }
  }
}

const EVENT = /^event: (\w+)$|"event":\{[^\n]*?"at":"([^"]+)"/gm;

/**
 * Opens a stream. `onEvent` gets the type of each event and how long after its instant it was read, in milliseconds; what happened before
 * the stream was opened is left out. `ended` resolves when the service has ended it.
 */
function openStream(url: string, key: string, onEvent: (type: string, ms: number) => void) {
  return new Promise<{ status: number; ended: Promise<void> }>((resolve, reject) => {
    const openedAt = Date.now();
    const headers = { authorization: `Bearer ${key}`, ...ADDRESS };
    const asked = get(url, { headers, agent: false }, (response) => {
      let rest = "";
      let type = "";
      response.setEncoding("utf8").on("error", () => {});
      response.on("data", (chunk: string) => {
        const readAt = Date.now();
        const text = rest + chunk;
        const end = text.lastIndexOf("\n") + 1;
        rest = text.slice(end);
        for (const [, named, at] of text.slice(0, end).matchAll(EVENT)) {
          if (named !== undefined) type = named;
          else if (at !== undefined && Date.parse(at) >= openedAt) onEvent(type, readAt - Date.parse(at));
        }
      });
      const ended = new Promise<void>((over) => response.once("close", over));
      // 204: the run has ended already.
      if (response.statusCode !== 200 && response.statusCode !== 204) refuse(`stream: ${response.statusCode}`);
      resolve({ status: response.statusCode ?? 0, ended });
    });
    asked.once("error", reject);
  });
}

/** The run that was triggered last. */
let newestRunId: string | undefined;

/** Follows a run until its end, then the one that is the newest by then, and so on. */
async function followNewest({ url, keys }: Crowd, n: number): Promise<void> {
  for (let before: string | undefined; ; ) {
    const id: string | undefined = newestRunId;
    if (id === undefined || id === before) {
      await delay(100);
      continue;
    }
    before = id;
    const onEvent = (_: string, ms: number) => void counts.ofRunMs.push(ms);
    const stream = await openStream(`${url}/v1/workflow-runs/${id}/stream`, keys[n] ?? "", onEvent).catch(() => null);
    await (stream?.ended ?? delay(500));
  }
}

/** Opens what stays open. Returns how many streams that are, with those that follow the newest runs. */
async function open(crowd: Crowd): Promise<number> {
  const { url, keys, quietRunIds } = crowd;
  const share = Math.floor(quietRunIds.length / keys.length);
  let opened = 0;
  const each = keys.map(async (key, n) => {
    const onEvent = (type: string, ms: number) => {
      counts.ofTenantMs.push(ms);
      if (type === "COMPLETED") counts.endsSeen += 1;
    };
    const urls = quietRunIds.slice(n * share, (n + 1) * share).map((id) => `${url}/v1/workflow-runs/${id}/stream`);
    for (const [place, one] of [`${url}/v1/workflow-runs/stream`, ...urls].entries()) {
      const { status } = await openStream(one, key, place === 0 ? onEvent : () => {});
      if (status === 200) opened += 1;
    }
    void followNewest(crowd, n);
  });
  await Promise.all(each);
  for (let n = 0; n < (crowd.runners ?? LEASING); n++) void leaseForEver(crowd);
  return opened + keys.length;
}

async function drive({ url, keys, dispatched, leased }: Crowd, rate: number, seconds: number): Promise<Driven> {
  counts = newCounts();
  const { user, system } = process.cpuUsage();
  const definitions = [...dispatched, ...leased];
  const invoke = async (n: number, dueAt: number) => {
    const id = definitions[n % definitions.length];
    const { status, json } = await send("invoke", `${url}/v1/workflow-definitions/${id}/invoke`, keys[0] ?? "", {});
    counts.invokeMs.push(performance.now() - dueAt);
    if (status !== 202) return;
    newestRunId = (json as { id: string }).id;
    counts.sentAt.set(newestRunId, dueAt);
  };
  const sending: Promise<void>[] = [];
  const began = performance.now();
  // Each invoke is due at an instant of its own, whether or not those before it have been answered.
  for (let n = 0; n < rate * seconds; n++) {
    const dueAt = began + (1000 * n) / rate;
    const inMs = dueAt - performance.now();
    if (inMs > 0) await delay(inMs);
    sending.push(invoke(n, dueAt));
  }
  await Promise.all(sending);
  const used = process.cpuUsage();
  const unfinished = () => [...counts.sentAt.keys()].filter((id) => !counts.finished.has(id)).length;
  const unseen = () => counts.sentAt.size * keys.length - counts.endsSeen;
  const until = performance.now() + DRAIN_MS;
  while (unfinished() + unseen() > 0 && performance.now() < until) await delay(200);
  const startMs = [...counts.sentAt].map(([id, at]) => (counts.takenAt.get(id) ?? Number.POSITIVE_INFINITY) - at);
  return {
    ...{ invoke: timesOf(counts.invokeMs), start: timesOf(startMs) },
    ...{ ofTenant: timesOf(counts.ofTenantMs), ofRun: timesOf(counts.ofRunMs) },
    ...{ accepted: counts.sentAt.size, unfinished: unfinished(), unseen: unseen(), refusals: counts.refusals },
    cpuMs: (used.user + used.system - user - system) / 1000,
  };
}

if (process.argv[1] === import.meta.filename) {
  const tell = (told: Told) => void process.send?.(told);
  let crowd: Crowd | undefined;
  process.on("message", (task: Task) => {
    const done = async (): Promise<Told> => {
      if ("open" in task) {
        crowd = task.open;
        return { opened: await open(crowd) };
      }
      if (crowd === undefined) throw new Error("The crowd has opened nothing yet.");
      return { driven: await drive(crowd, task.drive.rate, task.drive.seconds) };
    };
    done().then(tell, (error: unknown) => tell({ error: error instanceof Error ? error.message : String(error) }));
  });
  const runner = await startRunner(
    ({ runId, callbackUrl, callbackToken }) => void work(runId, callbackUrl, callbackToken),
  );
  tell({ runnerUrl: runner.url });
}
