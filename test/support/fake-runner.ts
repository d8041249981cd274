import type { TestDatabase } from "./database.ts";
import { askHarness } from "./harness.ts";
import type { ReceivedRequest, ScriptedAnswer } from "./runner-script.ts";
import { createTenant } from "./tenant.ts";

export type FakeRunner = {
  /** Where it listens, on this machine. */
  url: string;
  /** All requests so far, as soon as there are at least `count`. Fails after 10 seconds. */
  requests(count?: number): Promise<ReceivedRequest[]>;
  /** All requests so far, as soon as the sender has given up at least `count` of them. Fails after 10 seconds. */
  untilAbandoned(count?: number): Promise<ReceivedRequest[]>;
  /** From now on it answers so. */
  script(answers: ScriptedAnswer[]): Promise<void>;
  /** From now on nobody listens there. */
  close(): Promise<void>;
};

/**
 * A real HTTP server that gives these answers, one for each request and the last for all that follow; 202 if there
 * are none. It can stand for whatever the service, or a runner, sends requests to.
 */
export async function startFakeRunner(answers: ScriptedAnswer[] = []): Promise<FakeRunner> {
  const { runner, url } = await askHarness<{ runner: number; url: string }>("/runners", {}, answers);
  const parameters = { runner: String(runner) };
  return {
    url,
    requests: (count = 0) => askHarness("/runners/requests", { ...parameters, count: String(count) }),
    untilAbandoned: (count = 1) => askHarness("/runners/abandoned", { ...parameters, count: String(count) }),
    script: (next) => askHarness("/runners/script", parameters, next),
    close: () => askHarness("/runners/close", parameters),
  };
}

/** A tenant whose definition has a runner that gives these answers. */
export async function createTenantWithRunner(database: TestDatabase, answers: ScriptedAnswer[] = []) {
  const runner = await startFakeRunner(answers);
  return { tenant: await createTenant(database, { runnerUrl: runner.url }), runner };
}
