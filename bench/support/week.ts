/**
 * What many tenants do all the time, in a process of its own: each triggers runs at a steady rate, has a runner that leases them, open
 * pages and open streams. They are this service's own client and runner kit, so what is refused comes back as theirs do.
 */
import { type ChildProcess, fork } from "node:child_process";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { createClient } from "workflow-runs";
import { createRunner, type Work } from "workflow-runs/runner";

export type Week = {
  url: string;
  tenants: readonly { key: string; workflowId: string }[];
  /** Runs a second of each tenant. */
  rate: number;
  workSeconds: number;
  pagesOfTenant: number;
  streamsOfTenant: number;
};

/** What was asked for, by the second since 1970 in which the answer came. Answers with 503 and 429 are refused. */
export type Second = { at: number; answers: number; refused: number; openStreams: number };

export type Lived = {
  seconds: Second[];
  invoked: number;
  /** Why invokes, runners and results failed after all tries, with how often. */
  failures: Record<string, number>;
  /** Of how many runs the service has recorded the result that their runner reported. */
  recorded: number;
};

type Task = { begin: Week } | { what: "streams" | "stop" };
type Told = { openStreams: number } | { lived: Lived } | { error: string };

/** One run in so many logs ten lines a second. */
export const LOGGING = 10;
const LINES_PER_SECOND = 10;
const PROGRESS_SECONDS = 5;
/** The time between the first requests of two tenants. */
const EACH_TENANT_MS = 150;
/** The client gives up after four tries by default. A program that must survive a minute of refusals asks for more. */
const TRIES = 15;

export async function startWeek() {
  const child: ChildProcess = fork(import.meta.filename, [], { execArgv: [] });
  const waiting: ((told: Told) => void)[] = [];
  child.on("message", (told: Told) => waiting.shift()?.(told));
  child.once("exit", (code) => {
    for (const tell of waiting) tell({ error: `The tenants ended with ${code}.` });
  });
  const ask = (task: Task) =>
    new Promise<Told>((resolve, reject) => {
      waiting.push((told) => ("error" in told ? reject(new Error(told.error)) : resolve(told)));
      child.send(task);
    });
  const finish = async () => {
    const told = await ask({ what: "stop" });
    if (!("lived" in told)) throw new Error("The tenants were asked how they have lived.");
    return told.lived;
  };
  return {
    begin: (week: Week) => ask({ begin: week }),
    /** How many streams are open, with those of pages. */
    async openStreams(): Promise<number> {
      const told = await ask({ what: "streams" });
      return "openStreams" in told ? told.openStreams : 0;
    },
    /** Triggers no more runs, and waits until those that were triggered have ended. */
    finish,
    kill: () => void child.kill(),
  };
}

const seconds = new Map<number, Second>();
let openStreams = 0;
let isOver = false;
let invoked = 0;
let recorded = 0;
const failures: Record<string, number> = {};
const invoking = new Set<Promise<void>>();

function fail(what: string, error: unknown): void {
  const text = `${what}: ${error instanceof Error ? error.message : error}`.slice(0, 200);
  failures[text] = (failures[text] ?? 0) + 1;
}

function thisSecond(): Second {
  const at = Math.floor(Date.now() / 1000);
  const known = seconds.get(at) ?? { at, answers: 0, refused: 0, openStreams };
  seconds.set(at, known);
  return known;
}

/** `fetch` that counts the answers, and the streams that are open. */
async function countedFetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, init);
  const second = thisSecond();
  second.answers += 1;
  if (response.status === 503 || response.status === 429) second.refused += 1;
  const isStream = response.headers.get("Content-Type") === "text/event-stream";
  return response.body !== null && isStream ? countOpen(response, response.body) : response;
}

function countOpen(response: Response, stream: ReadableStream<Uint8Array>): Response {
  const reader = stream.getReader();
  let isOpen = true;
  openStreams += 1;
  const leave = () => {
    if (isOpen) openStreams -= 1;
    isOpen = false;
  };
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        leave();
        controller.close();
      } catch (error) {
        leave();
        controller.error(error);
      }
    },
    cancel(reason) {
      leave();
      return reader.cancel(reason);
    },
  });
  return new Response(body, { status: response.status, headers: response.headers });
}

async function invokeSteadily({ url, rate }: Week, { key, workflowId }: Week["tenants"][number]): Promise<void> {
  const client = createClient({ url, apiKey: key, fetch: countedFetch, retry: { tries: TRIES } });
  // They come at random instants (a Poisson process), since a fixed rhythm would let ends and invokes always fall together.
  for (let dueAt = performance.now(); ; ) {
    dueAt -= (1000 / rate) * Math.log(1 - Math.random());
    await delay(Math.max(dueAt - performance.now(), 0));
    if (isOver) return;
    const invocation = client.invoke(workflowId).then(
      () => {
        invoked += 1;
      },
      (error: unknown) => fail("invoke", error),
    );
    invoking.add(invocation);
    void invocation.finally(() => invoking.delete(invocation));
  }
}

