/**
 * A complete runner without a URL: it asks the service for runs, so no server has to be reachable from the internet. Start from
 * it and put your work into `work`. It needs only Node 22.18 or newer. docs/runner-protocol.md describes the protocol.
 *
 * RUNNER_KEY='wr_…' SERVICE_URL=https://runs.example.com node examples/runner-lease/runner.ts
 */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";

type PathPart = { materialized_path: string };
type Lease = {
  run_id: string;
  attempt: number;
  deadline_at: string;
  run_snapshot: { sources: PathPart[]; instructions: PathPart[]; outputs: PathPart[] };
  input: Record<string, unknown> | null;
  callback_url: string;
  callback_token: string;
  /** What has come of what the run has waited for, by the keys: docs/suspend.md. */
  resume?: { outcomes: Record<string, { outcome: string; value?: string }> };
  heartbeat_interval_seconds: number;
};
type Answer = {
  status: number;
  body: {
    token?: string;
    leases?: Lease[];
    after?: string | null;
    stop?: object | null;
    log?: object | null;
    log_within_ms?: number;
  };
};
type Progress = { percent: number; message: string };
type Entry = { sequence: number; text: string };

const {
  SERVICE_URL = "http://localhost:8787",
  RUNNER_KEY = "",
  RUNNER_NAME = hostname(),
  CAPACITY = "1",
} = process.env;
const { WORK_SECONDS = "5", WAIT_SECONDS = "30", RETRY_SECONDS = "2" } = process.env;
const ANSWER_TIMEOUT_MS = 15_000;
/** So an entry of the log has less than 32 KiB, and a heartbeat with two of them less than 64 KiB. */
const ENTRY_LENGTH = 5_000;

if (RUNNER_KEY === "") {
  console.error("Set RUNNER_KEY to a runner key: POST /v1/runner-keys makes one.");
  process.exit(1);
}
const shutDown = new AbortController();
const holding = new Set<Promise<void>>();

/** Thrown by your work to suspend the run until all of this has come. Its next attempt begins anew, and has the outcomes. */
class Suspended extends Error {
  readonly waits: object[];

  constructor(waits: object[]) {
    super("The run is suspended.");
    this.waits = waits;
  }
}

/**
 * Your work. It reports its progress with `say`. It throws when it fails, and soon after `signal` is aborted. Returns its
 * output. An input `{"ask": "Go on?"}` lets it ask people first.
 */
async function work(lease: Lease, say: (progress: Progress) => void, signal: AbortSignal): Promise<unknown> {
  if (typeof lease.input?.ask === "string" && lease.resume?.outcomes.ask === undefined) {
    throw new Suspended([{ key: "ask", kind: "question", prompt: lease.input.ask }]);
  }
  const paths = (parts: PathPart[]) => parts.map((part) => part.materialized_path).join(", ");
  const { sources, outputs } = lease.run_snapshot;
  const steps = 4;
  for (let step = 0; step < steps; step++) {
    say({ percent: (100 * step) / steps, message: `Reads ${paths(sources)}, writes to ${paths(outputs)}` });
    await delay((Number(WORK_SECONDS) * 1000) / steps, undefined, { signal });
  }
  return { input: lease.input };
}

/** Sends a request once. The status is 0 when there was no answer, or one of Cloudflare in place of the service. */
async function post(
  url: string,
  token: string,
  body: unknown,
  signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS),
): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: JSON.stringify(body),
      redirect: "manual",
      signal,
    });
    const text = await response.text();
    if (response.headers.get("cf-mitigated") === "challenge") {
      console.error("Cloudflare challenges this runner as a bot: docs/operations.md, “Bots”. It tries again.");
      return { status: 0, body: {} };
    }
    return { status: response.status, body: JSON.parse(text || "{}") };
  } catch {
    return { status: 0, body: {} };
  }
}

const isFinal = ({ status }: Answer) => status !== 0 && status !== 429 && status < 500;

/** Pauses before a request is tried again. The pause is random, so that many runners do not come back at the same instant. */
const rest = (factor = 1): Promise<void> =>
  delay(restMs(factor), undefined, { signal: shutDown.signal }).catch(() => {});

const restMs = (factor: number) => Number(RETRY_SECONDS) * 1000 * factor * (1 - Math.random() / 2);

/** Shuts the runner down, since the service refuses it. The runs that it holds are given back. */
function giveUp(why: string): void {
  console.error(why);
  process.exitCode = 1;
  shutDown.abort("The runner was shut down.");
}

/** The token of a new session; undefined when the runner is shut down first. */
async function openSession(): Promise<string | undefined> {
  const body = { name: RUNNER_NAME, capacity: Number(CAPACITY) };
  while (!shutDown.signal.aborted) {
    const answer = await post(`${SERVICE_URL}/v1/runner-sessions`, RUNNER_KEY, body);
    if (answer.status === 201) return answer.body.token;
    if (isFinal(answer)) giveUp(`The service does not accept the key: ${answer.status}`);
    else await rest();
  }
  return undefined;
}

