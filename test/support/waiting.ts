/** Requests that wait, and what is done while they wait. */
import type { startRunner } from "./runners.ts";

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** How long a request has to reach the hub, before something is done. */
const ARRIVAL_MS = 300;

/** Does `action` a little after the request was sent. Returns the answer, and after how many milliseconds it came. */
export async function meanwhile(
  asking: Promise<Response>,
  action: () => Promise<unknown>,
): Promise<[Response, number]> {
  const began = Date.now();
  const took = asking.then((response): [Response, number] => [response, Date.now() - began]);
  await pause(ARRIVAL_MS);
  await action();
  return took;
}

/** The runs that a runner gets that waits for some while `action` is done, and how many milliseconds after its begin. */
export async function waitWhile(
  runner: Awaited<ReturnType<typeof startRunner>>,
  action: () => Promise<unknown>,
): Promise<{ runIds: string[]; ms: number }> {
  const waiting = runner.lease({ wait_seconds: 10 });
  await pause(ARRIVAL_MS);
  const began = Date.now();
  await action();
  const { leases } = await waiting;
  return { runIds: leases.map(({ run_id }) => run_id), ms: Date.now() - began };
}
