import fc from "fast-check";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { SESSION_SETTINGS, unknownCallers } from "../support/callers.ts";
import { operations } from "../support/document.ts";
import { print, seeds } from "../support/harness.ts";
import { startService } from "../support/service.ts";
import { createStage } from "../support/stage.ts";
import { faultsOf } from "./judge.ts";
import type { Plan } from "./plan.ts";
import { plansOf } from "./plans.ts";
import { draftOf, requestOf } from "./request.ts";
import { createWorld, fill, type Outside, type World } from "./world.ts";

/** 5,000 requests, and some of them twice: with each seed so many lists of so many. Each list is carried out in a tenant of its own. */
const SEEDS = 4;
const LISTS = 25;
const PLANS = 50;

/** What was answered, each time. */
const answers: { operationId: string; status: number }[] = [];

// Of so many requests the log would be longer than anybody reads.
beforeAll(() => {
  vi.spyOn(console, "info").mockReturnValue();
});

describe("whatever is sent to whichever operation", () => {
  it.concurrent.each(seeds(SEEDS))(
    `is answered as the document says, and never with a 500, in ${LISTS * PLANS} requests (seed %i)`,
    { timeout: 600_000 },
    async (seed) => {
      const outside = await createOutside();
      const property = fc.asyncProperty(plansOf(PLANS), async (plans) => {
        const world = await createWorld(outside);
        for (const plan of plans) if (plan !== null) await carryOut(world, plan);
      });
      const { failed, counterexample, errorInstance } = await fc.check(property, { seed, numRuns: LISTS });
      if (!failed) return;
      const told = (counterexample?.[0] ?? []).filter((plan) => plan !== null).map((plan) => JSON.stringify(plan));
      const reason = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
      throw new Error([`With the seed ${seed}, after these requests:`, ...told, reason].join("\n"));
    },
  );

  it("was carried out by each operation, and refused by each that can, so that both have been looked at", async () => {
    const counts = Object.entries(Object.groupBy(answers, ({ status }) => status));
    const told = counts.map(([status, { length } = []]) => `${status} ${length} times`).join(", ");
    await print(`${answers.length} fuzzed requests were answered ${told}.`);
    const hasSeen = (id: string, isMeant: (status: number) => boolean) =>
      answers.some(({ operationId, status }) => operationId === id && isMeant(status));
    const unseen = operations.filter(
      ({ operationId, responses }) =>
        !hasSeen(operationId, (status) => status < 300) ||
        ("401" in responses && !hasSeen(operationId, (status) => status >= 400)),
    );
    expect(unseen.map(({ operationId }) => operationId)).toEqual([]);
  });
});

async function createOutside(): Promise<Outside> {
  const service = await startService({ settings: SESSION_SETTINGS });
  // Without one, the service would not be ready.
  await service.sweep();
  const [home, stage] = [await createStage(service, "home"), await createStage(service, "outside")];
  return { stage, ids: await fill(stage), unknown: Object.values(await unknownCallers(home, stage)) };
}

async function carryOut(world: World, plan: Plan): Promise<void> {
  const draft = await draftOf(world, plan);
  const { operationId, method } = draft.operation;
  for (let time = 0; time < draft.times; time++) {
    const sent = requestOf(draft);
    const response = await world.stage.service.fetch(sent.path, sent.init);
    answers.push({ operationId, status: response.status });
    if (response.ok && method !== "GET") world.calls.delete(operationId);
    const faults = await faultsOf(plan, draft, sent, response);
    if (faults.length > 0) throw new Error(faults.join("\n"));
  }
}
