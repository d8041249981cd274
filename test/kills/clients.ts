/** Clients that continue whatever happens to the service, and remember what it has acknowledged. */
import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "../support/random.ts";
import type { TestTenant } from "../support/tenant.ts";

const PAUSE_MS = 50;

/** The statuses that are allowed while processes are being killed. */
const FINE = new Set([200, 202, 204, 404, 409, 503]);

/** `keys` is how many concurrency keys their runs have; 0 for runs without one. */
export function startClients(options: {
  baseUrl: string;
  tenants: TestTenant[];
  random: Random;
  count: number;
  keys: number;
}) {
  const { baseUrl, tenants, random, count, keys } = options;
  /** The ids of acknowledged runs, with their tenants. */
  const acknowledged = new Map<string, TestTenant>();
  const strangeAnswers: string[] = [];
  let isOpen = true;

  /** The answer with its body, or undefined when there was none. */
  async function post(tenant: TestTenant, path: string, body?: unknown) {
    try {
      const response = await fetch(`${baseUrl}${path}`, {
        method: "POST",
        headers: { Authorization: `Bearer ${tenant.owner.key}`, "Content-Type": "application/json" },
        body: JSON.stringify(body ?? {}),
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

  async function invoke(): Promise<void> {
    const tenant = random.pick(tenants);
    const body = {
      ...(random.chance(0.3) && { idempotency_key: `k${random.integer(1000)}` }),
      ...(keys > 0 && { concurrency_key: `c${random.integer(keys)}` }),
    };
    const answer = await post(tenant, `/v1/workflow-definitions/${tenant.definitionId}/invoke`, body);
    if (answer?.status === 200 || answer?.status === 202) acknowledged.set(JSON.parse(answer.text).id, tenant);
  }

  async function changeSome(change: "stop" | "retry"): Promise<void> {
    if (acknowledged.size === 0) return;
    const [runId, tenant] = random.pick([...acknowledged]);
    await post(tenant, `/v1/workflow-runs/${runId}/${change}`);
  }

  async function client(): Promise<void> {
    while (isOpen) {
      await random.pick([invoke, invoke, invoke, invoke, () => changeSome("stop"), () => changeSome("retry")])();
      await delay(random.integer(PAUSE_MS));
    }
  }
  const done = Promise.all(Array.from({ length: count }, client));

  return {
    acknowledged,
    strangeAnswers,
    async stop(): Promise<void> {
      isOpen = false;
      await done;
    },
  };
}
