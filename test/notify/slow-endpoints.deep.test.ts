/** An endpoint that hangs and one that always answers 500 delay neither a working endpoint nor the runners. */
import { expect, it } from "vitest";
import { type FakeRunner, startFakeRunner } from "../support/fake-runner.ts";
import { callBack, invoke } from "../support/lifecycle.ts";
import { createEndpoint } from "../support/notification-endpoint.ts";
import { type Service, startService } from "../support/service.ts";
import { createTenant } from "../support/tenant.ts";

const RUNS = 60;
/** The hanging endpoint fails five times after 15 s each, so the runs continue for longer than that. */
const PAUSE_MS = 350;

/** Half of all are at most this late, and the others at most so much: the machine of a test may stand still for a moment. */
const USUAL_MS = 1_000;
const MOST_MS = 5_000;

/** The median, and the most. */
function spread(values: number[]) {
  const sorted = values.toSorted((a, b) => a - b);
  return { usual: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN, most: sorted.at(-1) ?? Number.NaN };
}

/** Measures how long after each invoke the runner got the run, and how long after each end the working endpoint was notified. */
async function measure(service: Service, others: FakeRunner[], runs: number) {
  const [runner, well] = [await startFakeRunner(), await startFakeRunner([{ status: 204 }])];
  const tenant = await createTenant(service.database, { runnerUrl: runner.url });
  for (const { url } of [...others, well]) await createEndpoint(service, tenant, url);
  const [dispatchMs, heardMs]: [number[], number[]] = [[], []];
  const answers: Promise<unknown>[] = [];
  for (let run = 1; run <= runs; run++) {
    const invokedAt = Date.now();
    const runId = await invoke(service, tenant);
    dispatchMs.push(((await runner.requests(run)).at(run - 1)?.receivedAt ?? Number.NaN) - invokedAt);
    const endedAt = Date.now();
    // Not awaited: the Worker of these tests answers only when all work after the answer is done, and that may hang.
    answers.push(callBack(service, tenant, runId, { status: "COMPLETED" }));
    heardMs.push(((await well.requests(run)).at(run - 1)?.receivedAt ?? Number.NaN) - endedAt);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  await Promise.all(answers);
  return { dispatch: spread(dispatchMs), heard: spread(heardMs) };
}

it("a working endpoint is notified within a second beside failing ones, and runs are dispatched as fast as without endpoints", async () => {
  const service = await startService();
  const alone = await measure(service, [], RUNS / 3);
  const [hanging, failing] = [await startFakeRunner([{ ending: "hang" }]), await startFakeRunner([{ status: 500 }])];
  const beside = await measure(service, [hanging, failing], RUNS);
  expect(beside.heard.usual).toBeLessThan(USUAL_MS);
  expect(beside.dispatch.usual).toBeLessThan(alone.dispatch.usual + USUAL_MS);
  // Whoever waited for the hanging endpoint would wait for 15 seconds.
  for (const { most } of [beside.heard, beside.dispatch]) expect(most).toBeLessThan(MOST_MS);
  // Both failing endpoints only get probes by now.
  const rows = await service.database.sql`select url from notification_endpoints where probe_at is not null`;
  expect(rows.map(({ url }) => url).toSorted()).toEqual([hanging.url, failing.url].toSorted());
});
