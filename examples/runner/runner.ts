/**
 * A complete self-hosted runner: it takes runs, works on them for a few seconds and says how they ended.
 * Start from it: put your work into `work`. It needs Node 22.18 or newer and the package `standardwebhooks`;
 * docs/runner-protocol.md says what it speaks, for any other language.
 */
import { createServer, type IncomingMessage } from "node:http";
import process from "node:process";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { Webhook } from "standardwebhooks";

type PathPart = { path_part_id: string; materialized_path: string; part_type: string };
type Snapshot = { sources: PathPart[]; instructions: PathPart[]; outputs: PathPart[]; template: PathPart | null };
type Attempt = { run_id: string; attempt: number };
type Run = Attempt & { deadline_at: string; run_snapshot: Snapshot; callback_url: string; callback_token: string };
type Message =
  | { type: "workflow_run.dispatched"; data: Run }
  | { type: "workflow_run.stopped"; data: Attempt & { reason: string | null } };
type Result = { status: "COMPLETED" } | { status: "FAILED"; error: string };

const { HOST = "127.0.0.1", PORT = "8788", WORK_SECONDS = "5", CALLBACK_RETRY_SECONDS = "5" } = process.env;
const SECRET = process.env.WEBHOOK_SECRET ?? "whsec_bG9jYWwtc3RhY2std2ViaG9vay1zZWNyZXQtMDEyMzQ=";
const STOPPED = "It was stopped.";
const SHUT_DOWN = "The runner was shut down.";

const webhook = SECRET.startsWith("whsec_") ? new Webhook(SECRET) : new Webhook(Buffer.from(SECRET), { format: "raw" });
/** What is told to end each attempt, by `webhook-id`. Keep the ids in a database if your runner may restart. */
const attempts = new Map<string, AbortController>();
const atWork = new Set<Promise<void>>();
const log = (id: string, line: string) => console.log(`${new Date().toISOString()}  ${id}  ${line}`);

/** Your work. It throws when it fails, and soon after `signal` is aborted. */
async function work(id: string, { run_snapshot: snapshot }: Run, signal: AbortSignal): Promise<void> {
  const paths = (parts: PathPart[]) => parts.map((part) => part.materialized_path).join(", ");
  log(id, `reads ${paths([...snapshot.sources, ...snapshot.instructions])}, writes to ${paths(snapshot.outputs)}`);
  await delay(Number(WORK_SECONDS) * 1000, undefined, { signal });
}

/** Works on an attempt until its deadline, and says how it ended: again and again if need be, for it may be missed. */
async function execute(id: string, run: Run, stop: AbortSignal): Promise<void> {
  const deadline = AbortSignal.timeout(Math.max(0, Date.parse(run.deadline_at) - Date.now()));
  const signal = AbortSignal.any([stop, deadline]);
  const error = await work(id, run, signal).then(
    () => null,
    (thrown: unknown) => String(signal.reason ?? thrown).slice(0, 8192),
  );
  const result: Result = error === null ? { status: "COMPLETED" } : { status: "FAILED", error };
  while (stop.reason !== STOPPED && !(await callBack(id, run, result)) && !signal.aborted) {
    await delay(Number(CALLBACK_RETRY_SECONDS) * 1000, undefined, { signal }).catch(() => {});
  }
}

/** True when the service has said its last word on the result: it was recorded, or it is no longer wanted. */
async function callBack(id: string, run: Run, result: Result): Promise<boolean> {
  try {
    const response = await fetch(run.callback_url, {
      method: "POST",
      headers: { Authorization: `Bearer ${run.callback_token}`, "Content-Type": "application/json" },
      body: JSON.stringify(result),
      signal: AbortSignal.timeout(15_000),
    });
    const answer = await response.text();
    log(id, response.ok ? `is ${result.status}` : `called back, and was answered ${response.status} ${answer}`);
    return response.status < 500 && response.status !== 429;
  } catch (error) {
    log(id, `could not call back: ${error}`);
    return false;
  }
}

/** Takes a message, and returns the status to answer with. It must answer within 15 s, so the work comes after. */
async function receive({ method, headers }: IncomingMessage, body: string): Promise<number> {
  if (method !== "POST") return 405;
  const { "webhook-id": id = "", "webhook-timestamp": timestamp = "", "webhook-signature": signature = "" } = headers;
  try {
    webhook.verify(body, {
      "webhook-id": `${id}`,
      "webhook-timestamp": `${timestamp}`,
      "webhook-signature": `${signature}`,
    });
  } catch (error) {
    log(`${id}`, `refused: ${error}`);
    return 401;
  }
  const { type, data }: Message = JSON.parse(body);
  const attempt = `${data.run_id}.${data.attempt}`;
  const known = attempts.get(attempt);
  const controller = known ?? new AbortController();
  attempts.set(attempt, controller);
  if (type === "workflow_run.stopped") {
    log(attempt, "was stopped");
    controller.abort(STOPPED);
  } else if (known) {
    log(attempt, "came again");
  } else {
    const execution = execute(attempt, data, controller.signal).finally(() => atWork.delete(execution));
    atWork.add(execution);
  }
  return 202;
}

const server = createServer(async (request, response) => {
  response.writeHead(await receive(request, await text(request)).catch(() => 400)).end();
});
server.on("error", (error) => {
  console.error(`The runner cannot listen: ${error.message}`);
  process.exit(1);
});
server.listen(Number(PORT), HOST, () => {
  const address = server.address();
  console.log(`The runner listens on http://localhost:${typeof address === "object" ? address?.port : PORT}`);
});

/** Ends what is under way as FAILED rather than leave it to its deadline. */
async function shutDown(): Promise<void> {
  server.close();
  server.closeAllConnections();
  for (const controller of attempts.values()) controller.abort(SHUT_DOWN);
  await Promise.all(atWork);
  process.exit(0);
}
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, shutDown);
