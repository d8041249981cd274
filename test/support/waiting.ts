/** Requests that wait, and what is done while they wait. */
import { expect } from "vitest";
import type { LiveService } from "./live-service.ts";
import type { startRunner } from "./runners.ts";

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until the service has sent the database nothing for a second: whatever had just begun is over. */
export const untilQuiet = ({ countRequests }: Pick<LiveService["database"], "countRequests">): Promise<void> =>
  expect
    .poll(async () => {
      const before = await countRequests();
      await pause(1_000);
      return (await countRequests()) - before;
    })
    .toBe(0);

/** The hub has got the request, but the Worker still has to be told so, which takes less than this. */
const ARRIVAL_MS = 200;

/** A request that may wait for 20 seconds and is answered sooner than this was woken, also on a slow machine. */
export const WOKEN_MS = 15_000;

/** Sends a request that waits, and does `action` once it waits. Returns the answer, and how many milliseconds after the begin of `action` it came. */
export async function meanwhile<Answer>(
  { database, sockets }: Pick<LiveService, "database" | "sockets">,
  ask: () => Promise<Answer>,
  action: () => Promise<unknown>,
): Promise<[Answer, number]> {
  const before = await database.countAnswers();
  const asking = ask();
  await expect.poll(() => database.countAnswers(), { interval: 10 }).toBeGreaterThan(before);
  let isAnswered = false;
  const onAnswer = () => {
    isAnswered = true;
  };
  asking.then(onAnswer, onAnswer);
  await expect.poll(async () => isAnswered || (await sockets()) > 0, { interval: 10 }).toBe(true);
  await pause(ARRIVAL_MS);
  const began = Date.now();
  await action();
  return [await asking, Date.now() - began];
}

/** The runs that a runner gets that waits for some while `action` is done, and how many milliseconds after its begin. */
export async function waitWhile(
  service: Pick<LiveService, "database" | "sockets">,
  runner: Awaited<ReturnType<typeof startRunner>>,
  action: () => Promise<unknown>,
): Promise<{ runIds: string[]; ms: number }> {
  const [{ leases }, ms] = await meanwhile(service, () => runner.lease({ wait_seconds: 20 }), action);
  return { runIds: leases.map(({ run_id }) => run_id), ms };
}
