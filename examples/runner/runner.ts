/**
 * A complete self-hosted runner: it accepts runs, works on them for a few seconds and reports their results. Start from it and
 * put your work into `work`. It needs Node 22.18 or newer and the package `standardwebhooks`. docs/runner-protocol.md
 * describes the protocol for other languages.
 */
import { createServer } from "node:http";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { Webhook } from "standardwebhooks";

type PathPart = { path_part_id: string; materialized_path: string; part_type: string };
type Snapshot = { sources: PathPart[]; instructions: PathPart[]; outputs: PathPart[]; template: PathPart | null };
type Attempt = { run_id: string; attempt: number };
type Input = Record<string, unknown> | null;
/** What has come of what the run has waited for, by the keys: docs/suspend.md. */
type Outcomes = Record<string, { outcome: string; value?: string }>;
type Work = { deadline_at: string; run_snapshot: Snapshot; input: Input; resume?: { outcomes: Outcomes } };
type Run = Attempt & Work & { callback_url: string; callback_token: string };
type Message =
  | { type: "workflow_run.dispatched"; data: Run }
  | { type: "workflow_run.stopping"; data: Attempt }
  | { type: "workflow_run.stopped"; data: Attempt }
  | { type: "runner.test"; data: object };
type Result = { status: "COMPLETED" } | { status: "FAILED"; error: string } | { waits: object[] };

const { HOST = "127.0.0.1", PORT = "8788", WEBHOOK_SECRET = "" } = process.env;
const { WORK_SECONDS = "5", CALLBACK_RETRY_SECONDS = "5" } = process.env;
const KNOWN_TYPES = new Set(["workflow_run.dispatched", "workflow_run.stopping", "workflow_run.stopped"]);
const MAX_BODY_LENGTH = 1024 * 1024;
const KEEP_ALIVE_MS = 60_000;
/** Longer than any run can last, so no message about a run can arrive so long after its dispatch. */
const FORGET_AFTER_MS = 25 * 3600 * 1000;

if (WEBHOOK_SECRET === "") {
  console.error("Set WEBHOOK_SECRET to the webhook secret of your workflow definition.");
  process.exit(1);
}
const isBase64 = WEBHOOK_SECRET.startsWith("whsec_");
const webhook = isBase64 ? new Webhook(WEBHOOK_SECRET) : new Webhook(Buffer.from(WEBHOOK_SECRET), { format: "raw" });
/** The accepted attempts, by the `webhook-id` of their dispatch. Store the ids in a database if your runner may restart. */
const attempts = new Map<string, { stopping: AbortController; stopped: AbortController; isBegun: boolean }>();
const shutDown = new AbortController();

/** Thrown by your work to suspend the run until all of this has come. Its next attempt begins anew, and has the outcomes. */
class Suspended extends Error {
  readonly waits: object[];

  constructor(waits: object[]) {
    super("The run is suspended.");
    this.waits = waits;
  }
}

/** Your work. It throws when it fails, and soon after `signal` is aborted. An input `{"ask": "Go on?"}` lets it ask people first. */
async function work(id: string, { run_snapshot: snapshot, input, resume }: Run, signal: AbortSignal): Promise<void> {
  if (typeof input?.ask === "string" && resume?.outcomes.ask === undefined) {
    throw new Suspended([{ key: "ask", kind: "question", prompt: input.ask }]);
  }
  const paths = (parts: PathPart[]) => parts.map((part) => part.materialized_path).join(", ");
  console.log(id, `reads ${paths(snapshot.sources)}, follows ${paths(snapshot.instructions)}`);
  console.log(id, `writes to ${paths(snapshot.outputs)}, with the input ${JSON.stringify(input)}`);
  await delay(Number(WORK_SECONDS) * 1000, undefined, { signal });
}

/**
 * Works on an attempt and reports its result. The callback is retried until it gets a final answer or the deadline has passed.
 * When the run is asked to stop, the work ends early and that is reported. When the run was stopped, no result is wanted any
 * more.
 */
