/** Requests that wait, and what is done while they wait. */
import { expect } from "vitest";
import type { startRunner } from "./runners.ts";
import type { Service } from "./service.ts";

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The database has got the request, but the Worker still has to read the answer and to connect to the hub, which takes less than this. */
const ARRIVAL_MS = 300;

/** Sends a request that waits, and does `action` once it waits. Returns the answer, and how many milliseconds after the begin of `action` it came. */
export async function meanwhile<Answer>(
  { database }: Pick<Service, "database">,
  ask: () => Promise<Answer>,
  action: () => Promise<unknown>,
): Promise<[Answer, number]> {
  const before = await database.countRequests();
  const asking = ask();
  await expect.poll(() => database.countRequests(), { timeout: 20_000, interval: 10 }).toBeGreaterThan(before);
  await pause(ARRIVAL_MS);
  const began = Date.now();
  await action();
  return [await asking, Date.now() - began];
}

/** The runs that a runner gets that waits for some while `action` is done, and how many milliseconds after its begin. */
export async function waitWhile(
  service: Pick<Service, "database">,
  runner: Awaited<ReturnType<typeof startRunner>>,
  action: () => Promise<unknown>,
): Promise<{ runIds: string[]; ms: number }> {
  const [{ leases }, ms] = await meanwhile(service, () => runner.lease({ wait_seconds: 10 }), action);
  return { runIds: leases.map(({ run_id }) => run_id), ms };
}