function runForEver({ url, workSeconds }: Week, { key, workflowId }: Week["tenants"][number]): void {
  let runs = Math.floor(Math.random() * LOGGING);
  const work: Work = async (_run, { log, progress, signal }) => {
    const logs = runs++ % LOGGING === 0;
    for (let second = 0; second < workSeconds; second++) {
      if (second % PROGRESS_SECONDS === 0) progress({ percent: Math.floor((100 * second) / workSeconds) });
      for (let line = 0; logs && line < LINES_PER_SECOND; line++)
        log(`Second ${second}, line ${line}: 12 documents read\n`);
      await delay(1000, undefined, { signal });
    }
  };
  const runner = createRunner({
    lease: {
      ...{ url, key, name: "week", capacity: 100, workflowIds: [workflowId] },
      onEnd(_run, { status, report, error }) {
        if (status === "COMPLETED" && report === "recorded") recorded += 1;
        else fail("result", `${status} ${report} ${error}`);
      },
    },
    work,
    fetch: countedFetch,
  });
  runner.run().catch((error: unknown) => fail("runner", error));
}

async function streamForEver({ url }: Week, key: string): Promise<void> {
  const client = createClient({ url, apiKey: key, fetch: countedFetch, retry: { tries: 1 } });
  for await (const _ of client.stream("/v1/workflow-runs/stream")) if (isOver) return;
}

/** The cookie of a session. A person whose sign-in is refused tries again. */
async function signIn(url: string, key: string): Promise<string> {
  for (;;) {
    const { status, headers } = await countedFetch(`${url}/app/sign-in`, {
      method: "POST",
      redirect: "manual",
      headers: { Origin: url, "Sec-Fetch-Site": "same-origin" },
      body: new URLSearchParams({ key }),
    });
    const [cookie] = (headers.get("Set-Cookie") ?? "").split(";");
    if (status === 303 && cookie) return cookie;
    if (status !== 503) throw new Error(`The sign-in was answered ${status}.`);
    await delay(5_000 * (1 + Math.random()));
  }
}

/** A page of the dashboard, as `live.js` keeps it up to date: after each message of its stream it is requested again. */
async function openPage({ url }: Week, key: string): Promise<void> {
  const cookie = await signIn(url, key);
  const withCookie = async (request: Request) => {
    request.headers.set("Cookie", cookie);
    return countedFetch(request);
  };
  const client = createClient({ url, retry: { tries: 1 }, fetch: withCookie });
  let isStale = false;
  let isAsking = false;
  let tag: string | null = null;
  const refresh = async () => {
    if (isAsking) return;
    isAsking = true;
    for (let failed = 0; isStale; ) {
      isStale = false;
      const headers = { "HX-Request": "true", ...(tag !== null && { "If-None-Match": tag }) };
      const response = await withCookie(new Request(`${url}/app/runs`, { headers })).catch(() => null);
      await response?.body?.cancel();
      if (response && response.status < 500) {
        tag = response.headers.get("ETag") ?? tag;
        failed = 0;
        continue;
      }
      isStale = true;
      const leastMs = Number(response?.headers.get("Retry-After") ?? 0) * 1000;
      await delay(leastMs + Math.min(2_000 * 2 ** failed++, 60_000) * (1 - Math.random() / 2));
    }
    isAsking = false;
  };
  for await (const { event } of client.stream(`/app/changes?page=${crypto.randomUUID()}`)) {
    if (isOver) return;
    isStale ||= event === "message";
    void refresh();
  }
}

async function begin(week: Week): Promise<void> {
  setInterval(() => {
    thisSecond().openStreams = openStreams;
  }, 1000);
  for (const tenant of week.tenants) {
    runForEver(week, tenant);
    for (let n = 0; n < week.streamsOfTenant; n++)
      streamForEver(week, tenant.key).catch((error) => fail("stream", error));
    for (let n = 0; n < week.pagesOfTenant; n++) openPage(week, tenant.key).catch((error) => fail("page", error));
    invokeSteadily(week, tenant).catch((error) => fail("invoke", error));
    // They come one after another, as people do: each opens a session, streams and a page.
    await delay(EACH_TENANT_MS);
  }
}

/** How long the runs may take to end after the last invoke, beyond their work. */
const DRAIN_MS = 120_000;

async function finish(workSeconds: number): Promise<Lived> {
  isOver = true;
  await Promise.all(invoking);
  const ended = () =>
    recorded +
    Object.entries(failures).reduce((sum, [what, count]) => sum + (what.startsWith("result") ? count : 0), 0);
  const until = performance.now() + workSeconds * 1000 + DRAIN_MS;
  while (ended() < invoked && performance.now() < until) await delay(200);
  if (ended() < invoked) failures["result: none"] = invoked - ended();
  return { seconds: [...seconds.values()], invoked, failures, recorded };
}

if (process.argv[1] === import.meta.filename) {
  const tell = (told: Told) => void process.send?.(told);
  let workSeconds = 0;
  process.on("message", (task: Task) => {
    const done = async (): Promise<Told> => {
      if ("begin" in task) {
        workSeconds = task.begin.workSeconds;
        await begin(task.begin);
      } else if (task.what === "stop") return { lived: await finish(workSeconds) };
      return { openStreams };
    };
    done().then(tell, (error: unknown) => tell({ error: error instanceof Error ? error.message : String(error) }));
  });
}
