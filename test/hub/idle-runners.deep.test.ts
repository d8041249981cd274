import { expect, it } from "vitest";
import { startLiveService } from "../support/live-service.ts";
import { startRunner, useLeases } from "../support/runners.ts";
import { createTenant } from "../support/tenant.ts";

const RUNNERS = 50;
/** Five minutes of waits of a minute, with all of it fifteen times as short. */
const WAITS = 5;
const WAIT_SECONDS = 4;

it(`${RUNNERS} idle runners ask the database once each, and never again in ${WAITS} waits`, async () => {
  const service = await startLiveService();
  const tenant = await createTenant(service.database);
  await useLeases(service, tenant);
  const runners = await Promise.all(Array.from({ length: RUNNERS }, () => startRunner(service, tenant)));
  const [first, requests] = await service.counted(() =>
    Promise.all(runners.map((runner) => runner.lease({ wait_seconds: 1 }))),
  );
  expect(requests).toBe(RUNNERS);
  const [last, more] = await service.counted(() =>
    Promise.all(
      runners.map(async (runner, i) => {
        let answer = first[i];
        for (let wait = 0; wait < WAITS; wait++) {
          answer = await runner.lease({ wait_seconds: WAIT_SECONDS, after: answer?.after ?? null });
          expect(answer.leases).toEqual([]);
        }
        return answer;
      }),
    ),
  );
  expect([more, last]).toEqual([0, first]);
});