/** Works on a leased run, and reports its result. */
async function execute(lease: Lease): Promise<void> {
  const id = `${lease.run_id}.${lease.attempt}`;
  const run = lease.callback_url.replace(/\/callback$/, "");
  const call = (verb: string, body: unknown) => post(`${run}/${verb}`, lease.callback_token, body);
  const ended = new AbortController();
  const deadline = AbortSignal.timeout(Math.max(0, Date.parse(lease.deadline_at) - Date.now()));
  const signal = AbortSignal.any([ended.signal, deadline, shutDown.signal]);
  let progress: Progress | undefined;
  let text = "";
  /** The entries of the log that are not stored yet. What has got a number keeps it. */
  let entries: Entry[] = [];
  let sequence = 0;
  const number = () => {
    for (; text !== ""; text = text.slice(ENTRY_LENGTH))
      entries.push({ sequence: sequence++, text: text.slice(0, ENTRY_LENGTH) });
  };
  const say = (said: Progress) => {
    progress = said;
    text += `${said.message}\n`;
    console.log(id, `${said.percent} %: ${said.message}`);
  };
  const beat = async () => {
    const intervalMs = lease.heartbeat_interval_seconds * 1000;
    let withinMs = 1_000;
    let mostEntries = 2;
    let sentAt = performance.now();
    while (!signal.aborted) {
      // Progress and log are gathered for as long as the service says: it knows whether somebody follows the run.
      await delay(Math.min(withinMs, intervalMs), undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      const hasNews = progress !== undefined || (mostEntries > 0 && (text !== "" || entries.length > 0));
      if (!hasNews && performance.now() - sentAt + withinMs <= intervalMs) continue;
      number();
      const [told, log] = [progress, entries.slice(0, mostEntries)];
      progress = undefined;
      const { status, body } = await call("heartbeat", { progress: told, ...(log.length > 0 && { log }) });
      sentAt = performance.now();
      // 404 and 409: the run has ended, or another runner has it. `stop`: somebody has asked the run to stop.
      if (status === 404 || status === 409) ended.abort("The run is not ours any more.");
      else if (body.stop) ended.abort("It was asked to stop.");
      if (status === 200) entries = entries.filter((entry) => !log.includes(entry));
      else progress ??= told;
      // A service of version 0.2.0 takes no log with a heartbeat. Then all of it is sent before the result.
      if (status === 422) mostEntries = 0;
      withinMs = body.log_within_ms ?? withinMs;
    }
  };
  const beating = beat();
  let result: object;
  try {
    result = { status: "COMPLETED", output: await work(lease, say, signal) };
    // An output that cannot be written as JSON fails the run.
    JSON.stringify(result);
  } catch (error) {
    const reason = String(signal.aborted ? signal.reason : error).slice(0, 8192);
    const isSuspended = error instanceof Suspended && !signal.aborted;
    result = isSuspended ? { waits: error.waits } : { status: "FAILED", error: reason };
  }
  const isReleased = shutDown.signal.aborted && !ended.signal.aborted && "error" in result;
  ended.abort();
  await beating;
  // The rest of the log precedes the result or the suspension, which closes it.
  number();
  for (const entry of entries) await call("log", entry);
  for (let tries = 0; !deadline.aborted; tries++) {
    const verb = "waits" in result ? "suspend" : "callback";
    const answer = isReleased ? await call("release", {}) : await call(verb, result);
    console.log(id, isReleased ? "released" : JSON.stringify(result), answer.status);
    if ((answer.status === 413 || answer.status === 422) && "output" in result) {
      // The service takes no such output, for example since it is too large.
      const error = `The result was refused: ${JSON.stringify(answer.body)}`.slice(0, 8192);
      result = { status: "FAILED", error };
      continue;
    }
    if (isFinal(answer)) return;
    // Not `rest`, which a shutdown ends at once.
    await delay(restMs(2 ** Math.min(tries, 4)));
  }
}

/** Asks for runs until the runner is shut down. */
async function takeRuns(): Promise<void> {
  let token = await openSession();
  let after: string | null = null;
  let refusedSessions = 0;
  if (token !== undefined) console.log(`The runner ${RUNNER_NAME} asks ${SERVICE_URL} for runs.`);
  while (token !== undefined && !shutDown.signal.aborted) {
    if (holding.size >= Number(CAPACITY)) {
      await Promise.race(holding);
      continue;
    }
    const max = Math.min(Number(CAPACITY) - holding.size, 10);
    const question = { request_id: randomUUID(), wait_seconds: Number(WAIT_SECONDS), max, after };
    // The service leases nothing to a client that has disconnected while it waited.
    const ask = (credential: string): Promise<Answer> => {
      const timeout = AbortSignal.timeout(question.wait_seconds * 1000 + ANSWER_TIMEOUT_MS);
      return post(`${SERVICE_URL}/v1/leases`, credential, question, AbortSignal.any([timeout, shutDown.signal]));
    };
    let answer: Answer = await ask(token);
    // Without an answer, runs may have been leased nevertheless: the same request gets the same leases.
    for (let tries = 0; !isFinal(answer) && !shutDown.signal.aborted; tries++) {
      // When waiting is not available, a request that does not wait is still answered.
      if (answer.status === 503) question.wait_seconds = 0;
      await rest(2 ** Math.min(tries, 4));
      answer = await ask(token);
    }
    if (shutDown.signal.aborted && answer.status === 0) break;
    if (answer.status === 401) {
      // The session has ended. When the next one is refused, too, new ones are opened after growing pauses.
      if (refusedSessions > 0) await rest(2 ** Math.min(refusedSessions, 5));
      refusedSessions++;
      token = await openSession();
    } else if (answer.status === 200) refusedSessions = 0;
    else giveUp(`/v1/leases: ${answer.status} ${JSON.stringify(answer.body)}`);
    after = answer.body.after ?? null;
    for (const lease of answer.body.leases ?? []) {
      const executing = execute(lease).finally(() => holding.delete(executing));
      holding.add(executing);
    }
    if (question.wait_seconds === 0) await rest();
  }
  // The runner gives its runs back, so that another one can take them at once.
  await Promise.all(holding);
}

for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.once(name, () => shutDown.abort("The runner was shut down."));
}
await takeRuns();
