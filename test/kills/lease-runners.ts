/** Many small runners that lease runs, and remember which attempts they got and which results they reported. */
import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "../support/random.ts";

const RETRY_MS = 200;

type Lease = { run_id: string; attempt: number; callback_url: string; callback_token: string };
type Answer = { status: number; body: { token?: string; leases?: Lease[]; after?: string | null } };

export function startLeaseRunners(options: { baseUrl: string; key: string; random: Random; count: number }) {
  const { baseUrl, key, random, count } = options;
  /** The attempts that were leased, as `run.attempt`, with the number of the runner. */
  const taken = new Map<string, number>();
  /** Attempts that were leased to two runners. */
  const takenTwice: string[] = [];
  /** The runs whose COMPLETED was acknowledged. */
  const completed = new Set<string>();
  const strangeAnswers: string[] = [];
  let isOpen = true;

  async function post(url: string, token: string, body: unknown): Promise<Answer> {
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(20_000),
      });
      const text = await response.text();
      if (![200, 201, 401, 404, 409, 503].includes(response.status)) {
        strangeAnswers.push(`${url}: ${response.status} ${text}`);
      }
      return { status: response.status, body: JSON.parse(text) };
    } catch {
      return { status: 0, body: {} };
    }
  }

  /** Repeats a request until there is an answer. */
  async function untilAnswered(ask: () => Promise<Answer>): Promise<Answer | undefined> {
    while (isOpen) {
      const answer = await ask();
      if (answer.status !== 0 && answer.status < 500) return answer;
      await delay(RETRY_MS);
    }
    return undefined;
  }

  async function work(lease: Lease): Promise<void> {
    const url = `${baseUrl}${new URL(lease.callback_url).pathname.replace(/callback$/, "")}`;
    const beating = setInterval(() => void post(`${url}heartbeat`, lease.callback_token, {}), 1_000);
    await delay(random.integer(400));
    // Sometimes a runner shuts down.
    const isReleased = random.chance(0.05);
    const verb = isReleased ? "release" : "callback";
    const said = isReleased ? {} : { status: "COMPLETED" };
    const answer = await untilAnswered(() => post(`${url}${verb}`, lease.callback_token, said));
    clearInterval(beating);
    if (!isReleased && answer?.status === 200) completed.add(lease.run_id);
  }

  async function runner(number: number): Promise<void> {
    const open = () => post(`${baseUrl}/v1/runner-sessions`, key, { name: `runner-${number}`, capacity: 1 });
    const opened = await untilAnswered(open);
    const token = opened?.body.token ?? "";
    let after: string | null = null;
    while (isOpen) {
      const question = { request_id: crypto.randomUUID(), wait_seconds: 5, max: 1, after };
      const answer = await untilAnswered(() => post(`${baseUrl}/v1/leases`, token, question));
      after = answer?.body.after ?? null;
      for (const lease of answer?.body.leases ?? []) {
        const name = `${lease.run_id}.${lease.attempt}`;
        if (taken.has(name)) takenTwice.push(name);
        taken.set(name, number);
        await work(lease);
      }
    }
  }
  const done = Promise.all(Array.from({ length: count }, (_, number) => runner(number)));

  return {
    taken,
    completed,
    faults: () => [...strangeAnswers, ...takenTwice.map((name) => `two runners got ${name}`)],
    async stop(): Promise<void> {
      isOpen = false;
      await done;
    },
  };
}
