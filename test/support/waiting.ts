/** Requests that wait, and what is done while they wait. */
import type { startRunner } from "./runners.ts";
import type { Service } from "./service.ts";

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** How long a request that has asked the database has to get its answer and to reach the hub, before something is done. */
const ARRIVAL_MS = 300;

type Asked = Pick<Service, "database">;

/** Sends a request that waits, does `action` once it waits, and returns the answer, and how many milliseconds it came after the begin of that. */
export async function meanwhile<Answer>(
  { database }: Asked,
  ask: () => Promise<Answer>,
  action: () => Promise<unknown>,
): Promise<[Answer, number]> {
  const before = await database.countRequests();
  const asking = ask();
  let isAnswered = false;
  const note = () => {
    isAnswered = true;
  };
  asking.then(note, note);
  while (!isAnswered && (await database.countRequests()) === before) await pause(10);
  await pause(ARRIVAL_MS);
  const began = Date.now();
  await action();
  return [await asking, Date.now() - began];
}

/** The runs that a runner gets that waits for some while `action` is done, and how many milliseconds after its begin. */
export async function waitWhile(
  service: Asked,
  runner: Awaited<ReturnType<typeof startRunner>>,
  action: () => Promise<unknown>,
): Promise<{ runIds: string[]; ms: number }> {
  const [{ leases }, ms] = await meanwhile(service, () => runner.lease({ wait_seconds: 10 }), action);
  return { runIds: leases.map(({ run_id }) => run_id), ms };
}
