import { inject } from "vitest";
import type { TestDatabase } from "./database.ts";
import { askHarness } from "./harness.ts";
import type { ReceivedRequest, ScriptedAnswer } from "./harness-protocol.ts";
import { createTenant } from "./tenant.ts";

/** A runner that answers everything with this status, and records nothing. */
export const answeringRunner = (status: number) => `${inject("harnessUrl")}/answering-runner?status=${status}`;

/** A busy runner: each dispatch to it fails, and is due again later. */
export const BUSY_RUNNER = answeringRunner(503);

export type FakeRunner = {
  /** Its URL, on this machine. */
  url: string;
  /** All requests so far, as soon as there are at least `count`. Fails after 20 seconds. */
  requests(count?: number): Promise<ReceivedRequest[]>;
  /** All requests so far, as soon as the sender has abandoned at least `count` of them. Fails after 20 seconds. */
  untilAbandoned(count?: number): Promise<ReceivedRequest[]>;
  /** Sets its next answers. */
  script(answers: ScriptedAnswer[]): Promise<void>;
  /** Closes the server: from now on connections to it are refused. */
  close(): Promise<void>;
};

/**
 * A real HTTP server that gives these answers, one for each request; the last one is repeated. Without answers, it answers 202.
 * It can stand for any receiver of requests of the service or of a runner.
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

/** A dispatch of a run, as its runner received it. */
export type Dispatched = { webhookId: string; runId: string; attempt: number; token: string };

type Body = { type: string; data: { run_id: string; attempt: number; callback_token: string } };

/** Every dispatch that a runner has received so far, oldest first. */
export async function listDispatched(runner: FakeRunner): Promise<Dispatched[]> {
  const requests = await runner.requests();
  return requests.flatMap(({ headers, body }) => {
    const { type, data }: Body = JSON.parse(body);
    if (type !== "workflow_run.dispatched") return [];
    const { run_id: runId, attempt, callback_token: token } = data;
    return [{ webhookId: headers["webhook-id"] ?? "", runId, attempt, token }];
  });
}
