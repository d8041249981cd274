/** Clients that continue whatever happens to the service, and remember what it has acknowledged. */
import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "../support/random.ts";
import type { TestTenant } from "../support/tenant.ts";
import { SIGNED } from "../triggers/signed-messages.ts";

const PAUSE_MS = 50;

/** The statuses that are allowed while processes are being killed. */
const FINE = new Set([200, 202, 204, 404, 409, 503]);

/** A trigger of a tenant that receives messages of the scheme "standard-webhooks". */
export type Receiver = { tenant: TestTenant; id: string; secret: string };

/**
 * They trigger single runs and batches, stop and retry runs, and send messages to the triggers of `receivers`. `keys` is how many concurrency
 * keys their runs have; 0 for runs without one. With `areSuspended` they also answer questions of runs and send them signals, most of which
 * come too early or too late.
 */
export function startClients(options: {
  baseUrl: string;
  tenants: TestTenant[];
  receivers: Receiver[];
  random: Random;
  count: number;
  keys: number;
  areSuspended?: boolean;
}) {
  const { baseUrl, tenants, receivers, random, count, keys, areSuspended = false } = options;
  /** The ids of acknowledged runs, with their tenants. */
  const acknowledged = new Map<string, TestTenant>();
  /** What was answered to which question, as `run key`, and the ids of signals: of those that were acknowledged. */
  const answered = new Map<string, string>();
  const signals = new Set<string>();
  /** The ids of acknowledged batches, and the firing of each acknowledged message. */
  const batches = new Set<string>();
  const messages = new Map<string, string>();
  const strangeAnswers: string[] = [];
  let isOpen = true;

  /** The answer with its body, or undefined when there was none. */
  async function send(method: "GET" | "POST", path: string, headers: Record<string, string>, body: string) {
    try {
      const response = await fetch(`${baseUrl}${path}`, {
        method,
        headers: { "Content-Type": "application/json", ...headers },
        ...(method === "POST" && { body }),
        signal: AbortSignal.timeout(15_000),
      });
      const text = await response.text();
      if (!FINE.has(response.status)) strangeAnswers.push(`${path}: ${response.status} ${text}`);
      return { status: response.status, text };
    } catch {
      await delay(PAUSE_MS);
      return undefined;
    }
  }

  const ask = (method: "GET" | "POST", tenant: TestTenant, path: string, body: unknown = {}) =>
    send(method, path, { Authorization: `Bearer ${tenant.owner.key}` }, JSON.stringify(body));
  const post = (tenant: TestTenant, path: string, body?: unknown) => ask("POST", tenant, path, body);

  const concurrencyKey = () => keys > 0 && { concurrency_key: `c${random.integer(keys)}` };

  async function invoke(): Promise<void> {
    const tenant = random.pick(tenants);
    const body = {
      ...(random.chance(0.3) && { idempotency_key: `k${random.integer(1000)}` }),
      ...concurrencyKey(),
    };
    const answer = await post(tenant, `/v1/workflow-definitions/${tenant.definitionId}/invoke`, body);
    if (answer?.status === 200 || answer?.status === 202) acknowledged.set(JSON.parse(answer.text).id, tenant);
  }

  /** Without an answer, the request is sent once more with the same key. */
  async function invokeBatch(): Promise<void> {
    const tenant = random.pick(tenants);
    const body = {
      runs: Array.from({ length: 1 + random.integer(4) }, () => ({ ...concurrencyKey() })),
      idempotency_key: `batch-${batchCount++}`,
    };
    const request = () => post(tenant, `/v1/workflow-definitions/${tenant.definitionId}/invoke-batch`, body);
    const answer = (await request()) ?? (await request());
    if (answer?.status !== 200 && answer?.status !== 202) return;
    const { id, run_ids } = JSON.parse(answer.text);
    batches.add(id);
    for (const runId of run_ids) acknowledged.set(runId, tenant);
  }
  let batchCount = 0;

  /** As a sender does, it sends a message again when it got no answer, and sometimes in any case. */
  async function sendMessage(): Promise<void> {
    const { tenant, id, secret } = random.pick(receivers);
    const messageId = `message-${messageCount++}`;
    const body = "{}";
    const deliver = () =>
      send("POST", `/v1/inbound/${id}`, SIGNED["standard-webhooks"]({ secret, body, id: messageId }), body);
    const answers = [await deliver()];
    if (answers[0]?.status === 503 || answers[0] === undefined || random.chance(0.3)) answers.push(await deliver());
    for (const answer of answers) {
      if (answer === undefined || answer.status >= 300) continue;
      const { firing_id, outcome, run_id } = JSON.parse(answer.text);
      if (outcome !== "FIRED") strangeAnswers.push(`${messageId}: ${answer.text}`);
      const known = messages.get(messageId) ?? firing_id;
      if (known !== firing_id) strangeAnswers.push(`${messageId}: it has fired as ${known} and as ${firing_id}`);
      messages.set(messageId, firing_id);
      acknowledged.set(run_id, tenant);
    }
  }
  let messageCount = 0;

  async function changeSome(change: "stop" | "retry"): Promise<void> {
    if (acknowledged.size === 0) return;
    const [runId, tenant] = random.pick([...acknowledged]);
    await post(tenant, `/v1/workflow-runs/${runId}/${change}`);
  }

  async function answerSome(): Promise<void> {
    const tenant = random.pick(tenants);
    const list = await ask("GET", tenant, "/v1/waits");
    const questions: { run_id: string; key: string }[] = list?.status === 200 ? JSON.parse(list.text).items : [];
    if (questions.length === 0) return;
    const { run_id, key } = random.pick(questions);
    const value = random.pick(["yes", "no"]);
    const answer = await post(tenant, `/v1/workflow-runs/${run_id}/waits/${key}/answer`, { value });
    if (answer?.status === 200) answered.set(`${run_id} ${key}`, value);
  }

  async function signalSome(): Promise<void> {
    if (acknowledged.size === 0) return;
    const [correlation, tenant] = random.pick([...acknowledged].slice(-20));
    const id = `signal-${signalCount++}`;
    const send = () =>
      post(tenant, `/v1/workflow-definitions/${tenant.definitionId}/signals`, { name: "paid", correlation, id });
    // Without an answer, and sometimes in any case, it is sent again.
    const answer = await send();
    const again = answer === undefined || random.chance(0.3) ? await send() : undefined;
    if (answer?.status === 200 || again?.status === 200) signals.add(id);
  }
  let signalCount = 0;

  const acts = [invoke, invoke, invoke, invokeBatch, sendMessage, () => changeSome("stop"), () => changeSome("retry")];
  if (areSuspended) acts.push(answerSome, answerSome, answerSome, signalSome);

  async function client(): Promise<void> {
    while (isOpen) {
      await random.pick(acts)();
      await delay(random.integer(PAUSE_MS));
    }
  }
  const done = Promise.all(Array.from({ length: count }, client));

  return {
    acknowledged,
    answered,
    signals,
    batches,
    messages,
    strangeAnswers,
    async stop(): Promise<void> {
      isOpen = false;
      await done;
    },
  };
}