async function execute(id: string, run: Run, stopping: AbortSignal, stopped: AbortSignal): Promise<void> {
  const deadline = AbortSignal.timeout(Math.max(0, Date.parse(run.deadline_at) - Date.now()));
  const unwanted = AbortSignal.any([stopped, deadline]);
  const signal = AbortSignal.any([unwanted, stopping, shutDown.signal]);
  let result: Result = { status: "COMPLETED" };
  try {
    signal.throwIfAborted();
    await work(id, run, signal);
  } catch (error) {
    const reason = String(signal.reason ?? error).slice(0, 8192);
    const isSuspended = error instanceof Suspended && !signal.aborted;
    result = isSuspended ? { waits: error.waits } : { status: "FAILED", error: reason };
    console.log(id, isSuspended ? "asks, and is suspended" : `failed: ${reason}`);
  }
  for (let tries = 0; !unwanted.aborted && !(await callBack(id, run, result)) && !signal.aborted; tries++) {
    // Random and longer each time, so that many runners do not come back at the same instant.
    const ms = Number(CALLBACK_RETRY_SECONDS) * 1000 * 2 ** Math.min(tries, 4) * (1 - Math.random() / 2);
    await delay(ms, undefined, { signal }).catch(() => {});
  }
}

/** True when the answer is final: the result was recorded, or the service does not accept it any more. Cloudflare's challenge is neither. */
async function callBack(id: string, run: Run, result: Result): Promise<boolean> {
  try {
    const isSuspended = "waits" in result;
    const response = await fetch(isSuspended ? run.callback_url.replace(/callback$/, "suspend") : run.callback_url, {
      method: "POST",
      headers: { Authorization: `Bearer ${run.callback_token}`, "Content-Type": "application/json" },
      body: JSON.stringify(result),
      signal: AbortSignal.timeout(15_000),
    });
    const answer = await response.text();
    if (response.headers.get("cf-mitigated") === "challenge") {
      console.log(id, "Cloudflare challenges this runner as a bot: docs/operations.md, “Bots”. It tries again.");
      return false;
    }
    console.log(id, `said ${isSuspended ? "suspend" : result.status}, and was answered ${response.status} ${answer}`);
    return response.status < 500 && response.status !== 429;
  } catch (error) {
    console.log(id, `could not call back: ${error}`);
    return false;
  }
}

/**
 * Handles a message. The service waits for at most 15 s, so the work continues after the answer. Other messages, such as a
 * test, ask for no work.
 */
function obey({ type, data }: Message): void {
  if (type === "runner.test" || !KNOWN_TYPES.has(type)) return;
  const id = `${data.run_id}.${data.attempt}`;
  const known = attempts.get(id);
  const attempt = known ?? { stopping: new AbortController(), stopped: new AbortController(), isBegun: false };
  attempts.set(id, attempt);
  if (!known) setTimeout(() => attempts.delete(id), FORGET_AFTER_MS).unref();
  if (type === "workflow_run.stopped") attempt.stopped.abort("It was stopped.");
  else if (type === "workflow_run.stopping") attempt.stopping.abort("It was asked to stop.");
  else if (attempt.isBegun) console.log(id, "came again");
  else {
    attempt.isBegun = true;
    // A stop may have arrived before. Then the work does not begin, and only one that was asked to stop is reported.
    execute(id, data, attempt.stopping.signal, attempt.stopped.signal);
  }
}

const server = createServer(async (request, response) => {
  try {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) {
      body += chunk;
      if (body.length > MAX_BODY_LENGTH) throw new Error("The body is too long.");
    }
    const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
    webhook.verify(body, Object.fromEntries(headers));
    obey(JSON.parse(body));
    response.writeHead(202).end();
  } catch (error) {
    console.log(`Refused a message: ${error}`);
    response.writeHead(401).end();
  }
});
// Node ends an idle connection after 5 seconds, just when Workers might send over it again. So the sender ends it first.
server.keepAliveTimeout = KEEP_ALIVE_MS;
server.listen(Number(PORT), HOST, () => {
  const address = server.address();
  console.log(`The runner listens on http://localhost:${typeof address === "object" ? address?.port : PORT}`);
});

for (const signal of ["SIGINT", "SIGTERM"]) {
  // Unfinished runs are reported as FAILED now, instead of timing out at their deadlines. Then the process can end.
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
    shutDown.abort("The runner was shut down.");
  });
}
